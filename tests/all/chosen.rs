//! What is named must be there: accounts, variables of the environment, the config that is found, folders.

use std::fs;
use std::path::Path;

use crate::run::{Ran, folder, leastwise};
use crate::scan::{acme, live, live_as, report};

fn scan(out: &Path, more: &[&str]) -> Ran {
    let args = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args.iter().chain(more).copied()).ran()
}

#[test]
fn an_entry_that_matches_no_account_is_wrong_usage_and_says_what_may_be_meant() {
    let out = folder("chosen-astray").join("report");
    let cases = [
        (
            &["--include", "acme-shop-prd"][..],
            "`acme-shop-prd` in `accounts.include` (--include)",
            "`acme-shop-prod` (444444444444)",
        ),
        (
            &["--include", "acme-*,amce-*"],
            "`amce-*` in `accounts.include` (--include)",
            "`acme-management` (111111111111)",
        ),
        (
            &["--exclude", "123456789012"],
            "`123456789012` in `accounts.exclude` (--exclude)",
            "available: `111111111111`",
        ),
        (
            &["--exclude", "444444444445"],
            "`444444444445` in `accounts.exclude` (--exclude)",
            "`444444444444` (acme-shop-prod)",
        ),
        (
            &["--include", "ou-acme-workload"],
            "`ou-acme-workload` in `accounts.include` (--include)",
            "`ou-acme-workloads`",
        ),
        (
            &["--accounts", "444444444445"],
            "`444444444445` in `accounts.list` (--accounts)",
            "`444444444444` (acme-shop-prod)",
        ),
    ];
    for (args, entry, help) in cases {
        scan(&out, args)
            .exits(2)
            .says(&format!("error: {entry} matches no account\n"))
            .says(help);
        assert!(!out.exists());
    }
    scan(
        &out,
        &["--include", "acme-shop-prod", "--exclude", "444444444444"],
    )
    .exits(2)
    .says("leave no account to scan");
}

#[test]
fn an_entry_that_matches_no_account_is_told_before_any_account_is_read() {
    let folder = folder("chosen-early");
    let fake = acme().start();
    let (report, snapshot, parts) = (
        folder.join("report"),
        folder.join("snapshot"),
        folder.join("parts"),
    );
    let wrong = ["--exclude", "acme-sandbx"];
    let runs: [&[&str]; 3] = [
        &["scan", "--out", report.to_str().unwrap()],
        &["capture", "--out", snapshot.to_str().unwrap()],
        &["scan", "--shard", "1/2", "--parts", parts.to_str().unwrap()],
    ];
    for run in runs {
        live(&fake, &[run, &wrong].concat())
            .exits(2)
            .says("did you mean `acme-sandbox` (888888888888)?");
    }
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 0);
    assert!(!report.exists() && !snapshot.exists());
}

#[test]
fn listed_accounts_of_a_snapshot_are_all_that_is_read_of_it() {
    let folder = folder("chosen-listed");
    let (recorded, lived) = (folder.join("recorded"), folder.join("lived"));
    scan(&recorded, &["--accounts", "444444444444,333333333333"]).exits(0);
    let ids = |out: &Path| {
        report(out)
            .accounts
            .into_iter()
            .map(|it| it.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&recorded), ["333333333333", "444444444444"]);
    let args = [
        "scan",
        "--accounts",
        "444444444444,333333333333",
        "--format",
        "json",
        "--out",
    ];
    live(&acme().start(), &[&args[..], &[lived.to_str().unwrap()]].concat()).exits(0);
    assert_eq!(report(&lived).totals, report(&recorded).totals);
}

