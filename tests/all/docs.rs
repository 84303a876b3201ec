//! README.md and docs/: their commands work, their links lead somewhere, and what is generated is what it is made from.
//!
//! Blocks of `sh` are run. `sh aws` needs an account and `sh no-run` needs something else that a test has not.
//! Set `BLESS=1` to write docs/cli.md and docs/configuration.md anew, after the help texts in tests/help.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::run::leastwise;
use super::scan::{changes, demonstration};
use serde_json::Value;

/// README.md and every page of docs/, in order.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    pages.extend(files_below(Path::new("docs"), "md"));
    assert!(pages.len() > 10);
    pages
}

/// All files below a folder whose names end so, sorted.
fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The lines of a page's blocks with exactly this info string.
fn blocks(page: &str, wanted: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = None;
    for line in page.lines().map(str::trim) {
        match (line.strip_prefix("```"), &inside) {
            (Some(info), None) => inside = Some(info.to_owned()),
            (Some(_), Some(_)) => inside = None,
            (None, Some(info)) if info == wanted => lines.push(line.to_owned()),
            (None, _) => {}
        }
    }
    lines
}

#[test]
fn every_command_of_the_documentation_works() {
    let mut ran = 0;
    for page in pages() {
        let name = page.file_stem().unwrap().to_string_lossy().into_owned();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs").join(&name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        let report = folder.join("report");
        for line in blocks(&fs::read_to_string(&page).unwrap(), "sh") {
            let command = line.split(" #").next().unwrap_or_default();
            let args = command
                .strip_prefix("cargo run --release -- ")
                .or_else(|| command.strip_prefix("leastwise "))
                .unwrap_or_else(|| panic!("{}: `{line}` is not run; mark its block", page.display()));
            let here = |word| {
                if word == "report" {
                    report.to_str().unwrap()
                } else {
                    word
                }
            };
            leastwise(args.split_whitespace().map(here)).ran().exits(0);
            ran += 1;
        }
    }
    assert!(ran > 0);
}

#[test]
fn the_readme_is_short() {
    assert!(fs::read_to_string("README.md").unwrap().lines().count() <= 120);
}

#[test]
fn every_link_of_the_documentation_leads_to_a_file() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !file.contains("://") {
                assert!(
                    page.parent().unwrap().join(file).exists(),
                    "{}: {link}",
                    page.display()
                );
                // docs/ is also an mdBook, which has nothing outside of it.
                assert!(
                    !file.starts_with("../"),
                    "{}: {link} leaves docs/",
                    page.display()
                );
            }
        }
    }
}

/// The words of all `codes!` in the sources.
fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for root in ["src", "crates"]
        .map(Path::new)
        .into_iter()
        .filter(|root| root.exists())
    {
        for file in files_below(root, "rs") {
            let text = fs::read_to_string(&file).unwrap();
            for block in text.split("\ncodes! {\n").skip(1) {
                for line in block.lines().take_while(|line| *line != "}") {
                    let word = line
                        .trim()
                        .strip_suffix("\",")
                        .and_then(|line| line.split_once(" = \""));
                    words.extend(word.map(|(_, word)| word.to_owned()));
                }
            }
        }
    }
    words
}

#[test]
fn every_code_is_explained_and_nothing_else() {
    let page = fs::read_to_string("docs/codes.md").unwrap();
    let (_, list) = page.split_once("\n# All codes\n").unwrap();
    let explained: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(str::to_owned)
        .collect();
    assert!(explained.len() > 50);
    assert_eq!(explained, words());
}

/// The codes in the rows of the table of docs/codes.md whose first column is called so.
fn in_table(kind: &str) -> BTreeSet<String> {
    let page = fs::read_to_string("docs/codes.md").unwrap();
    let (_, table) = page
        .split_once(&format!("\n| {kind} | meaning | example |"))
        .unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn every_event_of_the_log_is_explained_and_nothing_else() {
    let source = fs::read_to_string("src/output/event.rs").unwrap();
    let names = source.split(", LogLevel::").filter_map(|before| {
        let (before, name) = before.strip_suffix('"')?.rsplit_once('"')?;
        before.ends_with('(').then(|| name.to_owned())
    });
    let names: BTreeSet<String> = names.collect();
    assert!(names.len() > 30);
    assert_eq!(in_table("event"), names);
}

#[test]
fn every_kind_of_failure_and_every_severity_is_explained_and_nothing_else() {
    let schema = leastwise(["schema", "account"]).ran().exits(0).out;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for (table, code) in [("failure", "FailureKind"), ("severity", "Severity")] {
        let schema = &schema["$defs"][code];
        let words = schema["enum"]
            .as_array()
            .or_else(|| schema["oneOf"].as_array())
            .unwrap();
        let word = |word: &Value| {
            word.as_str()
                .or_else(|| word["const"].as_str())
                .unwrap()
                .to_owned()
        };
        assert_eq!(in_table(table), words.iter().map(word).collect());
    }
}

#[test]
fn every_change_that_the_documentation_names_is_one_of_the_demonstration() {
    let known = changes(&demonstration());
    let mut named = 0;
    for page in pages().into_iter().chain(["CHANGELOG.md".into()]) {
        let text = fs::read_to_string(&page).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || c == '`') {
            let name = word
                .trim_start_matches("~/report/patches/")
                .trim_end_matches(".patch");
            let is_change = name
                .split('/')
                .next()
                .is_some_and(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()));
            if is_change && name.contains('/') {
                assert!(known.contains_key(name), "{}: {name}", page.display());
                named += 1;
            }
        }
    }
    assert!(named > 5);
}

fn is_generated(path: &str, wanted: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, wanted).unwrap();
    }
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        wanted,
        "{path}: set BLESS=1 to write it anew"
    );
}

#[test]
fn the_page_of_the_commands_is_their_help() {
    let mut page = "# Commands\n\nGenerated from `--help`; do not edit.\n".to_owned();
    for file in files_below(Path::new("tests/help"), "txt") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        // A command of `catalog`, and no other, has two words.
        let name = name
            .strip_prefix("catalog-")
            .map_or(name.clone(), |below| format!("catalog {below}"));
        let title = if name == "leastwise" {
            name
        } else {
            format!("leastwise {name}")
        };
        let help = fs::read_to_string(&file).unwrap();
        page.push_str(&format!("\n## {title}\n\n```text\n{}\n```\n", help.trim_end()));
    }
    is_generated("docs/cli.md", &page);
}

#[test]
fn the_page_of_the_configuration_is_the_example() {
    let example = fs::read_to_string("config.example.toml").unwrap();
    let page = format!(
        "# Configuration\n\nGenerated from `config.example.toml`; do not edit. `leastwise init` writes this file as \
         `leastwise.toml`.\n\n```toml\n{}\n```\n",
        example.trim_end()
    );
    is_generated("docs/configuration.md", &page);
}
