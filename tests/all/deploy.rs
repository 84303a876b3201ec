//! The templates of deploy/: what they grant is what the program prints, and what they call is there.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use leastwise::cli::Cli;

use crate::changes::is_there;
use crate::moto::moto;
use crate::run::{folder, leastwise};
use crate::scan::scan;
use crate::shards::assert_same;

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
    assert!(folder.contains("elasticfilesystem:ClientWrite") && !folder.contains("PolicyName"), "{folder}");
    assert!(!role.contains("ManagedPolicyArns"), "{role}");
}

#[test]
fn the_role_of_the_member_accounts_is_the_template_that_the_program_prints() {
    let caller = "arn:aws:iam::111111111111:role/leastwise-scan";
    let args = ["iam-policy", "--trust", "111111111111", "--external-id", "invented", "--caller", caller];
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
    for path in ["systemd/leastwise.service", "cron/leastwise", "github/leastwise.yml"] {
        for line in template(path).lines().filter(|line| !line.trim_start().starts_with('#')) {
            let call = ["leastwise scan ", "leastwise\" scan "].iter().find_map(|call| line.split_once(call));
            let Some((_, rest)) = call else { continue };
            push(path, [vec!["scan".to_owned()], words(rest.split(" || ").next().unwrap())].concat());
        }
    }
    for path in ["kubernetes/cronjob.yaml", "kubernetes/indexed-job.yaml", "kubernetes/merge-job.yaml"] {
        let args = below(&template(path), "args:");
        let args = args.lines().filter_map(|line| line.strip_prefix("- "));
        push(path, args.map(str::to_owned).collect());
    }
    let list = |line: &str| {
        let inside = line[line.find('[').unwrap() + 1..].rsplit_once(']').unwrap().0;
        inside
            .split(',')
            .map(|word| word.trim().trim_start_matches("!Sub ").trim_matches('"').to_owned())
            .collect()
    };
    for path in ["aws/batch.yaml", "aws/distributed-map.yaml", "container/Containerfile"] {
        let text = template(path).replace("\"Command\": [\n", "\"Command\": [");
        for line in text.lines() {
            let key = line.trim_start().trim_matches('"');
            if key.starts_with("Command\": [") || key.starts_with("Command: [") || key.starts_with("CMD [") {
                let closed = if line.contains(']') { line.to_owned() } else { format!("{line}]") };
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
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>().unwrap()
    };
    let shards = number("--shard=auto/");
    assert!(shards > 1);
    assert_eq!([number("completions: "), number("parallelism: "), number("maxFailedIndexes: ")], [shards; 3]);
}

#[test]
fn the_readme_of_the_folder_names_every_file() {
    let readme = template("README.md");
    let mut files = Vec::new();
    for folder in fs::read_dir("deploy").unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            for file in fs::read_dir(&folder).unwrap() {
                files.push(file.unwrap().path().strip_prefix("deploy").unwrap().display().to_string());
            }
        }
    }
    files.sort();
    assert!(files.len() > 10);
    for file in files.iter().filter(|file| !file.ends_with(".dockerignore")) {
        assert!(readme.contains(&format!("`{file}`")), "{file}");
    }
}

