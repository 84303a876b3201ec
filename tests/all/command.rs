//! The commands on one policy and on many: what they print, what they say, how they exit.

use std::fs;

use serde_json::{Value, json};

use crate::run::{folder, leastwise};

const POLICY: &str = "mocks/myrole/policy.json";
const FINDING: &str = "mocks/myrole/finding.json";
const CATALOG: &str = "mocks/myrole/catalog.json";

fn myrole(more: &[&str]) -> crate::run::Run {
    let args = [
        "refine",
        "--policy",
        POLICY,
        "--unused",
        FINDING,
        "--catalog",
        CATALOG,
    ];
    leastwise(args.iter().chain(more))
}

#[test]
fn the_role_of_the_announcement_comes_out_byte_for_byte() {
    let wanted = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "lambda:Invoke*"
      ],
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:my-lambda"
    },
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetAccess*",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetDataAccess",
        "s3:GetJobTagging",
        "s3:GetMulti*",
        "s3:GetObject*",
        "s3:GetStorage*",
        "s3:List*"
      ],
      "Resource": "*"
    }
  ]
}
"#;
    let ran = myrole(&[]).ran().exits(0).says("proven: 30 actions removed");
    assert_eq!(ran.out, wanted);
    assert_eq!(myrole(&["--quiet"]).ran().exits(0).err, "");
    let compact: String = wanted
        .lines()
        .map(str::trim_start)
        .collect::<String>()
        .replace("\": ", "\":");
    assert_eq!(myrole(&["--compact"]).ran().exits(0).out, compact + "\n");
}

#[test]
fn the_checker_proves_the_role_of_the_announcement_and_refutes_one_action_more_or_less() {
    let folder = folder("prove-myrole");
    let after = folder.join("after.json");
    let prove = |text: &str| {
        fs::write(&after, text).unwrap();
        let after = after.to_str().unwrap();
        leastwise([
            "prove",
            "--before",
            POLICY,
            "--after",
            after,
            "--unused",
            FINDING,
            "--catalog",
            CATALOG,
        ])
        .ran()
    };
    let smaller = myrole(&[]).ran().exits(0).out;
    prove(&smaller).exits(0).prints("proven");
    prove(&smaller.replace("s3:GetObject*", "s3:Get*"))
        .exits(4)
        .prints("refuted")
        .prints("not removed: s3:GetAccelerateConfiguration (statement 2) is unused but still granted");
    prove(&smaller.replace("s3:GetJobTagging", "s3:PutJobTagging"))
        .exits(4)
        .prints("gained: s3:PutJobTagging (statement 2) is granted now but was not granted before");
    prove(&smaller.replace("\"s3:GetDataAccess\",\n", ""))
        .exits(4)
        .prints("lost: s3:GetDataAccess (statement 2) is no longer granted, but is not reported as unused");
    prove(&smaller.replace("us-east-1", "*"))
        .exits(4)
        .prints("changed: a statement changed in more than its actions, or moved");
}

#[test]
fn the_diff_shows_what_goes_and_the_explanation_says_why() {
    let diff = myrole(&["--format", "diff"]).ran().exits(0);
    assert!(
        diff.out
            .starts_with("--- mocks/myrole/policy.json\n+++ mocks/myrole/policy.json (refined)\n")
    );
    let diff = diff
        .prints("-        \"s3:Get*\",")
        .prints("+        \"s3:GetMulti*\",");
    assert!(!diff.out.contains("\u{1b}"));
    myrole(&["--format", "explain"])
        .ran()
        .exits(0)
        .prints("  lambda:AddPermission removed\n    unused: lambda:AddPermission\n")
        .prints("  s3:Get* replaced\n    unused: s3:GetAccelerateConfiguration,")
        .prints("now s3:GetMulti*, which matches s3:GetMultiRegionAccessPoint,");
    myrole(&["--explain"])
        .ran()
        .exits(0)
        .prints("\"s3:GetMulti*\"")
        .says("now s3:GetMulti*, which matches");
}

