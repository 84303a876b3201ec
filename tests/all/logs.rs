//! What a scan and a capture say on standard error: as text for people, as JSON for programs.

mod kept_out;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::fake::{Fault, Invented, Rule, When, write_folder};
use crate::run::{Ran, Run, folder, leastwise};
use crate::scan::{acme, command_as};

const ADMINISTRATOR: &str = "AKIA222222222222";

fn scan(snapshot: &str, out: &Path, more: &[&str]) -> Run {
    let args = ["scan", "--snapshot", snapshot, "--out", out.to_str().unwrap()];
    leastwise(args.iter().chain(more))
}

/// The events of a run that was asked for JSON: each line is one, and all are of one run.
fn events(ran: &Ran) -> Vec<Value> {
    let events: Vec<Value> = (ran.err.lines())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let help = fs::read_to_string("tests/help/scan.txt").unwrap();
    for event in &events {
        let text = |member: &str| {
            event[member]
                .as_str()
                .unwrap_or_else(|| panic!("no {member}: {event}"))
        };
        let time: jiff::Timestamp = text("time").parse().unwrap();
        assert!(text("time").ends_with('Z') && time.as_second() > 0);
        assert!(
            ["error", "warn", "info", "debug", "trace"].contains(&text("level")),
            "{event}"
        );
        // Programs rely on the names, so the help lists all of them.
        assert!(
            help.contains(&format!(" {}", text("event"))),
            "the help does not list {event}"
        );
        assert!(!text("message").is_empty());
        assert_eq!(text("run"), events[0]["run"].as_str().unwrap());
    }
    events
}

fn named<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn every_line_is_json_and_of_one_run_when_a_scan_ends_well() {
    let folder = folder("logs-well");
    let config = folder.join("leastwise.toml");
    fs::write(&config, "keep = [\"nimbus:NothingOfTheKind\"]\n").unwrap();
    let shelf = folder.join("cache/leastwise/catalog.txt");
    fs::create_dir_all(shelf.parent().unwrap()).unwrap();
    fs::write(&shelf, "no catalog").unwrap();
    let run = |out: &str, more: &[&str]| {
        let args = ["--log-format", "json", "--config", config.to_str().unwrap()];
        let args: Vec<&str> = args.iter().chain(more).copied().collect();
        scan("mocks/acme", &folder.join(out), &args)
            .with("XDG_CACHE_HOME", folder.join("cache").to_str().unwrap())
            .ran()
            .exits(0)
    };
    let (one, other) = (events(&run("one", &[])), events(&run("other", &["-v"])));
    assert_ne!(one[0]["run"], other[0]["run"]);
    assert_eq!(
        (&one[0]["event"], &one[0]["command"]),
        (&json!("run-began"), &json!("scan"))
    );
    assert!(!named(&one, "catalog-warning").is_empty());
    assert_eq!(named(&one, "rule-warning")[0]["state"], "never-matched");
    assert!(named(&one, "progress").len() <= 10);
    let last = one.last().unwrap();
    assert_eq!((&last["event"], &last["exit"]), (&json!("scan-ended"), &json!(0)));
    let report: Value = serde_json::from_slice(&fs::read(folder.join("one/report.json")).unwrap()).unwrap();
    for member in [
        "accounts",
        "principals",
        "statuses",
        "recommendations",
        "effect",
        "leftAlone",
    ] {
        assert!(!last[member].is_null(), "{member}");
        assert_eq!(last[member], report["totals"][member], "{member}");
    }
    // Accounts are logged only with -v, each by its ID.
    let of = |events: &[Value], name| named(events, name).len();
    assert_eq!((of(&one, "account-began"), of(&one, "account-ended")), (0, 0));
    assert_eq!((of(&other, "account-began"), of(&other, "account-ended")), (9, 9));
    assert_eq!(named(&other, "account-skipped")[0]["why"], "suspended");
    assert!(
        named(&other, "account-ended")
            .iter()
            .all(|event| event["account"].as_str().unwrap().len() == 12)
    );
}