/// A config is for a whole organisation, and sometimes a few accounts are read with it.
#[test]
fn an_entry_about_accounts_that_nobody_told_of_is_no_mistake() {
    let out = folder("chosen-few").join("report");
    let fake = acme().start();
    let exclude = [
        "scan",
        "--exclude",
        "acme-sandbox",
        "--format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    live(&fake, &[&exclude[..], &["--accounts", "333333333333"]].concat()).exits(0);
    scan(&out, &["--exclude", "acme-sandbox", "--accounts", "333333333333"]).exits(0);
    live_as(&fake, "AKIA444444444444", &exclude)
        .exits(3)
        .says("scanning only 444444444444 (your own account)");
    // What leaves none of them is one all the same.
    let include = [
        "scan",
        "--include",
        "acme-sandbox",
        "--out",
        out.to_str().unwrap(),
    ];
    live_as(&fake, "AKIA444444444444", &include)
        .exits(2)
        .says("leave no account to scan");
}

#[test]
fn a_variable_of_ours_that_overrides_nothing_is_refused() {
    let out = folder("chosen-variables").join("report");
    let run = |name: &str, value: &str| {
        let args = [
            "scan",
            "--snapshot",
            "mocks/acme",
            "--format",
            "json",
            "--out",
            out.to_str().unwrap(),
        ];
        leastwise(args).with(name, value).ran()
    };
    run("LEASTWISE_LIMITS_ACOUNTS", "3")
        .exits(2)
        .says("error: environment variable LEASTWISE_LIMITS_ACOUNTS: matches no setting\n")
        .says("help: did you mean `LEASTWISE_LIMITS_ACCOUNTS`?");
    run("LEASTWISE_EXCEPTION_REASON", "x").exits(2);
    run("LEASTWISE_ASSUME_ACCOUNTS", "x").exits(2);
    assert!(!out.exists());
    // Nobody set it, it is a key, it is ours, or Kubernetes tells of a Service.
    for (name, value) in [
        ("LEASTWISE_LIMITS_ACOUNTS", ""),
        ("LEASTWISE_LIMITS_ACCOUNTS", "3"),
        ("LEASTWISE_TERRAFORM_PLUGINS", "/plugins"),
        ("LEASTWISE_SERVICE_HOST", "10.0.0.1"),
        ("LEASTWISE_PORT_443_TCP", "tcp://10.0.0.1:443"),
    ] {
        run(name, value).exits(0);
    }
}

#[test]
fn a_config_that_nobody_named_is_told() {
    let folder = folder("chosen-config");
    fs::write(folder.join("leastwise.toml"), "formats = [\"json\"]\n").unwrap();
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/acme");
    let run = |more: &[&str]| {
        let args = ["scan", "--snapshot", acme.to_str().unwrap(), "--out", "report"];
        leastwise(args.iter().chain(more).copied())
            .inside(&folder)
            .ran()
            .exits(0)
            .err
    };
    assert_eq!(run(&[]).lines().next(), Some("Configuration: ./leastwise.toml"));
    assert_eq!(run(&["-q"]), "");
    assert!(!run(&["--config", "leastwise.toml"]).contains("Configuration:"));
    assert!(run(&["--log-format", "json"]).contains(r#""event":"config-found""#));
}

#[test]
fn an_exception_is_cited_by_the_name_of_its_file() {
    let folder = folder("chosen-exception");
    let (file, out) = (folder.join("ours.toml"), folder.join("report"));
    let exception = "\n[[exception]]\nnames = [\"nobody-at-all\"]\nreason = \"none\"\nowner = \"us\"\nexpires = \"never\"\n";
    fs::write(&file, exception).unwrap();
    scan(&out, &["--config", file.to_str().unwrap()])
        .exits(0)
        .says(&format!(
            "warning: {}:2: this exception (\"none\"): ",
            file.display()
        ));
}

#[test]
fn a_folder_of_another_kind_is_called_by_its_kind() {
    let folder = folder("chosen-kinds");
    let out = folder.join("report");
    scan(&out, &[]).exits(0);
    let report = out.to_str().unwrap();
    let into = folder.join("other");
    let into = into.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 8] = [
        (
            &["scan", "--snapshot", report, "--out", into],
            1,
            "is a report, not a snapshot",
        ),
        (&["scan", "mocks/acme"], 2, "--snapshot mocks/acme"),
        (
            &["verify", "mocks"],
            1,
            "error: `mocks` is not a leastwise report (no manifest.json)\nhelp: give the folder that",
        ),
        (
            &["verify", "mocks/acme"],
            1,
            "help: this is a snapshot; make a report of it with `leastwise scan --snapshot`",
        ),
        (
            &["verify", "README.md"],
            1,
            "error: `README.md` is not a leastwise report (a file, not a folder)",
        ),
        (
            &["compare", report, "mocks"],
            1,
            "error: `mocks` is not a leastwise report",
        ),
        (
            &[
                "refine",
                "--policy",
                "mocks",
                "--unused",
                "mocks/myrole/finding.json",
            ],
            1,
            "help: this is a folder; give a file in it",
        ),
        (
            &[
                "scan",
                "--snapshot",
                "mocks/acme",
                "--out",
                into,
                "--config",
                "mocks",
            ],
            1,
            "help: this is a folder; give a file in it",
        ),
    ];
    for (args, code, says) in cases {
        leastwise(args).ran().exits(code).says(says);
    }
    let previous = ["--previous", "mocks"];
    scan(Path::new(into), &previous)
        .exits(1)
        .says("`mocks` is not a leastwise report");
}
