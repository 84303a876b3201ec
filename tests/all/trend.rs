//! `leastwise compare --trend`: the totals of all reports in a folder, as JSON and as a drawing.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::compare::{acme, change, night, without_its_finding};
use crate::run::{folder, leastwise};
use crate::scan::{files, report};
use crate::verify::fit;
use leastwise_core::decide::PrincipalStatus;

const HOSTILE: &str = "\"><script>alert(1)<&'\u{2028}\u{202e}]]>";
const HOSTILE_BUCKET: &str = "</text><script>alert(2)</script>&\u{1b}\u{202e}\u{fffe} and on and on and on";

fn edit(report: &Path, file: &str, edit: impl FnOnce(&mut Value)) {
    let path = report.join(file);
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut value);
    fs::write(path, value.to_string()).unwrap();
    if file != "manifest.json" {
        fit(report, file);
    }
}

/// Three reports whose names are not in their order: of the demonstration, of it with a finding less, and of a smaller
/// organisation of which not all could be read.
fn reports(root: &Path) -> [PathBuf; 3] {
    let snapshot = acme(root);
    let folder = root.join("reports");
    let all = ["b", "c", "a"].map(|name| folder.join(name));
    night(&snapshot, &all[0], None).exits(0);
    change(&snapshot, "findings.json", without_its_finding);
    night(&snapshot, &all[1], None).exits(0);
    night(Path::new("mocks/partial"), &all[2], None).exits(3);
    // The last one a week after the others, which are a night apart.
    for (report, day) in all.iter().zip(["01", "02", "09"]) {
        edit(report, "manifest.json", |it| {
            it["started"] = format!("2026-11-{day}T03:00:00Z").into();
        });
    }
    all
}

fn trend(folder: &Path) -> (Value, String) {
    let ran = leastwise(["compare", "--trend", folder.to_str().unwrap()])
        .ran()
        .exits(0);
    (serde_json::from_str(&ran.out).unwrap(), ran.err.clone())
}

fn svg(folder: &Path, to: &Path) -> String {
    let args = [
        "compare",
        "--trend",
        folder.to_str().unwrap(),
        "--out",
        to.to_str().unwrap(),
    ];
    let ran = leastwise(args).ran().exits(0);
    assert_eq!(ran.out, "");
    fs::read_to_string(to).unwrap()
}

/// The words of a drawing: each element's text and its place, without those of its dots.
fn texts(svg: &str) -> Vec<(u64, String)> {
    let each = svg.lines().filter_map(|line| line.strip_prefix("<text "));
    let text = |line: &str| {
        let y = line
            .split(" y=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        (
            y,
            line.split_once('>')
                .unwrap()
                .1
                .strip_suffix("</text>")
                .unwrap()
                .to_owned(),
        )
    };
    each.map(text).collect()
}

