//! What people read is plain English in AWS's own terms: a list of phrases that nothing may say, what the help looks like, and colour.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use self::banned::BANNED;
use crate::run::{Ran, leastwise};
use crate::scan::{demonstration, files};

mod banned;
mod printed;

/// What a file is for. The files of a report are known by the beginnings and ends of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// README.md, SECURITY.md, CONTRIBUTING.md, CHANGELOG.md, deploy/README.md and docs/
    Manual,
    /// Pages of a report.
    Html,
    /// tickets/ and summary.md
    Tickets,
    /// report.sarif
    Sarif,
    /// findings.ocsf.jsonl and asff/
    Events,
    /// Spreadsheets.
    Csv,
    /// changes/: scripts, templates, README.
    Changes,
    /// JSON, whose sentences are the pages' as well.
    Json,
}

impl Kind {
    fn of(path: &str) -> Self {
        let is = |end: &str| path.ends_with(end);
        match path {
            _ if path.starts_with("changes/") => Self::Changes,
            _ if is(".html") => Self::Html,
            _ if is(".sarif") => Self::Sarif,
            _ if path.starts_with("asff/") || is(".jsonl") => Self::Events,
            _ if is(".csv") => Self::Csv,
            _ if is(".md") => Self::Tickets,
            _ => Self::Json,
        }
    }
}

/// What people read of a file: not its markup, its keys, its code or what only programs read.
fn prose(kind: Kind, path: &str, text: &str) -> String {
    match kind {
        Kind::Html => {
            let cut = |text: &str, from: &str, to: &str| {
                let rest = |part: &str| {
                    part.split_once(to)
                        .map_or(String::new(), |(_, rest)| format!(" {rest}"))
                };
                let mut parts = text.split(from);
                let first = parts.next().unwrap_or_default().to_owned();
                parts.fold(first, |all, part| all + &rest(part))
            };
            let text = cut(&cut(text, "<script", "</script>"), "<style", "</style>");
            cut(&cut(&cut(&text, "<pre", "</pre>"), "<code", "</code>"), "<", ">")
        }
        Kind::Manual | Kind::Tickets => {
            let mut is_code = false;
            let lines = text.lines().filter(|line| {
                let is_fence = line.trim_start().starts_with("```");
                is_code ^= is_fence;
                !is_code && !is_fence
            });
            let spans = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
            lines.map(spans).collect::<Vec<_>>().join("\n")
        }
        Kind::Changes if path.ends_with(".bash") || path.ends_with(".sh") || path.ends_with(".tf") => {
            let is_told = |line: &&str| {
                ["say ", "refuse ", "description"]
                    .iter()
                    .any(|it| line.trim_start().starts_with(it))
            };
            let named = |line: &str| {
                line.split("${")
                    .map(|it| it.split_once('}').map_or(it, |(_, rest)| rest))
                    .collect::<String>()
            };
            text.lines()
                .filter(is_told)
                .map(named)
                .collect::<Vec<_>>()
                .join("\n")
        }
        Kind::Sarif | Kind::Events | Kind::Json | Kind::Changes if !path.ends_with(".md") => {
            let mut told = Vec::new();
            let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            values
                .map_while(Result::ok)
                .for_each(|value| sentences(&value, &mut told));
            told.join("\n")
        }
        _ => text.to_owned(),
    }
}

/// The sentences of a JSON value: no name in the demonstration has a space.
fn sentences(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.trim().contains(' ') => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|it| sentences(it, into)),
        Value::Object(members) => members.values().for_each(|it| sentences(it, into)),
        _ => {}
    }
}

/// The banned phrases of a text, each with the line.
fn faults(what: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        for (phrase, better) in BANNED {
            if says(&lower, phrase) {
                let shown: String = line.trim().chars().take(200).collect();
                found.push(format!(
                    "{what}:{}: \"{phrase}\" (better: {better}): {shown}",
                    at + 1
                ));
            }
        }
    }
    found
}

/// Whether the words of a phrase stand in a text. Letters, digits, hyphens and underscores make words.
fn says(text: &str, phrase: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '@');
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        // Where a phrase begins or ends with a sign, nothing can be joined to it.
        let is_joined = phrase.starts_with(joins) && before.is_some_and(joins)
            || phrase.ends_with(joins) && after.is_some_and(joins);
        !is_joined
    })
}

fn is_plain(found: &[String]) {
    assert!(
        found.is_empty(),
        "{} banned phrases:\n{}",
        found.len(),
        found.join("\n")
    );
}

/// What a run printed. Of a log for programs only what is for people is read.
fn printed(what: &str, ran: &Ran) -> Vec<String> {
    let words = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(event)) => {
            let text = |member: &str| {
                event
                    .get(member)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            format!("{} {}", text("message"), text("help"))
        }
        _ => line.to_owned(),
    };
    let err: Vec<String> = ran.err.lines().map(words).collect();
    let mut found = faults(&format!("{what} (stderr)"), &err.join("\n"));
    found.extend(faults(&format!("{what} (stdout)"), &ran.out));
    found
}

