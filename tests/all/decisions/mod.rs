//! Decisions as data: every file under tests/cases-decide is one sentence about whole organisations, with
//! their answers in short and what must come of them. tests/cases-decide/README.md describes the format. The
//! program itself is run: `scan` on the answers as a snapshot, then `verify` on the report.

mod acme;
mod compare;

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use leastwise_core::report::{PolicyState, PrincipalCode};
use serde_json::Value;

use self::compare::check;
pub(crate) use crate::harness::decisions::{all, catalog, recorded};
use crate::harness::decisions::{expand, read};
use crate::run::{folder, leastwise};

const CASE: [&str; 7] = [
    "why", "config", "analyzer", "aws", "accounts", "earlier", "expect",
];

/// Runs a case in a folder of its own, and says what is otherwise than it says.
fn run(case: &Value, place: &Path, catalog: &Path) -> Vec<String> {
    let members = case.as_object().unwrap().keys();
    let odd: Vec<&String> = members.filter(|key| !CASE.contains(&key.as_str())).collect();
    if !odd.is_empty() || !case["why"].is_string() {
        return vec![format!("a case has {CASE:?}, not {odd:?}")];
    }
    let case = expand(case);
    let (snapshot, config, out) = (
        place.join("snapshot"),
        place.join("leastwise.toml"),
        place.join("report"),
    );
    recorded::write(&case, &snapshot);
    let earlier = earlier(&case, place, catalog);
    let lines = case["config"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| line.as_str().unwrap());
    std::fs::write(&config, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut args = vec!["scan".to_owned(), "--quiet".to_owned()];
    for (flag, value) in [
        ("--snapshot", &snapshot),
        ("--config", &config),
        ("--out", &out),
        ("--catalog", &catalog.to_owned()),
    ] {
        args.extend([flag.to_owned(), path(value)]);
    }
    if let Some(report) = earlier {
        args.extend(["--previous".to_owned(), path(&report)]);
    }
    let ran = leastwise(&args).ran();
    let wanted = case["expect"]["exit"].as_i64().unwrap_or(0);
    if i64::from(ran.code) != wanted {
        return vec![format!("the scan exits {}, not {wanted}: {}", ran.code, ran.err)];
    }
    let verified = leastwise(["verify", &path(&out)]).ran();
    if verified.code != 0 {
        return vec![format!(
            "verify exits {}: {}{}",
            verified.code, verified.out, verified.err
        )];
    }
    check(&case["expect"], &out)
}

/// The report of the earlier night of a case, if it has one: of the same accounts, but for those that it says.
fn earlier(case: &Value, place: &Path, catalog: &Path) -> Option<PathBuf> {
    let told = case["earlier"].as_object()?;
    let mut before = case.clone();
    if let Some(accounts) = told.get("accounts") {
        before["accounts"] = accounts.clone();
    }
    for account in before["accounts"].as_object_mut().unwrap().values_mut() {
        account["analyzedAt"] = told["captured"].clone();
    }
    let (snapshot, out) = (place.join("earlier-snapshot"), place.join("earlier-report"));
    recorded::write_on(&before, &snapshot, told["captured"].as_str().unwrap());
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (snapshot, report, catalog) = (path(&snapshot), path(&out), path(catalog));
    leastwise([
        "scan",
        "-q",
        "--snapshot",
        &snapshot,
        "--out",
        &report,
        "--catalog",
        &catalog,
    ])
    .ran()
    .exits(0);
    Some(out)
}

#[test]
fn every_decision_comes_out_as_its_case_says() {
    let place = folder("decisions");
    let (catalog, cases) = (catalog(&place), all());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((name, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let own = place.join(name);
            std::fs::create_dir_all(&own).unwrap();
            let wrong = run(case, &own, &catalog);
            if !wrong.is_empty() {
                failures
                    .lock()
                    .unwrap()
                    .push(format!("{name}:\n  {}", wrong.join("\n  ")));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} cases fail\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(cases.len() >= 60, "only {} cases", cases.len());
}

#[test]
fn every_case_of_a_decision_is_named_as_a_sentence_in_kebab_case() {
    for (name, _) in all() {
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        assert!(plain && name.split('-').count() >= 3, "{name}");
    }
}

#[test]
fn every_code_that_a_decision_can_have_is_in_a_case() {
    let principals = PrincipalCode::ALL.iter().map(|code| code.name());
    let policies = PolicyState::ALL.iter().map(|state| state.name());
    let codes: BTreeSet<String> = principals
        .chain(policies)
        .filter(|code| code.contains('-'))
        .map(str::to_owned)
        .collect();
    assert!(codes.len() > 30, "{codes:?}");
    let told: BTreeSet<String> = all()
        .iter()
        .flat_map(|(_, case)| kebabs(&case["expect"].to_string()))
        .collect();
    // What only a defect of ours could give.
    let never = BTreeSet::from(["refuted".to_owned(), "not-proven".to_owned()]);
    let missing: Vec<&String> = codes
        .difference(&told)
        .filter(|code| !never.contains(*code))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// What stands in quotes and is of small letters with hyphens between.
fn kebabs(text: &str) -> BTreeSet<String> {
    let quoted = text.split('"').filter(|part| part.contains('-'));
    let kebab = |part: &&str| {
        part.split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
    };
    quoted.filter(kebab).map(str::to_owned).collect()
}

#[test]
fn the_runner_of_decisions_sees_a_wrong_expectation() {
    let place = folder("decisions-runner");
    let catalog = catalog(&place);
    let case = |expect: &str| -> Value {
        let text = r#"{"why": "a case for the runner", "accounts": {"111111111111": {
            "roles": {"worker": {"inline": {"own": ["s3:GetObject", "s3:PutObject"]}}},
            "unused": {"worker": {"s3": ["PutObject"]}}}}, "expect": EXPECT}"#;
        serde_json::from_str(&text.replace("EXPECT", expect)).unwrap()
    };
    let recommendation =
        r#""recommendations": {"111111111111/role/worker/own": {"after": ["s3:GetObject"], "removed": 1}}"#;
    let right = format!("{{{recommendation}}}");
    assert_eq!(run(&case(&right), &place, &catalog), Vec::<String>::new());
    for (from, to) in [
        ("{\"rec", "{\"exit\": 3, \"rec"),
        ("s3:GetObject", "s3:PutObject"),
        (": 1", ": 2"),
        ("worker/own", "worker/other"),
        (
            "{\"rec",
            "{\"principals\": {\"111111111111:role/worker\": {\"status\": \"clean\"}}, \"rec",
        ),
        ("{\"rec", "{\"leftAlone\": [{\"code\": \"blocked\"}], \"rec"),
        ("{\"rec", "{\"families\": {\"fleet/role/worker/own\": {}}, \"rec"),
        (
            "{\"rec",
            "{\"exceptions\": {\"default:service-linked\": [\"expired\"]}, \"rec",
        ),
        ("{\"rec", "{\"first\": [\"a\"], \"rec"),
        ("removed", "removes"),
    ] {
        let wrong = case(&right.replacen(from, to, 1));
        assert!(
            !run(&wrong, &place, &catalog).is_empty(),
            "{from} -> {to} is not seen"
        );
    }
}
