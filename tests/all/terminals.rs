//! Terminal output with hostile names: nothing controls the screen, reverses text, hides, or starts a line
//! that the program did not write.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::hostile::{CHOSEN, poison};
use crate::run::{Ran, folder, leastwise};
use crate::scan::copy;

/// Escape sequences, a link, a bell, marks and overrides of direction, what nobody sees, and a line of its own.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]8;;http://leak.invalid\u{7}x\u{1b}]8;;\u{7}\u{8}\r\u{7f}\u{9b}31m\u{85}\u{202e}\u{2066}\u{61c}\u{200b}\u{2028}\u{feff}\u{e0041}\nerror: forged";

fn is_harmless(what: &str, text: &str) {
    let bad = |c: char| {
        c != '\n' && c.is_control()
            || "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}"
                .contains(c)
            || "\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}\u{e0041}".contains(c)
    };
    if let Some(at) = text.find(bad) {
        let around: String = text[at..].chars().take(60).collect();
        panic!("{what} prints {around:?}");
    }
    assert!(
        !text.lines().any(|line| line.starts_with("error: forged")),
        "{what} prints a forged line:\n{text}"
    );
}

fn harmless(what: &str, ran: Ran) -> Ran {
    is_harmless(what, &ran.out);
    is_harmless(what, &ran.err);
    ran
}

/// The demonstration with hostile text in every name.
fn snapshot(root: &Path) -> PathBuf {
    let snapshot = root.join("snapshot");
    copy("mocks/acme", &snapshot, |_, value| {
        poison(value, &CHOSEN, HOSTILE);
    });
    snapshot
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn no_name_in_a_snapshot_steers_the_terminal_of_any_command() {
    let root = folder("terminals");
    let snapshot = snapshot(&root);
    let (one, two) = (root.join("one"), root.join("two"));
    let scan = |out: &Path, more: &[&str]| {
        let args = ["scan", "--snapshot", text(&snapshot), "--out", text(out)];
        let ran = leastwise(args.iter().chain(more)).ran();
        assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
        harmless(&format!("scan {more:?}"), ran)
    };
    let told = scan(&one, &["-vv"]).err;
    assert!(
        told.contains("\\u001b[2J"),
        "the hostile names are not shown:\n{told}"
    );
    scan(&two, &["-vv", "--log-format", "json", "--previous", text(&one)]);
    // What is gone, changed or new is named with its principal.
    let account = fs::read_dir(snapshot.join("accounts"))
        .unwrap()
        .map(|it| it.unwrap().path());
    let findings = account
        .map(|it| it.join("findings.json"))
        .filter(|it| it.is_file());
    findings.take(2).for_each(|it| fs::write(it, "[]").unwrap());
    scan(&two, &["-v", "--previous", text(&one)]);
    for format in ["text", "json"] {
        let args = ["compare", text(&one), text(&two), "--format", format];
        let shown = harmless(format, leastwise(args).ran().exits(0)).out;
        assert!(
            shown.contains("1b"),
            "no hostile name in what compare prints as {format}"
        );
    }
    harmless(
        "capture",
        leastwise([
            "capture",
            "--snapshot",
            text(&snapshot),
            "--out",
            text(&root.join("again")),
        ])
        .ran(),
    );
    let parts = root.join("parts");
    let args = [
        "scan",
        "--snapshot",
        text(&snapshot),
        "--shard",
        "1/1",
        "--parts",
        text(&parts),
        "-vv",
    ];
    harmless("shard", leastwise(args).ran());
    harmless(
        "merge",
        leastwise(["merge", text(&parts), "--out", text(&root.join("merged")), "-vv"]).ran(),
    );
    // A report that was altered says what of it is wrong, by name.
    let hostile = two.join(format!("policies/{}.json", HOSTILE.replace('/', "")));
    fs::create_dir_all(hostile.parent().unwrap()).unwrap();
    fs::write(&hostile, "{}").unwrap();
    let wrong = harmless("verify", leastwise(["verify", text(&two)]).ran().exits(1));
    assert!(
        wrong.out.contains("is not listed in manifest.json"),
        "{}",
        wrong.out
    );
}

#[test]
fn no_policy_and_no_argument_steers_the_terminal() {
    let root = folder("terminals-policy");
    let name = format!("{}.json", HOSTILE.replace('/', ""));
    let (policy, unused) = (root.join(&name), root.join("unused.json"));
    let document = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": HOSTILE, "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": HOSTILE },
    ]});
    // Spelled out as far as JSON lets it be.
    let raw = document.to_string();
    assert!(raw.contains('\u{9b}') && raw.contains('\u{202e}'));
    fs::write(&policy, raw).unwrap();
    fs::write(&unused, r#"[{"serviceNamespace":"s3","actions":["PutObject"]}]"#).unwrap();
    for format in ["diff", "explain"] {
        let args = [
            "refine",
            "--policy",
            text(&policy),
            "--unused",
            text(&unused),
            "--format",
            format,
        ];
        harmless(format, leastwise(args).ran().exits(0));
    }
    let args = ["refine", "--policy", text(&policy), "--unused", text(&unused)];
    is_harmless("refine", &leastwise(args).ran().exits(0).err);
    for format in ["text", "json"] {
        let args = [
            "prove",
            "--before",
            text(&policy),
            "--after",
            text(&policy),
            "--unused",
            text(&unused),
        ];
        harmless("prove", leastwise(args.iter().chain(&["--format", format])).ran());
    }
    // Errors that repeat what they were given.
    let (broken, config) = (root.join("broken.json"), root.join("leastwise.toml"));
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    fs::write(&broken, format!("{{\"Version\":{quoted},{quoted}:1,{quoted}:2}}")).unwrap();
    let toml: String = HOSTILE
        .chars()
        .map(|c| format!("\\U{:08X}", u32::from(c)))
        .collect();
    fs::write(
        &config,
        format!("\"{toml}\" = 1\nevidence = \"{toml}\"\n[accounts]\ninclude = [\"{toml}\"]\n"),
    )
    .unwrap();
    let nowhere = root.join("nowhere").join(HOSTILE);
    let out = root.join("report");
    let all: [&[&str]; 12] = [
        &["refine", "--policy", text(&broken), "--unused", text(&unused)],
        &["refine", "--policy", text(&policy), "--unused", text(&broken)],
        &["refine", "--policy", text(&nowhere), "--unused", text(&unused)],
        &["scan", "--snapshot", text(&nowhere), "--out", text(&out)],
        &["scan", "--snapshot", "mocks/acme", "--config", text(&config)],
        &[
            "scan",
            "--snapshot",
            "mocks/acme",
            "--config",
            text(&config),
            "--log-format",
            "json",
        ],
        &["scan", "--snapshot", "mocks/acme", HOSTILE],
        &["scan", "--evidence", HOSTILE],
        &[HOSTILE],
        &["verify", text(&nowhere)],
        &["compare", text(&nowhere), text(&nowhere)],
        &["merge", text(&nowhere), "--out", text(&out)],
    ];
    for args in all {
        let ran = harmless(&format!("{args:?}"), leastwise(args).ran());
        assert!(matches!(ran.code, 1 | 2), "{args:?} exits {}", ran.code);
    }
}
