//! How a scan ends for those who are not looking: exit codes by what was found, and the file of metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::fake::{Fault, Rule, When};
use crate::run::{Ran, folder, leastwise};
use crate::scan::{acme, command_as, manifest, report};
use leastwise_core::decide::PrincipalStatus;

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
fn a_scan_fails_on_a_change_that_removes_so_much_risk_and_on_no_smaller_one() {
    let out = folder("exits-risk").join("report");
    scan(&out, &[]).exits(0);
    let heaviest = report(&out)
        .first
        .changes
        .iter()
        .map(|change| change.risk)
        .max()
        .unwrap();
    assert!(heaviest > 1);
    let at_least = |points: u64| format!("--fail-on=risk>={points}");
    let points = leastwise_core::report::numbers::count(&heaviest);
    let fired = format!(
        "\nexit 5: --fail-on risk>={heaviest}: the largest change lowers the risk score by {points}\n"
    );
    scan(&out, &[&at_least(heaviest)]).exits(5).says(&fired);
    scan(&out, &[&at_least(heaviest + 1)]).exits(0);
    let ran = scan(&out, &[&at_least(heaviest + 1), "--fail-on", "unused"]).exits(5);
    let idle = report(&out).totals.statuses[&PrincipalStatus::UnusedPrincipal];
    let changes = report(&out).totals.recommendations;
    let credentials = report(&out).totals.credentials;
    let ran = ran.says(&format!(
        "\nexit 5: --fail-on unused: {changes} policies can be reduced, {idle} principals are unused, {credentials} access keys and \
         passwords are unused\n"
    ));
    assert_eq!(ran.err.matches("--fail-on").count(), 1, "{}", ran.err);
    scan(&out, &[&format!("--fail-on=unused,risk>={}", heaviest + 1)]).exits(5);
}

#[test]
fn a_scan_fails_on_news_only_when_something_is_new_since_the_earlier_report() {
    let folder = folder("exits-news");
    let (small, whole, again) = (folder.join("small"), folder.join("whole"), folder.join("again"));
    scan(&small, &["--include", "222222222222"]).exits(0);
    scan(
        &whole,
        &["--previous", small.to_str().unwrap(), "--fail-on", "new"],
    )
    .exits(5)
    .says("--fail-on new: ")
    .says(" changes are new, back or regressed, ")
    .says(" are newly unused\n");
    scan(
        &again,
        &["--previous", whole.to_str().unwrap(), "--fail-on", "new"],
    )
    .exits(0);
    scan(&again, &["--fail-on", "new"]).exits(2).says("--previous");
}

#[test]
fn what_to_fail_on_is_told_when_it_is_misspelt() {
    let out = folder("exits-misspelt").join("report");
    for wrong in ["used", "risk>=", "risk>=-1", "risk>5", "risk>=many"] {
        scan(&out, &["--fail-on", wrong]).exits(2).says("risk>=1000");
    }
    assert!(!out.exists());
}

/// Samples by name and labels. Every one is of a family that was declared before it, once.
fn samples(path: &Path) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    let (mut families, mut current) = (BTreeSet::new(), String::new());
    let mut samples = BTreeMap::new();
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            current = rest.strip_suffix(" gauge").unwrap().to_owned();
            assert!(families.insert(current.clone()), "{current} is declared twice");
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(rest.starts_with(&format!("{current} ")), "{line}");
        } else {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(name.split('{').next().unwrap(), current);
            assert!(
                samples.insert(name.to_owned(), value.parse().unwrap()).is_none(),
                "{line}"
            );
        }
    }
    samples
}

#[test]
fn metrics_agree_with_the_report_and_with_its_exit() {
    let folder = folder("exits-metrics");
    let (out, file) = (folder.join("report"), folder.join("leastwise.prom"));
    let fake = acme()
        .fault(
            Rule::new(Fault::Denied, When::Always)
                .on("GetAccountAuthorizationDetails")
                .of("444444444444"),
        )
        .start();
    let args = [
        "scan",
        "--out",
        out.to_str().unwrap(),
        "--metrics",
        file.to_str().unwrap(),
        "--format",
        "json",
    ];
    command_as(&fake, "AKIA222222222222", &args).ran().exits(3);
    let (report, manifest) = (report(&out), manifest(&out));
    let samples = samples(&file);
    let sample = |name: &str| {
        *samples
            .get(&format!("leastwise_{name}"))
            .unwrap_or_else(|| panic!("no {name}"))
    };
    let same = |name: &str, count: usize| {
        assert_eq!(sample(name), f64::from(u32::try_from(count).unwrap()), "{name}");
    };
    same("run_exit_code", 3);
    assert!(sample("run_duration_seconds") > 0.0 && sample("run_started_timestamp_seconds") > 1.7e9);
    for (bucket, count) in &report.totals.statuses {
        same(&format!("principals{{status=\"{bucket}\"}}"), *count);
    }
    same("accounts{coverage=\"failed\"}", 1);
    same("recommendations", report.totals.recommendations);
    same("left_alone", report.totals.left_alone);
    let effect = &report.totals.effect;
    same("permissions{state=\"granted\"}", effect.granted);
    same("permissions{state=\"removed\"}", effect.removed);
    let levels: usize = effect.removed_by_level.values().sum();
    assert_eq!(levels, effect.removed);
    for (level, count) in &effect.removed_by_level {
        same(&format!("permissions_removed{{level=\"{level}\"}}"), *count);
    }
    let calls = |name: &str| -> f64 {
        samples
            .iter()
            .filter(|(key, _)| key.starts_with(&format!("leastwise_{name}{{")))
            .map(|(_, value)| value)
            .sum()
    };
    let made: u64 = manifest.calls.iter().map(|row| row.calls).sum();
    assert_eq!(calls("calls"), f64::from(u32::try_from(made).unwrap()));
    assert!(made > 0);
}

#[test]
fn a_file_of_metrics_that_has_no_place_is_told_before_the_work() {
    let folder = folder("exits-no-place");
    let out = folder.join("report");
    let nowhere = folder.join("nowhere/leastwise.prom");
    scan(&out, &["--metrics", nowhere.to_str().unwrap()])
        .exits(1)
        .says("create the folder first");
    scan(&out, &["--metrics", folder.to_str().unwrap()]).exits(1);
    assert!(!out.exists());
}
