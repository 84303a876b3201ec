//! Going on from an interrupted run: the same report, and nothing read twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use leastwise_core::report::{Coverage, ReportFormat};

use crate::fake::{Fake, Fault, Rule, When};
use crate::run::{Run, folder};
use crate::scan::{acme, command_as, demonstration, lasting_files, report, scan};
use crate::state::{sealed, unsealed};

/// Findings in flight at a time, and more pages than any of them has, so that a test knows what may be lost by a kill.
const IN_FLIGHT: u64 = 4;
const PAGES: u64 = 3;
#[cfg(unix)]
const ANSWERED: u64 = 40;

fn live(fake: &Fake, out: &Path, more: &[&str]) -> Run {
    let formats = if more.contains(&"--format") {
        &[][..]
    } else {
        &["--format", "json"]
    };
    let args = [&["scan", "--out", out.to_str().unwrap()][..], formats, more].concat();
    command_as(fake, "AKIA222222222222", &args)
        .with("LEASTWISE_LIMITS_ACCOUNTS", "1")
        .with("LEASTWISE_LIMITS_FINDINGS", &IN_FLIGHT.to_string())
}

fn beside(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out.parent().unwrap()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// A report of `mocks/acme`, never interrupted, and the calls for findings that it takes: made once, for all tests.
fn whole() -> &'static (BTreeMap<String, Vec<u8>>, u64) {
    static WHOLE: OnceLock<(BTreeMap<String, Vec<u8>>, u64)> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let out = folder("resume-whole").join("report");
        let fake = acme().start();
        live(&fake, &out, &[]).ran().exits(0);
        (lasting_files(&out), fake.calls_of("GetFindingV2"))
    })
}

/// A scan that was killed when so many calls for findings were answered, where it writes, and the files of accounts that were
/// not wholly read. More is in those than a kill may lose, so that a test sees whether they are read.
#[cfg(unix)]
fn killed(name: &str) -> (Fake, PathBuf, Vec<PathBuf>) {
    let out = folder(name).join("report");
    let silent = Rule::new(Fault::Silent, When::From(ANSWERED + 1)).on("GetFindingV2");
    let fake = acme().fault(silent).start();
    let far = || fake.calls_of("GetFindingV2") > ANSWERED;
    assert_eq!(live(&fake, &out, &[]).killed_when(far).code, -1);
    let begun = fs::read_dir(out.with_file_name(".report.journal").join("findings")).unwrap();
    let begun: Vec<PathBuf> = begun.map(|entry| entry.unwrap().path()).collect();
    let lines = |path| {
        fs::read_to_string(path)
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty())
            .count()
    };
    let kept: usize = begun.iter().map(lines).sum();
    assert!(kept as u64 > IN_FLIGHT * PAGES, "{kept} lines");
    (fake, out, begun)
}

/// A scan to whose end one account could not be read, and where it wrote.
fn unread(name: &str) -> (Fake, PathBuf) {
    let out = folder(name).join("report");
    let denied = Rule::new(Fault::Denied, When::Always)
        .on("GetAccountAuthorizationDetails")
        .of("444444444444");
    let fake = acme().fault(denied).start();
    live(&fake, &out, &[]).ran().exits(3);
    (fake, out)
}

#[cfg(unix)]
#[test]
fn a_scan_that_is_killed_goes_on_where_it_was_and_gives_the_same_bytes() {
    let (wanted, pages) = whole();
    let (fake, out, _) = killed("resume-killed");
    let left = beside(&out);
    let [work, journal, lock] = left.as_slice() else {
        panic!("{left:?}")
    };
    assert!(
        work.starts_with(".report.") && work.ends_with(".partial"),
        "{left:?}"
    );
    assert_eq!([journal, lock], [".report.journal", ".report.lock"]);
    fake.heal();
    fake.forget();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(0)
        .says("Continuing the scan of ");
    assert!(
        lasting_files(&out) == *wanted,
        "the report differs from that of a scan that was not killed"
    );
    let again = fake.calls_of("GetFindingV2");
    assert!(
        again <= pages - ANSWERED + IN_FLIGHT * PAGES,
        "{again} calls, {pages} pages, {ANSWERED} answered before"
    );
    assert_eq!(beside(&out), ["report"]);
}

/// A file that grows beyond a limit kills who writes it, so that the first one to do so is cut off there: with no room at all,
/// the note that says what a journal is.
#[cfg(unix)]
#[test]
fn a_scan_that_is_killed_while_it_writes_a_file_leaves_nothing_that_cannot_be_gone_on_from() {
    let (wanted, _) = whole();
    let out = folder("resume-cut").join("report");
    let fake = acme().start();
    for blocks in [0, 1, 4, 16, 64, 256] {
        let ran = live(&fake, &out, &["--resume"]).with_files_of(blocks).ran();
        assert_eq!(ran.code, -1, "{blocks}: {}", ran.err);
        assert!(!out.exists());
    }
    live(&fake, &out, &["--resume"]).ran().exits(0);
    assert!(
        lasting_files(&out) == *wanted,
        "the report differs from that of a scan that was not killed"
    );
    assert_eq!(beside(&out), ["report"]);
}

