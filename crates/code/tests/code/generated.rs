//! Policies made up at random and written as people write them: each patch means the recommended policy.

use std::fs;
use std::process::Command;

use leastwise_code::{Checkout, Wanted};

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
            assert_eq!(checkout.places(&after, "").len(), 1, "{now}");
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