const COMMANDS: &[&str] = &[
    "",
    "scan",
    "capture",
    "merge",
    "verify",
    "check",
    "compare",
    "schema",
    "iam-policy",
    "refine",
    "prove",
    "catalog",
    "catalog info",
    "catalog update",
    "init",
    "completions",
    "man",
];

fn help(command: &str, flag: &str) -> String {
    leastwise(command.split_whitespace().chain([flag]))
        .ran()
        .exits(0)
        .out
}

#[test]
fn a_banned_phrase_is_found_as_words_and_not_inside_of_them() {
    assert!(says("it is told here", "told") && says("what is there.", "what is there"));
    assert!(!says("untold", "told") && !says("first-night", "night") && !says("s3:getbucketacl", "bucket"));
}

#[test]
fn the_help_of_no_command_says_a_banned_phrase() {
    let mut found = Vec::new();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            found.extend(faults(
                &format!("leastwise {command} {flag}"),
                &help(command, flag),
            ));
        }
    }
    is_plain(&found);
}

#[test]
fn the_short_help_of_every_command_fits_on_one_screen() {
    for command in COMMANDS {
        let help = help(command, "-h");
        let widest = help
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or_default();
        assert!(
            help.lines().count() <= 40 && widest <= 100,
            "`{command}`: {} lines, {widest} wide\n{help}",
            help.lines().count()
        );
    }
}

#[test]
fn the_options_of_a_scan_stand_under_headings_and_the_help_has_examples() {
    let headings = [
        "Accounts:",
        "Evidence:",
        "Decisions:",
        "Report:",
        "Nightly runs:",
        "Scale-out:",
        "Output:",
    ];
    for flag in ["-h", "--help"] {
        let help = help("scan", flag);
        let found: BTreeSet<&str> = help.lines().filter(|line| headings.contains(line)).collect();
        assert_eq!(found.len(), headings.len(), "{flag}:\n{help}");
        assert!(
            !help.lines().any(|line| line == "Options:"),
            "an option has no heading:\n{help}"
        );
    }
    for command in COMMANDS {
        let help = help(command, "--help");
        assert!(
            help.contains("Examples:\n  leastwise"),
            "`{command}` has no examples:\n{help}"
        );
    }
}

#[test]
fn the_example_configuration_says_no_banned_phrase() {
    is_plain(&faults(
        "config.example.toml",
        &fs::read_to_string("config.example.toml").unwrap(),
    ));
}

#[test]
fn no_file_of_a_report_says_a_banned_phrase() {
    let mut found = Vec::new();
    for (path, bytes) in files(&demonstration()) {
        found.extend(faults(
            &path,
            &prose(Kind::of(&path), &path, &String::from_utf8_lossy(&bytes)),
        ));
    }
    is_plain(&found);
}

#[test]
fn no_page_of_the_manual_says_a_banned_phrase() {
    let mut pages: Vec<String> = [
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "deploy/README.md",
    ]
    .map(str::to_owned)
    .into();
    if let Ok(docs) = fs::read_dir("docs") {
        pages.extend(
            docs.map(|it| it.unwrap().path().display().to_string())
                .filter(|path| path.ends_with(".md")),
        );
    }
    let found: Vec<String> = pages
        .iter()
        .flat_map(|page| {
            faults(
                page,
                &prose(Kind::Manual, page, &fs::read_to_string(page).unwrap()),
            )
        })
        .collect();
    is_plain(&found);
}

#[test]
fn a_pipe_gets_no_colour_unless_it_is_asked_for() {
    let verify = |more: &[&str]| {
        let report = demonstration().display().to_string();
        leastwise(["verify", &report].iter().chain(more))
            .without("NO_COLOR")
            .without("CLICOLOR_FORCE")
    };
    let scan =
        |more: &[&str]| leastwise(["scan", "--snapshot", "/no/such"].iter().chain(more)).without("NO_COLOR");
    assert!(!verify(&[]).ran().out.contains('\u{1b}'));
    assert!(!scan(&[]).ran().err.contains('\u{1b}'));
    assert!(!scan(&["--help"]).ran().out.contains('\u{1b}'));
    let shown = verify(&["--color", "always"]).ran().out;
    assert!(shown.starts_with("\u{1b}[1m\u{1b}[32mOK:\u{1b}[0m "), "{shown:?}");
    assert!(
        scan(&["--color=always"])
            .ran()
            .err
            .contains("\u{1b}[31merror:\u{1b}[0m")
    );
    assert!(scan(&["--color=always", "--help"]).ran().out.contains("\u{1b}["));
    assert!(
        !verify(&["--color", "never"])
            .with("CLICOLOR_FORCE", "1")
            .ran()
            .out
            .contains('\u{1b}')
    );
    assert!(!scan(&["--color=sometimes"]).ran().exits(2).err.contains('\u{1b}'));
}