#[test]
fn the_totals_of_every_report_stand_in_the_order_of_their_runs() {
    let root = folder("trend");
    let all = reports(&root);
    let (trend, said) = trend(&root.join("reports"));
    assert_eq!(said, "");
    let points = trend["reports"].as_array().unwrap();
    assert_eq!(
        points
            .iter()
            .map(|it| it["report"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["b", "c", "a"]
    );
    for (point, out) in points.iter().zip(&all) {
        let totals = report(out).totals;
        assert_eq!(point["principals"], totals.principals);
        assert_eq!(point["recommendations"], totals.recommendations);
        assert_eq!(point["statuses"], json!(totals.statuses));
        assert_eq!(point["accounts"], json!(totals.accounts));
        let effect = &totals.effect;
        assert_eq!(
            [&point["granted"], &point["unused"], &point["removed"]],
            [
                &json!(effect.granted),
                &json!(effect.unused),
                &json!(effect.removed)
            ]
        );
        assert_eq!(
            (&point["riskBefore"], &point["riskAfter"]),
            (&json!(effect.risk_before), &json!(effect.risk_after))
        );
        assert_eq!(point["evaluated"], "2026-10-31T07:25:34Z");
    }
    assert!(points[0]["unused"].as_u64() > points[1]["unused"].as_u64());
}

#[test]
fn the_drawing_tells_every_number_in_words_and_runs_nothing() {
    let root = folder("trend-drawn");
    let all = reports(&root);
    let drawing = svg(&root.join("reports"), &root.join("trend.svg"));
    let (first, last) = (report(&all[0]).totals, report(&all[2]).totals);
    let texts = texts(&drawing);
    let row = |name: &str| {
        let (y, _) = texts
            .iter()
            .find(|(_, text)| text == name)
            .unwrap_or_else(|| panic!("no {name}"));
        let row = texts
            .iter()
            .filter(|(at, _)| at == y)
            .map(|(_, text)| text.replace(',', ""));
        row.collect::<Vec<String>>()
    };
    let (from, to) = (first.effect.granted, last.effect.granted);
    assert_eq!(
        row("Granted"),
        [
            "Granted".to_owned(),
            from.to_string(),
            to.to_string(),
            format!("\u{2212}{}", from - to)
        ]
    );
    assert_eq!(
        row("Changes recommended")[1..3],
        [first.recommendations, last.recommendations].map(|it| it.to_string())
    );
    assert_eq!(
        row("Can be reduced")[1..3],
        [
            first.statuses[&PrincipalStatus::Reducible],
            last.statuses[&PrincipalStatus::Reducible]
        ]
        .map(|it| it.to_string())
    );
    // 1 November, the 2nd and the 9th: the second stands an eighth of the way.
    let lines: Vec<&str> = drawing
        .lines()
        .filter(|line| line.starts_with("<polyline"))
        .collect();
    assert!(lines.len() > 12);
    for line in lines {
        let points = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        let across: Vec<&str> = points
            .split(' ')
            .map(|it| it.split(',').next().unwrap())
            .collect();
        assert_eq!(across, ["290", "328", "600"]);
    }
    assert!(drawing.contains("3 reports, 2026-11-01 to 2026-11-09"));
    assert!(drawing.contains("@media (prefers-color-scheme:dark)"));
    for no in [
        "<script",
        "href",
        "url(",
        "@import",
        "<foreignObject",
        "<image",
        " on",
    ] {
        let found = drawing.replace("http://www.w3.org/2000/svg", "");
        let found = found.replace(" one", "").matches(no).count();
        assert_eq!(found, 0, "{no}");
    }
    // The same reports make the same drawing, and it takes the place of the earlier one.
    assert_eq!(svg(&root.join("reports"), &root.join("trend.svg")), drawing);
}

#[test]
fn what_is_no_report_is_skipped_and_told() {
    let root = folder("trend-foreign");
    let all = reports(&root);
    let reports = root.join("reports");
    fs::write(reports.join("notes.txt"), "mine").unwrap();
    fs::create_dir(reports.join("empty")).unwrap();
    fs::create_dir(reports.join("web")).unwrap();
    fs::write(reports.join("web/manifest.json"), "{\"name\":\"an app\"}").unwrap();
    fs::create_dir(reports.join("newer")).unwrap();
    for (path, bytes) in files(&all[0]).iter().filter(|(path, _)| !path.contains('/')) {
        fs::write(reports.join("newer").join(path), bytes).unwrap();
    }
    edit(&reports.join("newer"), "manifest.json", |it| {
        it["schema"] = 99.into();
    });
    #[cfg(unix)]
    std::os::unix::fs::symlink(&all[0], reports.join("latest")).unwrap();
    fs::rename(&all[1], reports.join(".c.partial")).unwrap();
    let (trend, said) = trend(&reports);
    let names = trend["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["report"].as_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["b", "a"]);
    for (name, why) in [
        ("notes.txt", "not a leastwise report"),
        ("empty", "not a leastwise report"),
        ("web", "missing field"),
        ("newer", "schema 99"),
        (".c.partial", "hidden"),
        #[cfg(unix)]
        ("latest", "a symbolic link"),
    ] {
        let told = said
            .lines()
            .find(|line| line.contains(&format!("/{name}`")))
            .unwrap_or_default();
        assert!(told.contains(why), "{name}: {said}");
    }
    // The drawing may lie beside the reports.
    svg(&reports, &reports.join("trend.svg"));
    let args = ["compare", "--trend", reports.to_str().unwrap(), "--out"];
    let again = leastwise(
        args.into_iter()
            .chain([reports.join("trend.svg").to_str().unwrap()]),
    )
    .ran()
    .exits(0);
    assert!(!again.err.contains("trend.svg"), "{}", again.err);
    // A report is no folder of reports.
    leastwise(["compare", "--trend", all[0].to_str().unwrap()])
        .ran()
        .exits(1)
        .says("no leastwise report found in");
    leastwise(["compare", "--trend", "no-such-folder"])
        .ran()
        .exits(1)
        .says("no-such-folder");
}

#[test]
fn hostile_names_are_text_in_the_drawing() {
    let root = folder("trend-hostile");
    let all = reports(&root);
    edit(&all[2], "report.json", |it| {
        it["totals"]["statuses"][HOSTILE_BUCKET] = 7.into();
    });
    let reports = root.join("reports");
    fs::rename(&all[1], reports.join(HOSTILE)).unwrap();
    let drawing = svg(&reports, &root.join("trend.svg"));
    for bad in [
        "<script", "</script", "]]>", "\u{2028}", "\u{202e}", "\u{1b}", "\u{fffe}", "&'",
    ] {
        assert!(!drawing.contains(bad), "{bad:?}");
    }
    assert!(drawing.contains("&quot;&gt;&lt;script&gt;alert(1)"));
    // A status of another version has no word of its own.
    assert!(!drawing.contains("alert(2)") && drawing.contains("Unknown"));
    // Each mark that is left belongs to an element that the drawing has.
    let known = [
        "svg", "title", "desc", "style", "rect", "text", "path", "polyline", "circle",
    ];
    for tag in drawing.split('<').skip(1) {
        let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap();
        assert!(known.contains(&name), "{tag:.80}");
        let close = drawing.matches(&format!("</{name}>")).count() + drawing_empty(&drawing, name);
        assert_eq!(drawing.matches(&format!("<{name}")).count(), close, "{name}");
    }
}

/// How many elements of a name end where they begin.
fn drawing_empty(drawing: &str, name: &str) -> usize {
    let begin = format!("<{name}");
    let each = drawing.split(begin.as_str()).skip(1);
    each.filter(|rest| rest.split('>').next().unwrap().ends_with('/'))
        .count()
}

#[test]
fn a_file_that_is_no_drawing_is_never_replaced_and_the_arguments_teach_themselves() {
    let root = folder("trend-arguments");
    let all = reports(&root);
    let reports = root.join("reports");
    let mine = root.join("policy.json");
    fs::write(&mine, "{}").unwrap();
    let (folder, to) = (reports.to_str().unwrap(), mine.to_str().unwrap());
    leastwise(["compare", "--trend", folder, "--out", to])
        .ran()
        .exits(1)
        .says("refusing to overwrite");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "{}");
    let two = [all[0].to_str().unwrap(), all[1].to_str().unwrap()];
    leastwise(["compare", two[0]]).ran().exits(2).says("<NEW_DIR>");
    leastwise(["compare", two[0], two[1], "--trend", folder])
        .ran()
        .exits(2)
        .says("--trend");
    leastwise(["compare", two[0], two[1], "--out", to])
        .ran()
        .exits(2)
        .says("--out");
    leastwise(["compare", two[0], two[1]]).ran().exits(0);
}
