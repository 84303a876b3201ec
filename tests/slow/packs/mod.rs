//! `--split-by`: reports of their own that contain nobody else's data.

mod others;
mod torn;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use leastwise_core::report::{AccountReport, Coverage, Totals};
use serde_json::Value;

use crate::run::{Ran, folder, leastwise};
use crate::scan::{account, files, manifest, report};

const WAYS: [&str; 3] = ["owner", "account", "ou"];

/// Names of principals that are words of a report as well.
const WORDS: [&str; 2] = ["unused-password", "error-finding"];

fn split(snapshot: &str, by: &str, out: &Path, more: &[&str]) -> Ran {
    let args = [
        "scan",
        "--snapshot",
        snapshot,
        "--split-by",
        by,
        "--out",
        out.to_str().unwrap(),
    ];
    leastwise(args.iter().chain(more))
        .with("LEASTWISE_OWNER_TAG", "owner")
        .ran()
}

/// The packs of a report, by name.
fn packs(out: &Path) -> BTreeMap<String, Vec<AccountReport>> {
    let folders = fs::read_dir(out.join("packs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let read = |folder: &Path| {
        let report = report(folder);
        report
            .accounts
            .iter()
            .map(|summary| account(folder, &summary.id))
            .collect::<Vec<_>>()
    };
    folders
        .map(|it| (it.file_name().unwrap().to_str().unwrap().to_owned(), read(&it)))
        .collect()
}

/// What IAM told of each principal, by ARN: what stands in its policies is its own.
fn told(snapshot: &str) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for (path, bytes) in files(Path::new(snapshot)) {
        if path.ends_with("authorization.json") {
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            for list in ["RoleDetailList", "UserDetailList"] {
                for principal in answer[list].as_array().unwrap() {
                    told.insert(
                        principal["Arn"].as_str().unwrap().to_owned(),
                        principal.to_string(),
                    );
                }
            }
        }
    }
    told
}

/// Whether a name stands in a text as a whole.
fn has_word(text: &str, name: &str) -> bool {
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_+=,.@-".contains(c));
    text.match_indices(name).any(|(at, _)| {
        !goes_on(text[..at].chars().next_back()) && !goes_on(text[at + name.len()..].chars().next())
    })
}

/// Holds every byte of every pack against all that is somebody else's; gives how often others were only counted.
fn nobody_else_is_in(snapshot: &str, out: &Path) -> usize {
    let whole: Vec<AccountReport> = report(out)
        .accounts
        .iter()
        .map(|summary| account(out, &summary.id))
        .collect();
    let all: Vec<_> = whole.iter().flat_map(|account| &account.principals).collect();
    let told = told(snapshot);
    let mut packed: Vec<String> = Vec::new();
    let mut counted = 0;
    for (name, accounts) in packs(out) {
        let own: BTreeSet<&str> = accounts
            .iter()
            .flat_map(|it| &it.principals)
            .map(|it| it.arn.as_str())
            .collect();
        let names: BTreeSet<&str> = accounts
            .iter()
            .flat_map(|it| &it.principals)
            .map(|it| it.name.as_str())
            .collect();
        let ids: BTreeSet<&str> = accounts.iter().map(|it| it.summary.id.as_str()).collect();
        let documents: String = own.iter().filter_map(|arn| told.get(*arn)).cloned().collect();
        let mut strange: BTreeSet<&str> = BTreeSet::new();
        strange.extend(
            whole
                .iter()
                .map(|it| it.summary.id.as_str())
                .filter(|id| !ids.contains(id)),
        );
        strange.extend(
            all.iter()
                .map(|it| it.arn.as_str())
                .filter(|arn| !own.contains(arn)),
        );
        strange.extend(
            all.iter()
                .map(|it| it.name.as_str())
                .filter(|name| !names.contains(name)),
        );
        let groups: BTreeSet<&str> = accounts
            .iter()
            .flat_map(|it| &it.principals)
            .flat_map(|it| &it.groups)
            .map(String::as_str)
            .collect();
        let all_groups = all.iter().flat_map(|it| &it.groups).map(String::as_str);
        strange.extend(all_groups.filter(|group| !groups.contains(group)));
        strange.retain(|word| !WORDS.contains(word) && !has_word(&documents, word));
        assert!(strange.len() > 20);
        for (path, bytes) in files(&out.join("packs").join(&name)) {
            let text = format!("{path}\n{}", String::from_utf8(bytes).unwrap());
            for word in &strange {
                assert!(!has_word(&text, word), "{word} is in {path} of the pack {name}");
            }
            counted += text.matches("\"others\"").count();
        }
        packed.extend(own.iter().map(|arn| (*arn).to_owned()));
    }
    packed.sort();
    let mut everybody: Vec<String> = all.iter().map(|it| it.arn.clone()).collect();
    everybody.sort();
    assert_eq!(packed, everybody, "not everybody is in exactly one pack");
    counted
}

