//! In which Region analyzers are looked for, and who says so.

use std::fs;
use std::path::Path;

use crate::fake::{Fake, World};
use crate::run::{Run, folder};
use crate::scan::{acme, command_as, manifest};

const ADMINISTRATOR: &str = "AKIA222222222222";

/// A scan of one small account.
fn command(fake: &Fake, out: &Path, more: &[&str]) -> Run {
    let args = [
        "scan",
        "--accounts",
        "333333333333",
        "--out",
        out.to_str().unwrap(),
    ];
    command_as(fake, ADMINISTRATOR, &[&args, more].concat())
        .without("AWS_REGION")
        .without("AWS_DEFAULT_REGION")
}

/// Where Access Analyzer was asked.
fn asked(out: &Path) -> Vec<String> {
    let calls = manifest(out)
        .calls
        .into_iter()
        .filter(|row| row.api.starts_with("access-analyzer"));
    let mut regions: Vec<String> = calls.map(|row| row.region).collect();
    regions.sort();
    regions.dedup();
    regions
}

#[test]
fn the_region_is_what_is_said_else_the_configs_else_what_every_aws_tool_takes() {
    let folder = folder("regions");
    let out = folder.join("report");
    let (profiles, config) = (folder.join("aws"), folder.join("leastwise.toml"));
    let keys = format!("aws_access_key_id = {ADMINISTRATOR}\naws_secret_access_key = invented\n");
    let text = format!("[default]\nregion = eu-west-1\n[profile audit]\nregion = eu-west-2\n{keys}");
    fs::write(&profiles, text).unwrap();
    fs::write(&config, "region = \"eu-west-3\"\n").unwrap();
    let (profiles, config) = (profiles.to_str().unwrap(), config.to_str().unwrap());
    let fake = acme().any_region().start();
    let in_profiles = |more: &[&str]| command(&fake, &out, more).with("AWS_CONFIG_FILE", profiles);
    let cases: [(&str, Run); 9] = [
        ("us-east-1", command(&fake, &out, &[])),
        ("eu-west-1", in_profiles(&[])),
        ("eu-west-2", in_profiles(&["--profile", "audit"])),
        ("eu-west-2", in_profiles(&[]).with("AWS_PROFILE", "audit")),
        ("eu-north-1", in_profiles(&[]).with("AWS_REGION", "eu-north-1")),
        (
            "eu-south-1",
            in_profiles(&[])
                .with("AWS_REGION", "")
                .with("AWS_DEFAULT_REGION", "eu-south-1"),
        ),
        (
            "eu-west-3",
            in_profiles(&["--config", config]).with("AWS_REGION", "eu-north-1"),
        ),
        (
            "eu-central-1",
            in_profiles(&["--config", config]).with("LEASTWISE_REGION", "eu-central-1"),
        ),
        (
            "eu-central-2",
            in_profiles(&["--config", config, "--region", "eu-central-2"])
                .with("LEASTWISE_REGION", "eu-central-1"),
        ),
    ];
    for (region, run) in cases {
        run.ran().exits(0);
        assert_eq!(asked(&out), [region]);
    }
}

#[test]
fn an_analyzer_elsewhere_is_found_in_us_east_1_only() {
    let folder = folder("regions-further");
    let out = folder.join("report");
    let fake = acme().start();
    command(
        &fake,
        &out,
        &["--region", "eu-central-1", "--evidence", "analyzer"],
    )
    .ran()
    .exits(0);
    assert_eq!(
        manifest(&out)
            .calls
            .iter()
            .filter(|row| row.api == "access-analyzer:get-finding")
            .count(),
        1
    );

    let mut world = World::folder(Path::new("mocks/acme"));
    world.analyzers[0].arn = world.analyzers[0].arn.replace("us-east-1", "eu-west-1");
    let fake = Fake::of(world).start();
    command(
        &fake,
        &out,
        &["--region", "eu-central-1", "--evidence", "analyzer"],
    )
    .ran()
    .exits(3)
    .says("333333333333: not found on access-analyzer:ListAnalyzers");
    assert_eq!(asked(&out), ["eu-central-1", "us-east-1"]);
}
