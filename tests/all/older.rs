//! Reports of earlier versions: `tests/schema-1` is what leastwise wrote of `mocks/partial` when its files were of schema 1.

use std::path::Path;

use leastwise_core::report::Status;

use crate::run::{folder, leastwise};
use crate::scan::{manifest, report};

const OLD: &str = "tests/schema-1";

#[test]
fn a_report_of_schema_1_is_compared_with_and_each_night_goes_on_from_it() {
    let out = folder("older").join("report");
    let to = out.to_str().unwrap();
    leastwise([
        "scan",
        "--snapshot",
        "mocks/partial",
        "--out",
        to,
        "--previous",
        OLD,
    ])
    .ran()
    .exits(3);
    let since = report(&out).since.unwrap();
    // What it advises is the same as before, to the byte.
    let changes: Vec<(&str, usize)> = since
        .changes
        .iter()
        .map(|(status, count)| (status.name(), *count))
        .collect();
    assert_eq!(changes, [("same", 2)]);
    assert_eq!(
        since.day,
        manifest(Path::new(OLD)).started.split('T').next().unwrap()
    );
    leastwise(["compare", OLD, to])
        .ran()
        .exits(0)
        .prints(": 2 unchanged\n");
}

#[test]
fn words_of_another_version_decide_nothing_and_are_read_all_the_same() {
    let other = folder("older-words");
    for (path, bytes) in crate::scan::files(Path::new(OLD)) {
        let to = other.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
    let account = "accounts/111111111111.json";
    let mut text = std::fs::read_to_string(other.join(account)).unwrap();
    for word in [
        "clean",
        "refined",
        "permissions-unused",
        "nothing-unused",
        "kept",
        "smaller",
        "used-in-window",
    ] {
        text = text.replace(&format!(": \"{word}\""), &format!(": \"{word}-in-other-words\""));
    }
    std::fs::write(other.join(account), text).unwrap();
    crate::verify::fit(&other, account);
    let out = folder("older-words-now").join("report");
    let (before, now) = (other.to_str().unwrap(), out.to_str().unwrap());
    leastwise([
        "scan",
        "--snapshot",
        "mocks/partial",
        "--out",
        now,
        "--previous",
        before,
    ])
    .ran()
    .exits(3);
    let since = report(&out).since.unwrap();
    assert_eq!(since.changes.into_iter().collect::<Vec<_>>(), [(Status::Same, 2)]);
}

#[test]
fn a_report_of_another_schema_is_refused_by_name_where_it_cannot_be_read() {
    leastwise(["verify", OLD])
        .ran()
        .exits(1)
        .says("`tests/schema-1` has report schema 1, but this command reads 2")
        .says("use the version of leastwise that wrote the report");
    let later = folder("older-later");
    for name in ["manifest.json", "report.json"] {
        let text = std::fs::read_to_string(format!("{OLD}/{name}")).unwrap();
        std::fs::write(
            later.join(name),
            text.replacen("\"schema\": 1", "\"schema\": 3", 1),
        )
        .unwrap();
    }
    let path = later.to_str().unwrap();
    leastwise(["compare", path, OLD])
        .ran()
        .exits(1)
        .says("has report schema 3, but this command reads 1 to 2");
}