#[test]
fn what_could_not_be_read_can_be_read_again_alone() {
    let (fake, out) = unread("resume-denied");
    assert_eq!(beside(&out), [".report.journal", "report"]);
    fake.heal();
    fake.forget();
    let formats: Vec<&str> = ReportFormat::DEFAULT.iter().map(|it| it.name()).collect();
    live(&fake, &out, &["--resume", "--format", &formats.join(",")])
        .ran()
        .exits(0);
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 1);
    assert!(lasting_files(&out) == lasting_files(&demonstration()));
    assert_eq!(beside(&out), ["report"]);
}

#[test]
fn what_is_left_of_a_run_whose_report_is_in_place_is_not_gone_on_from() {
    let (fake, out) = unread("resume-done");
    let (journal, kept) = (out.with_file_name(".report.journal"), out.with_file_name("kept"));
    copy(&journal, &kept);
    fake.heal();
    live(&fake, &out, &["--resume"]).ran().exits(0);
    // As if it had been killed between the report's publishing and the journal's end.
    fs::rename(&kept, &journal).unwrap();
    fake.forget();
    let ran = live(&fake, &out, &["--resume"]).ran().exits(0);
    assert!(!ran.err.contains("Continuing"), "{}", ran.err);
    assert!(fake.calls_of("GetAccountAuthorizationDetails") > 1);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            assert!(fs::copy(&path, &to).is_ok());
        }
    }
}

#[test]
fn a_journal_of_other_settings_of_last_week_or_of_nobody_is_refused_and_the_mend_is_told() {
    let (fake, out) = unread("resume-refused");
    live(&fake, &out, &["--resume", "--evidence", "last-accessed"])
        .ran()
        .exits(1)
        .says("other settings or credentials")
        .says("without --resume to start again");
    let about = out.parent().unwrap().join(".report.journal/about.json");
    let text = fs::read_to_string(&about).unwrap();
    let mut old: serde_json::Value = serde_json::from_str(unsealed(&text)).unwrap();
    old["started"] = "2026-01-01T00:00:00Z".into();
    // Somebody who can write the digest as well.
    fs::write(&about, sealed("about.json", &old.to_string())).unwrap();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(1)
        .says("began at 2026-01-01T00:00:00Z");
    old["format"] = 2.into();
    fs::write(&about, sealed("about.json", &old.to_string())).unwrap();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(1)
        .says("is not saved progress of a scan");
    fs::write(&about, text.split_at(9).0).unwrap();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(1)
        .says("is not saved progress of a scan");
    fake.heal();
    live(&fake, &out, &[]).ran().exits(0);
    assert_eq!(report(&out).totals.accounts.get(&Coverage::Failed), None);
    assert_eq!(beside(&out), ["report"]);
}

#[cfg(unix)]
#[test]
fn a_line_that_was_cut_off_in_a_letter_costs_no_line_before_it() {
    let (wanted, pages) = whole();
    let (fake, out, cut) = killed("resume-cut");
    for path in cut {
        let mut text = fs::read(&path).unwrap();
        // The first byte of a letter that has two.
        text.extend(b"{\"id\": \"\xc3");
        fs::write(&path, text).unwrap();
    }
    fake.heal();
    fake.forget();
    live(&fake, &out, &["--resume"]).ran().exits(0);
    assert!(lasting_files(&out) == *wanted);
    let again = fake.calls_of("GetFindingV2");
    assert!(
        again <= pages - ANSWERED + IN_FLIGHT * PAGES,
        "{again} calls, {pages} pages"
    );
}

#[test]
fn a_journal_of_which_only_the_note_is_left_is_gone_on_from() {
    let (fake, out) = unread("resume-note");
    for part in ["accounts", "findings", "principals"] {
        fs::remove_dir_all(out.with_file_name(".report.journal").join(part)).unwrap();
    }
    fake.heal();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(0)
        .says("Continuing the scan of ");
    assert_eq!(beside(&out), ["report"]);
}

#[test]
fn a_broken_file_of_a_journal_is_read_again_from_aws() {
    let (wanted, _) = whole();
    let (fake, out) = unread("resume-broken");
    let kept = out
        .parent()
        .unwrap()
        .join(".report.journal/accounts/888888888888.json");
    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.split_at(text.len() / 2).0).unwrap();
    fake.heal();
    fake.forget();
    live(&fake, &out, &["--resume"]).ran().exits(0);
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 2);
    assert!(lasting_files(&out) == *wanted);
}

