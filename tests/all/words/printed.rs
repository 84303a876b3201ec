//! Runs that succeed and runs that fail: what they print.

use std::fs;
use std::path::Path;

use super::{is_plain, printed};
use crate::run::{folder, leastwise};
use crate::scan::demonstration;

#[test]
fn no_command_that_succeeds_prints_a_banned_phrase() {
    let root = folder("words-commands");
    let path = |name: &str| root.join(name).display().to_string();
    let (one, two, parts, snapshot) = (path("all/one"), path("all/two"), path("parts"), path("snapshot"));
    let few = "222222222222,888888888888";
    let config = path("leastwise.toml");
    fs::create_dir_all(root.join("all")).unwrap();
    fs::write(
        &config,
        "[[exception]]\nnames = [\"nobody-*\"]\nreason = \"a test\"\nowner = \"team\"\nexpires = \"never\"\n\
         [[exception]]\nnames = [\"*\"]\nactions = [\"s3:Get*\"]\nreason = \"past\"\nowner = \"team\"\nexpires = \"2026-01-01\"\n",
    )
    .unwrap();
    let acme = "mocks/acme";
    let runs: Vec<Vec<&str>> = vec![
        vec![
            "scan",
            "--snapshot",
            acme,
            "--include",
            few,
            "--out",
            &one,
            "--format",
            "json",
        ],
        vec![
            "scan",
            "--snapshot",
            acme,
            "--out",
            &two,
            "-vv",
            "--previous",
            &one,
            "--fail-on",
            "new,unused,risk>=10",
            "--config",
            &config,
            "--keep",
            "s3:Gett*",
        ],
        vec![
            "scan",
            "--snapshot",
            acme,
            "--out",
            &two,
            "-vv",
            "--previous",
            &two,
            "--ready-after",
            "1",
            "--log-format",
            "json",
        ],
        vec![
            "scan",
            "--snapshot",
            acme,
            "--out",
            &two,
            "-v",
            "--previous",
            "/no/such/report",
            "--min-confidence",
            "high",
        ],
        vec![
            "scan",
            "--snapshot",
            "mocks/fabrikam",
            "--out",
            &path("fabrikam"),
            "-v",
        ],
        vec!["capture", "--snapshot", acme, "--out", &snapshot],
        vec![
            "scan",
            "--snapshot",
            acme,
            "--include",
            few,
            "--shard",
            "1/1",
            "--parts",
            &parts,
        ],
        vec!["merge", &parts, "--out", &path("merged")],
        vec!["verify", &two],
        vec!["compare", &one, &two],
        vec!["compare", &two, &one],
        vec!["compare", "--trend", &root.join("all").display().to_string()]
            .into_iter()
            .collect(),
        vec!["iam-policy"],
        vec!["iam-policy", "--check"],
        vec!["iam-policy", "--trust", "111111111111"],
        vec!["catalog", "info"],
        vec![
            "refine",
            "--policy",
            "mocks/myrole/policy.json",
            "--unused",
            "mocks/myrole/finding.json",
            "--explain",
        ],
        vec![
            "refine",
            "--policy",
            "mocks/myrole/policy.json",
            "--unused",
            "mocks/myrole/finding.json",
            "--format",
            "explain",
        ],
        vec!["completions", "zsh"],
        vec!["man"],
    ]
    .into_iter()
    .map(|run| run.into_iter().map(|word| &*word.to_owned().leak()).collect())
    .collect();
    let mut found = Vec::new();
    for run in runs {
        let ran = leastwise(&run).ran();
        assert!(
            matches!(ran.code, 0 | 3 | 5),
            "{run:?} exits {}: {}",
            ran.code,
            ran.err
        );
        found.extend(printed(&format!("leastwise {}", run.join(" ")), &ran));
    }
    let init = leastwise(["init"]).inside(&root).ran();
    found.extend(printed("leastwise init", &init));
    is_plain(&found);
}

