//! Where things are written when somebody else was there before: nothing of his is written through, taken over or removed.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use leastwise_report::folder::writer::{OutputKind, WriteError, Writer};

use crate::fake::{Fake, Fault, Rule, When};
use crate::run::{Ran, folder, leastwise};
use crate::scan::{acme, live, scan};

/// Nobody, everywhere.
const STRANGER: u32 = 65_534;

/// Gives a path to another user, which only root may do.
fn give_away(path: &Path) {
    std::os::unix::fs::lchown(path, Some(STRANGER), Some(STRANGER)).expect("root gives files away");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn shared(name: &str, mode: u32) -> PathBuf {
    let place = folder(name);
    fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
    place
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A scan that may not hang.
fn scanned(out: &Path, more: &[&str]) -> Ran {
    let args = [
        "scan",
        "--snapshot",
        "mocks/partial",
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args.iter().chain(more)).ran_unless_it_hangs()
}

#[test]
fn folders_that_somebody_prepared_beside_a_report_are_neither_used_nor_removed() {
    let place = shared("places-prepared", 0o1777);
    let (out, victim) = (place.join("report"), place.join("victim"));
    fs::write(&victim, "mine").unwrap();
    let prepared = [
        ".report.partial",
        ".report.old",
        ".report.0123456789abcdef.partial",
        ".report.partial.d",
    ];
    for name in prepared {
        let folder = place.join(name);
        fs::create_dir_all(folder.join("new")).unwrap();
        for link in ["report.json", "catalog.json", "new/report.json", "precious"] {
            symlink(&victim, folder.join(link)).unwrap();
        }
    }
    scanned(&out, &[]).exits(3);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    for name in prepared {
        assert!(place.join(name).join("precious").is_symlink(), "{name}");
    }
    assert_eq!(fs::metadata(&out).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(
        fs::metadata(&out).unwrap().uid(),
        fs::metadata(&victim).unwrap().uid()
    );
    assert_eq!(names(&place).len(), prepared.len() + 2);
}

#[test]
#[ignore = "needs root"]
fn what_another_user_left_is_not_put_back_and_not_cleared_away() {
    let place = shared("places-foreign", 0o1777);
    let work = place.join(".report.0123456789abcdef.partial");
    fs::create_dir_all(work.join("old")).unwrap();
    fs::write(work.join("old/precious"), "").unwrap();
    fs::set_permissions(&work, fs::Permissions::from_mode(0o700)).unwrap();
    give_away(&work);
    scanned(&place.join("report"), &[]).exits(3);
    assert!(work.join("old/precious").is_file());
    // Nor is a report that another user made replaced, whatever it holds.
    let theirs = place.join("theirs");
    scanned(&theirs, &[]).exits(3);
    give_away(&theirs);
    scanned(&theirs, &[])
        .exits(1)
        .says("theirs`: it belongs to another user");
    assert!(theirs.join("manifest.json").is_file());
}

#[test]
fn a_lock_that_is_no_file_of_ours_is_refused_at_once() {
    let place = folder("places-lock");
    let (out, lock, elsewhere) = (
        place.join("report"),
        place.join(".report.lock"),
        place.join("elsewhere"),
    );
    symlink(&elsewhere, &lock).unwrap();
    scanned(&out, &[])
        .exits(1)
        .says(".report.lock`: it is a symbolic link");
    assert!(!elsewhere.exists() && lock.is_symlink());
    fs::remove_file(&lock).unwrap();
    pipe(&lock);
    scanned(&out, &[])
        .exits(1)
        .says(".report.lock`: it is not a regular file");
    assert_eq!(names(&place), [".report.lock"]);
}

#[test]
#[ignore = "needs root"]
fn a_lock_of_another_user_is_refused_at_once() {
    let place = folder("places-lock-of-another");
    let lock = place.join(".report.lock");
    fs::write(&lock, "").unwrap();
    give_away(&lock);
    scanned(&place.join("report"), &[])
        .exits(1)
        .says(".report.lock`: it belongs to another user");
    assert_eq!(names(&place), [".report.lock"]);
}

#[test]
fn a_folder_in_which_everybody_may_rename_is_no_place_for_a_report() {
    let place = shared("places-shared", 0o777);
    let out = place.join("report");
    let args: [&[&str]; 4] = [
        &["scan", "--snapshot", "mocks/partial", "--out"],
        &["capture", "--snapshot", "mocks/partial", "--out"],
        &["scan", "--shard", "1/1", "--snapshot", "mocks/partial", "--parts"],
        &["init", "--out"],
    ];
    for (args, path) in args.into_iter().zip([&out, &out, &place, &out]) {
        let ran = leastwise(args.iter().copied().chain([path.to_str().unwrap()]))
            .ran()
            .exits(1);
        ran.says("every user can rename and delete files in that folder")
            .says("chmod o-w");
        assert_eq!(names(&place), Vec::<String>::new(), "{args:?}");
    }
    fs::set_permissions(&place, fs::Permissions::from_mode(0o1777)).unwrap();
    scanned(&out, &[]).exits(3);
}

#[test]
#[ignore = "needs root"]
fn a_link_that_another_user_put_where_everybody_may_put_things_is_not_followed() {
    let place = shared("places-link", 0o1777);
    let (link, real) = (place.join("report"), folder("places-link-real"));
    symlink(&real, &link).unwrap();
    scanned(&link, &[]).exits(3);
    give_away(&link);
    scanned(&link, &[])
        .exits(1)
        .says("report`: it belongs to another user");
}

#[test]
fn a_journal_that_is_not_ours_is_neither_written_nor_removed() {
    let place = folder("places-journal");
    let (out, journal, elsewhere) = (
        place.join("report"),
        place.join(".report.journal"),
        place.join("elsewhere"),
    );
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("about.json"), "").unwrap();
    symlink(&elsewhere, &journal).unwrap();
    let fake = acme().start();
    for more in [&[][..], &["--resume"]] {
        let args = [&["scan", "--out", out.to_str().unwrap()], more].concat();
        live(&fake, &args)
            .exits(1)
            .says(".report.journal`: it is a symbolic link");
        assert_eq!(names(&elsewhere), ["about.json"]);
    }
    fs::remove_file(&journal).unwrap();
    // Nor are answers that another user may have prepared gone on from.
    let (fake, resumed) = one_account_short(&out);
    fs::set_permissions(&journal, fs::Permissions::from_mode(0o707)).unwrap();
    live(&fake, &resumed).exits(1).says("other users can write to it");
}

/// A scan that could not read one account, healed, and what goes on from its journal.
fn one_account_short(out: &Path) -> (Fake, [&str; 4]) {
    let denied = Rule::new(Fault::Denied, When::Always)
        .on("GetAccountAuthorizationDetails")
        .of("444444444444");
    let fake = acme().fault(denied).start();
    live(&fake, &["scan", "--out", out.to_str().unwrap()]).exits(3);
    fake.heal();
    (fake, ["scan", "--resume", "--out", out.to_str().unwrap()])
}

#[test]
#[ignore = "needs root"]
fn a_journal_of_another_user_is_neither_written_nor_removed() {
    let place = folder("places-journal-of-another");
    let (out, journal) = (place.join("report"), place.join(".report.journal"));
    let (fake, resumed) = one_account_short(&out);
    give_away(&journal);
    live(&fake, &resumed)
        .exits(1)
        .says(".report.journal`: it belongs to another user");
    assert!(journal.join("about.json").is_file());
}

#[test]
fn a_file_of_the_users_own_in_an_earlier_report_is_named_and_kept() {
    let out = folder("places-own").join("report");
    scanned(&out, &[]).exits(3);
    for signature in [
        "manifest.json.sig",
        "manifest.json.minisig",
        "manifest.json.sigstore.json",
    ] {
        fs::write(out.join(signature), "").unwrap();
    }
    scanned(&out, &[]).exits(3);
    assert!(!out.join("manifest.json.sig").exists());
    for file in [
        "notes.txt",
        "policies/111111111111/notes.txt",
        "manifest.json.bak",
    ] {
        let path = out.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        let ran = scanned(&out, &[]).exits(1);
        ran.says(&format!("report`: leastwise did not write `{file}` in it"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        fs::remove_file(path).unwrap();
    }
    symlink("notes", out.join("link")).unwrap();
    scanned(&out, &[]).exits(1).says("leastwise did not write `link`");
    let snapshot = out.with_file_name("snapshot");
    let capture = [
        "capture",
        "--snapshot",
        "mocks/partial",
        "--out",
        snapshot.to_str().unwrap(),
    ];
    leastwise(capture).ran().exits(3);
    leastwise(capture).ran().exits(3);
    fs::write(snapshot.join("accounts/notes.txt"), "mine").unwrap();
    leastwise(capture)
        .ran()
        .exits(1)
        .says("leastwise did not write `accounts/notes.txt`");
    let parts = out.with_file_name("parts");
    let shard = [
        "scan",
        "--shard",
        "1/1",
        "--snapshot",
        "mocks/partial",
        "--parts",
        parts.to_str().unwrap(),
    ];
    leastwise(shard).ran().exits(3);
    leastwise(shard).ran().exits(3);
    fs::write(parts.join("shard-1-of-1/notes.txt"), "mine").unwrap();
    leastwise(shard)
        .ran()
        .exits(1)
        .says("leastwise did not write `notes.txt`");
}

#[test]
fn a_file_that_comes_into_an_earlier_report_during_a_run_is_kept_as_well() {
    let out = folder("places-meanwhile").join("report");
    scan("mocks/partial", &out).exits(3);
    let writer = Writer::begin(&out, OutputKind::Report).unwrap();
    writer.write("report.json", b"{}").unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    let refused = writer.finish().unwrap_err();
    assert!(
        matches!(&refused, WriteError::Stranger { file, .. } if file == "notes.txt"),
        "{refused}"
    );
    assert!(out.join("manifest.json").is_file() && out.join("notes.txt").is_file());
    assert_eq!(names(out.parent().unwrap()), ["report"]);
}

#[test]
fn no_path_of_a_report_is_written_twice() {
    let out = folder("places-twice").join("report");
    let writer = Writer::begin(&out, OutputKind::Report).unwrap();
    writer.write("policies/Read.diff", b"").unwrap();
    writer.append("changes/ready.txt", b"a", false).unwrap();
    writer.append("changes/ready.txt", b"b", false).unwrap();
    for path in [
        "policies/Read.diff",
        "policies/read.diff",
        "Policies/Read.diff",
        "changes/READY.txt",
    ] {
        let refused = writer.write(path, b"").unwrap_err();
        assert!(
            matches!(&refused, WriteError::Twice { file } if file == path),
            "{refused}"
        );
        assert!(matches!(
            writer.append(&path.to_uppercase(), b"", false),
            Err(WriteError::Twice { .. })
        ));
        assert!(matches!(
            writer.write_json(path, &()),
            Err(WriteError::Twice { .. })
        ));
    }
    drop(writer);
    assert_eq!(names(out.parent().unwrap()), Vec::<String>::new());
}

#[test]
#[ignore = "needs root that may mount"]
fn a_place_without_room_is_told_and_nothing_stays_there() {
    let place = folder("places-full");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
        .arg(&place)
        .status();
    assert!(mounted.unwrap().success());
    let ran = scanned(&place.join("report"), &[]);
    let left = names(&place);
    assert!(Command::new("umount").arg(&place).status().unwrap().success());
    ran.exits(1).says("MB of free space");
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn metrics_take_the_place_of_a_file_and_of_nothing_else() {
    let place = folder("places-metrics");
    let (out, file, metrics) = (
        place.join("report"),
        place.join("file"),
        place.join("metrics.prom"),
    );
    let with = |metrics: &Path| scanned(&out, &["--metrics", metrics.to_str().unwrap()]);
    with(&metrics).exits(3);
    with(&metrics).exits(3);
    assert!(fs::read_to_string(&metrics).unwrap().ends_with("# EOF\n"));
    fs::write(&file, "mine").unwrap();
    let (link, fifo) = (place.join("link"), place.join("pipe"));
    symlink(&file, &link).unwrap();
    pipe(&fifo);
    with(&link).exits(1).says("link`: it is a symbolic link");
    with(&fifo).exits(1).says("pipe`: it is not a regular file");
    with(Path::new("/dev/null"))
        .exits(1)
        .says("/dev/null`: it is not a regular file");
    with(&place).exits(1);
    for inside in ["metrics.prom", "accounts/metrics.prom", "../report/metrics.prom"] {
        with(&out.join(inside))
            .exits(1)
            .says("it is inside the report folder")
            .says("outside the report folder");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(link.is_symlink() && !out.join("metrics.prom").exists());
    assert_eq!(names(&place), ["file", "link", "metrics.prom", "pipe", "report"]);
}

/// Where everybody may put things, another user's file stays his.
#[test]
#[ignore = "needs root"]
fn metrics_of_another_user_stay_his() {
    let place = shared("places-metrics-of-another", 0o1777);
    let metrics = place.join("metrics.prom");
    fs::write(&metrics, "his").unwrap();
    give_away(&metrics);
    scanned(&place.join("report"), &["--metrics", metrics.to_str().unwrap()])
        .exits(1)
        .says("metrics.prom`: it belongs to another user");
    assert_eq!(fs::read_to_string(&metrics).unwrap(), "his");
}

#[test]
fn a_part_that_is_a_link_is_not_merged() {
    let place = folder("places-part");
    let (parts, out) = (place.join("parts"), place.join("report"));
    for shard in ["1/2", "2/2"] {
        let args = [
            "scan",
            "--shard",
            shard,
            "--snapshot",
            "mocks/acme",
            "--parts",
            parts.to_str().unwrap(),
        ];
        leastwise(args).ran().exits(0);
    }
    let (part, away) = (parts.join("shard-1-of-2"), place.join("away"));
    fs::rename(&part, &away).unwrap();
    symlink(&away, &part).unwrap();
    let merge = ["merge", parts.to_str().unwrap(), "--out", out.to_str().unwrap()];
    leastwise(merge)
        .ran()
        .exits(1)
        .says("shard-1-of-2`: it is a symbolic link");
    fs::remove_file(&part).unwrap();
    fs::rename(&away, &part).unwrap();
    leastwise(merge).ran().exits(0);
}

#[test]
fn however_few_files_may_be_open_a_scan_ends_with_a_message() {
    let out = folder("places-few").join("report");
    let args = [
        "scan",
        "--snapshot",
        "mocks/partial",
        "--out",
        out.to_str().unwrap(),
    ];
    let mut told = 0;
    for most in (4..=32).step_by(2) {
        let ran = leastwise(args).with_open_files(most).ran_unless_it_hangs();
        assert!(!ran.err.contains("panicked"), "{most}: {}", ran.err);
        assert!(matches!(ran.code, 1 | 3), "{most}: {} {}", ran.code, ran.err);
        told += usize::from(ran.err.contains("ulimit -n"));
    }
    assert!(told > 0);
}
