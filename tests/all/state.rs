//! From night to night: what was read is not read again, and the report is that of a full scan.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fake::{Fake, Invented, World};
use crate::run::{Run, folder};
use crate::scan::{command_as, files, lasting_files};
use crate::verify::sha256;

/// Large enough to count what a night reads.
const LARGE: Invented = Invented {
    accounts: 6,
    principals: 80,
    seed: 11,
};
const SMALL: Invented = Invented {
    principals: 20,
    ..LARGE
};

fn night(organisation: Invented, nights: u32) -> Fake {
    Fake::of(World::invented_later(organisation, nights)).start()
}

pub(crate) fn scan(fake: &Fake, out: &Path, state: Option<&Path>) -> Run {
    scan_with(fake, out, state, &[])
}

pub(crate) fn scan_with(fake: &Fake, out: &Path, state: Option<&Path>, more: &[&str]) -> Run {
    let mut args = vec!["scan", "--out", out.to_str().unwrap(), "--format", "json"];
    args.extend(
        state
            .into_iter()
            .flat_map(|state| ["--state", state.to_str().unwrap()]),
    );
    args.extend(more);
    // The account whose analyzer it is.
    command_as(fake, "AKIA200000000001", &args)
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER", "1000")
}

/// A folder with the state of the first night, and how many calls for findings that night made.
fn first_night(organisation: Invented, name: &str) -> (PathBuf, PathBuf, u64) {
    let folder = folder(name);
    let (out, state) = (folder.join("report"), folder.join("state"));
    let fake = night(organisation, 0);
    scan(&fake, &out, Some(&state)).ran().exits(0);
    (out, state, fake.calls_of("GetFindingV2"))
}

/// How many findings each account remembers.
pub(crate) fn remembered(state: &Path) -> BTreeMap<String, u64> {
    let files = files(&state.join("accounts")).into_iter();
    let count = |text: Vec<u8>| {
        let saved: serde_json::Value =
            serde_json::from_str(unsealed(std::str::from_utf8(&text).unwrap())).unwrap();
        saved["findings"].as_array().unwrap().len() as u64
    };
    files
        .filter_map(|(name, text)| Some((name.strip_suffix(".json")?.to_owned(), count(text))))
        .collect()
}

/// What is in a sealed line.
pub(crate) fn unsealed(line: &str) -> &str {
    line.rsplit_once(' ').unwrap().0
}

/// A line as whoever can write the seal as well would have it.
pub(crate) fn sealed(of: &str, value: &str) -> String {
    format!("{value} {}\n", sha256(format!("{of}\n{value}").as_bytes()))
}

/// How many of these the next night reads all the same, if none changes: one in fifty, and at least one.
pub(crate) fn spot_checks(state: &Path) -> BTreeMap<String, u64> {
    remembered(state)
        .into_iter()
        .map(|(account, found)| (account, found.div_ceil(50).min(20)))
        .collect()
}

fn full(organisation: Invented, name: &str, nights: u32) -> BTreeMap<String, Vec<u8>> {
    let out = folder(name).join("report");
    scan(&night(organisation, nights), &out, None).ran().exits(0);
    lasting_files(&out)
}

#[test]
fn a_night_reads_only_the_findings_that_changed_and_reports_what_a_full_scan_reports() {
    let (out, state, first) = first_night(LARGE, "state-nights");
    for nights in [1, 2] {
        let fake = night(LARGE, nights);
        scan(&fake, &out, Some(&state)).ran().exits(0);
        let calls = fake.calls_of("GetFindingV2");
        let checked = spot_checks(&state).values().sum::<u64>();
        assert!(
            calls > checked,
            "nothing changed in night {nights}: the test tells nothing"
        );
        assert!(
            (calls - checked) * 50 <= first,
            "{calls} calls in night {nights}, {first} in the first"
        );
        let full = full(LARGE, &format!("state-full-{nights}"), nights);
        assert!(
            lasting_files(&out) == full,
            "the report of night {nights} differs from that of a full scan"
        );
    }
}

