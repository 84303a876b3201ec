//! The scan, from answers to a report: on recorded answers, and live against a fake AWS over HTTP.

use std::fs;
use std::path::Path;

use leastwise_core::report::Coverage;

use crate::fake::{Fault, Rule, When};
use crate::run::{folder, leastwise};
use crate::scan::{
    account, acme, assert_same, command_as, demonstration, files, lasting_files, live, live_as, manifest,
    report, scan,
};

#[test]
fn the_demonstration_is_read_whole_and_its_totals_add_up() {
    let out = folder("acme").join("report");
    let ran = scan("mocks/acme", &out).exits(0);
    // Progress, and a warning that the catalog has grown old, are no part of the summary.
    let is_summary = |line: &&str| {
        !["Scanning:", "Writing:", "warning:"]
            .iter()
            .any(|it| line.starts_with(it))
    };
    let summary = ran.err.lines().filter(is_summary);
    let summary: Vec<&str> = summary.collect();
    assert_eq!(summary.len(), 13, "{summary:?}");
    let whole = report(&out);
    assert!(whole.totals.principals >= 60);
    assert_eq!(
        whole.totals.statuses.values().sum::<usize>(),
        whole.totals.principals
    );
    let mut recommendations = whole.recommendations.len();
    for summary in &whole.accounts {
        let account = account(&out, &summary.id);
        assert_eq!(account.principals.len(), summary.principals);
        for (status, count) in &summary.statuses {
            assert_eq!(
                account
                    .principals
                    .iter()
                    .filter(|row| row.status == *status)
                    .count(),
                *count
            );
        }
        assert!(
            account
                .recommendations
                .iter()
                .all(|it| it.proof.verdict.name() == "proven")
        );
        recommendations += account.recommendations.len();
    }
    assert_eq!(recommendations, whole.totals.recommendations);
    leastwise(["verify", out.to_str().unwrap()])
        .ran()
        .exits(0)
        .prints("changes proven again");
}

#[test]
fn the_same_answers_give_the_same_bytes_but_for_the_time_of_the_run() {
    let again = folder("same-bytes").join("report");
    scan("mocks/acme", &again).exits(0);
    assert_eq!(lasting_files(&demonstration()), lasting_files(&again));
}

#[test]
fn accounts_that_cannot_be_read_are_rows_and_the_exit_says_so() {
    let out = folder("partial").join("report");
    scan("mocks/partial", &out)
        .exits(3)
        .says("(222222222222): access denied on iam:GetAccountAuthorizationDetails")
        .says("(333333333333): throttled on access-analyzer:GetFinding")
        .says("(444444444444): access denied on access-analyzer:ListFindings");
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
}

#[test]
fn what_was_found_can_fail_a_pipeline() {
    let out = folder("fail-on").join("report");
    let args = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--fail-on",
        "unused",
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args).ran().exits(5);
}

#[test]
fn a_changed_report_is_found_out() {
    let out = folder("changed").join("report");
    scan("mocks/acme", &out).exits(0);
    let verify = || leastwise(["verify", out.to_str().unwrap()]).ran();
    let row = account(&out, "888888888888").recommendations.remove(0);
    let path = out.join(&row.files.after);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"Allow\"", "\"Deny\"", 1)).unwrap();
    verify()
        .exits(4)
        .prints("was modified (its SHA-256 differs from manifest.json)")
        .prints("refuted: changed: ");
    fs::write(&path, &text).unwrap();
    verify().exits(0);
    fs::write(out.join("policies/stray.json"), "{}").unwrap();
    verify()
        .exits(1)
        .prints("policies/stray.json is not listed in manifest.json");
}

#[test]
fn a_place_that_holds_something_else_is_refused_before_any_work() {
    let out = folder("foreign").join("report");
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("thesis.txt"), "years of work").unwrap();
    scan("mocks/acme", &out).exits(1).says("refusing to overwrite `");
    assert_eq!(
        fs::read_to_string(out.join("thesis.txt")).unwrap(),
        "years of work"
    );
}

#[test]
fn a_report_replaces_an_earlier_one_and_leaves_nothing_beside_it() {
    let folder = folder("replaced");
    let out = folder.join("report");
    scan("mocks/partial", &out).exits(3);
    scan("mocks/acme", &out).exits(0);
    assert!(out.join("accounts/888888888888.json").is_file());
    let left: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["report"]);
}