#[test]
fn nothing_left_is_null() {
    let policy = r#"{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;
    let folder = folder("null");
    let unused = folder.join("unused.json");
    fs::write(&unused, r#"[{"serviceNamespace":"s3"}]"#).unwrap();
    let ran = leastwise(["refine", "--policy", "-", "--unused", unused.to_str().unwrap()])
        .reads(policy)
        .ran()
        .exits(0);
    assert_eq!(ran.out, "null\n");
    ran.says("removed and none left, so detach or delete the policy");
}

#[test]
fn wrong_input_is_told_with_its_place_and_the_mend() {
    let folder = folder("wrong");
    let path = folder.join("policy.json");
    let refine = |text: &str| {
        fs::write(&path, text).unwrap();
        leastwise(["refine", "--policy", path.to_str().unwrap(), "--unused", FINDING])
            .ran()
            .exits(1)
    };
    refine("{\n  \"Statement\": [}\n")
        .says("line 2, column 17: found `}`, expected a value")
        .says("help: ");
    refine(r#"{"Statement":[{"Effect":"Allow","Action":"s3*:Get","Resource":"*"}]}"#)
        .says("the action `s3*:Get` has a wildcard in its service prefix")
        .says("write one action per service");
    leastwise(["refine", "--policy", "nowhere.json", "--unused", FINDING])
        .ran()
        .exits(1)
        .says("cannot read `nowhere.json`");
    leastwise(["refine", "--policy", POLICY, "--unused", POLICY])
        .ran()
        .exits(1)
        .says("is not usage data: findingDetails");
    leastwise(["refine", "--policy", "-", "--unused", "-"])
        .ran()
        .exits(2)
        .says("standard input (`-`) is given twice");
    leastwise(["refine", "--policy", POLICY])
        .ran()
        .exits(2)
        .says("--unused");
}

#[test]
fn text_that_steers_a_terminal_is_escaped_in_messages() {
    let policy =
        "{\"Statement\":[{\"Effect\":\"\u{9b}31mAllow\u{202e}\",\"Action\":\"a:b\",\"Resource\":\"*\"}]}";
    let ran = leastwise(["refine", "--policy", "-", "--unused", FINDING])
        .reads(policy)
        .ran()
        .exits(1);
    assert!(ran.err.contains("\\u009b31mAllow\\u202e"), "{}", ran.err);
}

#[test]
fn a_batch_keeps_the_order_goes_on_after_a_bad_line_and_exits_3() {
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "new:*"], "Resource": "*"}]});
    let unused = json!([{"serviceNamespace": "s3", "actions": ["GetObject"]}, {"serviceNamespace": "new", "actions": ["X"]}]);
    let mut lines = String::new();
    for id in 0..500 {
        let line = match id {
            7 => "{\"id\":7,\"policy\":".to_owned(),
            8 => json!({"id": 8, "policy": {"Statement": []}}).to_string(),
            9 => json!({"id": 9, "policy": policy.to_string(), "unused": unused}).to_string(),
            _ => json!({"id": id, "policy": policy, "unused": unused, "kind": "role"}).to_string(),
        };
        lines += &(line + "\n");
    }
    let ran = leastwise(["refine", "--batch", "-"]).reads(lines).ran().exits(3);
    let rows: Vec<Value> = ran
        .out
        .lines()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect();
    assert_eq!(rows.len(), 500);
    for (id, row) in rows.iter().enumerate() {
        match id {
            7 => assert!(
                row["id"].is_null() && row["error"].as_str().unwrap().contains("line 8: not valid JSON")
            ),
            8 => assert_eq!(
                row,
                &json!({"id": 8, "error": "line 9: missing `policy` or `unused`"})
            ),
            _ => {
                assert_eq!(row["id"], id);
                assert_eq!(row["verdict"], "proven");
                assert_eq!(row["removed"], 1);
                assert_eq!(row["undecided"], json!(["new"]));
                assert_eq!(row["policy"], rows[0]["policy"]);
            }
        }
    }
}

#[test]
fn a_batch_gives_what_single_calls_give() {
    let line = json!({
        "id": "a",
        "policy": serde_json::from_str::<Value>(&fs::read_to_string(POLICY).unwrap()).unwrap(),
        "unused": serde_json::from_str::<Value>(&fs::read_to_string(FINDING).unwrap()).unwrap(),
    });
    let ran = leastwise(["refine", "--batch", "-", "--catalog", CATALOG])
        .reads(line.to_string())
        .ran()
        .exits(0);
    let row: Value = serde_json::from_str(&ran.out).unwrap();
    let single: Value = serde_json::from_str(&myrole(&[]).ran().out).unwrap();
    assert_eq!((&row["policy"], &row["removed"]), (&single, &json!(30)));
}

/// Set `BLESS=1` to take today's help texts as the wanted ones, and read the difference.
#[test]
fn the_help_texts_are_as_they_were_read_last() {
    let commands = [
        "",
        "scan",
        "check",
        "compare",
        "capture",
        "merge",
        "verify",
        "watch",
        "refine",
        "prove",
        "schema",
        "explain",
        "iam-policy",
        "init",
        "catalog",
        "catalog info",
        "catalog update",
        "completions",
        "man",
    ];
    for command in commands {
        let args = command.split_whitespace().chain(["--help"]);
        let help = leastwise(args).ran().exits(0).out;
        assert!(
            help.lines().all(|line| line.chars().count() <= 120),
            "`{command}` has long lines:\n{help}"
        );
        let name = if command.is_empty() {
            "leastwise".to_owned()
        } else {
            command.replace(' ', "-")
        };
        let path = format!("tests/help/{name}.txt");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &help).unwrap();
        }
        assert_eq!(
            help,
            fs::read_to_string(&path).unwrap_or_default(),
            "{path}: see the note above this test"
        );
    }
}

#[test]
fn the_readmes_commands_work_to_the_letter() {
    let readme = fs::read_to_string("README.md").unwrap();
    let commands = readme
        .lines()
        .filter_map(|line| line.strip_prefix("cargo run --release -- "));
    let commands: Vec<&str> = commands.collect();
    assert!(!commands.is_empty());
    let out = folder("readme").join("report");
    for command in commands {
        let here = |word| {
            if word == "report" {
                out.to_str().unwrap()
            } else {
                word
            }
        };
        leastwise(command.split_whitespace().map(here)).ran().exits(0);
    }
}
