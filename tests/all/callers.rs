//! The same organisation seen by other callers than the delegated administrator of Access Analyzer.

use std::collections::BTreeMap;
use std::path::Path;

use leastwise_core::report::Coverage;

use crate::fake::{Fake, Fault, Rule, When, World};
use crate::run::{Ran, folder};
use crate::scan::{acme, command_as, files, lasting_files, live_as, manifest, report, scan};

const MANAGEMENT: &str = "AKIA111111111111";
const ADMINISTRATOR_KEY: &str = "AKIA222222222222";
const ADMINISTRATOR: &str = "222222222222";

fn differing(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = one
        .keys()
        .chain(other.keys())
        .filter(|name| one.get(*name) != other.get(*name));
    names.cloned().collect()
}

fn scan_as(fake: &Fake, key: &str, out: &Path) -> Ran {
    live_as(fake, key, &["scan", "--out", out.to_str().unwrap()])
}

#[test]
fn the_management_account_finds_the_delegated_administrators_analyzer_and_gives_the_same_report() {
    let folder = folder("management");
    let (by_administrator, by_management) = (folder.join("administrator"), folder.join("management"));
    scan_as(&acme().start(), ADMINISTRATOR_KEY, &by_administrator).exits(0);
    let fake = acme()
        .page("ListAccounts", 3)
        .empty_pages("ListDelegatedAdministrators")
        .start();
    scan_as(&fake, MANAGEMENT, &by_management).exits(0);
    assert_eq!(
        differing(&lasting_files(&by_administrator), &lasting_files(&by_management)),
        Vec::<String>::new()
    );
    for operation in ["GetAnalyzer", "ListFindingsV2", "GetFindingV2"] {
        let callers = fake.calls().into_keys().filter(|(called, _)| called == operation);
        let callers: Vec<String> = callers.map(|(_, account)| account).collect();
        assert_eq!(callers, [ADMINISTRATOR], "{operation}");
    }
}

#[test]
fn an_administrator_that_cannot_be_entered_is_a_row_of_every_account_that_has_no_analyzer_of_its_own() {
    let out = folder("closed-administrator").join("report");
    let closed = Rule::new(Fault::Denied, When::Always)
        .on("AssumeRole")
        .of(ADMINISTRATOR);
    let fake = acme().fault(closed).start();
    scan_as(&fake, MANAGEMENT, &out).exits(3);
    let report = report(&out);
    let unread = report
        .accounts
        .iter()
        .filter(|account| !account.failures.is_empty());
    assert_eq!(unread.count(), 9);
    assert_eq!(
        fake.calls_of("GenerateServiceLastAccessedDetails"),
        0,
        "findings there are, for all that is known"
    );
}