#[cfg(unix)]
#[test]
fn with_a_link_the_report_that_it_leads_to_is_replaced_and_the_link_stays() {
    let root = folder("scan-link");
    let (real, link) = (root.join("elsewhere/real"), root.join("link"));
    scan("mocks/partial", &real).exits(3);
    std::os::unix::fs::symlink("elsewhere/real", &link).unwrap();
    let beside = |place: &Path| fs::read_dir(place).unwrap().count();
    for (name, snapshot, code, accounts) in [
        ("link", "mocks/acme", 0, 10),
        ("link/", "mocks/partial", 3, 4),
        ("link", "mocks/acme", 0, 10),
    ] {
        scan(snapshot, &root.join(name)).exits(code);
        assert!(link.is_symlink() && !real.is_symlink(), "{name}");
        assert_eq!(report(&real).accounts.len(), accounts);
        assert_eq!((beside(&root), beside(real.parent().unwrap())), (2, 1));
    }
    // As a run that is killed while it exchanges the reports leaves it, where that takes two steps.
    let work = real.with_file_name(".real.0123456789abcdef.partial");
    fs::create_dir(&work).unwrap();
    fs::rename(&real, work.join("old")).unwrap();
    scan("mocks/partial", &link).exits(3);
    assert!(link.is_symlink() && report(&real).totals.accounts[&Coverage::Failed] == 1);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_or_to_something_else_is_refused() {
    let root = folder("scan-astray");
    let link = root.join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let ran = scan("mocks/acme", &link).exits(1);
    ran.says("link` is a broken symbolic link")
        .says("create the folder that it points to");
    fs::create_dir(root.join("nowhere")).unwrap();
    fs::write(root.join("nowhere/mine"), "").unwrap();
    scan("mocks/acme", &link)
        .exits(1)
        .says("nowhere`: it is not a leastwise report");
    assert!(link.is_symlink() && fs::read_dir(&root).unwrap().count() == 2);
}

#[cfg(unix)]
#[test]
fn a_report_is_for_its_owners_eyes() {
    use std::os::unix::fs::PermissionsExt as _;
    let out = folder("modes").join("report");
    scan("mocks/partial", &out).exits(3);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&out), mode(&out.join("report.json"))), (0o700, 0o600));
}

#[test]
fn a_live_scan_gives_byte_for_byte_the_report_of_its_snapshot() {
    let folder = folder("live");
    let lived = folder.join("lived");
    let fake = acme()
        .page("GetAccountAuthorizationDetails", 7)
        .page("GetFindingV2", 3)
        .page("ListFindingsV2", 5)
        .start();
    live(&fake, &["scan", "--out", lived.to_str().unwrap()]).exits(0);
    assert!(
        manifest(&lived)
            .calls
            .iter()
            .any(|row| row.api == "access-analyzer:get-finding" && row.calls > 50)
    );
    assert_same(&demonstration(), &lived);
}

#[test]
fn a_capture_gives_the_snapshot_back() {
    let out = folder("capture").join("snapshot");
    let fake = acme().page("GetAccountAuthorizationDetails", 11).start();
    live(&fake, &["capture", "--out", out.to_str().unwrap()]).exits(0);
    let (mut wanted, mut found) = (files(Path::new("mocks/acme")), files(&out));
    // When it was captured is now.
    wanted.remove("snapshot.json");
    found.remove("snapshot.json");
    let differing: Vec<&String> = wanted
        .keys()
        .filter(|path| found.get(*path) != wanted.get(*path))
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
    assert_eq!(wanted.len(), found.len());
}

#[test]
fn one_accounts_failure_is_a_row_and_the_others_go_on() {
    let out = folder("one-denied").join("report");
    let denied = Rule::new(Fault::Denied, When::Always)
        .on("GetAccountAuthorizationDetails")
        .of("444444444444");
    let fake = acme().fault(denied).start();
    live(&fake, &["scan", "--out", out.to_str().unwrap()])
        .exits(3)
        .says("(444444444444): AccessDenied on iam:GetAccountAuthorizationDetails");
    let complete = report(&out)
        .accounts
        .iter()
        .filter(|account| account.failures.is_empty())
        .count();
    assert_eq!(complete, 9);
}

#[test]
fn accounts_can_be_left_out_by_id_and_by_name() {
    let out = folder("left-out").join("report");
    let args = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--exclude",
        "444444444444",
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args).ran().exits(0);
    assert_eq!(report(&out).totals.accounts.get(&Coverage::Excluded), Some(&1));
}