#[test]
fn no_check_prints_a_banned_phrase() {
    use crate::fake::{Fault, Rule, When};
    use crate::scan::{acme, live, scan};
    let out = folder("words-check").join("report");
    scan("mocks/fabrikam", &out);
    let report = out.to_str().unwrap();
    let disputed = || acme().dispute("ValidatePolicy", "s3:", "nosuch:Action", "No such action.");
    let denied = |operation| disputed().fault(Rule::new(Fault::Denied, When::Always).on(operation));
    let mut found = Vec::new();
    for (fake, more) in [
        (disputed(), vec!["--budget", "0.01", "-vv"]),
        (
            denied("SimulateCustomPolicy"),
            vec!["--again", "--fail-on", "disputed"],
        ),
        (denied("ListFindingsV2"), vec!["--again", "--log-format", "json"]),
    ] {
        let args: Vec<&str> = ["check", report].into_iter().chain(more).collect();
        let ran = live(&fake.start(), &args);
        assert!(
            matches!(ran.code, 0 | 3 | 5),
            "{args:?} exits {}: {}",
            ran.code,
            ran.err
        );
        found.extend(printed(&format!("leastwise {}", args.join(" ")), &ran));
    }
    is_plain(&found);
}

#[test]
fn no_error_says_a_banned_phrase_and_each_begins_with_what_happened() {
    let root = folder("words-errors");
    let file = |name: &str, text: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let report = demonstration().display().to_string();
    let other = Path::new(&file("other/notes.txt", "mine"))
        .parent()
        .unwrap()
        .display()
        .to_string();
    let changed = root.join("changed");
    crate::scan::scan("mocks/fabrikam", &changed);
    fs::write(changed.join("report.json"), "{}").unwrap();
    let changed = changed.display().to_string();
    let out = root.join("out").display().to_string();
    let policy = "mocks/myrole/policy.json";
    let finding = "mocks/myrole/finding.json";
    let twice = file(
        "twice.json",
        r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}"#,
    );
    let torn = file("torn.json", r#"{"Statement":["#);
    let odd = file(
        "odd.json",
        r#"{"Statement":[{"Effect":"Maybe","Action":"s3","Resource":"*"}]}"#,
    );
    let form = file("form.json", r#"[{"actions":["GetObject"]}]"#);
    let both = file(
        "both.json",
        r#"[{"serviceNamespace":"s3","actions":["GetObject"],"used":["GetObject"]}]"#,
    );
    let wide = file(
        "wide.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    );
    let none = file("none.json", "null");
    let configs = [
        "profile = 3",
        "evidence = \"sometimes\"\nwindow-days = 500\nnone-such = 1\n[limits]\nattempts = 0\ncall-timeout = \"10\"",
        "[[exception]]\nreason = \"x\"\nowner = \"y\"\nexpires = \"soon\"",
        "evidence = auto",
        "secret = \"hunter2\"",
        "keep = [\"s3\", \"*:Get\", \"a:b:c\"]\n[accounts]\nlist = [111111111111]\nown = true",
    ];
    let configs: Vec<String> = configs
        .iter()
        .enumerate()
        .map(|(at, text)| file(&format!("{at}.toml"), text))
        .collect();
    let acme = ["scan", "--snapshot", "mocks/acme", "--out", &out];
    let scan = |more: &[&str]| {
        acme.iter()
            .chain(more)
            .map(|it| (*it).to_owned())
            .collect::<Vec<String>>()
    };
    let run = |args: &[&str]| args.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>();
    let mut runs = vec![
        scan(&["--format", "htlm"]),
        scan(&["--fail-on", "high"]),
        scan(&["--fail-on", "new"]),
        scan(&["--window-days", "500"]),
        scan(&["--include", "prod"]),
        scan(&["--include", "nothing"]),
        scan(&["--exclude", "*"]),
        scan(&["--accounts", "1"]),
        scan(&["--shard", "2/1", "--parts", &out]),
        scan(&["--shard", "1/2", "--parts", &out]),
        scan(&["--resume"]),
        scan(&["--snapshot", "x"]),
        scan(&["--previous", &other]),
        scan(&["--previous", &changed]),
        scan(&["--catalog", &torn]),
        scan(&["--nonsense"]),
        run(&["scan", "--snapshot", "mocks/acme", "--out", &other]),
        run(&["scan", "--snapshot", &report, "--out", &out]),
        run(&["scan", "--snapshot", &other, "--out", &out]),
        run(&["scan", "--snapshot", "/no/such", "--out", &out]),
        run(&["scan", "mocks/acme"]),
        run(&["scan", "--shard", "auto/3", "--parts", &out]),
        run(&["merge", &other]),
        run(&["merge", "/no/such"]),
        run(&["verify", &other]),
        run(&["verify", &changed]),
        run(&["verify", "mocks/acme"]),
        run(&["check", &changed]),
        run(&["check", "mocks/acme"]),
        run(&["check", &report, "--budget", "much"]),
        run(&["verify", &report, "--manifest-sha256", "12"]),
        run(&["verify", &report, "--manifest-sha256", &"0".repeat(64)]),
        run(&["compare", &report]),
        run(&["compare", &report, &other]),
        run(&["compare", "--trend", &other]),
        run(&["compare", "--trend", &report, "--out", policy]),
        run(&["iam-policy", "--trust", "1"]),
        run(&["iam-policy", "--trust", "111111111111", "--caller", "me"]),
        run(&[
            "iam-policy",
            "--trust",
            "111111111111",
            "--caller",
            "arn:aws:iam::222222222222:role/scan",
        ]),
        run(&["schema", "none"]),
        run(&["init", "--out", policy]),
        run(&["init", "--out", "/no/such/file.toml"]),
        run(&["catalog", "update", "--from", &other]),
        run(&["catalog", "update", "--from", "ftp://example.invalid"]),
        run(&["refine", "--policy", "-", "--unused", "-"]),
        run(&["refine", "--policy", "/no/such", "--unused", finding]),
        run(&["refine", "--policy", finding, "--unused", policy]),
        run(&["refine", "--policy", &twice, "--unused", finding]),
        run(&["refine", "--policy", &torn, "--unused", finding]),
        run(&["refine", "--policy", &odd, "--unused", finding]),
        run(&["refine", "--policy", policy, "--unused", &form]),
        run(&["refine", "--policy", policy, "--unused", &both]),
        run(&["refine", "--policy", policy, "--unused", &other]),
        run(&["prove", "--before", policy, "--after", &wide, "--unused", finding]),
        run(&["prove", "--before", policy, "--after", &none, "--unused", finding]),
        run(&[
            "prove", "--before", policy, "--after", policy, "--unused", finding,
        ]),
    ];
    runs.extend(configs.iter().map(|config| scan(&["--config", config])));
    let mut found = Vec::new();
    for args in runs {
        let ran = leastwise(&args).ran();
        let what = args.join(" ");
        assert!(
            !matches!(ran.code, 0 | 5),
            "{what} succeeds: {}{}",
            ran.out,
            ran.err
        );
        let is_error = ran.err.lines().any(|line| line.starts_with("error: "));
        assert!(
            is_error || args[0] == "prove" || ran.out.contains("FAILED: "),
            "{what}: {}{}",
            ran.out,
            ran.err
        );
        found.extend(printed(&what, &ran));
    }
    // A variable of the environment is a setting as well.
    let ran = leastwise(scan(&[]))
        .with("LEASTWISE_LIMITS_ATEMPTS", "3")
        .ran()
        .exits(2);
    found.extend(printed("LEASTWISE_LIMITS_ATEMPTS", &ran));
    is_plain(&found);
}
