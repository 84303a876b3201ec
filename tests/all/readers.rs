//! Folders from someone else: entries that lead outside, never end, are not text, or are larger than anything
//! real are named in an error or become a row of their account. Nothing hangs.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::fake::{Fake, Fault, Rule, When, World};
use crate::run::{Ran, folder, leastwise};
use crate::scan::{account, command_as, copy_files, report, scan, small_acme};

const VICTIM: &str = "888888888888";

type Trap = (&'static str, fn(&Path));

/// Ways to put something in a file's place that must not be read.
const TRAPS: [Trap; 4] = [
    ("a link to a file outside", |path| {
        symlink("/etc/passwd", path).unwrap();
    }),
    ("a link to a device", |path| symlink("/dev/zero", path).unwrap()),
    ("a pipe", |path| {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }),
    // As large as it says, and yet it takes no room.
    ("a file without end", |path| {
        File::create(path).unwrap().set_len(1 << 42).unwrap();
    }),
];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(args: &[&str]) -> Ran {
    leastwise(args).ran_unless_it_hangs()
}

/// A folder with a part of the demonstration and a place for a report.
fn acme_in(name: &str) -> (PathBuf, PathBuf) {
    let root = folder(name);
    small_acme(&root.join("snapshot"));
    (root.join("snapshot"), root.join("report"))
}

fn scanned(snapshot: &Path, out: &Path) -> Ran {
    run(&[
        "scan",
        "--snapshot",
        text(snapshot),
        "--out",
        text(out),
        "--format",
        "json",
    ])
}

/// What the report says could not be read of the one account, and that all others were read.
fn row(out: &Path) -> String {
    let accounts = report(out).accounts;
    let failed: Vec<_> = accounts
        .iter()
        .filter(|account| !account.failures.is_empty())
        .collect();
    assert_eq!(
        failed
            .iter()
            .map(|account| account.id.as_str())
            .collect::<Vec<_>>(),
        [VICTIM]
    );
    let failure = &failed[0].failures[0].failure;
    format!("{} {}", failure.operation, failure.kind.name())
}

#[test]
fn a_file_of_a_snapshot_that_leads_out_or_never_ends_is_not_read() {
    for (what, trap) in TRAPS {
        for file in ["snapshot.json", "accounts.json", "analyzers.json"] {
            let (snapshot, out) = acme_in("readers-snapshot");
            fs::remove_file(snapshot.join(file)).unwrap();
            trap(&snapshot.join(file));
            let ran = scanned(&snapshot, &out);
            assert_eq!(ran.code, 1, "{file} is {what}: {}", ran.err);
            assert!(
                ran.err.contains(file) && ran.err.contains("help: "),
                "{file} is {what}: {}",
                ran.err
            );
        }
        for (file, wanted) in [
            ("authorization.json", "GetAccountAuthorizationDetails malformed"),
            ("findings.json", "GetFindingV2 malformed"),
        ] {
            let (snapshot, out) = acme_in("readers-account");
            let path = snapshot.join("accounts").join(VICTIM).join(file);
            fs::remove_file(&path).unwrap();
            trap(&path);
            let ran = scanned(&snapshot, &out);
            assert_eq!(ran.code, 3, "{file} is {what}: {}", ran.err);
            assert_eq!(row(&out), wanted, "{file} is {what}");
        }
    }
}

#[test]
fn a_folder_of_a_snapshot_is_no_link() {
    let (snapshot, out) = acme_in("readers-folder");
    let place = snapshot.join("accounts").join(VICTIM);
    let elsewhere = snapshot.with_file_name("elsewhere");
    fs::rename(&place, &elsewhere).unwrap();
    symlink(&elsewhere, &place).unwrap();
    scanned(&snapshot, &out).exits(3);
    assert_eq!(row(&out), "GetAccountAuthorizationDetails malformed");
    // The snapshot itself is where its user says that it is.
    let (snapshot, out) = acme_in("readers-linked");
    let linked = snapshot.with_file_name("linked");
    symlink(&snapshot, &linked).unwrap();
    scanned(&linked, &out).exits(0);
}

#[test]
fn what_is_no_json_text_is_a_row_and_what_is_odd_in_names_is_not() {
    let deep = "[".repeat(200_000);
    let malformed: [(&str, Vec<u8>); 6] = [
        (
            "bytes that are no UTF-8",
            b"{\"RoleDetailList\":[],\"x\":\"\xff\"}".to_vec(),
        ),
        ("an overlong slash", b"{\"x\":\"..\xc0\xaf..\"}".to_vec()),
        (
            "half of a surrogate pair",
            b"{\"RoleDetailList\":[{\"RoleName\":\"\\ud800\",\"Arn\":\"a\"}]}".to_vec(),
        ),
        ("a byte that is nothing", b"\0{}".to_vec()),
        (
            "brackets without end",
            format!("{{\"RoleDetailList\":{deep}").into_bytes(),
        ),
        ("an end in the middle", b"{\"RoleDetailList\":[{\"Ro".to_vec()),
    ];
    for (what, bytes) in malformed {
        let (snapshot, out) = acme_in("readers-text");
        fs::write(
            snapshot.join("accounts").join(VICTIM).join("authorization.json"),
            bytes,
        )
        .unwrap();
        let ran = scanned(&snapshot, &out);
        assert_eq!(ran.code, 3, "{what}: {}", ran.err);
        assert_eq!(row(&out), "GetAccountAuthorizationDetails malformed", "{what}");
        fs::write(
            snapshot.join("accounts.json"),
            b"{\"Accounts\":[{\"Id\":\"\xff\"}]}",
        )
        .unwrap();
        scanned(&snapshot, &out)
            .exits(1)
            .says("accounts.json")
            .says("save the file as UTF-8");
    }
}

/// Documents that are much too much: the policy is left alone, and the others are not.
#[test]
fn a_policy_without_end_is_left_alone_and_its_neighbours_are_not() {
    let million: Vec<String> = (0..1_000_000).map(|number| format!("s3:Get{number}")).collect();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let documents = [
        ("a million actions", json!({ "Statement": [{ "Effect": "Allow", "Action": million, "Resource": "*" }] }).to_string()),
        ("brackets without end", format!("{{\"Statement\":{deep}}}")),
        ("a name without end", json!({ "Statement": [{ "Effect": "Allow", "Action": "s3:".to_owned() + &"x".repeat(4 << 20), "Resource": "*" }] }).to_string()),
    ];
    for (what, document) in documents {
        let (snapshot, out) = acme_in("readers-policy");
        let path = snapshot.join("accounts").join(VICTIM).join("authorization.json");
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let roles = value["RoleDetailList"].as_array_mut().unwrap();
        let role = roles
            .iter_mut()
            .find(|role| {
                role["RolePolicyList"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty())
            })
            .unwrap();
        // As text, as AWS hands documents out.
        role["RolePolicyList"][0]["PolicyDocument"] = document.into();
        let arn = role["Arn"].as_str().unwrap().to_owned();
        fs::write(&path, value.to_string()).unwrap();
        let ran = scanned(&snapshot, &out);
        assert!(matches!(ran.code, 0 | 3), "{what}: {} {}", ran.code, ran.err);
        let found = account(&out, VICTIM);
        assert_eq!(
            found.principals.iter().filter(|row| row.arn == arn).count(),
            1,
            "{what}"
        );
        assert!(report(&out).totals.recommendations > 3, "{what}");
    }
}

#[test]
fn a_path_that_leads_out_is_nobodys() {
    for id in [
        "../../../etc",
        "/etc/passwd",
        "accounts/../..",
        "88888888888\u{0}",
        "8888888888٨٨",
    ] {
        let (snapshot, out) = acme_in("readers-paths");
        let path = snapshot.join("accounts.json");
        let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        value["Accounts"][1]["Id"] = id.into();
        fs::write(&path, value.to_string()).unwrap();
        scanned(&snapshot, &out)
            .exits(1)
            .says("accounts.json")
            .says("which is not an account ID");
    }
    let (snapshot, out) = acme_in("readers-twice");
    let path = snapshot.join("accounts.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    value["Accounts"][1] = value["Accounts"][0].clone();
    fs::write(&path, value.to_string()).unwrap();
    scanned(&snapshot, &out)
        .exits(1)
        .says("accounts.json")
        .says("twice");
}

#[test]
fn a_report_that_leads_out_or_never_ends_is_told_by_name() {
    let place = folder("readers-report");
    let (good, bad) = (place.join("good"), place.join("bad"));
    scan("mocks/partial", &good).exits(3);
    for (what, trap) in TRAPS {
        for file in [
            "manifest.json",
            "report.json",
            "accounts/111111111111.json",
            "catalog.json",
        ] {
            let _ = fs::remove_dir_all(&bad);
            copy_files(&good, &bad);
            fs::remove_file(bad.join(file)).unwrap();
            trap(&bad.join(file));
            let ran = run(&["verify", text(&bad)]);
            assert!(
                ran.code == 1 && (ran.err + &ran.out).contains(file),
                "verify: {file} is {what}"
            );
            if file != "catalog.json" {
                let ran = run(&["compare", text(&good), text(&bad)]);
                assert!(
                    ran.code == 1 && ran.err.contains(file),
                    "compare: {file} is {what}: {}",
                    ran.err
                );
                let out = place.join("out");
                let args = [
                    "scan",
                    "--snapshot",
                    "mocks/partial",
                    "--out",
                    text(&out),
                    "--previous",
                    text(&bad),
                ];
                let ran = run(&args);
                assert!(
                    ran.code == 1 && ran.err.contains(file),
                    "previous: {file} is {what}: {}",
                    ran.err
                );
            }
        }
        // Whatever has the place of a manifest, it makes no report of a folder.
        let _ = fs::remove_dir_all(&bad);
        fs::create_dir_all(&bad).unwrap();
        trap(&bad.join("manifest.json"));
        let ran = run(&["scan", "--snapshot", "mocks/partial", "--out", text(&bad)]);
        assert!(
            ran.code == 1 && ran.err.contains("refusing to overwrite"),
            "{what}: {}",
            ran.err
        );
    }
}

#[test]
fn parts_that_lead_out_or_never_end_are_told_by_name() {
    let place = folder("readers-parts");
    let (good, bad) = (place.join("good"), place.join("bad"));
    run(&[
        "scan",
        "--snapshot",
        "mocks/acme",
        "--shard",
        "1/1",
        "--parts",
        text(&good),
    ])
    .exits(0);
    let shard = fs::read_dir(&good)
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .next()
        .unwrap();
    for (what, trap) in TRAPS {
        for file in ["part.json", "accounts.json", &format!("accounts/{VICTIM}.json")] {
            let _ = fs::remove_dir_all(&bad);
            copy_files(&good, &bad);
            let path = bad.join(&shard).join(file);
            fs::remove_file(&path).unwrap();
            trap(&path);
            let ran = run(&["merge", text(&bad), "--out", text(&place.join("report"))]);
            assert!(
                ran.code == 1 && ran.err.contains(file),
                "{file} is {what}: {} {}",
                ran.code,
                ran.err
            );
        }
    }
}

#[test]
fn a_config_is_read_up_to_its_bound_and_may_come_through_a_pipe() {
    let place = folder("readers-config");
    let scan = |config: &Path| {
        run(&[
            "scan",
            "--snapshot",
            "mocks/partial",
            "--out",
            text(&place.join("report")),
            "--config",
            text(config),
        ])
    };
    let pipe = place.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "formats = [\"json\"]").unwrap()
    });
    scan(&pipe).exits(3);
    writer.join().unwrap();
    scan(Path::new("/dev/zero"))
        .exits(1)
        .says("/dev/zero")
        .says("larger than");
    let config = place.join("leastwise.toml");
    fs::write(&config, b"out = \"\xff\"").unwrap();
    scan(&config)
        .exits(1)
        .says("leastwise.toml")
        .says("not UTF-8 at byte 7")
        .says("save the file as UTF-8");
    fs::write(&config, "a = ".to_owned() + &"[".repeat(100_000)).unwrap();
    scan(&config).exits(2).says("leastwise.toml");
}

