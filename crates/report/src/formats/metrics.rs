//! The figures of a run as OpenMetrics text, for the textfile collector of node_exporter or anything that reads the
//! Prometheus format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use leastwise_core::report::{CallFigures, Report};

/// Figures of the run that the report does not contain.
#[derive(Debug, Clone, Copy)]
pub struct RunFigures<'r> {
    /// The version of leastwise.
    pub version: &'r str,
    /// Start of the run, in seconds since 1970.
    pub began: i64,
    /// Duration, in seconds.
    pub took: f64,
    /// Exit code.
    pub exit: u8,
    /// Statistics of AWS API calls.
    pub calls: &'r [CallFigures],
}

/// The OpenMetrics text. Labels are our own codes and names of APIs and Regions, so their number does not grow with
/// the accounts.
pub fn metrics(report: &Report, run: &RunFigures<'_>) -> String {
    let mut out = MetricsText::default();
    let info = [
        ("version", run.version),
        ("catalog", report.catalog.version.as_str()),
    ];
    out.family(
        "run_info",
        "The program and the catalog of the last finished run.",
    );
    out.sample("run_info", &info, 1);
    out.family(
        "run_started_timestamp_seconds",
        "When the last finished run began.",
    );
    out.sample("run_started_timestamp_seconds", &[], run.began);
    out.family("run_duration_seconds", "How long it took.");
    out.sample("run_duration_seconds", &[], run.took);
    out.family(
        "run_exit_code",
        "How it exited: 0 finished, 3 not all read, 4 refuted, 5 --fail-on found something.",
    );
    out.sample("run_exit_code", &[], run.exit);
    let totals = &report.totals;
    out.each(
        "accounts",
        "Accounts by how far they were read.",
        "coverage",
        &totals.accounts,
    );
    out.each(
        "principals",
        "Roles and users by where they ended.",
        "status",
        &totals.statuses,
    );
    out.family("recommendations", "Policies that can be smaller, or go.");
    out.sample("recommendations", &[], totals.recommendations);
    out.family(
        "left_alone",
        "Policies that stay although some of what they grant is reported unused.",
    );
    out.sample("left_alone", &[], totals.left_alone);
    let effect = &totals.effect;
    out.family(
        "permissions",
        "Permissions of all principals, each counted for itself.",
    );
    let states = [
        ("granted", effect.granted),
        ("ineffective", effect.ineffective),
        ("removed", effect.removed),
        ("unused", effect.unused),
    ];
    states
        .iter()
        .for_each(|(state, count)| out.sample("permissions", &[("state", state)], count));
    let levels = &effect.removed_by_level;
    out.each(
        "permissions_removed",
        "Permissions that the report removes, by access level.",
        "level",
        levels,
    );
    out.family(
        "risk_points",
        "Points of risk before and after what the report recommends.",
    );
    out.sample("risk_points", &[("when", "after")], effect.risk_after);
    out.sample("risk_points", &[("when", "before")], effect.risk_before);
    calls(&mut out, run.calls);
    out.0 + "# EOF\n"
}

fn calls(out: &mut MetricsText, figures: &[CallFigures]) {
    let mut sums: BTreeMap<(&str, &str), (u64, u64, f64)> = BTreeMap::new();
    for it in figures {
        let sum = sums.entry((&it.api, &it.region)).or_default();
        *sum = (sum.0 + it.calls, sum.1 + it.throttles, sum.2 + it.seconds_waited);
    }
    let mut family = |name: &str, help: &str, value: &dyn Fn(&(u64, u64, f64)) -> String| {
        if !sums.is_empty() {
            out.family(name, help);
        }
        for ((api, region), sum) in &sums {
            out.sample(name, &[("api", api), ("region", region)], value(sum));
        }
    };
    family(
        "calls",
        "Calls of AWS that the run made, repeated ones included.",
        &|sum| sum.0.to_string(),
    );
    family(
        "calls_throttled",
        "How many of them AWS turned away for coming too fast.",
        &|sum| sum.1.to_string(),
    );
    family(
        "calls_waited_seconds",
        "How long they waited for their turn, together.",
        &|sum| sum.2.to_string(),
    );
}

/// Metrics and samples. All are gauges: they describe one run, and the next run starts again.
#[derive(Default)]
struct MetricsText(String);

impl MetricsText {
    fn family(&mut self, name: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.0,
            "# TYPE leastwise_{name} gauge\n# HELP leastwise_{name} {help}"
        );
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "leastwise_{name}{labels} {value}");
    }

    fn each<K: AsRef<str>>(&mut self, name: &str, help: &str, label: &str, counts: &BTreeMap<K, usize>) {
        if counts.is_empty() {
            return;
        }
        self.family(name, help);
        counts
            .iter()
            .for_each(|(value, count)| self.sample(name, &[(label, value.as_ref())], count));
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}
