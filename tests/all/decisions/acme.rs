//! The examples of decisions in the demonstration: that they come out as their names say.

use std::path::{Path, PathBuf};

use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::{Action, Note, Recommendation};

use crate::run::{folder, leastwise};
use crate::scan::{account, report};

const SECURITY: &str = "222222222222";
const SHOP: &str = "444444444444";
const PAYMENTS: &str = "555555555555";
const SHOP_DEV: &str = "666666666666";

/// The demonstration's report, with more arguments.
fn acme(name: &str, more: &[&str]) -> PathBuf {
    let out = folder(name).join("report");
    let args = [
        "scan",
        "--quiet",
        "--snapshot",
        "mocks/acme",
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args.iter().chain(more)).ran().exits(0);
    out
}

fn recommendation(report: &Path, id: &str) -> Recommendation {
    let account = account(report, id.split('/').next().unwrap());
    let ids: Vec<String> = account.recommendations.iter().map(|it| it.id.clone()).collect();
    let found = account.recommendations.into_iter().find(|it| it.id == id);
    found.unwrap_or_else(|| panic!("no {id} among {ids:?}"))
}

fn trust(report: &Path, name: &str) -> (bool, String) {
    let row = account(report, PAYMENTS)
        .principals
        .into_iter()
        .find(|row| row.name == name)
        .unwrap();
    assert_eq!(
        (row.status.name(), row.recommendations.len()),
        ("unused-principal", 0)
    );
    let trust = row.trust.unwrap();
    (trust.open, trust.why)
}

#[test]
fn the_examples_of_decisions_come_out_as_their_names_say() {
    let out = acme("acme-decisions", &["--min-confidence", "low"]);
    let ineffective = |name: &str| {
        let row = account(&out, PAYMENTS)
            .principals
            .into_iter()
            .find(|row| row.name == name)
            .unwrap();
        (row.effect.removed, row.effect.ineffective)
    };
    assert_eq!(ineffective("deny-makes-ineffective"), (3, 3));
    assert_eq!(ineffective("deny-under-a-condition"), (3, 0));

    assert_eq!(
        trust(&out, "unused-role-service-only"),
        (false, "can be assumed by s3.amazonaws.com".to_owned())
    );
    let (open, why) = trust(&out, "unused-role-external");
    assert!(open && why.contains("outside the organisation"), "{why}");

    for (id, code) in [
        (
            format!("{PAYMENTS}/role/backup-restore-dr/restore"),
            "hint-disaster-recovery",
        ),
        (format!("{SHOP}/role/nightly-backup/copy"), "hint-backup"),
        (
            format!("{SHOP}/role/dr-failover-orchestrator/switch-over"),
            "hint-disaster-recovery",
        ),
        (
            format!("{SECURITY}/role/break-glass-operator/intervene"),
            "hint-break-glass",
        ),
        (
            "111111111111/role/quarterly-close-exporter/export-costs".to_owned(),
            "hint-calendar",
        ),
        (
            format!("{SHOP_DEV}/role/pipeline-deployer/deploy-stacks"),
            "hint-deployment",
        ),
    ] {
        let confidence = recommendation(&out, &id).confidence;
        assert_eq!(confidence.level.name(), "low", "{id}");
        assert!(
            confidence.reasons.iter().any(|reason| reason.code.name() == code),
            "{id}"
        );
    }

    let ten = account(&out, SHOP).recommendations.into_iter().find(|it| {
        it.action == Action::Substitute
            && it
                .holders
                .iter()
                .any(|hands| hands.name == "ten-attached-policies")
    });
    assert_eq!(
        ten.unwrap().notes,
        [Note::NoLongerFollowsAws, Note::DetachBeforeAttach]
    );

    let shared = recommendation(&out, &format!("{SHOP}/managed/fork-wins-shared"));
    let fork = shared.alternative.unwrap();
    assert_eq!((fork.choice.name(), fork.policies), ("fork", 2));
    assert!(
        fork.removed_in_all > 5 * shared.permissions_removed,
        "{} and {}",
        fork.removed_in_all,
        shared.permissions_removed
    );

    // One moves out, and the other has all the room.
    let half = |name: &str| {
        recommendation(
            &out,
            &format!("{SHOP}/role/inline-policies-near-the-quota/{name}"),
        )
    };
    let (first, second) = (half("first-half"), half("second-half"));
    assert_eq!((first.action, second.action), (Action::Split, Action::Replace));
    assert_eq!(first.creates, ["first-half-leastwise"]);
}