/// A modified journal would change the recommendations.
#[test]
fn what_somebody_changed_in_a_journal_is_said_and_read_again_from_aws() {
    let (wanted, _) = whole();
    let (fake, out) = unread("resume-changed");
    let kept = out
        .parent()
        .unwrap()
        .join(".report.journal/accounts/888888888888.json");
    let text = fs::read_to_string(&kept).unwrap();
    let changed = text.replacen("wildcard-everything", "wildcard-nothing", 1);
    assert_ne!(changed, text);
    fs::write(&kept, changed).unwrap();
    fake.heal();
    fake.forget();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(0)
        .says("888888888888.json`: it was modified; the account is read again");
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 2);
    assert!(lasting_files(&out) == *wanted);
    // The note of the run is held to the same.
    let (fake, out) = unread("resume-changed-note");
    let note = out.parent().unwrap().join(".report.journal/about.json");
    let text = fs::read_to_string(&note).unwrap();
    fs::write(&note, text.replacen("\"started\":\"2", "\"started\":\"3", 1)).unwrap();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(1)
        .says("is not saved progress of a scan");
}

/// In the place of a file stands a folder, so that it cannot be written. Gives what is in the way.
fn blocked(out: &Path, file: &str) -> PathBuf {
    let name = format!(".{}.journal/{file}", out.file_name().unwrap().to_str().unwrap());
    let path = out.with_file_name(name);
    let _ = fs::remove_file(&path);
    fs::create_dir_all(path.join("in the way")).unwrap();
    path
}

#[test]
fn a_scan_that_cannot_keep_an_account_stops_there_and_goes_on_when_it_can() {
    let (wanted, _) = whole();
    let out = folder("resume-no-room").join("report");
    let deny = |account: &str| {
        Rule::new(Fault::Denied, When::Always)
            .on("GetAccountAuthorizationDetails")
            .of(account)
    };
    let fake = acme()
        .fault(deny("444444444444"))
        .fault(deny("888888888888"))
        .start();
    live(&fake, &out, &[]).ran().exits(3);
    let stale = out.with_file_name(".report.journal/accounts/444444444444.json");
    assert!(stale.is_file());
    let before = fs::read(out.join("report.json")).unwrap();
    let in_the_way = blocked(&out, "accounts/444444444444.json");
    fake.heal();
    fake.forget();
    live(&fake, &out, &["--resume"])
        .ran()
        .exits(1)
        .says("cannot save account 444444444444 in `")
        .says(".report.journal`")
        .says("directory")
        .says("free some space there");
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 1, "it read on");
    // What was kept before is not what was read now.
    assert!(!stale.is_file());
    assert_eq!(fs::read(out.join("report.json")).unwrap(), before);
    fs::remove_dir_all(in_the_way).unwrap();
    fake.forget();
    live(&fake, &out, &["--resume"]).ran().exits(0);
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 2);
    assert!(lasting_files(&out) == *wanted);
    assert_eq!(beside(&out), ["report"]);
}

#[test]
fn a_capture_that_could_not_be_gone_on_from_is_told_once_and_whole_all_the_same() {
    let out = folder("resume-capture").join("snapshot");
    let capture = |fake: &Fake, more: &[&str]| {
        let args: Vec<&str> = ["capture", "--out", out.to_str().unwrap()]
            .iter()
            .chain(more)
            .copied()
            .collect();
        command_as(fake, "AKIA222222222222", &args)
    };
    let deny = |account: &str| {
        Rule::new(Fault::Denied, When::Always)
            .on("GetAccountAuthorizationDetails")
            .of(account)
    };
    let fake = acme()
        .fault(deny("444444444444"))
        .fault(deny("888888888888"))
        .start();
    capture(&fake, &[]).ran().exits(3);
    for account in ["444444444444", "888888888888"] {
        blocked(&out, &format!("accounts/{account}.json"));
        blocked(&out, &format!("findings/{account}.jsonl"));
    }
    fake.heal();
    let ran = capture(&fake, &["--resume"]).ran().exits(0);
    assert_eq!(
        ran.err
            .matches("--resume would have to read these accounts again")
            .count(),
        1,
        "{}",
        ran.err
    );
    assert!(out.join("accounts/444444444444/findings.json").is_file());
    assert_eq!(beside(&out), ["snapshot"]);
}

#[test]
fn without_an_interrupted_run_resume_begins_one() {
    let out = folder("resume-nothing").join("report");
    let fake = acme().start();
    live(&fake, &out, &["--resume"]).ran().exits(0);
    assert_eq!(beside(&out), ["report"]);
    let args = ["scan", "--snapshot", "mocks/acme", "--resume"];
    crate::run::leastwise(args)
        .ran()
        .exits(2)
        .says("cannot be used with");
}

#[cfg(unix)]
#[test]
fn a_report_that_was_put_aside_when_a_run_was_killed_is_put_back() {
    let out = folder("resume-aside").join("report");
    scan("mocks/partial", &out).exits(3);
    let work = out.with_file_name(".report.0123456789abcdef.partial");
    fs::create_dir_all(work.join("new/accounts")).unwrap();
    fs::rename(&out, work.join("old")).unwrap();
    // This run does not come to its end, and yet the old report is there again.
    let args = [
        "scan",
        "--snapshot",
        "mocks/nowhere",
        "--out",
        out.to_str().unwrap(),
    ];
    crate::run::leastwise(args).ran().exits(1);
    assert_eq!(report(&out).totals.accounts.get(&Coverage::Failed), Some(&1));
    assert_eq!(beside(&out), ["report"]);
}
