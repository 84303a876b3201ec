//! Completions and manual pages: there for every command, and read by what reads them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use leastwise::cli::Cli;

use crate::run::{folder, leastwise};

/// Every command with the words that lead to it; the program itself is the first.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, path: &[String], into: &mut Vec<Vec<String>>) {
        into.push(path.to_vec());
        for below in command.get_subcommands() {
            walk(below, &[path, &[below.get_name().to_owned()]].concat(), into);
        }
    }
    let mut found = Vec::new();
    walk(&Cli::command(), &["leastwise".to_owned()], &mut found);
    assert!(found.len() > 10);
    found
}

#[test]
fn every_shell_is_given_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = leastwise(["completions", shell]).ran().exits(0).out;
        for command in commands() {
            let name = command.last().unwrap();
            assert!(script.contains(name.as_str()), "{shell} lacks {name}");
        }
        let option = if shell == "fish" {
            "-l snapshot"
        } else {
            "--snapshot"
        };
        assert!(script.contains(option), "{shell} lacks {option}");
    }
}

#[test]
fn bash_completes_commands_and_values() {
    let script = leastwise(["completions", "bash"]).ran().exits(0).out;
    let completed = |words: &str| {
        let count = words.split(' ').count() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={count}; _leastwise leastwise \"${{COMP_WORDS[{count}]}}\" \"\"
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let mut bash = Command::new("bash")
            .args(["--norc", "-s"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash");
        bash.stdin.take().unwrap().write_all(ask.as_bytes()).unwrap();
        String::from_utf8(bash.wait_with_output().unwrap().stdout).unwrap()
    };
    assert_eq!(completed("leastwise iam"), "iam-policy\n");
    assert_eq!(completed("leastwise scan --log-f"), "--log-format\n");
    assert_eq!(completed("leastwise schema man"), "manifest\n");
}

#[test]
fn an_unknown_shell_is_wrong_usage() {
    let ran = leastwise(["completions", "cmd"]).ran().exits(2);
    assert!(ran.err.contains("powershell"), "{}", ran.err);
}

#[test]
fn every_command_has_a_page() {
    let pages = folder("man").join("new").join("man1");
    leastwise(["man", pages.to_str().unwrap()]).ran().exits(0);
    let there: BTreeSet<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let wanted: BTreeSet<String> = commands()
        .iter()
        .map(|path| format!("{}.1", path.join("-")))
        .collect();
    assert_eq!(there, wanted);
}

#[test]
#[ignore = "needs groff"]
fn every_page_is_rendered_by_its_reader_without_a_warning() {
    let pages = folder("man-rendered");
    leastwise(["man", pages.to_str().unwrap()]).ran().exits(0);
    for command in commands() {
        let page = pages.join(format!("{}.1", command.join("-")));
        let mut groff = Command::new("groff");
        let rendered = groff
            .args(["-man", "-Tutf8", "-ww", "-P-cbou"])
            .arg(&page)
            .output()
            .expect("groff");
        assert_eq!(
            String::from_utf8_lossy(&rendered.stderr),
            "",
            "{}",
            page.display()
        );
        let text = String::from_utf8(rendered.stdout).unwrap();
        let has = |part: &str| text.lines().any(|line| line.trim() == part);
        for part in ["NAME", "SYNOPSIS", "DESCRIPTION"] {
            assert!(has(part), "{}: no {part}", page.display());
        }
        // Options stand below their headings, and those without one below OPTIONS.
        let parts: &[&str] = match command.last().unwrap().as_str() {
            "scan" => &[
                "ACCOUNTS",
                "EVIDENCE",
                "DECISIONS",
                "REPORT",
                "NIGHTLY RUNS",
                "SCALE-OUT",
                "OUTPUT",
                "EXAMPLES",
                "EXIT CODES",
            ],
            "capture" | "merge" => &["EXAMPLES"],
            _ => &["OPTIONS"],
        };
        for part in parts {
            assert!(has(part), "{}: no {part}:\n{text}", page.display());
        }
        // What stands in columns in the help stays in lines.
        if command.last().unwrap() == "refine" {
            for line in [
                "EXIT CODES",
                "2  wrong usage",
                r#"[{"serviceNamespace":"s3","actions":["GetBucketAcl"]},"#,
            ] {
                assert!(
                    text.lines().any(|there| there.trim().starts_with(line)),
                    "no {line}:\n{text}"
                );
            }
        }
    }
}

#[test]
fn the_page_on_standard_output_is_the_one_in_the_folder() {
    let pages = folder("man-again");
    leastwise(["man", pages.to_str().unwrap()]).ran().exits(0);
    let printed = leastwise(["man"])
        .with("LEASTWISE_CATALOG", "/somewhere")
        .ran()
        .exits(0)
        .out;
    assert_eq!(printed, fs::read_to_string(pages.join("leastwise.1")).unwrap());
    // What stands in the environment of whoever packs it is nobody's business.
    leastwise(["man", pages.to_str().unwrap()])
        .with("LEASTWISE_CONFIG", "/of/the/packer")
        .ran()
        .exits(0);
    let scan = fs::read_to_string(pages.join("leastwise-scan.1")).unwrap();
    assert!(scan.contains("CONFIG") && !scan.contains("packer"), "{scan}");
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let file = folder("man-in-a-file").join("file");
    fs::write(&file, "").unwrap();
    let ran = leastwise(["man", file.join("man1").to_str().unwrap()])
        .ran()
        .exits(1);
    assert!(ran.err.contains("cannot write"), "{}", ran.err);
}