#[test]
fn a_blind_account_lets_the_fleet_of_the_demonstration_stand_alone() {
    let out = acme("acme-blind-fleet", &[]);
    let families = report(&out).families;
    let fleet = families
        .iter()
        .find(|row| row.name == "fleet-patch-agent")
        .unwrap();
    assert_eq!(
        (fleet.code.name(), fleet.recommendation.as_ref()),
        ("blocked", None)
    );
    assert_eq!(
        fleet.blockers,
        ["arn:aws:iam::222222222222:role/fleet/fleet-patch-agent"]
    );
    for id in [SHOP, PAYMENTS, SHOP_DEV] {
        assert!(
            recommendation(&out, &format!("{id}/role/fleet-patch-agent/patch"))
                .proof
                .removed
                > 0
        );
    }
}

#[test]
fn equal_needs_of_the_demonstration_share_a_copy() {
    let out = acme("acme-forks", &["--shared", "fork"]);
    let copy = recommendation(&out, &format!("{SHOP}/copy/equal-needs-shared-leastwise"));
    let holders: Vec<&str> = copy.holders.iter().map(|hands| hands.name.as_str()).collect();
    assert_eq!(holders, ["equal-needs-one", "equal-needs-two"]);
}

#[test]
fn the_example_of_exceptions_has_one_in_every_state() {
    let out = acme(
        "acme-exceptions",
        &["--config", "mocks/exceptions.toml", "--min-confidence", "low"],
    );
    let rules = report(&out).exceptions;
    let codes = |id: &str| -> Vec<&str> {
        let rule = rules.iter().find(|rule| rule.id == id).unwrap();
        rule.states.iter().map(|state| state.code.name()).collect()
    };
    assert_eq!(codes("keep:1"), ["active"]);
    assert_eq!(codes("config:9"), ["active"]);
    assert_eq!(codes("config:17"), ["active", "expiring"]);
    assert_eq!(codes("config:26"), ["expired"]);
    assert_eq!(codes("config:33"), ["active", "never-matched"]);
    assert_eq!(codes("config:41"), ["expired", "over-broad"]);
    assert_eq!(
        report(&out).totals.statuses.get(&PrincipalStatus::Excluded),
        Some(&1)
    );
    let restore = recommendation(&out, &format!("{PAYMENTS}/role/backup-restore-dr/restore"));
    let after = std::fs::read_to_string(out.join(restore.files.after)).unwrap();
    for kept in ["backup:StartRestoreJob", "rds:Restore*", "ec2:CreateVolume"] {
        assert!(after.contains(kept), "{kept} is not in {after}");
    }
}

#[test]
fn what_a_change_keeps_is_divided_by_why_and_a_rule_takes_from_what_is_removed() {
    const ARCHIVE: &str = "333333333333/role/log-archiver/archive";
    let (bare, ruled) = (
        acme("acme-kept", &[]),
        acme("acme-kept-ruled", &["--keep", "s3:PutBucketPolicy"]),
    );
    let (mut divided, mut untracked) = (0, 0);
    for summary in report(&bare).accounts {
        for it in account(&bare, &summary.id).recommendations {
            let kept = it.kept.unwrap();
            let all = kept.in_use + kept.untracked + kept.by_rule;
            assert_eq!(all, it.proof.kept, "{}", it.id);
            divided += 1;
            untracked += usize::from(kept.untracked > 0);
        }
    }
    assert!(divided > 10 && untracked > 0, "{divided} {untracked}");
    let [before, after] = [&bare, &ruled].map(|out| recommendation(out, ARCHIVE));
    let (kept_before, kept_after) = (before.kept.unwrap(), after.kept.unwrap());
    assert_eq!((kept_before.by_rule, kept_after.by_rule), (0, 1));
    assert_eq!(kept_after.in_use, kept_before.in_use);
    assert_eq!(after.proof.removed, before.proof.removed - 1);
}
