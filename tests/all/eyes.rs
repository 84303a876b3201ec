//! What is written is for its owner's eyes, however wide the umask is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::fake::{Fake, Fault, Rule, When};
use crate::run::{Run, folder, leastwise};
use crate::scan::{acme, command_as};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every folder below this one is 0700, and every file 0600. Gives how many files there are.
fn assert_private(folder: &Path) -> usize {
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.map(|path| {
        if path.is_dir() {
            assert_private(&path)
        } else {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            1
        }
    });
    files.sum()
}

fn live(fake: &Fake, args: &[&str]) -> Run {
    command_as(fake, "AKIA222222222222", args).under_umask("000")
}

/// An AWS that does not tell one account, so that the journal stays.
fn partly() -> Fake {
    let denied = Rule::new(Fault::Denied, When::Always).on("GetAccountAuthorizationDetails");
    acme().fault(denied.of("444444444444")).start()
}

#[test]
fn the_umask_of_these_tests_is_as_wide_as_can_be() {
    let config = folder("eyes-umask").join("leastwise.toml");
    leastwise(["init", "--out", config.to_str().unwrap()])
        .under_umask("000")
        .ran()
        .exits(0);
    // Others may read a configuration where the umask lets them, and never write it.
    assert_eq!(mode(&config), 0o644);
    let args = ["init", "--force", "--out", config.to_str().unwrap()];
    leastwise(args).under_umask("077").ran().exits(0);
    assert_eq!(mode(&config), 0o600);
}

#[test]
fn a_report_in_every_format_the_journal_and_the_state_of_a_scan_are_private() {
    let place = folder("eyes-scan");
    let (out, state, metrics) = (
        place.join("report"),
        place.join("state"),
        place.join("metrics.prom"),
    );
    // A folder that is there and empty is replaced, whatever others may do in it.
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o777)).unwrap();
    let formats = "asff,changes,cloudformation,csv,html,json,ocsf,sarif,summary,terraform,tickets";
    let [out_text, state_text, metrics_text] = [&out, &state, &metrics].map(|path| path.to_str().unwrap());
    let args = [
        "scan",
        "--out",
        out_text,
        "--state",
        state_text,
        "--metrics",
        metrics_text,
    ];
    live(
        &partly(),
        &[&args[..], &["--format", formats, "--split-by", "account"]].concat(),
    )
    .ran()
    .exits(3);
    assert!(assert_private(&out) > 50);
    assert!(assert_private(&state) > 4);
    assert!(assert_private(&place.join(".report.journal")) > 4);
    // It counts and names nobody, and whoever collects it is another user.
    assert_eq!(mode(&metrics), 0o644);
}

#[test]
fn folders_on_the_way_to_what_is_written_are_private_as_well() {
    let place = folder("eyes-above");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    let below = |path: &str| place.join(path).to_str().unwrap().to_owned();
    let (out, state) = (below("reports/nightly/report"), below("kept/for/state"));
    live(&acme().start(), &["scan", "--out", &out, "--state", &state])
        .ran()
        .exits(0);
    let snapshot = below("captured/once/snapshot");
    live(&acme().start(), &["capture", "--out", &snapshot])
        .ran()
        .exits(0);
    let parts = below("shards/of/parts");
    live(&acme().start(), &["scan", "--shard", "1/1", "--parts", &parts])
        .ran()
        .exits(0);
    for made in ["reports", "kept", "captured", "shards"] {
        assert!(assert_private(&place.join(made)) > 0, "{made}");
    }
    assert_eq!(mode(&place), 0o755, "it was there before");
}

#[test]
fn a_lock_that_others_could_take_would_keep_a_run_from_its_place() {
    let out = folder("eyes-lock").join("report");
    let silent = Rule::new(Fault::Silent, When::Always).on("GetFindingV2");
    let fake = acme().fault(silent).start();
    let far = || fake.calls_of("GetFindingV2") > 0;
    live(&fake, &["scan", "--out", out.to_str().unwrap()]).killed_when(far);
    assert_eq!(mode(&out.with_file_name(".report.lock")), 0o600);
    let left: Vec<_> = fs::read_dir(out.parent().unwrap())
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    let work = left
        .iter()
        .find(|it| it.to_str().unwrap().ends_with(".partial"))
        .expect("what was begun");
    assert_private(work);
}

#[test]
fn a_snapshot_and_the_journal_of_a_capture_are_private() {
    let out = folder("eyes-capture").join("snapshot");
    live(&partly(), &["capture", "--out", out.to_str().unwrap()])
        .ran()
        .exits(3);
    assert!(assert_private(&out) > 8);
    assert!(assert_private(&out.with_file_name(".snapshot.journal")) > 4);
}

#[test]
fn parts_and_the_journals_of_shards_are_private() {
    let parts = folder("eyes-parts").join("parts");
    live(
        &partly(),
        &["scan", "--shard", "2/2", "--parts", parts.to_str().unwrap()],
    )
    .ran()
    .exits(3);
    assert!(assert_private(&parts.join("shard-2-of-2")) > 4);
    assert!(assert_private(&parts.join(".shard-2-of-2.journal")) > 1);
}

#[test]
fn a_catalog_that_was_fetched_is_its_users_own() {
    let cache = folder("eyes-catalog");
    let from = folder("eyes-catalog-from");
    fs::write(
        from.join("s3.json"),
        r#"{"Name":"s3","Actions":[{"Name":"GetObject"}]}"#,
    )
    .unwrap();
    let args = ["catalog", "update", "--force", "--from", from.to_str().unwrap()];
    leastwise(args)
        .with("XDG_CACHE_HOME", cache.to_str().unwrap())
        .under_umask("000")
        .ran()
        .exits(0);
    assert_eq!(assert_private(&cache.join("leastwise")), 1);
}
