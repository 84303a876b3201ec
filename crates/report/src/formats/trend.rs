//! The trend over several reports as an SVG drawing that loads nothing, has no script, and follows the reader's
//! light or dark mode.
//!
//! Each number has its own row with its name and its first and last value in words, so that no line is identified
//! only by colour. Each row has its own scale, which starts at 0.

use std::fmt::Write as _;

use crate::history::trend::{Point, Trend};
use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::Coverage;
use leastwise_core::report::numbers::{count, day};
use leastwise_core::report::words::STATUSES;
use leastwise_core::visible::visible;

const WIDTH: u64 = 840;
/// Where names and first values end and lines begin.
const LEFT: u64 = 290;
/// Where lines end.
const RIGHT: u64 = 600;
const ROW: u64 = 40;
const HEAD: u64 = 84;
/// Maximum height of a line in its row.
const HIGH: u64 = 28;
/// Maximum number of dots; more would merge into a band.
const MOST_DOTS: usize = 60;
/// Maximum length of a name, because names from others can have any length.
const LONGEST_NAME: usize = 24;

const STYLE: &str = "\
.paper{fill:#fff}.ink{fill:#1a1a1a}.soft{fill:#565656}.base{stroke:#8a8a8a;stroke-width:1}\
.line{fill:none;stroke:#0b5cad;stroke-width:2}.dot{fill:#0b5cad}\
@media (prefers-color-scheme:dark){.paper{fill:#14171a}.ink{fill:#eceff1}.soft{fill:#b4bbc1}\
.base{stroke:#7c858c}.line{stroke:#7db7ff}.dot{fill:#7db7ff}}\
text{font:14px system-ui,sans-serif}.title{font-size:18px;font-weight:600}.section{font-weight:600}.n{text-anchor:end}";

/// A number in all reports.
struct Series {
    name: String,
    values: Vec<u64>,
}

/// A row of the drawing.
enum TrendRow {
    Section(&'static str),
    Series(Series),
}

/// Draws the trend.
pub fn svg(trend: &Trend) -> String {
    let rows = rows(trend);
    let height = HEAD + ROW * rows.len() as u64 + 40;
    let days: Vec<&str> = trend.reports.iter().map(|it| day(&it.started)).collect();
    let (first, last) = (
        days.first().copied().unwrap_or_default(),
        days.last().copied().unwrap_or_default(),
    );
    let reports = match trend.reports.len() {
        1 => format!("One report, {}", xml(first)),
        many => format!("{} reports, {} to {}", count(&many), xml(first), xml(last)),
    };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">leastwise: {reports}</title>\n\
         <desc id=\"desc\">{}</desc>\n<style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"ink title\" x=\"16\" y=\"30\">{reports}</text>\n\
         <text class=\"soft\" x=\"16\" y=\"52\">Each line has a scale of its own, from 0 up.</text>\n\
         <text class=\"soft n\" x=\"{}\" y=\"76\">first</text>\n<text class=\"soft\" x=\"{}\" y=\"76\">last</text>\n\
         <text class=\"soft n\" x=\"{}\" y=\"76\">change</text>\n",
        described(&rows),
        LEFT - 14,
        RIGHT + 14,
        WIDTH - 16,
    );
    let places = places(&trend.reports);
    for (at, row) in (1..).zip(&rows) {
        let bottom = HEAD + ROW * at - 8;
        match row {
            TrendRow::Section(name) => line(&mut out, "ink section", 16, bottom, name),
            TrendRow::Series(series) => draw(&mut out, series, bottom, &places, &trend.reports),
        }
    }
    let foot = height - 14;
    if first == last {
        line(&mut out, "soft", LEFT, foot, first);
    } else {
        line(&mut out, "soft", LEFT, foot, first);
        line(&mut out, "soft n", RIGHT, foot, last);
    }
    out.push_str("</svg>\n");
    out
}