#[test]
fn every_line_is_json_when_accounts_cannot_be_read_and_says_which_and_why() {
    let folder = folder("logs-partial");
    let captured = folder.join("snapshot");
    let capture = [
        "capture",
        "--snapshot",
        "mocks/partial",
        "--out",
        captured.to_str().unwrap(),
    ];
    let runs = [
        (
            scan("mocks/partial", &folder.join("report"), &["--log-format=json"]),
            "scan-ended",
        ),
        (
            leastwise(capture.iter().chain(&["--log-format=json"])),
            "capture-ended",
        ),
    ];
    for (run, end) in runs {
        let events = events(&run.ran().exits(3));
        let ended: Vec<_> = (named(&events, "account-ended").iter())
            .map(|it| (it["level"].clone(), it["account"].clone(), it["failures"].clone()))
            .collect();
        let denied = json!([{"operation": "GetAccountAuthorizationDetails", "kind": "denied", "count": 1}]);
        assert!(
            ended.contains(&(json!("warn"), json!("222222222222"), denied)),
            "{ended:?}"
        );
        assert_eq!(ended.len(), 3, "{ended:?}");
        let last = events.last().unwrap();
        assert_eq!((&last["event"], &last["exit"]), (&json!(end), &json!(3)));
    }
}

#[test]
fn every_line_is_json_when_a_run_fails_at_once() {
    let folder = folder("logs-failing");
    let out = folder.join("report");
    let config = folder.join("leastwise.toml");
    fs::write(&config, "regio = \"us-east-1\"\nevidence = \"guesses\"\n").unwrap();
    let json = |more: &[&str]| {
        let args = ["scan", "--log-format", "json", "--out", out.to_str().unwrap()];
        leastwise(args.iter().chain(more)).ran()
    };
    let fails = |ran: Ran, code: i32| {
        let events = events(&ran.exits(code));
        let last = events.last().unwrap().clone();
        assert_eq!(
            (&last["event"], &last["level"]),
            (&json!("run-failed"), &json!("error"))
        );
        assert_eq!(last["exit"], code);
        events
    };
    let nowhere = fails(json(&["--snapshot", "mocks/nowhere"]), 1);
    assert!(
        nowhere.last().unwrap()["help"]
            .as_str()
            .unwrap()
            .contains("mocks/acme")
    );
    let wrong = fails(
        json(&["--snapshot", "mocks/acme", "--config", config.to_str().unwrap()]),
        2,
    );
    let problems = named(&wrong, "config-problem");
    assert_eq!(
        problems.iter().map(|it| &it["key"]).collect::<Vec<_>>(),
        ["regio", "evidence"]
    );
    fails(json(&["--quiet", "--verbose"]), 2);
    fails(json(&["--snapshoot", "mocks/acme"]), 2);
    // Without the wish for JSON they are for people.
    scan("mocks/acme", &out, &["--config", config.to_str().unwrap()])
        .ran()
        .exits(2)
        .says("`regio` is not a setting\n  help: did you mean `region`?\nerror: ");
    scan("mocks/acme", &out, &["-q", "-v"])
        .ran()
        .exits(2)
        .says("cannot be used with");
}

