//! The layers, held up by reading the source. Each rule is a function over text that gives back what breaks it, so that the
//! rule itself is tested on a text that does.

mod circles;
mod reasons;
mod source;

use reasons::{unexplained, unreasoned};
use source::{Source, module, names, root, sources};

/// What the core may not name.
const OUTSIDE: [&str; 14] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::io",
    "std::thread",
    "std::time",
    "Instant",
    "SystemTime",
    "tokio",
    "async",
    "await",
    "rand",
    "getrandom",
];

/// Maps and sets whose order differs from run to run, where they are used and why that is no harm.
const UNORDERED: [(&str, &str); 1] = [(
    "crates/core/src/policy/glob.rs",
    "the places that a search has been to: asked for membership, never iterated",
)];

/// All that is written by hand, but for what fuzzes.
const WRITTEN: [&str; 4] = ["src", "crates", "tests", "tools"];

/// What the program is built from.
const SOURCES: [&str; 6] = [
    "src",
    "crates/aws/src",
    "crates/code/src",
    "crates/core/src",
    "crates/files/src",
    "crates/report/src",
];

const CORE: &str = "crates/core/src";

const LONGEST_FILE: usize = 450;
const LONGEST_MAIN: usize = 40;

/// What of the outside a core file names. `use std::{fs, io}` names it too.
fn outside(code: &str) -> Vec<&'static str> {
    let nested = |wanted: &str| {
        let Some(inner) = wanted.strip_prefix("std::") else {
            return false;
        };
        let uses = code
            .split("use std::{")
            .skip(1)
            .filter_map(|rest| rest.split_once("};"));
        uses.map(|(list, _)| list).any(|list| names(list, inner))
    };
    OUTSIDE
        .into_iter()
        .filter(|wanted| names(code, wanted) || nested(wanted))
        .collect()
}

/// Modules of the crate that a file names beside its own and those it may: by `crate::`, or by climbing out with `super`.
fn neighbours(code: &str, own: &str, may: &[&str]) -> Vec<String> {
    let word = |rest: &str| {
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let flat: String = code.split_whitespace().collect::<Vec<_>>().join("");
    let mut found = Vec::new();
    for (at, _) in flat.match_indices("crate::") {
        // `pub(crate)` has no colons behind it; a list has its names at the beginning and behind commas.
        let rest = &flat[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut expect = true;
                for (place, c) in list.char_indices() {
                    if expect && depth == 0 {
                        found.push(word(&list[place..]));
                        expect = false;
                    }
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' => expect = depth == 0,
                        _ => {}
                    }
                }
            }
        }
    }
    found.retain(|name| name != own && !may.contains(&name.as_str()));
    if flat.contains("super::super::super::") {
        found.push("super::super::super".to_owned());
    }
    found
}

