//! `tickets/`: a file for each owner, and the table that trackers import.

mod hostile;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use leastwise_core::report::{AccountReport, PrincipalRow};
use serde_json::json;

use crate::run::{Ran, folder, leastwise};
use crate::scan::{account, by_turns, files, report};

fn scan(snapshot: &str, out: &Path) -> Ran {
    leastwise([
        "scan",
        "--snapshot",
        snapshot,
        "--format",
        "tickets",
        "--out",
        out.to_str().unwrap(),
    ])
    .with("LEASTWISE_OWNER_TAG", "owner")
    .ran()
}

fn accounts(out: &Path) -> Vec<AccountReport> {
    report(out)
        .accounts
        .iter()
        .map(|it| account(out, &it.id))
        .collect()
}

/// The tickets by the name of their file.
fn tickets(out: &Path) -> BTreeMap<String, String> {
    let all = files(&out.join("tickets")).into_iter();
    let texts = all.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()));
    texts
        .filter_map(|(path, text)| Some((path.strip_suffix(".md")?.to_owned(), text)))
        .collect()
}

/// The rows of the table, by column.
fn table(out: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(out.join("tickets/tickets.csv")).unwrap();
    assert!(text.ends_with("\r\n"));
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.unwrap())
        .collect()
}

fn torn(name: &str) -> (PathBuf, PathBuf) {
    let root = folder(name);
    let snapshot = root.join("snapshot");
    by_turns(&snapshot, &["left", "right", "middle"]);
    (snapshot, root.join("report"))
}

fn owner<'p>(principal: &'p PrincipalRow, account: &'p AccountReport) -> &'p str {
    principal.tags.get("owner").unwrap_or(&account.summary.id)
}

#[test]
fn every_owner_has_a_ticket_and_those_without_the_tag_are_their_accounts() {
    let out = folder("tickets").join("report");
    scan("mocks/acme", &out).exits(0);
    let tickets = tickets(&out);
    let mut wanted = BTreeSet::new();
    for account in accounts(&out) {
        for principal in &account.principals {
            let idle = !principal.unused_access_keys.is_empty() || principal.unused_password.is_some();
            if idle || ["reducible", "unused-principal"].contains(&principal.status.name()) {
                wanted.insert(owner(principal, &account).to_owned());
            }
        }
    }
    assert!(wanted.contains("team-shop@example.com") && wanted.contains("444444444444"));
    assert!(tickets.keys().all(|name| !name.contains('/')));
    assert_eq!(wanted.difference(&tickets.keys().cloned().collect()).count(), 0);
    let text = &tickets["team-data@example.com"];
    assert!(text.starts_with("# Remove unused AWS permissions owned by `team-data@example.com`: 5 changes"));
    let first = text
        .split_once("\n- [ ] Change 1: ")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    assert!(first.ends_with("confidence high"), "{first}");
    assert!(text.contains("actions from AWS managed policy `PowerUserAccess`"));
    assert!(text.contains("`policies/777777777777/role/text-trap-glue-reader/glue-read.diff`"));
}

#[test]
fn without_a_tag_in_the_config_there_is_a_ticket_for_each_account() {
    let out = folder("tickets-accounts").join("report");
    crate::scan::scan("mocks/acme", &out).exits(0);
    let busy = |it: &&AccountReport| {
        it.principals.iter().any(|row| {
            let idle = !row.unused_access_keys.is_empty() || row.unused_password.is_some();
            idle || ["reducible", "unused-principal"].contains(&row.status.name())
        })
    };
    let all = accounts(&out);
    let wanted: Vec<String> = all.iter().filter(busy).map(|it| it.summary.id.clone()).collect();
    assert!(wanted.len() > 5);
    assert_eq!(tickets(&out).into_keys().collect::<Vec<_>>(), wanted);
}