/// What an interrupted run or an earlier night left is asked for again when it is not to be trusted.
#[test]
fn what_runs_leave_behind_is_read_anew_when_something_else_is_in_its_place() {
    let place = folder("readers-kept");
    let (snapshot, out, state) = (place.join("snapshot"), place.join("report"), place.join("state"));
    small_acme(&snapshot);
    let denied = || {
        Rule::new(Fault::Denied, When::Always)
            .on("GetAccountAuthorizationDetails")
            .of("333333333333")
    };
    for (what, trap) in TRAPS {
        let fake = Fake::of(World::folder(&snapshot)).fault(denied()).start();
        let live = |more: &[&str]| {
            let args: Vec<&str> = [
                "scan",
                "--format",
                "json",
                "--out",
                text(&out),
                "--state",
                text(&state),
            ]
            .iter()
            .chain(more)
            .copied()
            .collect();
            command_as(&fake, "AKIA222222222222", &args).ran_unless_it_hangs()
        };
        live(&[]).exits(3);
        for path in [
            place.join(format!(".report.journal/accounts/{VICTIM}.json")),
            state.join(format!("accounts/{VICTIM}.json")),
        ] {
            fs::remove_file(&path).unwrap();
            trap(&path);
        }
        fake.heal();
        let ran = live(&["--resume"]);
        assert_eq!(ran.code, 0, "{what}: {}", ran.err);
        let aside = state.join(format!("accounts/{VICTIM}.set-aside"));
        assert!(ran.err.contains("888888888888.set-aside"), "{what}: {}", ran.err);
        fs::remove_file(aside).unwrap();
        // The note of an interrupted run, likewise.
        fake.fault(denied());
        live(&[]).exits(3);
        let about = place.join(".report.journal/about.json");
        fs::remove_file(&about).unwrap();
        trap(&about);
        let ran = live(&["--resume"]);
        assert!(
            ran.code == 1 && ran.err.contains("about.json"),
            "{what}: {}",
            ran.err
        );
    }
}
