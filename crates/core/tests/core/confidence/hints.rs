//! What is seen in names, paths and tags: hints of rare but needed use.

use leastwise_core::decide::{Confidence, Facts, Level};
use leastwise_core::inventory::wire::Tag;

use super::{doubts, sure};

fn named(name: &str) -> Vec<&'static str> {
    doubts(&Facts { name, ..sure() }).1
}

fn tagged(key: &str, value: &str) -> Vec<&'static str> {
    let tags = [Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }];
    doubts(&Facts {
        tags: &tags,
        ..sure()
    })
    .1
}

#[test]
fn names_of_rare_but_needed_use_are_low() {
    for (name, code) in [
        ("nightly-backup", "hint-backup"),
        ("RestoreFromVault", "hint-backup"),
        ("DRFailover", "hint-disaster-recovery"),
        ("dr-role", "hint-disaster-recovery"),
        ("orders_DR2", "hint-disaster-recovery"),
        ("prodDR", "hint-disaster-recovery"),
        ("DisasterRecovery", "hint-disaster-recovery"),
        ("break-glass", "hint-break-glass"),
        ("BreakGlassAdmin", "hint-break-glass"),
        ("breakglass", "hint-break-glass"),
        ("emergency+ops", "hint-break-glass"),
        ("IncidentResponder", "hint-break-glass"),
        ("web-ci", "hint-deployment"),
        ("CI-CD", "hint-deployment"),
        ("CICD", "hint-deployment"),
        ("CodePipelineRole", "hint-deployment"),
        ("TerraformApply", "hint-deployment"),
        ("CloudFormationExec", "hint-deployment"),
        ("quarterly.close", "hint-calendar"),
        ("MonthEndClosing", "hint-calendar"),
        ("year-end", "hint-calendar"),
        ("db-migration", "hint-migration"),
        ("AWSControlTowerAdmin", "hint-landing-zone"),
        ("OrganizationAccountAccessRole", "hint-landing-zone"),
        (
            "stacksets-exec-50af2a55fae86a1fac66dddb5f92b810",
            "hint-landing-zone",
        ),
    ] {
        assert_eq!(named(name), [code], "{name}");
        assert_eq!(
            Confidence::of(&Facts { name, ..sure() }).level,
            Level::Low,
            "{name}"
        );
    }
    assert_eq!(
        doubts(&Facts {
            name: "SecurityAudit",
            ..sure()
        }),
        (Level::Medium, vec!["hint-audit"])
    );
}

#[test]
fn a_hint_is_a_whole_word() {
    for name in [
        "address-book",
        "drive",
        "HDRImages",
        "cdn-edge",
        "MyCDN",
        "social",
        "pacific",
        "auditorium",
        "deployable",
        "breakfast-glass",
        "droplets",
        "drôle",
        // The endings that tools give to names.
        "Stack-Role1ABC2CDE-1XQJ3CD4K",
        "worker-0CI1DR2",
    ] {
        assert_eq!(named(name), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn hints_are_seen_in_paths_and_in_keys_and_values_of_tags() {
    assert_eq!(
        doubts(&Facts {
            path: "/break/glass/",
            ..sure()
        })
        .1,
        ["hint-break-glass"]
    );
    assert_eq!(tagged("purpose", "Quarterly reports"), ["hint-calendar"]);
    assert_eq!(tagged("dr", "true"), ["hint-disaster-recovery"]);
    assert_eq!(tagged("disaster-recovery", ""), ["hint-disaster-recovery"]);
    let tags = [Tag {
        key: "team".to_owned(),
        value: "dr\u{1b}[31m".to_owned(),
    }];
    let facts = Facts {
        name: "restore",
        tags: &tags,
        ..sure()
    };
    let sentences: Vec<String> = Confidence::of(&facts)
        .reasons
        .iter()
        .map(|it| it.sentence())
        .collect();
    assert_eq!(
        sentences[..2],
        [
            "tags contain \"dr\": disaster recovery runs only when the main site is lost",
            "name contains \"restore\": a restore can come long after the backup",
        ]
    );
}

#[test]
fn a_tag_about_who_made_it_or_that_says_no_is_no_hint() {
    for (key, value) in [
        ("ManagedBy", "terraform"),
        ("created-by", "ci-pipeline"),
        ("terraform", "true"),
        ("aws:cloudformation:stack-name", "backup"),
        ("aws:servicecatalog:productName", "backup"),
        ("repo", "acme/deploy"),
        ("backup", "false"),
        ("DR", "No"),
        ("backup", "n/a"),
    ] {
        assert_eq!(tagged(key, value), Vec::<&str>::new(), "{key}={value}");
    }
    assert_eq!(tagged("role", "terraform"), ["hint-deployment"]);
}

#[test]
fn each_kind_of_hint_is_told_once() {
    assert_eq!(named("backup-restore-backups"), ["hint-backup"]);
    assert_eq!(
        named("dr-backup-deploy"),
        ["hint-disaster-recovery", "hint-backup", "hint-deployment"]
    );
}