#[test]
fn the_surest_changes_come_first_and_of_those_the_heaviest_and_the_files_are_there() {
    let out = folder("tickets-order").join("report");
    scan("mocks/acme", &out).exits(0);
    let mut changes = 0;
    for (name, text) in tickets(&out) {
        let points = |line: &str| line.rsplit_once("risk score by ").unwrap().1.replace(',', "");
        let removes = text.lines().filter(|line| line.starts_with("- Removes: "));
        let risks: Vec<u64> = removes.map(|line| points(line).parse().unwrap()).collect();
        changes += risks.len();
        let sure = text
            .lines()
            .filter_map(|line| line.strip_prefix("- Confidence: "));
        let rank = |line: &str| {
            ["high", "medium", "low"]
                .iter()
                .position(|level| line.starts_with(level))
        };
        let order: Vec<_> = sure
            .map(|line| rank(line).unwrap())
            .zip(risks.iter().map(|risk| Reverse(*risk)))
            .collect();
        assert_eq!(order.len(), risks.len());
        assert!(order.is_sorted(), "{name}: {order:?}");
        for line in text.lines().filter_map(|line| line.strip_prefix("- Files: ")) {
            for file in line.split(", ") {
                assert!(out.join(file.trim_matches('`')).is_file(), "{file}");
            }
        }
    }
    assert!(changes > 60);
}

#[test]
fn a_change_of_several_owners_is_in_the_ticket_of_each_who_learn_only_how_many_the_others_are() {
    let (snapshot, out) = torn("tickets-torn");
    scan(snapshot.to_str().unwrap(), &out).exits(0);
    let (accounts, tickets) = (accounts(&out), tickets(&out));
    let mut shared = 0;
    for account in &accounts {
        for change in &account.recommendations {
            let of = |arn: &&String| account.principals.iter().find(|it| it.arn == **arn).unwrap();
            let owners: BTreeSet<&str> = change
                .reaches
                .iter()
                .map(|arn| owner(of(&arn), account))
                .collect();
            shared += usize::from(owners.len() > 1);
            let known = format!("- ID: `{}`\n", change.id);
            let in_table: Vec<String> = table(&out)
                .into_iter()
                .map(|row| row["External ID"].clone())
                .filter(|id| {
                    id.strip_prefix("policy:")
                        .and_then(|id| id.rsplit_once('@'))
                        .is_some_and(|(id, _)| id == change.id)
                })
                .collect();
            assert_eq!(in_table.len(), owners.len(), "{}", change.id);
            for name in owners {
                let own = change
                    .reaches
                    .iter()
                    .filter(|arn| owner(of(arn), account) == name)
                    .count();
                let others = change.reaches.len() - own;
                // A ticket shows the forty heaviest; no owner here has so many.
                let at = tickets[name].find(&known);
                let at = at.unwrap_or_else(|| panic!("{} is not in the ticket of {name}", change.id));
                let entry = &tickets[name][..at];
                let line = entry
                    .lines()
                    .rfind(|line| line.starts_with("- Affects: "))
                    .unwrap();
                assert!(line.contains(&format!("{own} principal")), "{line}");
                assert_eq!(
                    line.contains(&format!("and {others} of other owners")),
                    others > 0,
                    "{line}"
                );
            }
        }
    }
    assert!(shared > 2);
    let all = accounts
        .iter()
        .flat_map(|it| it.principals.iter().map(move |row| (owner(row, it), row)));
    let by_owner: Vec<(&str, &PrincipalRow)> = all.collect();
    for (name, text) in &tickets {
        let own: BTreeSet<&str> = by_owner
            .iter()
            .filter(|(it, _)| it == name)
            .map(|(_, row)| row.name.as_str())
            .collect();
        for (_, stranger) in by_owner
            .iter()
            .filter(|(_, row)| !own.contains(row.name.as_str()))
        {
            assert!(
                !text.contains(&format!("`{}`", stranger.name)),
                "{} in {name}",
                stranger.name
            );
            assert!(
                !text.contains(&format!("/{}/", stranger.name)),
                "{} in {name}",
                stranger.name
            );
        }
    }
}