/// Shards on machines that share nothing, as jobs of an array, and their merge. A job has a folder, this program and the AWS
/// CLI, and what is kept lies in the bucket of an AWS that is not ours.
#[cfg(unix)]
#[test]
fn shards_without_a_common_folder_meet_in_a_bucket_and_a_missing_one_is_told() {
    use std::os::unix::fs::PermissionsExt as _;

    if !is_there("aws", "pip install awscli") {
        return;
    }
    let Some((_server, url)) = moto() else { return };
    let place = folder("deploy-s3");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_leastwise")).parent().unwrap().to_owned();
    let instead = place.join("instead");
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [instead.clone(), program].into_iter().chain(env::split_paths(&path));
    let path = env::join_paths(path).unwrap();
    let job = |what: &Path, args: &[&str], index: &str| {
        let mut command = Command::new(what);
        command.args(args).current_dir(&place).env("PATH", &path).env("AWS_BATCH_JOB_ARRAY_INDEX", index);
        command.env("AWS_ENDPOINT_URL", &url).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "AKIAINVENTED").env("AWS_SECRET_ACCESS_KEY", "invented");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        let output = command.output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
    };
    let aws = |args: &[&str]| assert_eq!(job(Path::new("aws"), args, "").0, 0, "{args:?}");
    let script = here.join("deploy/container/s3.sh");
    let snapshot = here.join("mocks/partial");
    let snapshot = ["--snapshot", snapshot.to_str().unwrap()];
    let shard = |index: &str, more: &[&str]| {
        let args = [&["shard", "s3://reports/leastwise", "tonight", "3"], &snapshot[..], more].concat();
        job(&script, &args, index)
    };
    let merge =
        |more: &[&str]| job(&script, &[&["merge", "s3://reports/leastwise/", "tonight"], more].concat(), "");
    aws(&["s3", "mb", "s3://reports"]);
    let (code, said) = merge(&[]);
    assert!(code == 1 && said.contains("holds no part of a scan"), "{code}: {said}");

    // An account could not be read, which is no failure of the shard, and a wrong flag is told as one.
    assert_eq!(shard("1", &["--window-days", "30"]).0, 0);
    assert_eq!(shard("2", &[]).0, 0);
    assert_eq!(shard("0", &["--no-such-flag"]).0, 2);
    let (code, said) = merge(&[]);
    assert!(code == 1 && said.contains("shard 1 of 3 is missing in"), "{code}: {said}");
    assert_eq!(shard("0", &[]).0, 0);
    let (code, said) = merge(&[]);
    assert!(code == 1 && said.contains("was read with other settings"), "{code}: {said}");
    let (report, whole) = (place.join("report"), place.join("whole"));
    aws(&["s3", "sync", "s3://reports/leastwise/tonight/report", report.to_str().unwrap()]);
    assert_eq!(fs::read_dir(&report).unwrap().count(), 0, "a merge that failed has left a report");

    // The shard that was told something else is tried again; what it left first does not stay.
    aws(&[
        "s3",
        "cp",
        script.to_str().unwrap(),
        "s3://reports/leastwise/tonight/parts/shard-2-of-3/left.json",
    ]);
    assert_eq!(shard("1", &[]).0, 0);
    assert_eq!(merge(&["--fail-on", "unused"]).0, 3);
    aws(&["s3", "sync", "s3://reports/leastwise/tonight", place.join("kept").to_str().unwrap()]);
    fs::rename(place.join("kept/report"), &report).unwrap();
    assert!(!place.join("kept/parts/shard-2-of-3/left.json").exists());
    assert_eq!(scan("mocks/partial", &whole).code, 3);
    assert_same(&whole, &report);
    leastwise(["verify", report.to_str().unwrap()]).ran().exits(0);
    let left: Vec<_> = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("s3.")), "{left:?}");

    fs::create_dir(&instead).unwrap();
    let stands_in = |name: &str, does: &str| {
        fs::write(instead.join(name), format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(instead.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    // A run that found a defect of its own is told as one, and what shows it is kept.
    stands_in("leastwise", r#"mkdir -p "$4/defects" && echo case > "$4/defects/one.json" && exit 4"#);
    assert_eq!(merge(&[]).0, 4);
    let defects = place.join("defects");
    let kept = "s3://reports/leastwise/tonight/report/defects";
    aws(&["s3", "sync", kept, defects.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(defects.join("one.json")).unwrap(), "case\n");

    // An AWS CLI that leaves a file out ends with a code that would be taken for a wrong flag.
    fs::remove_file(instead.join("leastwise")).unwrap();
    stands_in("aws", "exit 2");
    assert_eq!(shard("0", &[]).0, 1);
    for wrong in [&["shard"][..], &["merge", "reports", "tonight"], &["merge", "s3://reports", "a/../b"]] {
        let (code, said) = job(&script, wrong, "0");
        assert!(code == 2 && said.contains("s3.sh shard s3://"), "{wrong:?}: {code}: {said}");
    }
}