/// Every pack is proven again from itself alone, and the packs have together what the report has.
fn packs_stand_alone_and_add_up(out: &Path) {
    let mut together = Totals::default();
    for name in packs(out).keys() {
        let pack = out.join("packs").join(name);
        leastwise(["verify", pack.to_str().unwrap()]).ran().exits(0);
        let totals = report(&pack).totals;
        assert_eq!(manifest(&pack).totals, totals);
        together.principals += totals.principals;
        totals
            .statuses
            .iter()
            .for_each(|(it, count)| *together.statuses.entry(*it).or_default() += count);
        together.effect.join(&totals.effect);
        for file in [
            "index.html",
            "findings.csv",
            "tickets/tickets.csv",
            "catalog.json",
        ] {
            assert!(pack.join(file).is_file(), "{file}");
        }
    }
    let whole = report(out).totals;
    assert_eq!(
        (together.principals, together.statuses, together.effect),
        (whole.principals, whole.statuses, whole.effect)
    );
}

#[test]
fn every_principal_is_in_one_pack_and_nobody_elses_name_is_in_it() {
    let root = folder("packs");
    for by in WAYS {
        let out = root.join(by);
        split("mocks/acme", by, &out, &[]).exits(0);
        nobody_else_is_in("mocks/acme", &out);
        packs_stand_alone_and_add_up(&out);
        leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
    }
    let names = |by: &str| packs(&root.join(by)).into_keys().collect::<Vec<_>>();
    assert_eq!(names("account").len(), 10);
    assert!(names("owner").contains(&"team-payments@example.com".to_owned()));
    assert!(
        names("owner").contains(&"666666666666".to_owned()),
        "those without the tag are their account's"
    );
    assert!(names("ou").contains(&"ou-acme-workloadsprod0".to_owned()));
    // The management account is right under the root.
    assert!(names("ou").contains(&"r-acme".to_owned()));
}

#[test]
fn a_pack_of_an_account_that_was_not_read_says_so() {
    let out = folder("packs-partial").join("report");
    split("mocks/partial", "owner", &out, &[]).exits(3);
    let pack = out.join("packs/222222222222");
    assert_eq!(account(&pack, "222222222222").summary.failures.len(), 1);
    assert_eq!(report(&pack).totals.accounts[&Coverage::Failed], 1);
    leastwise(["verify", pack.to_str().unwrap()]).ran().exits(0);
}

/// Tags are whatever anybody wrote: neither long digits nor case stops the run or puts two owners into one folder.
#[test]
fn owners_of_long_digits_and_of_one_name_in_two_cases_have_packs_and_tickets_of_their_own() {
    let root = folder("packs-odd-owners");
    let snapshot = root.join("snapshot");
    let owners = ["shop", "Shop", "SHOP", &"7".repeat(200), "12", "444444444444"];
    crate::scan::by_turns(&snapshot, &owners);
    let out = root.join("report");
    split(snapshot.to_str().unwrap(), "owner", &out, &[]).exits(0);
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
    let names: Vec<String> = packs(&out).into_keys().collect();
    let folded: BTreeSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    // Accounts without principals have packs as well.
    let is_owners = |name: &&String| name.parse::<u64>().is_err();
    assert_eq!(names.iter().filter(is_owners).count(), owners.len(), "{names:?}");
    assert_eq!(folded.len(), names.len(), "{names:?}");
    let tickets = files(&out.join("tickets"));
    let folded: BTreeSet<String> = tickets.keys().map(|name| name.to_ascii_lowercase()).collect();
    assert_eq!(folded.len(), owners.len() + 1, "{:?}", tickets.keys());
    assert!(tickets.contains_key("%312.md") && tickets.contains_key("%3444444444444.md"));
}

#[test]
fn an_account_whose_unit_is_not_known_is_in_a_pack_that_says_so() {
    let root = folder("packs-no-ou");
    let snapshot = root.join("snapshot");
    crate::scan::copy("mocks/acme", &snapshot, |path, value| {
        if path == "accounts.json" {
            value["Accounts"].as_array_mut().unwrap()[7]
                .as_object_mut()
                .unwrap()
                .remove("Paths");
        }
    });
    let out = root.join("report");
    split(snapshot.to_str().unwrap(), "ou", &out, &[]).exits(0);
    let lost = &packs(&out)["no-ou"];
    assert_eq!(
        lost.iter().map(|it| it.summary.id.as_str()).collect::<Vec<_>>(),
        ["888888888888"]
    );
}

#[test]
fn a_report_has_no_packs_unless_they_are_asked_for_and_refuses_other_ways() {
    let out = folder("packs-none").join("report");
    crate::scan::scan("mocks/acme", &out).exits(0);
    assert!(!out.join("packs").exists());
    split("mocks/acme", "team", &out, &[])
        .exits(2)
        .says("--split-by")
        .says("owner");
}

#[test]
fn the_same_answers_give_the_same_packs_but_for_the_time_of_the_run() {
    let root = folder("packs-twice");
    let [one, other] = ["a", "b"].map(|name| {
        let out = root.join(name);
        split("mocks/acme", "owner", &out, &[]).exits(0);
        let mut files = files(&out);
        files.retain(|path, _| !path.ends_with("manifest.json"));
        files
    });
    assert!(one == other);
}

#[cfg(unix)]
#[test]
fn a_report_has_more_files_than_may_be_open_at_a_time() {
    let out = folder("packs-open").join("report");
    let program = env!("CARGO_BIN_EXE_leastwise");
    let call = format!(
        "ulimit -n 44 && exec '{program}' scan --quiet --snapshot mocks/acme --format html,tickets,csv,sarif --out '{}'",
        out.display()
    );
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", &call])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("LEASTWISE_OWNER_TAG", "owner");
    let ran = shell.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
}