#[test]
fn state_that_is_damaged_or_of_another_account_or_version_is_set_aside_and_made_anew() {
    let (out, state, first) = first_night(SMALL, "state-damaged");
    let file = |account: &str| state.join(format!("accounts/{account}.json"));
    let change = |account: &str, change: &dyn Fn(String) -> String| {
        let text = fs::read_to_string(file(account)).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed);
        fs::write(file(account), changed).unwrap();
    };
    let cut = |text: String| text[..text.len() / 2].to_owned();
    // Somebody takes an action out of the evidence, so that it would seem to be in use.
    let altered = |text: String| text.replacen("\"action\":\"", "\"action\":\"X", 1);
    let of = |format: u32, version: &str| {
        format!("findings of 200000000002, format {format}, leastwise {version}")
    };
    // The same seal as the program's, but for the version.
    let version = env!("CARGO_PKG_VERSION");
    let text = fs::read_to_string(file("200000000002")).unwrap();
    assert_eq!(sealed(&of(2, version), unsealed(&text)), text);
    let version = |text: String| sealed(&of(2, "9.9.9"), unsealed(&text));
    change("200000000000", &cut);
    change("200000000001", &altered);
    change("200000000002", &version);
    fs::copy(file("200000000004"), file("200000000003")).unwrap();
    fs::write(file("200000000005"), [0xff_u8, 0, 10, 200]).unwrap();
    let fake = night(SMALL, 1);
    let run = scan(&fake, &out, Some(&state)).ran().exits(0);
    for account in [
        "200000000000",
        "200000000001",
        "200000000002",
        "200000000003",
        "200000000005",
    ] {
        assert!(
            state.join(format!("accounts/{account}.set-aside")).is_file(),
            "{account}"
        );
        assert!(run.err.contains(&format!("{account}.set-aside")), "{}", run.err);
    }
    let calls = fake.calls_of("GetFindingV2");
    assert!(
        calls < first && calls * 10 > first * 7,
        "{calls} calls, {first} in the first night"
    );
    assert!(lasting_files(&out) == full(SMALL, "state-damaged-full", 1));
    // And the next night is quick again.
    let fake = night(SMALL, 1);
    scan(&fake, &out, Some(&state)).ran().exits(0);
    assert_eq!(
        fake.calls_of("GetFindingV2"),
        spot_checks(&state).values().sum::<u64>()
    );
}

#[cfg(unix)]
#[test]
fn state_is_for_its_owners_eyes_and_no_link_is_followed() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let (out, state, _) = first_night(SMALL, "state-links");
    let file = state.join("accounts/200000000000.json");
    assert_eq!(fs::metadata(&state).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let elsewhere = state.parent().unwrap().join("elsewhere.json");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    let before = fs::read(&elsewhere).unwrap();
    let fake = night(SMALL, 0);
    scan(&fake, &out, Some(&state))
        .ran()
        .exits(0)
        .says("200000000000.set-aside");
    assert!(fake.calls_of("GetFindingV2") > 0);
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
    assert!(fs::symlink_metadata(&file).unwrap().is_file());
}

#[test]
fn a_folder_of_something_else_is_left_as_it_is() {
    let folder = folder("state-foreign");
    let state = folder.join("holiday");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("photo"), "x").unwrap();
    let fake = night(SMALL, 0);
    scan(&fake, &folder.join("report"), Some(&state))
        .ran()
        .exits(1)
        .says("is not a state folder of leastwise")
        .says("give an empty or new folder");
    assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
}

#[test]
fn first_runs_that_begin_at_once_share_a_folder() {
    const RUNS: usize = 4;
    let folder = folder("state-at-once");
    for round in 0..200 {
        let state = folder.join(round.to_string());
        let (state, together) = (&state, &std::sync::Barrier::new(RUNS));
        std::thread::scope(|scope| {
            let open = || {
                together.wait();
                leastwise_aws::State::open(state).map(drop)
            };
            let runs: Vec<_> = (0..RUNS).map(|_| scope.spawn(open)).collect();
            runs.into_iter().for_each(|run| run.join().unwrap().unwrap());
        });
    }
}

#[test]
fn state_that_cannot_be_kept_is_told_once_and_the_report_is_whole() {
    let (out, state, first) = first_night(SMALL, "state-not-kept");
    // In the place of each account's file stands a folder, which no file can replace.
    for account in 200_000_000_000_u64..200_000_000_006 {
        let file = state.join(format!("accounts/{account}.json"));
        fs::remove_file(&file).unwrap();
        fs::create_dir_all(file.join("in the way")).unwrap();
        fs::create_dir_all(file.with_extension("set-aside").join("too")).unwrap();
    }
    let fake = night(SMALL, 0);
    let run = scan(&fake, &out, Some(&state)).ran().exits(0);
    assert_eq!(
        run.err.matches("cannot cache findings in").count(),
        1,
        "{}",
        run.err
    );
    assert_eq!(fake.calls_of("GetFindingV2"), first);
    assert!(lasting_files(&out) == full(SMALL, "state-not-kept-full", 0));
}
