//! From files of code, a policy and a smaller one to a patch: cases as data, each with comments, layout and all else in its place.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod generated;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use leastwise_code::{Checkout, Found, Wanted};

/// A case: `=== name` begins a section. `file PATH` is a file of the checkout, `before` and `after` are documents, `patched` is what the
/// file is to be, `state` what is found without a patch. `crlf` alone ends the file's lines as Windows does.
struct Case {
    name: String,
    sections: BTreeMap<String, String>,
}

impl Case {
    fn all() -> Vec<Self> {
        let mut paths: Vec<_> = fs::read_dir("tests/cases")
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect();
        paths.sort();
        assert!(paths.len() >= 20, "{}", paths.len());
        let case = |path: &Path| {
            let text = fs::read_to_string(path).unwrap();
            let mut sections: BTreeMap<String, String> = BTreeMap::new();
            let mut name = String::new();
            for line in text.split_inclusive('\n') {
                match line.strip_prefix("=== ") {
                    Some(next) => {
                        name = next.trim().to_owned();
                        sections.insert(name.clone(), String::new());
                    }
                    None => sections.get_mut(&name).unwrap().push_str(line),
                }
            }
            Self {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                sections,
            }
        };
        paths.iter().map(|path| case(path)).collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.sections.get(name).map(String::as_str)
    }

    /// Its files, with the ends of lines that it wants.
    fn files(&self) -> Vec<(String, String)> {
        let files = self
            .sections
            .iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("file ")?, text)));
        files
            .map(|(name, text)| (name.to_owned(), self.lines(text)))
            .collect()
    }

    fn lines(&self, text: &str) -> String {
        if self.sections.contains_key("crlf") {
            text.replace('\n', "\r\n")
        } else {
            text.to_owned()
        }
    }

    fn find(&self) -> Found {
        let mut checkout = Checkout::default();
        for (path, text) in self.files() {
            checkout.add("", &path, text, false);
        }
        let after = self.get("after").unwrap();
        let wanted = Wanted {
            before: self.get("before").unwrap(),
            after: Some(after),
            name: self.get("name").map_or("", str::trim),
            owners: &[],
            policies: 1,
        };
        let uses = self.get("uses").map_or(1, |it| it.trim().parse().unwrap());
        checkout.find(&wanted, &|_| uses)
    }
}

#[test]
fn each_case_gives_its_patch_and_the_patch_applies() {
    let mut wrong = Vec::new();
    for case in Case::all() {
        let found = case.find();
        let (state, Some(patched)) = (found.code.state.name(), case.get("patched")) else {
            let wanted = case.get("state").unwrap().trim();
            if found.code.state.name() != wanted || found.patch.is_some() {
                wrong.push(format!(
                    "{}: {} instead of {wanted}\n{:?}",
                    case.name,
                    found.code.state.name(),
                    found.patch
                ));
            }
            continue;
        };
        let Some(patch) = found.patch else {
            wrong.push(format!("{}: no patch, {state}", case.name));
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in case.files() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::write(folder.path().join("change.patch"), &patch).unwrap();
        let applied = Command::new("git")
            .args(["apply", "change.patch"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            applied.status.success(),
            "{}: {}\n{patch}",
            case.name,
            String::from_utf8_lossy(&applied.stderr)
        );
        let path = found.code.places[0].rsplit_once(':').unwrap().0.to_owned();
        let now = fs::read_to_string(folder.path().join(&path)).unwrap();
        let wanted = case.lines(patched);
        if now != wanted {
            wrong.push(format!("{}:\n{now}\ninstead of\n{wanted}", case.name));
        }
        let variables = case.sections.contains_key("variables");
        if found.code.variables != variables {
            wrong.push(format!("{}: variables {}", case.name, found.code.variables));
        }
        // What the file says now is the recommended policy, and no more the old one.
        let mut checkout = Checkout::default();
        checkout.add("", &path, now, false);
        assert_eq!(
            checkout.places(case.get("after").unwrap(), "").len(),
            1,
            "{}",
            case.name
        );
        let others = case
            .get("others")
            .map_or(0, |it| it.trim().parse::<usize>().unwrap());
        assert_eq!(
            checkout.places(case.get("before").unwrap(), "").len(),
            others,
            "{}",
            case.name
        );
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n\n"));
}

const BEFORE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:PutObject"],"Resource":"*"}]}"#;
const AFTER: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*"}]}"#;

fn wanted() -> Wanted<'static> {
    Wanted {
        before: BEFORE,
        after: Some(AFTER),
        name: "p",
        owners: &[],
        policies: 1,
    }
}

#[test]
fn a_hostile_path_begins_no_line_of_a_patch() {
    for path in [
        "a\n+++ b/x/p.json",
        "\"q\\.json",
        "spa ce/é\t.json",
        "-p.json",
        "--- a.json",
    ] {
        let mut checkout = Checkout::default();
        checkout.add("", path, BEFORE.to_owned(), false);
        let patch = checkout.find(&wanted(), &|_| 1).patch.unwrap();
        let heads: Vec<&str> = patch.lines().take(3).collect();
        assert!(heads[0].starts_with("diff --git "), "{patch}");
        assert!(
            heads[1].starts_with("--- ") && heads[2].starts_with("+++ "),
            "{patch}"
        );
        assert!(
            patch
                .lines()
                .skip(3)
                .all(|it| it.starts_with(['@', ' ', '+', '-', '\\'])),
            "{patch}"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, BEFORE).unwrap();
        fs::write(folder.path().join("change"), &patch).unwrap();
        let applied = Command::new("git")
            .args(["apply", "change"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            applied.status.success(),
            "{path:?}: {}\n{patch}",
            String::from_utf8_lossy(&applied.stderr)
        );
        assert!(!fs::read_to_string(&file).unwrap().contains("PutObject"));
    }
}

#[test]
fn hostile_contents_are_no_policies_and_take_no_time() {
    let deep = ["[", "(", "{", "${", "!", "-", "a = ["].map(|it| it.repeat(20_000));
    let mut texts: Vec<String> = deep.into_iter().collect();
    texts.push("\0".to_owned());
    texts.push("<<EOF\n".repeat(1_000));
    texts.push(format!("x = <<EOF\n{}\nEOF\n", "${".repeat(10_000)));
    texts.push("- ".repeat(50_000));
    texts.push("a: &a [*a, *a]\n".repeat(1_000));
    for text in texts {
        for path in ["a.tf", "a.yaml", "a.json"] {
            let mut checkout = Checkout::default();
            for text in [text.clone(), format!("locals {{\n  a = {text}\n}}\n")] {
                checkout.add("", path, text, false);
            }
            assert!(checkout.is_empty());
        }
    }
}

#[test]
fn a_file_that_ends_lines_in_two_ways_gets_no_patch_that_some_tools_read_otherwise() {
    let mut checkout = Checkout::default();
    checkout.add("", "p.json", BEFORE.replace("\"Effect\"", "\r\"Effect\""), false);
    assert!(checkout.find(&wanted(), &|_| 1).patch.is_none());
}