fn none(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_core_touches_nothing_outside() {
    let all = sources(&[CORE, "crates/code/src"]);
    let broken: Vec<String> = all
        .iter()
        .flat_map(|file| {
            outside(&file.code)
                .into_iter()
                .map(|what| format!("{}: {what}", file.path))
        })
        .collect();
    none(&broken);
    assert_eq!(
        outside("use std::{fmt, fs};\nlet now = Instant::now();"),
        ["std::fs", "Instant"]
    );
    assert_eq!(outside("let brand = operand; use std::fmt;"), Vec::<&str>::new());
}

#[test]
fn the_checker_never_names_what_it_checks() {
    let all = sources(&[CORE]);
    let files: Vec<&Source> = all.iter().filter(|file| module(&file.path) == "prove").collect();
    assert!(!files.is_empty());
    let broken: Vec<String> = files
        .iter()
        .filter(|file| names(&file.code, "refine"))
        .map(|file| file.path.clone())
        .collect();
    none(&broken);
    let check = all
        .iter()
        .find(|file| file.path.ends_with("trial/check.rs"))
        .expect("the check of trials");
    assert!(!names(&check.code, "Permissions"), "it uses `Permissions`");
    assert!(names("use crate::refine::Kind;", "refine") && !names("let refined = 1;", "refine"));
}

#[test]
fn each_core_module_names_only_those_below_it() {
    let below: [(&str, &[&str]); 16] = [
        ("arn", &[]),
        ("date", &[]),
        ("digest", &[]),
        ("visible", &[]),
        ("policy", &["visible"]),
        ("catalog", &["digest", "policy", "visible"]),
        ("evidence", &["arn", "policy", "date", "visible"]),
        ("inventory", &["arn", "policy"]),
        (
            "decide",
            &[
                "arn",
                "policy",
                "catalog",
                "date",
                "digest",
                "evidence",
                "inventory",
                "visible",
            ],
        ),
        ("prove", &["policy", "catalog", "visible"]),
        ("refine", &["policy", "catalog"]),
        ("trial", &["policy", "catalog", "digest"]),
        (
            "report",
            &[
                "arn",
                "catalog",
                "closest",
                "date",
                "decide",
                "digest",
                "evidence",
                "inventory",
                "policy",
                "prove",
                "trail",
                "visible",
            ],
        ),
        (
            "trail",
            &["arn", "catalog", "decide", "digest", "policy", "trial"],
        ),
        ("answers", &["evidence", "inventory"]),
        ("ownership", &["decide", "inventory", "report"]),
    ];
    let all = sources(&[CORE]);
    let mut broken = Vec::new();
    for (own, may) in below {
        let files: Vec<&Source> = all.iter().filter(|file| module(&file.path) == own).collect();
        assert!(!files.is_empty(), "no file of {own}");
        for file in files {
            let found = neighbours(&file.code, own, may);
            broken.extend(found.into_iter().map(|name| format!("{}: {name}", file.path)));
        }
    }
    none(&broken);
    let sample = "use crate::{catalog::{Catalog, Universe}, policy::Document, refine}; pub(crate) fn f() {}";
    assert_eq!(neighbours(sample, "policy", &[]), ["catalog", "refine"]);
    assert_eq!(
        neighbours("use crate::policy::Document;", "policy", &[]),
        Vec::<String>::new()
    );
    assert_eq!(
        neighbours("super::super::super::run::go()", "policy", &[]).len(),
        1
    );
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    none(&circles::circles(&sources(&SOURCES)));
}

#[test]
fn maps_without_order_are_used_where_order_cannot_show() {
    let is_unordered = |code: &str| names(code, "HashMap") || names(code, "HashSet");
    let all = sources(&SOURCES);
    let using: Vec<&str> = all
        .iter()
        .filter(|file| is_unordered(&file.code))
        .map(|file| file.path.as_str())
        .collect();
    let allowed: Vec<&str> = UNORDERED.iter().map(|(path, _)| *path).collect();
    let broken: Vec<String> = using
        .iter()
        .filter(|path| !allowed.contains(path))
        .map(|path| (*path).to_owned())
        .collect();
    none(&broken);
    // An entry that nothing needs any more is a hole.
    let stale: Vec<String> = allowed
        .iter()
        .filter(|path| !using.contains(path))
        .map(|path| (*path).to_owned())
        .collect();
    none(&stale);
    assert!(UNORDERED.iter().all(|(_, reason)| !reason.is_empty()));
    assert!(is_unordered("use std::collections::HashMap;") && !is_unordered("let map: FxHashMap<u8, u8>;"));
}

#[test]
fn the_sdk_is_named_in_one_room() {
    let has_sdk = |code: &str| code.contains("aws_sdk") || code.contains("aws_config");
    let all = sources(&SOURCES);
    let elsewhere = all
        .iter()
        .filter(|file| !file.path.starts_with("crates/aws/src/live") && has_sdk(&file.code));
    none(&elsewhere.map(|file| file.path.clone()).collect::<Vec<_>>());
    let parses = |code: &str| names(code, "hcl_edit") || names(code, "saphyr_parser");
    let elsewhere = all
        .iter()
        .filter(|it| !it.path.starts_with("crates/code") && parses(&it.code));
    none(&elsewhere.map(|file| file.path.clone()).collect::<Vec<_>>());
    assert!(has_sdk("use aws_sdk_iam::Client;") && has_sdk("aws_config::load()"));
}

/// AWS's messages are for people: code, status and type alone decide the kind of a failure.
#[test]
fn nothing_is_decided_by_the_words_of_aws() {
    // Where a message is taken from an answer, or from a failure, and handed on.
    let room = [
        "crates/aws/src/live/error.rs",
        "crates/core/src/evidence/failure.rs",
    ];
    let takes = |code: &str| code.contains(".message()") || code.contains("failure.message");
    let all = sources(&SOURCES);
    let elsewhere = all.iter().filter(|file| {
        let is_about_aws = file.path.starts_with("crates/aws")
            || ["evidence", "advise", "decide"].contains(&module(&file.path));
        is_about_aws && takes(&file.code) && !room.contains(&file.path.as_str())
    });
    none(&elsewhere.map(|file| file.path.clone()).collect::<Vec<_>>());
    assert!(takes("error.message().unwrap_or_default()") && !takes("event.message"));
}

#[test]
fn who_may_read_what_is_written_is_said_in_one_room() {
    let says_who = |code: &str| code.contains("0o6") || code.contains("0o7") || names(code, "DirBuilderExt");
    let all = sources(&SOURCES);
    let (room, elsewhere): (Vec<&Source>, Vec<&Source>) = all
        .iter()
        .partition(|file| file.path.starts_with("crates/files/src/disk"));
    none(
        &elsewhere
            .iter()
            .filter(|file| says_who(&file.code))
            .map(|file| file.path.clone())
            .collect::<Vec<_>>(),
    );
    assert!(room.iter().any(|file| says_who(&file.code)));
    // Whoever writes uses it, so it uses nobody.
    none(
        &room
            .iter()
            .flat_map(|file| neighbours(&file.code, "disk", &[]))
            .collect::<Vec<_>>(),
    );
    assert!(says_who("options.mode(0o600)") && !says_who("options.write(true)"));
    // A folder made in another way is as open as the umask has it, which is right for manual pages only.
    let makes = |code: &str| {
        ["create_dir_all", "create_dir", "DirBuilder"]
            .iter()
            .any(|it| names(code, it))
    };
    let others = elsewhere
        .iter()
        .filter(|file| !file.path.ends_with("commands/manual.rs"));
    // A test may make what it likes.
    let ships = |file: &&&Source| makes(file.code.split("#[cfg(test)]").next().unwrap_or_default());
    none(
        &others
            .filter(ships)
            .map(|file| file.path.clone())
            .collect::<Vec<_>>(),
    );
    assert!(room.iter().any(|file| makes(&file.code)) && makes("std::fs::create_dir_all(parent)"));
}

#[test]
fn no_file_is_too_long_to_walk_through() {
    let too_long = |path: &str, text: &str| {
        let most = if path == "src/main.rs" {
            LONGEST_MAIN
        } else {
            LONGEST_FILE
        };
        (text.lines().count() > most).then(|| format!("{path}: {} lines", text.lines().count()))
    };
    let all = sources(&WRITTEN);
    none(
        &all.iter()
            .filter_map(|file| too_long(&file.path, &file.text))
            .collect::<Vec<_>>(),
    );
    assert!(too_long("src/main.rs", &"\n".repeat(41)).is_some());
    assert!(too_long("src/run.rs", &"\n".repeat(41)).is_none());
    assert!(too_long("src/run.rs", &"\n".repeat(451)).is_some());
}

#[test]
fn there_is_no_unsafe_code() {
    let all = sources(&WRITTEN);
    let broken = all.iter().filter(|file| names(&file.code, "unsafe"));
    none(&broken.map(|file| file.path.clone()).collect::<Vec<_>>());
    assert!(names("unsafe { *p }", "unsafe") && !names("let unsafe_code = 1;", "unsafe"));
}

#[test]
fn every_exception_from_a_lint_gives_its_reason() {
    let all = sources(&WRITTEN);
    let broken = all.iter().flat_map(|file| {
        unreasoned(&file.code)
            .into_iter()
            .map(|attribute| format!("{}: {attribute}", file.path))
    });
    none(&broken.collect::<Vec<_>>());
    assert_eq!(unreasoned("#[allow(dead_code)] fn f() {}").len(), 1);
    assert_eq!(unreasoned("#![expect(\n  clippy::panic\n)]").len(), 1);
    assert_eq!(unreasoned("#[cfg_attr(test, allow(dead_code))]").len(), 1);
    assert_eq!(
        unreasoned("#[allow(dead_code, reason = \"\")] #[derive(Debug)]").len(),
        0
    );
}

#[test]
fn every_dependency_says_why_it_is_there() {
    for manifest in ["Cargo.toml", "tools/Cargo.toml", "fuzz/Cargo.toml"] {
        none(&unexplained(
            &std::fs::read_to_string(root().join(manifest)).expect("a manifest"),
        ));
    }
    assert_eq!(
        unexplained("[dependencies]\n# why\na = \"1\"\nb = \"1\"\n[lib]\nbench = false"),
        ["b"]
    );
    assert_eq!(unexplained("[dev-dependencies.c]\nversion = \"1\"").len(), 1);
}