#[test]
fn every_call_is_counted_for_the_account_that_it_was_made_for() {
    let out = folder("logs-calls").join("report");
    let fake = acme()
        .fault(Rule::new(Fault::Throttle, When::Nth(2)).on("GetAccountAuthorizationDetails"))
        .fault(Rule::new(Fault::Internal, When::Nth(5)).on("GetFindingV2"))
        .start();
    let args = [
        "scan",
        "-vv",
        "--log-format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    let events = events(&command_as(&fake, ADMINISTRATOR, &args).ran().exits(0));
    let ended = named(&events, "account-ended");
    let sum = |member: &str| {
        ended
            .iter()
            .map(|event| event[member].as_u64().unwrap())
            .sum::<u64>()
    };
    let before = fake.calls_of("GetCallerIdentity") + fake.calls_of("ListAccounts");
    assert_eq!(sum("calls"), fake.calls().values().sum::<u64>() - before);
    assert_eq!(sum("throttles"), 1);
    for event in ended {
        let account = event["account"].as_str().unwrap();
        let findings = fs::read(format!("mocks/acme/accounts/{account}/findings.json")).unwrap();
        let findings: Vec<Value> = serde_json::from_slice(&findings).unwrap();
        // A sweep and a list, and the details of each finding, whoever is asked for them; those of some have pages.
        let active = findings
            .iter()
            .filter(|finding| finding["status"] == "ACTIVE")
            .count() as u64;
        let calls = event["calls"].as_u64().unwrap();
        assert!(calls >= active + 2, "{calls} calls, {active} findings: {event}");
    }
    let throttled = named(&events, "call-throttled");
    assert_eq!(
        (throttled.len(), &throttled[0]["operation"]),
        (1, &json!("GetAccountAuthorizationDetails"))
    );
    let repeated = named(&events, "call-repeated");
    let repeated: Vec<_> = repeated
        .iter()
        .map(|it| (&it["kind"], &it["attempt"], &it["askedAccount"]))
        .collect();
    // Findings of all accounts are asked of the analyzer's.
    assert_eq!(
        repeated,
        [(&json!("unreachable"), &json!(1), &json!("222222222222"))]
    );
}

/// An organisation that cannot be listed, or an analyzer that cannot be reached, is no row of any account.
#[test]
fn how_far_a_scan_reaches_is_told_in_one_line_with_the_mend() {
    let folder = folder("logs-reach");
    let refused = |operation: &str| Rule::new(Fault::Denied, When::Always).on(operation);
    let told = |rule: Rule, key: &str, command: &str, code: i32| {
        let fake = acme().fault(rule).start();
        let out = folder.join(command);
        let ran = command_as(&fake, key, &[command, "--out", out.to_str().unwrap()]);
        let ran = ran.with("LEASTWISE_FORMATS", "json").ran().exits(code);
        // The catalog of this build grows old; that is another warning.
        let lines = ran
            .err
            .lines()
            .filter(|line| line.starts_with("warning: ") && !line.contains("catalog"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for command in ["scan", "capture"] {
        assert_eq!(
            // A member that administers nothing.
            told(refused("none"), "AKIA444444444444", command, 3),
            [
                "warning: scanning only 444444444444 (your own account), because organizations:ListAccounts failed \
                 (AccessDeniedException: You don't have permissions to access this resource.). To scan the organisation, use the \
                 management account or a delegated administrator, or list accounts with --accounts. To scan only this account, \
                 use --own-account"
            ]
        );
        let closed = refused("AssumeRole").of("222222222222");
        assert_eq!(
            told(closed, "AKIA111111111111", command, 3),
            [
                "warning: cannot read the organisation's analyzer: AssumeRole failed in 222222222222, the delegated administrator of Access \
                 Analyzer (AccessDenied: User is not authorized to perform this operation). Deploy the member role there \
                 (`leastwise iam-policy --trust`), or give the analyzer with --analyzer"
            ]
        );
        assert_eq!(
            told(
                refused("ListDelegatedAdministrators"),
                "AKIA111111111111",
                command,
                0
            ),
            [
                "warning: cannot look for the organisation's analyzer: 111111111111 may not list the delegated administrators of \
                 Access Analyzer (AccessDeniedException: You don't have permissions to access this resource.). Allow \
                 organizations:ListDelegatedAdministrators in the management account, or give the analyzer with --analyzer"
            ]
        );
        assert_eq!(told(refused("none"), "AKIA111111111111", command, 0), [""; 0]);
    }
    let fake = acme().fault(refused("ListAccounts")).start();
    let out = folder.join("json");
    let args = ["scan", "--log-format", "json", "--out", out.to_str().unwrap()];
    let events = events(&command_as(&fake, ADMINISTRATOR, &args).ran().exits(3));
    let [only] = named(&events, "own-account-only")[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (&only["account"], &only["operation"]),
        (&json!("222222222222"), &json!("ListAccounts"))
    );
    assert_eq!(
        (&only["kind"], &only["level"]),
        (&json!("denied"), &json!("warn"))
    );
}

#[test]
fn quiet_is_quiet_but_for_errors() {
    let out = folder("logs-quiet").join("report");
    for format in ["text", "json"] {
        let args = ["--quiet", "--log-format", format];
        assert_eq!(scan("mocks/partial", &out, &args).ran().exits(3).err, "");
        let failed = scan("mocks/nowhere", &out, &args).ran().exits(1);
        match format {
            "text" => assert!(failed.err.starts_with("error: ") && failed.err.lines().count() == 2),
            _ => assert_eq!(events(&failed).len(), 1),
        }
    }
}

#[test]
fn away_from_a_terminal_a_scan_of_any_size_says_ten_plain_lines_and_its_summary() {
    let folder = folder("logs-plain");
    let organisation = Invented {
        accounts: 57,
        principals: 2,
        seed: 1,
    };
    write_folder(&organisation, &folder.join("snapshot")).unwrap();
    let snapshot = folder.join("snapshot");
    let ran = scan(snapshot.to_str().unwrap(), &folder.join("report"), &[])
        .ran()
        .exits(0);
    assert!(
        !ran.err.contains('\u{1b}') && !ran.err.contains('\r'),
        "{}",
        ran.err
    );
    let (progress, rest): (Vec<&str>, Vec<&str>) =
        ran.err.lines().partition(|line| line.ends_with("/57 accounts"));
    assert!((5..=10).contains(&progress.len()), "{progress:?}");
    assert_eq!(progress.last(), Some(&"Writing: 57/57 accounts"));
    assert!(progress.contains(&"Scanning: 57/57 accounts"));
    assert!(
        rest.len() <= 16 && rest.last().unwrap().starts_with("report "),
        "{rest:?}"
    );
}
