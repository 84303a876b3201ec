//! A run that reads nothing, and AWS's reason: the earlier report is kept, and the end of the log says why
//! and what to do.

use std::fs;
use std::path::Path;

use crate::fake::{Fault, Rule, Setup, When};
use crate::run::{Ran, folder, leastwise};
use crate::scan::{account, acme, command_as, files, live, live_as, report, scan};

/// The words of AWS where the fake refuses.
const WORDS: &str = "AccessDenied: ";

fn refused(operation: &str) -> Setup {
    acme().fault(Rule::new(Fault::Denied, When::Always).on(operation))
}

#[test]
fn a_run_that_reads_no_account_fails_and_the_earlier_report_is_as_it_was() {
    let folder = folder("nothing-read");
    let (out, snapshot) = (folder.join("report"), folder.join("snapshot"));
    scan("mocks/acme", &out).exits(0);
    let captured = [
        "capture",
        "--snapshot",
        "mocks/acme",
        "--out",
        snapshot.to_str().unwrap(),
    ];
    leastwise(captured).ran().exits(0);
    let (before, recorded) = (files(&out), files(&snapshot));
    let args = [
        "scan",
        "--out",
        out.to_str().unwrap(),
        "--previous",
        out.to_str().unwrap(),
    ];
    let ran = live(&refused("GetAccountAuthorizationDetails").start(), &args)
        .exits(1)
        .says("error: no account could be scanned. 101010101010: GetAccountAuthorizationDetails denied (AccessDenied: ")
        .says("; 8 other accounts failed as well. Nothing was written; `")
        .says("nothing-read/report` is unchanged\n")
        .says("help: `leastwise iam-policy` prints the permissions that a scan needs");
    assert!(!ran.err.contains("Writing:"), "{}", ran.err);
    assert_eq!(files(&out), before);
    let args = ["capture", "--out", snapshot.to_str().unwrap()];
    live(&refused("GetAccountAuthorizationDetails").start(), &args)
        .exits(1)
        .says("no account could be scanned");
    assert_eq!(files(&snapshot), recorded);
    // On the first night there is none that could be as it was.
    let first = folder.join("first");
    let ran = live(
        &refused("GetAccountAuthorizationDetails").start(),
        &["scan", "--out", first.to_str().unwrap()],
    );
    let ran = ran
        .exits(1)
        .says("no account could be scanned. 101010101010")
        .says("Scanning: 0/9 accounts, 9 failed");
    assert!(!ran.err.contains("is unchanged") && !first.exists());
}

/// A shard may have the accounts that fail while the others have those that do not: only the merge knows.
#[test]
fn a_merge_of_shards_that_read_no_account_fails_and_the_earlier_report_is_as_it_was() {
    let folder = folder("nothing-merged");
    let (out, parts) = (folder.join("report"), folder.join("parts"));
    scan("mocks/acme", &out).exits(0);
    let before = files(&out);
    for shard in ["1/2", "2/2"] {
        let args = [
            "scan",
            "--shard",
            shard,
            "--parts",
            parts.to_str().unwrap(),
            "--run-id",
            "tonight",
        ];
        live(&refused("GetAccountAuthorizationDetails").start(), &args).exits(3);
    }
    leastwise(["merge", parts.to_str().unwrap(), "--out", out.to_str().unwrap()])
        .ran()
        .exits(1)
        .says("GetAccountAuthorizationDetails denied (AccessDenied: ")
        .says(". Nothing was written; `");
    assert_eq!(files(&out), before);
}