/// Two owners: those of the tag, which is the id of the account, and the account for those without it.
#[test]
fn a_ticket_names_ten_holders_and_an_owner_called_like_an_account_has_ids_of_its_own() {
    let root = folder("tickets-many");
    let mut roles = serde_json::Map::new();
    for number in 10..35 {
        let tags = if number < 23 {
            json!({"owner": "111111111111"})
        } else {
            json!({})
        };
        roles.insert(
            format!("app-{number}"),
            json!({"attached": ["aws:Storage"], "tags": tags}),
        );
    }
    let unused: serde_json::Map<_, _> = roles
        .keys()
        .map(|role| (role.clone(), json!({"s3": ["PutObject"]})))
        .collect();
    let account = json!({"roles": roles, "unused": unused});
    let aws = json!({"Storage": ["s3:GetObject", "s3:PutObject"]});
    let snapshot = root.join("snapshot");
    crate::decisions::recorded::write(
        &json!({"aws": aws, "accounts": {"111111111111": account}}),
        &snapshot,
    );
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out).exits(0);
    let tickets = tickets(&out);
    assert_eq!(
        tickets.keys().collect::<Vec<_>>(),
        ["%3111111111111", "111111111111"]
    );
    for (name, last, behind, more) in [
        ("%3111111111111", "app-19", "app-20", 3),
        ("111111111111", "app-32", "app-33", 2),
    ] {
        let text = &tickets[name];
        let line = text
            .lines()
            .find(|line| line.starts_with("- Attached to: "))
            .unwrap();
        assert!(
            line.ends_with(&format!("role `{last}` and {more} more")),
            "{line}"
        );
        assert_eq!(line.matches("role `").count(), 10, "{line}");
        assert!(!text.contains(&format!("`{behind}`")), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 1000), "{text}");
    }
    let ids: Vec<String> = table(&out)
        .into_iter()
        .map(|row| row["External ID"].clone())
        .collect();
    let owners: Vec<&str> = ids.iter().map(|id| id.rsplit_once('@').unwrap().1).collect();
    assert_eq!(owners, ["111111111111", "%3111111111111"], "{ids:?}");
}

#[test]
fn the_table_tells_of_all_that_the_report_does_under_ids_that_stay() {
    let (snapshot, out) = torn("tickets-table");
    scan(snapshot.to_str().unwrap(), &out).exits(0);
    let rows = table(&out);
    let ids: BTreeSet<&str> = rows.iter().map(|row| row["External ID"].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "two tickets have one id");
    let whole = report(&out);
    let mut changes: BTreeSet<String> = whole.recommendations.iter().map(|it| it.id.clone()).collect();
    let mut reviews = BTreeSet::new();
    for account in accounts(&out) {
        changes.extend(account.recommendations.iter().map(|it| it.id.clone()));
        for principal in &account.principals {
            let arn = &principal.arn;
            if principal.status.name() == "unused-principal" {
                reviews.insert(format!("unused-principal:{arn}"));
            }
            let keys = principal.unused_access_keys.iter();
            reviews.extend(
                keys.map(|it| format!("unused-access-key:{arn}/{}", it.access_key_id.as_ref().unwrap())),
            );
            reviews.extend(
                principal
                    .unused_password
                    .iter()
                    .map(|_| format!("unused-password:{arn}")),
            );
        }
    }
    let policies = ids
        .iter()
        .filter_map(|id| id.strip_prefix("policy:")?.rsplit_once('@'));
    assert_eq!(
        policies.map(|(id, _)| id.to_owned()).collect::<BTreeSet<_>>(),
        changes
    );
    assert_eq!(changes.len(), whole.totals.recommendations);
    let others = ids
        .iter()
        .filter(|id| !id.starts_with("policy:"))
        .map(|id| (*id).to_owned());
    assert_eq!(others.collect::<BTreeSet<_>>(), reviews);
    for row in &rows {
        assert!(["Highest", "High", "Medium", "Low", "Lowest"].contains(&row["Priority"].as_str()));
        assert!(
            ["left", "right", "middle"].contains(&row["Owner"].as_str()),
            "{row:?}"
        );
        assert!(row["Summary"].chars().count() <= 250 && !row["Description"].is_empty());
    }
}
