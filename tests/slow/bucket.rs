//! deploy/container/s3.sh: shards that meet in a bucket.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::moto::moto;
use crate::run::{folder, leastwise};
use crate::scan::{assert_same, scan};

/// Shards on machines that share nothing, as jobs of an array, and their merge. A job has a folder, this program and the AWS
/// CLI, and what is kept lies in the bucket of an AWS that is not ours.
#[test]
#[ignore = "needs aws and moto"]
fn shards_without_a_common_folder_meet_in_a_bucket_and_a_missing_one_is_told() {
    let (_server, url) = moto();
    let place = folder("deploy-s3");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_leastwise"))
        .parent()
        .unwrap()
        .to_owned();
    let instead = place.join("instead");
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [instead.clone(), program]
        .into_iter()
        .chain(env::split_paths(&path));
    let path = env::join_paths(path).unwrap();
    let job = |what: &Path, args: &[&str], index: &str| {
        let mut command = Command::new(what);
        command
            .args(args)
            .current_dir(&place)
            .env("PATH", &path)
            .env("AWS_BATCH_JOB_ARRAY_INDEX", index);
        command
            .env("AWS_ENDPOINT_URL", &url)
            .env("AWS_REGION", "us-east-1");
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAINVENTED")
            .env("AWS_SECRET_ACCESS_KEY", "invented");
        command
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        let output = command.output().unwrap();
        (
            output.status.code().unwrap_or(-1),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let aws = |args: &[&str]| assert_eq!(job(Path::new("aws"), args, "").0, 0, "{args:?}");
    let script = here.join("deploy/container/s3.sh");
    let snapshot = here.join("mocks/partial");
    let snapshot = ["--snapshot", snapshot.to_str().unwrap()];
    let shard = |index: &str, more: &[&str]| {
        let args = [
            &["shard", "s3://reports/leastwise", "tonight", "3"],
            &snapshot[..],
            more,
        ]
        .concat();
        job(&script, &args, index)
    };
    let merge = |more: &[&str]| {
        job(
            &script,
            &[&["merge", "s3://reports/leastwise/", "tonight"], more].concat(),
            "",
        )
    };
    aws(&["s3", "mb", "s3://reports"]);
    let (code, said) = merge(&[]);
    assert!(code == 1 && said.contains("no shards found in"), "{code}: {said}");

    // An account that cannot be read does not fail the shard; a wrong flag does.
    assert_eq!(shard("1", &["--window-days", "30"]).0, 0);
    assert_eq!(shard("2", &[]).0, 0);
    assert_eq!(shard("0", &["--no-such-flag"]).0, 2);
    let (code, said) = merge(&[]);
    assert!(
        code == 1 && said.contains("shard 1 of 3 is missing in"),
        "{code}: {said}"
    );
    assert_eq!(shard("0", &[]).0, 0);
    let (code, said) = merge(&[]);
    assert!(
        code == 1 && said.contains("was read with other settings"),
        "{code}: {said}"
    );
    let (report, whole) = (place.join("report"), place.join("whole"));
    aws(&[
        "s3",
        "sync",
        "s3://reports/leastwise/tonight/report",
        report.to_str().unwrap(),
    ]);
    assert_eq!(
        fs::read_dir(&report).unwrap().count(),
        0,
        "a merge that failed has left a report"
    );

    // The shard with other options is run again; its first part is replaced.
    aws(&[
        "s3",
        "cp",
        script.to_str().unwrap(),
        "s3://reports/leastwise/tonight/parts/shard-2-of-3/left.json",
    ]);
    assert_eq!(shard("1", &[]).0, 0);
    assert_eq!(merge(&["--fail-on", "unused"]).0, 3);
    aws(&[
        "s3",
        "sync",
        "s3://reports/leastwise/tonight",
        place.join("kept").to_str().unwrap(),
    ]);
    fs::rename(place.join("kept/report"), &report).unwrap();
    assert!(!place.join("kept/parts/shard-2-of-3/left.json").exists());
    assert_eq!(scan("mocks/partial", &whole).code, 3);
    assert_same(&whole, &report);
    leastwise(["verify", report.to_str().unwrap()]).ran().exits(0);
    let left: Vec<_> = fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().starts_with("s3.")),
        "{left:?}"
    );

    fs::create_dir(&instead).unwrap();
    let stands_in = |name: &str, does: &str| {
        fs::write(instead.join(name), format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(instead.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    // A run that found a bug reports it, and keeps the evidence.
    stands_in(
        "leastwise",
        r#"mkdir -p "$4/defects" && echo case > "$4/defects/one.json" && exit 4"#,
    );
    assert_eq!(merge(&[]).0, 4);
    let defects = place.join("defects");
    let kept = "s3://reports/leastwise/tonight/report/defects";
    aws(&["s3", "sync", kept, defects.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(defects.join("one.json")).unwrap(), "case\n");

    // An AWS CLI that leaves a file out ends with a code that would be taken for a wrong flag.
    fs::remove_file(instead.join("leastwise")).unwrap();
    stands_in("aws", "exit 2");
    assert_eq!(shard("0", &[]).0, 1);
    for wrong in [
        &["shard"][..],
        &["merge", "reports", "tonight"],
        &["merge", "s3://reports", "a/../b"],
    ] {
        let (code, said) = job(&script, wrong, "0");
        assert!(
            code == 2 && said.contains("s3.sh shard s3://"),
            "{wrong:?}: {code}: {said}"
        );
    }
}
