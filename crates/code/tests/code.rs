//! From files of code, a policy and a smaller one to a patch: cases as data, each with comments, layout and all else in its place.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

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
            checkout.places(case.get("after").unwrap()).len(),
            1,
            "{}",
            case.name
        );
        let others = case
            .get("uses")
            .map_or(0, |it| it.trim().parse::<usize>().unwrap() - 1);
        assert_eq!(
            checkout.places(case.get("before").unwrap()).len(),
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

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, many: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % many as u64).unwrap()
    }
}

const ACTIONS: [&str; 8] = [
    "s3:Get*",
    "s3:PutObject",
    "s3:ListBucket",
    "ec2:*",
    "sqs:SendMessage",
    "sns:Publish",
    "kms:Decrypt",
    "iam:*",
];
const SMALLER: [&str; 4] = ["s3:GetObject", "ec2:Describe*", "ec2:RunInstances", "iam:GetRole"];

/// A statement's actions, the same made smaller, and whether any are left.
fn statements(dice: &mut Dice) -> Vec<(Vec<&'static str>, Vec<&'static str>)> {
    let count = 1 + dice.below(4);
    let mut all: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for _ in 0..count {
        let before: Vec<&str> = ACTIONS.into_iter().filter(|_| dice.below(2) == 0).collect();
        let before = if before.is_empty() {
            vec!["s3:Get*"]
        } else {
            before
        };
        let mut after: Vec<&str> = Vec::new();
        for action in &before {
            match dice.below(3) {
                0 => after.push(action),
                1 => {
                    let root = action.trim_end_matches('*');
                    let of = SMALLER
                        .into_iter()
                        .filter(|it| action.ends_with('*') && it.starts_with(root));
                    after.extend(of);
                }
                _ => {}
            }
        }
        all.push((before, after));
    }
    // Something changes, and something is left.
    if let Some((before, after)) = all.first_mut() {
        *after = vec![before[0]];
        if before.len() == 1 {
            before.push("sts:AssumeRole");
        }
    }
    all
}

fn json(statements: &[Vec<&str>]) -> String {
    let each = statements.iter().enumerate().map(|(at, actions)| {
        let actions: Vec<String> = actions.iter().map(|it| format!("\"{it}\"")).collect();
        format!(
            r#"{{"Sid":"S{at}","Effect":"Allow","Action":[{}],"Resource":"arn:aws:s3:::b{at}"}}"#,
            actions.join(",")
        )
    });
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        each.collect::<Vec<_>>().join(",")
    )
}

/// The same as people write it: in a language, with comments, in lines or not.
fn written(statements: &[Vec<&str>], language: usize, dice: &mut Dice) -> (String, String) {
    let mut out = String::new();
    let list = |actions: &[&str], dice: &mut Dice, comment: &str| -> String {
        let quoted: Vec<String> = actions.iter().map(|it| format!("\"{it}\"")).collect();
        match dice.below(3) {
            0 => format!("[{}]", quoted.join(", ")),
            1 => format!("[\n        {}\n      ]", quoted.join(",\n        ")),
            _ if comment.is_empty() => format!("[ {} ]", quoted.join(" , ")),
            _ => {
                let lines = quoted
                    .iter()
                    .map(|it| format!("        {comment} about {it}\n        {it}, {comment} why, so\n"));
                format!("[\n{}      ]", lines.collect::<String>())
            }
        }
    };
    match language {
        0 => {
            out.push_str("data \"aws_iam_policy_document\" \"d\" {\n");
            for (at, actions) in statements.iter().enumerate() {
                let list = list(actions, dice, "#");
                out.push_str(&format!(
                    "  # statement {at}\n  statement {{\n    sid = \"S{at}\"\n    actions = {list}\n    resources = [\"arn:aws:s3:::b{at}\"]\n  }}\n\n"
                ));
            }
            out.push_str("}\n");
            ("d.tf".to_owned(), out)
        }
        1 => {
            out.push_str("resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    Statement = [\n");
            for (at, actions) in statements.iter().enumerate() {
                let list = list(actions, dice, "//");
                out.push_str(&format!(
                    "    {{\n      Sid = \"S{at}\"\n      Effect = \"Allow\"\n      Action = {list}\n      Resource = \"arn:aws:s3:::b{at}\" # b\n    }},\n"
                ));
            }
            out.push_str("    ]\n  })\n}\n");
            ("p.tf".to_owned(), out)
        }
        2 => {
            out.push_str("Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n");
            for (at, actions) in statements.iter().enumerate() {
                out.push_str(&format!("        # statement {at}\n        - Sid: S{at}\n          Effect: Allow\n          Action:\n"));
                for action in actions {
                    let quote = ["", "'", "\""][dice.below(3)];
                    out.push_str(&format!("            - {quote}{action}{quote} # {action}\n"));
                }
                out.push_str(&format!("          Resource: arn:aws:s3:::b{at}\n"));
            }
            ("p.yaml".to_owned(), out)
        }
        _ => {
            let each = statements.iter().enumerate().map(|(at, actions)| {
                let list = list(actions, dice, "");
                format!("    {{\n      \"Sid\": \"S{at}\", \"Effect\": \"Allow\",\n      \"Action\": {list},\n      \"Resource\": \"arn:aws:s3:::b{at}\"\n    }}")
            });
            let each = each.collect::<Vec<_>>().join(",\n");
            (
                "p.json".to_owned(),
                format!("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n{each}\n  ]\n}}\n"),
            )
        }
    }
}