#[test]
fn a_role_that_cannot_be_assumed_is_told_with_the_command_that_prints_it() {
    let folder = folder("nothing-entered");
    let (out, config) = (folder.join("report"), folder.join("leastwise.toml"));
    fs::write(
        &config,
        "assume.role = \"security/reader\"\nassume.external-id = \"invented\"\n",
    )
    .unwrap();
    let args = [
        "scan",
        "--config",
        config.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    let only = [&args[..], &["--accounts", "333333333333"]].concat();
    let fix = "deploy the role `security/reader` in 333333333333; `leastwise iam-policy --trust ACCOUNT_ID --role security/reader \
               --external-id ID` prints its CloudFormation template, where ACCOUNT_ID is the account that runs the scan";
    live(&acme().role("another").start(), &only)
        .exits(1)
        .says(WORDS)
        .says(&format!("help: {fix}\n"));
    // Where others are read it is part of the summary.
    let closed = Rule::new(Fault::Denied, When::Always)
        .on("AssumeRole")
        .of("333333333333");
    live(&acme().fault(closed).start(), &args)
        .exits(3)
        .says("(333333333333): AccessDenied on sts:AssumeRole\n")
        .says(&format!("\n                -> {fix}\n"));
    let told = &report(&out)
        .accounts
        .into_iter()
        .find(|it| it.id == "333333333333")
        .unwrap()
        .failures[0]
        .failure;
    assert!(
        told.code.as_deref() == Some("AccessDenied") && told.message.is_some(),
        "{told:?}"
    );
}

#[test]
fn suspended_accounts_alone_are_nothing_to_report_on() {
    let folder = folder("nothing-open");
    let snapshot = folder.join("snapshot");
    for (path, text) in files(Path::new("mocks/acme")) {
        let path = snapshot.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(
            path,
            String::from_utf8(text)
                .unwrap()
                .replace("\"ACTIVE\"", "\"SUSPENDED\""),
        )
        .unwrap();
    }
    let out = folder.join("report");
    scan(snapshot.to_str().unwrap(), &out)
        .exits(1)
        .says("error: no account to scan (all 10 are suspended or closed); nothing was written");
    assert!(!out.exists());
}

#[test]
fn the_words_of_aws_are_the_same_in_a_live_report_and_in_one_of_what_was_captured() {
    let folder = folder("nothing-words");
    let [lived, snapshot, replayed] = ["lived", "snapshot", "replayed"].map(|name| folder.join(name));
    let setup = || {
        let of =
            |operation: &str, account: &str| Rule::new(Fault::Denied, When::Always).on(operation).of(account);
        acme()
            .fault(of("AssumeRole", "333333333333"))
            .fault(of("ListFindingsV2", "222222222222"))
            .fault(of("GetServiceLastAccessedDetails", "444444444444"))
    };
    let evidence = ["--evidence", "last-accessed"];
    let run = |args: &[&str], out: &Path| {
        live(
            &setup().start(),
            &[args, &evidence, &["--out", out.to_str().unwrap()]].concat(),
        )
        .exits(3)
    };
    run(&["scan"], &lived);
    run(&["capture"], &snapshot);
    scan(snapshot.to_str().unwrap(), &replayed).exits(3);
    let words = |out: &Path, id: &str| {
        let failures = account(out, id).summary.failures;
        failures
            .into_iter()
            .map(|it| it.failure.message.unwrap())
            .collect::<Vec<_>>()
    };
    for id in ["333333333333", "444444444444"] {
        assert!(!words(&lived, id).is_empty(), "{id}");
        assert_eq!(words(&lived, id), words(&replayed, id));
    }
    let error = fs::read_to_string(snapshot.join("accounts/333333333333/error.json")).unwrap();
    assert!(error.contains("\"code\": \"AccessDenied\""), "{error}");
}

/// They name whoever scans, and a pack contains nobody else's data.
#[test]
fn the_words_of_aws_are_in_no_pack() {
    let out = folder("nothing-packs").join("report");
    let args = [
        "scan",
        "--split-by",
        "account",
        "--format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    let closed = Rule::new(Fault::Denied, When::Always).on("ListFindingsV2");
    live(&acme().fault(closed).start(), &args).exits(3);
    let failure = |folder: &Path| account(folder, "444444444444").summary.failures.remove(0).failure;
    let (whole, pack) = (failure(&out), failure(&out.join("packs/444444444444")));
    assert!(whole.message.is_some() && pack.message.is_none());
    assert_eq!((whole.kind, whole.code), (pack.kind, pack.code));
}

#[test]
fn what_aws_says_about_the_caller_and_the_list_of_accounts_is_told() {
    let folder = folder("nothing-known");
    let out = folder.join("report");
    let args = ["scan", "--out", out.to_str().unwrap()];
    live(&refused("GetCallerIdentity").start(), &args)
        .exits(1)
        .says("cannot check the AWS credentials: GetCallerIdentity denied (AccessDenied: ");
    live(&refused("ListAccounts").start(), &args)
        .exits(3)
        .says("warning: scanning only 222222222222 (your own account), because organizations:ListAccounts failed (AccessDeniedException: ");
    let later = Rule::new(Fault::Denied, When::Nth(2)).on("ListAccounts");
    live_as(
        &acme().page("ListAccounts", 3).fault(later).start(),
        "AKIA111111111111",
        &args,
    )
    .exits(1)
    .says("cannot list the accounts of the organisation: ListAccounts denied (AccessDeniedException: ");
}

/// One line of the summary: where the evidence is from, and of how many of the accounts that were read.
#[test]
fn the_summary_says_where_the_evidence_comes_from() {
    let folder = folder("nothing-evidence");
    let line = |ran: Ran| {
        let line = ran
            .err
            .lines()
            .find_map(|line| line.strip_prefix("usage data    ").map(str::to_owned));
        line.unwrap_or_else(|| panic!("{}", ran.err))
    };
    let recorded = line(scan("mocks/acme", &folder.join("recorded")));
    let analyzer = "IAM Access Analyzer, last 90 days (`acme-unused-access` in 222222222222): ";
    assert!(recorded.starts_with(analyzer), "{recorded}");
    assert!(recorded.contains(" accounts"), "{recorded}");
    let out = folder.join("lived");
    let args = [
        "scan",
        "--evidence",
        "last-accessed",
        "--out",
        out.to_str().unwrap(),
    ];
    assert_eq!(
        line(live(&acme().start(), &args)),
        "IAM last-accessed data, last 90 days: 9 accounts"
    );
}

#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_says_that_the_earlier_report_is_as_it_was() {
    let out = folder("nothing-stopped").join("report");
    scan("mocks/acme", &out).exits(0);
    let before = files(&out);
    let fake = acme()
        .fault(Rule::new(Fault::Silent, When::Always).on("GetFindingV2"))
        .start();
    let args = ["scan", "--out", out.to_str().unwrap()];
    command_as(&fake, "AKIA222222222222", &args)
        .stopped_when(|| fake.calls_of("GetFindingV2") > 0)
        .exits(1)
        .says("stopped: nothing was written; `")
        .says("nothing-stopped/report` is unchanged\n");
    assert_eq!(files(&out), before);
}
