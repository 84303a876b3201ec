//! `changes/*/terraform/`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use leastwise_core::report::{Action, Note};
use serde_json::Value;

use super::{acme, cases, documents, folders, poisoned, said, wanted};

/// The parts of a `main.tf`: what stands below each title.
fn told(main: &str) -> Vec<(String, String)> {
    let parts = main.split("\n# change: ").skip(1);
    parts
        .map(|part| part.split_once('\n').unwrap())
        .map(|(id, rest)| (id.to_owned(), rest.to_owned()))
        .collect()
}

fn check(name: &str, out: &Path) {
    let folders = folders(out);
    let mut ids: Vec<(String, String)> = Vec::new();
    for (folder, files) in &folders {
        let Some(main) = files.get("terraform/main.tf") else {
            continue;
        };
        ids.extend(told(main).into_iter().map(|(id, _)| (folder.clone(), id)));
        // Every document is read by one resource, and every resource finds its document.
        for path in files
            .keys()
            .filter_map(|path| path.strip_prefix("terraform/documents/"))
        {
            let reads = format!("file(\"${{path.module}}/documents/{path}\")");
            assert_eq!(main.matches(&reads).count(), 1, "{name}: {folder}: {path}");
        }
        let reads = main.matches("file(").count();
        let there = files
            .keys()
            .filter(|path| path.starts_with("terraform/documents/"))
            .count();
        assert_eq!(reads, there, "{name}: {folder}");
    }
    ids.sort();
    let mut all: Vec<(String, String)> = wanted(out)
        .into_iter()
        .map(|wanted| (wanted.folder, wanted.it.id))
        .collect();
    all.sort();
    assert_eq!(ids, all, "{name}");
    for wanted in wanted(out) {
        let files = &folders[&wanted.folder];
        let (_, text) = told(&files["terraform/main.tf"])
            .into_iter()
            .find(|(id, _)| *id == wanted.it.id)
            .unwrap();
        let at = format!("{name}: {}: {}\n{text}", wanted.folder, wanted.it.id);
        let by_hand = text.contains("\n# by hand");
        let imports = text.matches("import {").count();
        // What takes something away that Terraform did not make is by hand, and nothing else is.
        let takes_away = !matches!(wanted.it.action, Action::Replace | Action::NewVersion);
        let is_whole = wanted.account.is_some() && wanted.it.holder_kind.name() == "permission-set";
        assert_eq!(by_hand, takes_away && !is_whole, "{at}");
        let adopts = wanted.account.is_some() && !takes_away;
        let is_there = wanted.it.notes.contains(&Note::CopyExists);
        let wanted_imports = if is_there {
            wanted.it.creates.len()
        } else {
            usize::from(adopts)
        };
        assert_eq!(imports, wanted_imports, "{at}");
        // The documents are those of the report.
        let after = documents(out, &wanted.it.files.after);
        let read = text
            .split("/documents/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap());
        let read: Vec<Value> = read
            .map(|path| serde_json::from_str(&files[&format!("terraform/documents/{path}")]).unwrap())
            .collect();
        let of_set = wanted.account.is_none() && takes_away;
        assert!(read == after || of_set && read.is_empty(), "{at}");
        // Whoever loses a policy is given what takes its place.
        if wanted.account.is_some()
            && wanted.it.action != Action::Detach
            && !wanted.it.creates.is_empty()
            && !is_whole
        {
            let detached =
                text.matches("#   aws iam detach-").count() + text.matches("#   aws iam delete-").count();
            let attached = text.matches("_policy_attachment\"").count();
            assert!(detached > 0, "{at}");
            assert_eq!(attached, detached * wanted.it.creates.len(), "{at}");
        }
    }
}

#[test]
fn every_change_is_told_once_with_the_documents_of_the_report() {
    check("acme", &acme("terraform-acme"));
}

#[test]
fn copies_forks_fleets_and_permission_sets_are_told_once() {
    let mut actions = BTreeSet::new();
    for (name, out) in cases("terraform-cases") {
        check(&name, &out);
        actions.extend(
            wanted(&out)
                .into_iter()
                .map(|it| (it.it.action.name(), it.it.holder_kind.name())),
        );
    }
    for (action, kind) in [
        ("fork", "role"),
        ("detach", "managed"),
        ("split", "role"),
        ("substitute", "group"),
        ("substitute", "permission-set"),
        ("replace", "group"),
        ("new-version", "managed"),
    ] {
        assert!(
            actions.contains(&(action, kind)),
            "no {action} of a {kind}: {actions:?}"
        );
    }
}

/// All folders of Terraform of the organisations here.
fn everything(name: &str) -> Vec<std::path::PathBuf> {
    let hostile = "${evil}%{if}\"\\\u{301}é\u{2028}</script>";
    let poisoned = poisoned(&format!("{name}-poisoned"), &["Sid", "Condition"], hostile);
    let names = super::poisoned(&format!("{name}-names"), &["PolicyName", "RoleName"], "\"}\n${x}");
    let mut all = vec![acme(&format!("{name}-acme")), poisoned, names];
    all.extend(cases(&format!("{name}-cases")).into_iter().map(|(_, out)| out));
    let mut found = Vec::new();
    for out in all {
        let folders = folders(&out);
        let with = folders
            .iter()
            .filter(|(_, files)| files.contains_key("terraform/main.tf"));
        found.extend(with.map(|(folder, _)| out.join("changes").join(folder).join("terraform")));
    }
    assert!(found.len() > 40, "{}", found.len());
    found
}

#[test]
#[ignore = "needs terraform"]
fn it_is_formatted_as_terraform_formats_it() {
    let all = everything("terraform-fmt");
    let output = terraform()
        .args(["fmt", "-check", "-diff", "-no-color"])
        .args(all)
        .output()
        .expect("terraform");
    assert!(output.status.success(), "{}", said(&output));
}

/// A parser that is not Terraform's.
#[test]
#[ignore = "needs python-hcl2"]
fn another_parser_reads_every_file() {
    let script = "import sys, pathlib\n\
                  import hcl2\n\
                  for folder in sys.argv[1:]:\n    for path in pathlib.Path(folder).glob('*.tf'):\n        \
                  with open(path, encoding='utf-8') as file: hcl2.load(file)\n";
    let mut command = Command::new("python3");
    command.args(["-c", script]).args(everything("terraform-parse"));
    let output = command.output().expect("python3");
    assert!(output.status.success(), "{}", said(&output));
}

/// The provider is not fetched by a test: `LEASTWISE_TERRAFORM_PLUGINS` names a folder that has it, as `terraform providers
/// mirror` makes one.
#[test]
#[ignore = "needs terraform, and LEASTWISE_TERRAFORM_PLUGINS"]
fn terraform_and_its_provider_find_it_valid() {
    let plugins = std::env::var_os("LEASTWISE_TERRAFORM_PLUGINS").expect("a folder with the provider");
    let mut folders = everything("terraform-validate");
    // It takes seconds for each, and most are much the same.
    let shown = ["444444444444", "777777777777", "permission-sets", "forked-when"];
    folders.retain(|folder| {
        let text = folder.to_string_lossy();
        shown.iter().any(|word| text.contains(word))
            && (!text.contains("-cases") || text.contains("forked-when"))
    });
    assert!(folders.len() > 5, "{folders:?}");
    for folder in folders {
        let run = |args: &[&str]| {
            let output = terraform().current_dir(&folder).args(args).output().unwrap();
            assert!(output.status.success(), "{}: {}", folder.display(), said(&output));
        };
        run(&[
            "init",
            "-input=false",
            "-no-color",
            &format!("-plugin-dir={}", plugins.to_string_lossy()),
        ]);
        run(&["validate", "-no-color"]);
    }
}

/// Terraform without the settings of whoever runs the tests.
fn terraform() -> Command {
    let mut command = Command::new("terraform");
    command
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1");
    command
}
