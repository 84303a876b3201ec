//! The risk score of each report, as a small line chart.

use super::text::{count, date};
use leastwise_core::report::Report;

/// The risk score of earlier reports and of this one.
fn risks(report: &Report) -> Vec<u64> {
    let earlier = report
        .since
        .iter()
        .flat_map(|since| since.risk.iter().map(|it| it.risk));
    earlier.chain([report.totals.effect.risk_before]).collect()
}

/// The points of the line, from the oldest remembered report to this one; empty without an earlier one.
pub(super) fn points(report: &Report) -> String {
    const WIDE: u64 = 200;
    const HIGH: u64 = 36;
    let risks = risks(report);
    let most = risks.iter().copied().max().unwrap_or_default().max(1);
    let steps = u64::try_from(risks.len().saturating_sub(1)).unwrap_or_default();
    if steps == 0 {
        return String::new();
    }
    let point = |(at, risk): (u64, &u64)| {
        format!(
            "{},{}",
            WIDE * at / steps,
            2 + HIGH - risk.saturating_mul(HIGH) / most
        )
    };
    (0..).zip(&risks).map(point).collect::<Vec<_>>().join(" ")
}

/// The trend in words.
pub(super) fn words(report: &Report) -> String {
    let Some(first) = report.since.as_ref().and_then(|since| since.risk.first()) else {
        return String::new();
    };
    format!(
        "{} on {}, {} now",
        count(&first.risk),
        date(&first.day),
        count(&report.totals.effect.risk_before)
    )
}