#[test]
fn whatever_is_patched_means_the_recommended_policy_and_loses_no_comment_of_what_stays() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut patched = 0;
    for round in 0..400 {
        let all = statements(&mut dice);
        let before: Vec<Vec<&str>> = all.iter().map(|(before, _)| before.clone()).collect();
        let left: Vec<(usize, Vec<&str>)> = all
            .iter()
            .enumerate()
            .filter(|(_, (_, after))| !after.is_empty())
            .map(|(at, (_, it))| (at, it.clone()))
            .collect();
        let (path, text) = written(&before, round % 4, &mut dice);
        let mut after = json(&all.iter().map(|(_, after)| after.clone()).collect::<Vec<_>>());
        // Statements without actions are gone.
        if left.len() < all.len() {
            let mut value: serde_json::Value = serde_json::from_str(&after).unwrap();
            let list = value["Statement"].as_array_mut().unwrap();
            list.retain(|it| !it["Action"].as_array().unwrap().is_empty());
            after = value.to_string();
        }
        let before = json(&before);
        let mut checkout = Checkout::default();
        checkout.add("", &path, text.clone(), false);
        let wanted = Wanted {
            before: &before,
            after: Some(&after),
            name: "p",
            owners: &[],
            policies: 1,
        };
        let found = checkout.find(&wanted, &|_| 1);
        assert!(
            found.patch.is_some(),
            "{:?}\n{text}\n{before}\n{after}",
            found.code
        );
        patched += 1;
        let patch = found.patch.unwrap();
        if round % 10 == 0 {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(&path), &text).unwrap();
            fs::write(folder.path().join("change"), &patch).unwrap();
            let done = Command::new("git")
                .args(["apply", "change"])
                .current_dir(folder.path())
                .output()
                .unwrap();
            assert!(
                done.status.success(),
                "{}\n{patch}\n{text}",
                String::from_utf8_lossy(&done.stderr)
            );
            let now = fs::read_to_string(folder.path().join(&path)).unwrap();
            let mut checkout = Checkout::default();
            checkout.add("", &path, now.clone(), false);
            assert_eq!(checkout.places(&after).len(), 1, "{now}");
        }
        // No line goes that is not about an action or a statement that goes.
        let gone = patch
            .lines()
            .filter(|it| it.starts_with('-') && !it.starts_with("---"));
        for line in gone.filter(|it| it.contains("about")) {
            assert!(
                left.len() < all.len(),
                "a comment of its own line is gone: {line}\n{patch}"
            );
        }
    }
    assert_eq!(patched, 400);
}