fn rows(trend: &Trend) -> Vec<TrendRow> {
    let reports = &trend.reports;
    let series = |name: &str, get: &dyn Fn(&Point) -> u64| {
        TrendRow::Series(Series {
            name: name.to_owned(),
            values: reports.iter().map(get).collect(),
        })
    };
    let mut rows = vec![
        TrendRow::Section("Permissions of all principals"),
        series("Granted", &|it| it.granted as u64),
        series("Unused", &|it| it.unused as u64),
        series("Removed by the changes", &|it| it.removed as u64),
        TrendRow::Section("Points of risk"),
        series("Today", &|it| it.risk_before),
        series("After the changes", &|it| it.risk_after),
        TrendRow::Section("Policies"),
        series("Changes recommended", &|it| it.recommendations as u64),
        series("Left alone", &|it| it.left_alone as u64),
        TrendRow::Section("Accounts"),
        series("Read completely", &|it| {
            it.accounts.get(&Coverage::Complete).copied().unwrap_or_default() as u64
        }),
        series("Read in part or not", &|point| {
            let missing = [Coverage::Partial, Coverage::Failed]
                .into_iter()
                .filter_map(|it| point.accounts.get(&it));
            missing.sum::<usize>() as u64
        }),
        TrendRow::Section("Principals"),
        series("All", &|it| it.principals as u64),
    ];
    for it in STATUSES.into_iter().chain([PrincipalStatus::Unknown]) {
        let of = |point: &Point| point.statuses.get(&it).copied().unwrap_or_default() as u64;
        if reports.iter().any(|point| of(point) > 0) {
            rows.push(series(it.title(), &of));
        }
    }
    rows
}

/// The same as text, for people who cannot see the drawing.
fn described(rows: &[TrendRow]) -> String {
    let mut out = String::new();
    for row in rows {
        // Writing to a string cannot fail.
        let _ = match row {
            TrendRow::Section(name) => write!(out, "{name}. "),
            TrendRow::Series(Series { name, values }) => {
                let (first, last) = (values.first(), values.last());
                let told = |value: Option<&u64>| count(value.unwrap_or(&0));
                write!(
                    out,
                    "{}: first {}, last {}. ",
                    xml(&short(name)),
                    told(first),
                    told(last)
                )
            }
        };
    }
    out.trim_end().to_owned()
}

/// Horizontal position of each report, by the time its run started.
fn places(reports: &[Point]) -> Vec<u64> {
    let second = |it: Option<&Point>| it.map_or(0, |it| it.second);
    let (first, last) = (second(reports.first()), second(reports.last()));
    let span = u128::from(last.abs_diff(first).max(1));
    let place = |it: &Point| {
        let past = u128::from(it.second.abs_diff(first)) * u128::from(RIGHT - LEFT) / span;
        LEFT + u64::try_from(past).unwrap_or_default()
    };
    reports.iter().map(place).collect()
}

fn draw(out: &mut String, series: &Series, bottom: u64, places: &[u64], reports: &[Point]) {
    let highest = u128::from(series.values.iter().copied().max().unwrap_or_default().max(1));
    // In tenths of a unit.
    let up =
        |value: u64| u64::try_from(u128::from(value) * u128::from(HIGH) * 10 / highest).unwrap_or_default();
    let tenths = |value: u64| format!("{}.{}", value / 10, value % 10);
    let at: Vec<(u64, String)> = places
        .iter()
        .zip(&series.values)
        .map(|(x, value)| (*x, tenths(bottom * 10 - up(*value))))
        .collect();
    let (first, last) = (series.values.first().copied(), series.values.last().copied());
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    line(out, "ink", 16, bottom, &short(&series.name));
    line(out, "ink n", LEFT - 14, bottom, &count(&first));
    line(out, "ink", RIGHT + 14, bottom, &count(&last));
    let change = match last.cmp(&first) {
        std::cmp::Ordering::Less => format!("\u{2212}{}", count(&(first - last))),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", count(&(last - first))),
    };
    line(out, "soft n", WIDTH - 16, bottom, &change);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<path class=\"base\" d=\"M{LEFT} {bottom}H{RIGHT}\"/>");
    let points: Vec<String> = at.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let _ = writeln!(out, "<polyline class=\"line\" points=\"{}\"/>", points.join(" "));
    if at.len() > MOST_DOTS {
        return;
    }
    for (((x, y), value), report) in at.iter().zip(&series.values).zip(reports) {
        let _ = writeln!(
            out,
            "<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"3\"><title>{}, {}: {}</title></circle>",
            xml(&report.report),
            xml(&report.started),
            count(value),
        );
    }
}

fn line(out: &mut String, class: &str, x: u64, y: u64, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        xml(text)
    );
}

fn short(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    name.chars().take(LONGEST_NAME - 3).chain("...".chars()).collect()
}

/// Text that is plain in XML, with characters that XML does not allow made visible.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