#[test]
fn the_printed_policy_is_what_the_program_can_call_and_none_of_it_writes() {
    use leastwise_aws::live::OPERATIONS;
    let printed: serde_json::Value =
        serde_json::from_str(&leastwise(["iam-policy"]).ran().exits(0).out).unwrap();
    let mut actions = Vec::new();
    for statement in printed["Statement"].as_array().unwrap() {
        match &statement["Action"] {
            serde_json::Value::String(one) => actions.push(one.clone()),
            many => actions.extend(
                many.as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap().to_owned()),
            ),
        }
    }
    actions.sort();
    let mut callable: Vec<String> = OPERATIONS
        .iter()
        .map(|operation| operation.action().to_owned())
        .collect();
    callable.sort();
    callable.dedup();
    assert_eq!(actions, callable);
    let reads = |action: &String| {
        let (_, name) = action.split_once(':').unwrap();
        name.starts_with("Get")
            || name.starts_with("List")
            || name == "AssumeRole"
            || name == "GenerateServiceLastAccessedDetails"
    };
    assert!(actions.iter().all(reads), "{actions:?}");
    leastwise(["iam-policy", "--trust", "111111111111", "--external-id", "xy"])
        .ran()
        .exits(0)
        .prints("AWS::IAM::Role")
        .prints("sts:ExternalId");
}

#[test]
fn a_scan_makes_no_more_calls_than_there_are_pages_and_five_an_account() {
    use leastwise_core::evidence::Finding;
    use leastwise_core::inventory::wire::Authorization;
    const PRINCIPALS: usize = 7;
    const LISTED: usize = 5;
    const DETAILS: usize = 3;
    let pages = |count: usize, size: usize| count.div_ceil(size).max(1);
    let mut budget = 0;
    for folder in fs::read_dir("mocks/acme/accounts").unwrap() {
        let folder = folder.unwrap().path();
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let known: Authorization = serde_json::from_slice(&read("authorization.json")).unwrap();
        let findings: Vec<Finding> = serde_json::from_slice(&read("findings.json")).unwrap();
        let entities = known.user_detail_list.len()
            + known.group_detail_list.len()
            + known.role_detail_list.len()
            + known.policies.len();
        let active = findings.iter().filter(|finding| finding.status == "ACTIVE");
        let details = active.map(|finding| pages(finding.finding_details.iter().flatten().count(), DETAILS));
        budget += pages(entities, PRINCIPALS) + pages(findings.len(), LISTED) + details.sum::<usize>() + 5;
    }
    // The delegated administrator, and the management account, which has to find it.
    for key in ["AKIA222222222222", "AKIA111111111111"] {
        let out = folder("budget").join("report");
        let fake = acme()
            .page("GetAccountAuthorizationDetails", PRINCIPALS)
            .page("ListFindingsV2", LISTED)
            .page("GetFindingV2", DETAILS)
            .start();
        live_as(
            &fake,
            key,
            &["scan", "--format", "json", "--out", out.to_str().unwrap()],
        )
        .exits(0);
        let calls: u64 = fake.calls().values().sum();
        assert!(
            calls <= budget as u64,
            "{calls} calls, {budget} allowed: {:?}",
            fake.calls()
        );
    }
}

#[cfg(unix)]
#[test]
fn a_scan_that_is_asked_to_stop_leaves_nothing_behind_but_what_it_has_read() {
    for (answered, left) in [(0, &[][..]), (20, &[".report.journal"][..])] {
        let folder = folder("stopped");
        let out = folder.join("report");
        let silent = Rule::new(Fault::Silent, When::From(answered + 1)).on("GetFindingV2");
        let fake = acme().fault(silent).start();
        let args = ["scan", "--out", out.to_str().unwrap()];
        let reading = || fake.calls_of("GetFindingV2") > answered;
        let ran = command_as(&fake, "AKIA222222222222", &args).stopped_when(reading);
        let ran = ran.exits(1).says("stopped: nothing was written\n");
        assert!(reading());
        assert_eq!(ran.err.contains("--resume"), answered > 0, "{}", ran.err);
        let found: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(found, left);
    }
}

#[test]
fn a_report_replaces_neither_a_snapshot_nor_a_folder_that_has_a_manifest_of_its_own() {
    let folder = folder("not-ours");
    let (app, snapshot) = (folder.join("app"), folder.join("snapshot"));
    fs::create_dir_all(&app).unwrap();
    fs::write(app.join("manifest.json"), r#"{"name":"a web application"}"#).unwrap();
    scan("mocks/acme", &app).exits(1).says("refusing to overwrite");
    assert!(app.join("manifest.json").is_file());
    let captured = [
        "capture",
        "--snapshot",
        "mocks/acme",
        "--out",
        snapshot.to_str().unwrap(),
    ];
    leastwise(captured).ran().exits(0);
    scan(snapshot.to_str().unwrap(), &snapshot)
        .exits(1)
        .says("refusing to overwrite");
    assert_eq!(files(&snapshot).len(), files(Path::new("mocks/acme")).len());
    leastwise(captured).ran().exits(0);
}
