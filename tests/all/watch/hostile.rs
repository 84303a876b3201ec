//! Text that anybody may put into an event, and files that are in the way.

use std::fs;

use serde_json::{Value, json};

use super::{READER, Records, SHOP, reader, session, watch};
use crate::run::folder;
use crate::scan::demonstration;

/// Steers a terminal, ends a line, a cell, a string, a command.
const HOSTILE: &str = "x\u{1b}[2J\u{202e}\n=cmd|' /C calc'!A0\r';$(id)`\"<b>";

#[test]
fn nothing_in_an_event_steers_the_terminal_or_begins_a_line() {
    let folder = folder("watch-hostile");
    let mut records = Records::quiet(20, &[SHOP]);
    records.applied(2);
    let mut who = session(SHOP, "wildcard-prefix-reader");
    who["arn"] = format!("arn:aws:sts::{SHOP}:assumed-role/wildcard-prefix-reader/{HOSTILE}").into();
    records.denied(
        5,
        json!({
            "errorCode": format!("{HOSTILE}.AccessDenied"),
            "errorMessage": HOSTILE, "eventID": HOSTILE, "awsRegion": HOSTILE, "userIdentity": who,
            "resources": [{"ARN": HOSTILE}],
        }),
    );
    records.denied(
        6,
        json!({"eventName": HOSTILE, "eventSource": format!("{HOSTILE}.amazonaws.com")}),
    );
    fs::write(folder.join("all.json"), records.text()).unwrap();
    fs::write(folder.join("odd\u{1b}[2J\u{202e}.json"), "{").unwrap();
    let ran = watch(&folder, &["--change", READER])
        .exits(3)
        .prints("Changes: 1 denied");
    let (code, result) = reader(&folder, &[]);
    assert_eq!(
        (code, &result["changes"][0]["denied"][0]["errorMessage"]),
        (3, &json!(HOSTILE))
    );
    let json = watch(&folder, &["--change", READER, "--format", "json"]).exits(3);
    for shown in [&ran.out, &ran.err, &json.out] {
        assert!(
            !shown
                .chars()
                .any(|c| c == '\u{1b}' || c == '\u{202e}' || c == '\r'),
            "{shown:?}"
        );
        assert!(
            !shown.lines().any(|line| line.trim_start().starts_with("=cmd")),
            "{shown}"
        );
    }
}

#[test]
fn the_result_is_not_written_into_the_report_nor_through_a_link() {
    let folder = folder("watch-out");
    Records::quiet(1, &[SHOP]).write(&folder.join("trail"));
    let inside = demonstration().join("watch.json");
    watch(&folder.join("trail"), &["--out", inside.to_str().unwrap()])
        .exits(1)
        .says("inside the report folder");
    assert!(!inside.exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let out = folder.join("watch.json");
        watch(&folder.join("trail"), &["--out", out.to_str().unwrap()]).exits(3);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
        let link = folder.join("link.json");
        std::os::unix::fs::symlink(&out, &link).unwrap();
        watch(&folder.join("trail"), &["--out", link.to_str().unwrap()])
            .exits(1)
            .says("link");
    }
}

#[test]
fn a_report_that_was_altered_is_refused() {
    let folder = folder("watch-altered");
    let report = folder.join("report");
    for (path, bytes) in crate::scan::files(&demonstration()) {
        let path = report.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let trail = folder.join("trail");
    let mut records = Records::quiet(20, &[SHOP]);
    records.applied(2);
    records.write(&trail);
    let run = |report: &std::path::Path| {
        let args = [
            "watch",
            report.to_str().unwrap(),
            "--trail",
            trail.to_str().unwrap(),
            "--change",
            READER,
            "--format",
            "json",
        ];
        crate::run::leastwise(args).ran()
    };
    run(&report).exits(0);
    let after = report.join(format!("policies/{READER}.after.json"));
    fs::write(&after, fs::read_to_string(&after).unwrap() + " ").unwrap();
    let result: Value = serde_json::from_str(&run(&report).exits(3).out).unwrap();
    assert_eq!(
        result["changes"][0]["invisible"][0]["code"],
        "documents-unreadable"
    );
    fs::write(report.join("report.json"), "{}").unwrap();
    run(&report).exits(1).says("was modified");
}