/// Accounts by organisational unit, where Organizations tells the place of each account and where it has to be looked up.
#[test]
fn units_choose_the_same_accounts_whether_the_list_of_accounts_tells_them_or_not() {
    let folder = folder("units");
    let args = |out: &Path| {
        let args = [
            "scan",
            "--include",
            "ou-acme-workloads,ou-acme-suspended",
            "--exclude",
            "ou-acme-workloadsdev00",
            "--out",
        ];
        args.into_iter()
            .map(str::to_owned)
            .chain([out.to_str().unwrap().to_owned()])
            .collect::<Vec<_>>()
    };
    let scanned = |fake: &Fake, out: &Path| {
        let args = args(out);
        live_as(
            fake,
            MANAGEMENT,
            &args.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .exits(0);
        lasting_files(out)
    };
    let (told, walked) = (
        acme().start(),
        acme().no_paths().page("ListAccountsForParent", 1).start(),
    );
    let with = scanned(&told, &folder.join("told"));
    let without = scanned(&walked, &folder.join("walked"));
    assert_eq!(differing(&with, &without), Vec::<String>::new());
    let coverage = report(&folder.join("told")).totals.accounts;
    assert_eq!(
        (
            coverage.get(&Coverage::Complete),
            coverage.get(&Coverage::Excluded)
        ),
        (Some(&2), Some(&7))
    );
    assert_eq!((told.calls_of("ListRoots"), walked.calls_of("ListRoots")), (0, 1));
}

#[test]
fn a_capture_by_unit_records_where_accounts_are() {
    let out = folder("units-captured").join("snapshot");
    let fake = acme().no_paths().start();
    let args = [
        "capture",
        "--exclude",
        "ou-acme-sandboxes",
        "--out",
        out.to_str().unwrap(),
    ];
    live_as(&fake, MANAGEMENT, &args).exits(0);
    let accounts = |folder: &Path| std::fs::read_to_string(folder.join("accounts.json")).unwrap();
    assert_eq!(accounts(&out), accounts(Path::new("mocks/acme")));
}

#[test]
fn a_rule_by_unit_that_nobody_can_follow_ends_the_scan() {
    let out = folder("units-denied").join("report");
    let denied = Rule::new(Fault::Denied, When::Always).on("ListAccountsForParent");
    let fake = acme().no_paths().fault(denied).start();
    let args = [
        "scan",
        "--exclude",
        "ou-acme-sandboxes",
        "--out",
        out.to_str().unwrap(),
    ];
    live_as(&fake, MANAGEMENT, &args)
        .exits(1)
        .says("cannot list the accounts of the organisation: ListAccountsForParent denied")
        .says("help: the configuration uses organisational units");
    assert_eq!(fake.calls_of("GetAccountAuthorizationDetails"), 0);
}

#[test]
fn names_that_the_config_gives_choose_accounts_and_are_in_the_report() {
    let folder = folder("named");
    let (config, out) = (folder.join("leastwise.toml"), folder.join("report"));
    let listed = r#"{ id = "444444444444", name = "prod-shop" }, { id = "666666666666", name = "dev-shop" }"#;
    std::fs::write(
        &config,
        format!("[accounts]\nlist = [{listed}]\ninclude = [\"prod-*\"]\n"),
    )
    .unwrap();
    let fake = acme().start();
    let args = [
        "scan",
        "--config",
        config.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    live_as(&fake, MANAGEMENT, &args).exits(0);
    let accounts = report(&out).accounts;
    let told: Vec<(&str, Coverage)> = accounts
        .iter()
        .map(|account| (account.name.as_str(), account.coverage))
        .collect();
    assert_eq!(
        told,
        [
            ("prod-shop", Coverage::Complete),
            ("dev-shop", Coverage::Excluded)
        ]
    );
    assert_eq!(fake.calls_of("ListAccounts"), 0);
}

#[test]
fn each_service_can_have_an_endpoint_of_its_own() {
    let out = folder("endpoints").join("report");
    let fakes = ["IAM", "STS", "ORGANIZATIONS", "ACCESSANALYZER"].map(|service| (service, acme().start()));
    // Where nothing listens: only what has an endpoint of its own can be reached.
    let nowhere = "http://127.0.0.1:9";
    let args = [
        "scan",
        "--include",
        "222222222222",
        "--out",
        out.to_str().unwrap(),
    ];
    let run = command_as(&fakes[0].1, ADMINISTRATOR_KEY, &args).with("AWS_ENDPOINT_URL", nowhere);
    let name = |service: &str| format!("AWS_ENDPOINT_URL_{service}");
    fakes
        .iter()
        .fold(run, |run, (service, fake)| run.with(&name(service), &fake.url()))
        .ran()
        .exits(0);
    let called: Vec<u64> = fakes
        .iter()
        .map(|(_, fake)| fake.calls().values().sum())
        .collect();
    assert!(
        called[0] > 0 && called[1] == 1 && called[2] == 2 && called[3] > 1,
        "{called:?}"
    );
}

/// A copy of a snapshot with some of its text replaced.
fn rewritten(snapshot: &str, target: &Path, rewrite: impl Fn(&str) -> String) {
    for (path, text) in files(Path::new(snapshot)) {
        let path = target.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, rewrite(std::str::from_utf8(&text).unwrap())).unwrap();
    }
}

#[test]
fn other_partitions_are_entered_by_their_own_arns_and_read_whole() {
    for (partition, region) in [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")] {
        let folder = folder(partition);
        let (snapshot, recorded) = (folder.join("snapshot"), folder.join("recorded"));
        rewritten("mocks/acme", &snapshot, |text| {
            text.replace("arn:aws:", &format!("arn:{partition}:"))
                .replace(
                    "\"partition\": \"aws\"",
                    &format!("\"partition\": \"{partition}\""),
                )
                .replace("us-east-1", region)
        });
        scan(snapshot.to_str().unwrap(), &recorded).exits(0);
        assert_eq!(report(&recorded).partition, partition);
        let fake = Fake::of(World::folder(&snapshot)).start();
        let lived = [MANAGEMENT, ADMINISTRATOR_KEY].map(|key| {
            let out = folder.join(key);
            let args = [
                "scan",
                "--evidence",
                "analyzer",
                "--format",
                "json",
                "--out",
                out.to_str().unwrap(),
            ];
            command_as(&fake, key, &args)
                .with("AWS_REGION", region)
                .ran()
                .exits(0);
            assert_eq!(report(&out).totals, report(&recorded).totals);
            assert!(manifest(&out).calls.iter().all(|row| row.region == region));
            lasting_files(&out)
        });
        assert_eq!(differing(&lived[0], &lived[1]), Vec::<String>::new());
        assert!(fake.calls_of("AssumeRole") >= 16);
    }
}

/// A partial fix closes one finding and opens another: their ids mean nothing.
#[test]
fn the_ids_of_findings_change_nothing() {
    let folder = folder("finding-ids");
    let (snapshot, other, one) = (folder.join("snapshot"), folder.join("other"), folder.join("one"));
    let changed = std::cell::Cell::new(0);
    rewritten("mocks/acme", &snapshot, |text| {
        let line = |line: &str| match line.trim_start().strip_prefix("\"id\": \"") {
            Some(id) => {
                changed.set(changed.get() + 1);
                let id: String = id.trim_end_matches(['"', ',']).chars().rev().collect();
                format!("    \"id\": \"{id}\",\n")
            }
            None => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    });
    assert!(changed.get() > 50, "{}", changed.get());
    scan("mocks/acme", &one).exits(0);
    scan(snapshot.to_str().unwrap(), &other).exits(0);
    assert_eq!(
        differing(&lasting_files(&one), &lasting_files(&other)),
        Vec::<String>::new()
    );
}
