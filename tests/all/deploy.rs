//! The templates of deploy/: what they grant is what the program prints, and what they call is there.

use std::fs;

use clap::Parser as _;
use leastwise::cli::Cli;

use crate::run::leastwise;

fn template(path: &str) -> String {
    fs::read_to_string(format!("deploy/{path}")).unwrap()
}

/// The lines below the one that ends with `head`, as far as they are indented deeper, without their indentation.
fn below(text: &str, head: &str) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip_while(|line| !line.ends_with(head));
    let outer = depth(lines.next().unwrap_or_else(|| panic!("no {head}")));
    let block: Vec<&str> = lines.take_while(|line| depth(line) > outer).collect();
    let inner = depth(block[0]);
    block.iter().map(|line| format!("{}\n", &line[inner..])).collect()
}

#[test]
fn the_role_that_scans_has_the_policy_that_the_program_prints() {
    let printed = leastwise(["iam-policy"]).ran().exits(0).out;
    let text = template("aws/base.yaml");
    let role = &text[text.find("  ScanRole:").unwrap()..];
    let role = &role[..role.find("\n\n").unwrap()];
    let (policies, folder) = role.split_once("        - PolicyName: folder\n").unwrap();
    assert_eq!(below(policies, " PolicyDocument:"), printed);
    // Beside it: the folder, and nothing else.
    assert_eq!(policies.matches("PolicyName").count(), 1);
    assert!(
        folder.contains("elasticfilesystem:ClientWrite") && !folder.contains("PolicyName"),
        "{folder}"
    );
    assert!(!role.contains("ManagedPolicyArns"), "{role}");
}

#[test]
fn the_role_of_the_member_accounts_is_the_template_that_the_program_prints() {
    let caller = "arn:aws:iam::111111111111:role/leastwise-scan";
    let args = [
        "iam-policy",
        "--trust",
        "111111111111",
        "--external-id",
        "invented",
        "--caller",
        caller,
    ];
    let printed = leastwise(args).ran().exits(0).out;
    let body = below(&template("aws/member-role.yaml"), "TemplateBody: !Sub |");
    let filled = body
        .replace("${ScannerAccount}", "111111111111")
        .replace("${ExternalId}", "invented")
        .replace("${Caller}", caller)
        .replace("${!", "${");
    assert_eq!(filled, printed);
}

/// Every command line of the templates, in words.
fn command_lines() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut push = |path: &str, words: Vec<String>| found.push((path.to_owned(), words));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for path in [
        "systemd/leastwise.service",
        "cron/leastwise",
        "github/leastwise.yml",
    ] {
        for line in template(path)
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
        {
            let call = ["leastwise scan ", "leastwise\" scan "]
                .iter()
                .find_map(|call| line.split_once(call));
            let Some((_, rest)) = call else { continue };
            push(
                path,
                [vec!["scan".to_owned()], words(rest.split(" || ").next().unwrap())].concat(),
            );
        }
    }
    for path in [
        "kubernetes/cronjob.yaml",
        "kubernetes/indexed-job.yaml",
        "kubernetes/merge-job.yaml",
    ] {
        let args = below(&template(path), "args:");
        let args = args.lines().filter_map(|line| line.strip_prefix("- "));
        push(path, args.map(str::to_owned).collect());
    }
    let list = |line: &str| {
        let inside = line[line.find('[').unwrap() + 1..].rsplit_once(']').unwrap().0;
        inside
            .split(',')
            .map(|word| {
                word.trim()
                    .trim_start_matches("!Sub ")
                    .trim_matches('"')
                    .to_owned()
            })
            .collect()
    };
    for path in [
        "aws/batch.yaml",
        "aws/distributed-map.yaml",
        "container/Containerfile",
    ] {
        let text = template(path).replace("\"Command\": [\n", "\"Command\": [");
        for line in text.lines() {
            let key = line.trim_start().trim_matches('"');
            if key.starts_with("Command\": [") || key.starts_with("Command: [") || key.starts_with("CMD [") {
                let closed = if line.contains(']') {
                    line.to_owned()
                } else {
                    format!("{line}]")
                };
                push(path, list(&closed));
            }
        }
    }
    found
}

#[test]
fn every_command_line_of_a_template_is_understood() {
    let lines = command_lines();
    assert_eq!(lines.len(), 11, "{lines:#?}");
    for (path, words) in lines {
        let filled = words.iter().map(|word| match word.as_str() {
            "auto/${Shards}" => "auto/8",
            "{% $states.input.shard %}" => "1/8",
            other => other,
        });
        let parsed = Cli::try_parse_from(["leastwise"].into_iter().chain(filled));
        assert!(parsed.is_ok(), "{path}: {words:?}\n{}", parsed.unwrap_err());
    }
}

#[test]
fn a_manifest_names_one_number_of_shards() {
    let text = template("kubernetes/indexed-job.yaml");
    let number = |head: &str| {
        let rest = text.split_once(head).unwrap_or_else(|| panic!("no {head}")).1;
        rest.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse::<u32>()
            .unwrap()
    };
    let shards = number("--shard=auto/");
    assert!(shards > 1);
    assert_eq!(
        [
            number("completions: "),
            number("parallelism: "),
            number("maxFailedIndexes: ")
        ],
        [shards; 3]
    );
}

#[test]
fn the_readme_of_the_folder_names_every_file() {
    let readme = template("README.md");
    let mut files = Vec::new();
    for folder in fs::read_dir("deploy").unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            for file in fs::read_dir(&folder).unwrap() {
                files.push(
                    file.unwrap()
                        .path()
                        .strip_prefix("deploy")
                        .unwrap()
                        .display()
                        .to_string(),
                );
            }
        }
    }
    files.sort();
    assert!(files.len() > 10);
    for file in files.iter().filter(|file| !file.ends_with(".dockerignore")) {
        assert!(readme.contains(&format!("`{file}`")), "{file}");
    }
}
