//! All formats of one report, read back: they contain the same things.

mod statuses;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::{PrincipalRow, Report, Totals};
use serde_json::Value;

use statuses::{statuses, statuses_of_csv, statuses_of_html};

use super::{json, ocsf, text};
use crate::fake::{Invented, write_folder};
use crate::harness::pages::{between, data};
use crate::run::{folder, leastwise};
use crate::scan::{account, manifest, report};

/// What each format should tell of, by the JSON files.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    recommendations: BTreeSet<String>,
    unused_principals: BTreeSet<String>,
    permissions_removed: u64,
    risk_removed: u64,
    /// How many changes each account has of its own; none is not told.
    of_account: BTreeMap<String, usize>,
}

impl Told {
    fn none() -> Self {
        Self {
            recommendations: BTreeSet::new(),
            unused_principals: BTreeSet::new(),
            permissions_removed: 0,
            risk_removed: 0,
            of_account: BTreeMap::new(),
        }
    }
}

/// What each format reports about policies with unused permissions that are not changed: account, policy and
/// reason.
type LeftAlone = BTreeSet<(String, String, String)>;

fn of_json(out: &Path, report: &Report) -> Told {
    let mut told = Told {
        recommendations: report.recommendations.iter().map(|it| it.id.clone()).collect(),
        permissions_removed: report
            .recommendations
            .iter()
            .map(|it| it.permissions_removed as u64)
            .sum(),
        risk_removed: report.recommendations.iter().map(|it| it.impact.risk).sum(),
        ..Told::none()
    };
    for summary in &report.accounts {
        let account = account(out, &summary.id);
        for change in &account.recommendations {
            assert!(
                told.recommendations.insert(change.id.clone()),
                "{} appears twice",
                change.id
            );
            told.permissions_removed += change.permissions_removed as u64;
            told.risk_removed += change.impact.risk;
            *told.of_account.entry(summary.id.clone()).or_default() += 1;
        }
        let unused = account
            .principals
            .into_iter()
            .filter(|it| it.status.name() == "unused-principal");
        told.unused_principals.extend(unused.map(|it| it.arn));
    }
    told
}

/// Of a list of findings; `None` where a pointer leads nowhere. The pointers are those of a change's id, of what it removes in
/// permissions and points of risk, and of its account.
fn of_findings(
    findings: &[Value],
    [id, removed, risk, account]: [&str; 4],
    arn: impl Fn(&Value) -> Option<String>,
) -> Told {
    let sum = |changes: &[&Value], pointer: &str| -> u64 {
        changes
            .iter()
            .map(|it| it.pointer(pointer).unwrap().as_u64().unwrap())
            .sum()
    };
    let changes: Vec<&Value> = findings.iter().filter(|it| it.pointer(id).is_some()).collect();
    let told = Told {
        recommendations: changes.iter().map(|it| text(it, id).to_owned()).collect(),
        unused_principals: findings.iter().filter_map(arn).collect(),
        permissions_removed: sum(&changes, removed),
        risk_removed: sum(&changes, risk),
        of_account: BTreeMap::new(),
    };
    let mut told = told;
    for id in changes.iter().filter_map(|it| it.pointer(account)?.as_str()) {
        *told.of_account.entry(id.to_owned()).or_default() += 1;
    }
    assert_eq!(told.recommendations.len(), changes.len());
    told
}

/// A number as a page writes it.
fn number(text: &str) -> u64 {
    text.chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap()
}

/// The changes of the pages for people. What is unused they tell by name, which the rows of the index have.
fn of_html(out: &Path, report: &Report) -> Told {
    let mut told = Told::none();
    let page = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    let mut pages = vec![("", page("families.html"), report.recommendations.len())];
    for summary in &report.accounts {
        pages.push((
            &summary.id,
            page(&format!("accounts/{}.html", summary.id)),
            summary.recommendations,
        ));
    }
    for (account, page, wanted) in pages {
        let changes = between(&page, "<article class=\"change\" id=\"change/", "</article>");
        assert_eq!(changes.len(), wanted);
        for change in changes {
            let id = between(change, "<li>ID: <code>", "</code>")[0];
            assert!(told.recommendations.insert(id.to_owned()), "{id} is there twice");
            // What is nought is not said.
            let told_of = |words| between(change, words, ".").first().map_or(0, |it| number(it));
            told.permissions_removed += told_of("counted for each principal: ");
            told.risk_removed += told_of("lowers the risk score by ");
            if !account.is_empty() {
                *told.of_account.entry(account.to_owned()).or_default() += 1;
            }
        }
    }
    // The index lists the same ones, those of an account by what comes behind its id.
    let data = data(out);
    let unused = data["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .position(|it| text(it, "/0") == "unused-principal");
    for found in data["accounts"].as_array().unwrap() {
        let rows = found["rows"].as_array().unwrap().iter();
        let account = account(out, text(found, "/id"));
        for row in rows.filter(|row| row[2].as_u64() == unused.map(|place| place as u64)) {
            let kind = if row[0] == 0 { "role" } else { "user" };
            let is_it = |it: &&PrincipalRow| it.name == text(row, "/1") && it.kind.name() == kind;
            told.unused_principals
                .insert(account.principals.iter().find(is_it).unwrap().arn.clone());
        }
    }
    let shared = data["shared"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| text(it, "/0").to_owned());
    let own = data["accounts"].as_array().unwrap().iter().flat_map(|account| {
        let changes = account["changes"].as_array().unwrap().iter();
        changes.map(|it| match text(it, "/0").strip_prefix(' ') {
            Some(whole) => whole.to_owned(),
            None => format!("{}/{}", text(account, "/id"), text(it, "/0")),
        })
    });
    assert_eq!(
        shared.chain(own).collect::<BTreeSet<String>>(),
        told.recommendations
    );
    let index = page("index.html");
    let said = between(&index, "<span class=\"by\">by ", " change")[0];
    assert_eq!(number(said), report.totals.recommendations as u64);
    told
}

fn of_csv(out: &Path, report: &Report) -> Told {
    let of_many: BTreeSet<&str> = report.recommendations.iter().map(|it| it.id.as_str()).collect();
    let mut reader = csv::Reader::from_path(out.join("findings.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |column: &str| head.iter().position(|it| it == column).unwrap();
    let [id, removed, risk, status, arn, account] = [
        "recommendation_id",
        "permissions_removed",
        "risk_removed",
        "status",
        "principal_arn",
        "account_id",
    ]
    .map(at);
    // A row is a principal's policy, and says what the change takes from that principal.
    let mut told = Told::none();
    for row in reader.records() {
        let row = row.unwrap();
        if !row[id].is_empty() {
            let is_new = told.recommendations.insert(row[id].to_owned());
            if is_new && !of_many.contains(&row[id]) {
                *told.of_account.entry(row[account].to_owned()).or_default() += 1;
            }
            told.permissions_removed += row[removed].parse::<u64>().unwrap();
            told.risk_removed += row[risk].parse::<u64>().unwrap();
        }
        if &row[status] == "unused-principal" {
            told.unused_principals.insert(row[arn].to_owned());
        }
    }
    told
}

/// Permissions and points of risk that the findings take, each account's from its own principals.
fn sums_of_asff(out: &Path) -> (u64, u64) {
    let findings: Vec<Value> = super::asff::calls(out)
        .into_iter()
        .flat_map(|(_, findings)| findings)
        .collect();
    let sum = |field: &str| {
        let fields = findings
            .iter()
            .filter_map(|it| it["ProductFields"][field].as_str());
        fields.map(|text| text.parse::<u64>().unwrap()).sum()
    };
    (sum("leastwise/permissionsRemoved"), sum("leastwise/riskRemoved"))
}

/// The same of the tickets, each owner's from the owner's principals.
fn sums_of_tickets(out: &Path) -> (u64, u64) {
    let mut reader = csv::Reader::from_path(out.join("tickets/tickets.csv")).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    let changes = rows.filter(|row| row[4].contains("unused-permissions"));
    changes.fold((0, 0), |(permissions, risk), row| {
        let first = between(&row[2], "- Removes: ", " permission")[0];
        let second = between(&row[2], "lowers their risk score by ", "\n")[0];
        (permissions + number(first), risk + number(second))
    })
}

fn left_alone(out: &Path, report: &Report) -> LeftAlone {
    let each = report.accounts.iter().flat_map(|summary| {
        let left = account(out, &summary.id).left_alone;
        left.into_iter()
            .map(|it| (summary.id.clone(), it.policy, it.code.to_string()))
            .collect::<Vec<_>>()
    });
    each.collect()
}

fn left_alone_of_sarif(results: &[Value]) -> LeftAlone {
    let left = results
        .iter()
        .filter(|it| text(it, "/ruleId").starts_with("left-alone-"));
    let own = left.filter(|it| it.pointer("/properties/account").is_some());
    let row = |it: &Value| {
        let policy = text(it, "/locations/0/logicalLocations/0/fullyQualifiedName");
        (
            text(it, "/properties/account").to_owned(),
            policy.to_owned(),
            text(it, "/properties/code").to_owned(),
        )
    };
    own.map(row).collect()
}

fn left_alone_of_html(out: &Path, report: &Report) -> LeftAlone {
    let each = report.accounts.iter().flat_map(|summary| {
        let page = fs::read_to_string(out.join(format!("accounts/{}.html", summary.id))).unwrap();
        let rows = between(&page, "<article class=\"kept\" data-code=\"", "</bdi></h3>");
        let row = |text: &&str| {
            let (code, policy) = text.split_once("\">\n<h3><bdi>").unwrap();
            (summary.id.clone(), policy.to_owned(), code.to_owned())
        };
        rows.iter().map(row).collect::<Vec<_>>()
    });
    each.collect()
}

fn check(name: &str, snapshot: &str, code: i32) -> Totals {
    let out = folder(&format!("counts-{name}")).join("report");
    let formats = "asff,csv,html,ocsf,sarif,summary,tickets";
    let to = out.to_str().unwrap();
    leastwise(["scan", "--snapshot", snapshot, "--out", to, "--format", formats])
        .ran()
        .exits(code);
    let report = report(&out);
    let told = of_json(&out, &report);
    assert_eq!(told.recommendations.len(), report.totals.recommendations);
    assert_eq!(
        told.unused_principals.len(),
        report.totals.statuses[&PrincipalStatus::UnusedPrincipal]
    );
    assert_eq!(told.permissions_removed, report.totals.effect.removed as u64);

    let sarif = json(&out.join("report.sarif"));
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let arn = |result: &Value| {
        let about = text(result, "/locations/0/logicalLocations/0/fullyQualifiedName");
        (text(result, "/ruleId") == "unused-principal").then(|| about.to_owned())
    };
    assert_eq!(
        of_findings(
            results,
            [
                "/properties/recommendation",
                "/properties/permissionsRemoved",
                "/properties/riskRemoved",
                "/properties/account",
            ],
            arn
        ),
        told
    );
    let totals: Totals = serde_json::from_value(run["properties"]["totals"].clone()).unwrap();
    assert_eq!(totals, report.totals);
    assert_eq!(manifest(&out).totals, report.totals);

    let events = ocsf::events(&out);
    let arn = |event: &Value| {
        let uid = text(event, "/finding_info/uid");
        uid.strip_prefix("unused-principal:").map(str::to_owned)
    };
    let pointers = [
        "/unmapped/recommendation",
        "/unmapped/permissions_removed",
        "/unmapped/risk_removed",
        "/cloud/account/uid",
    ];
    assert_eq!(of_findings(&events, pointers, arn), told);
    assert_eq!(sums_of_asff(&out), (told.permissions_removed, told.risk_removed));
    assert_eq!(
        sums_of_tickets(&out),
        (told.permissions_removed, told.risk_removed)
    );

    let left = left_alone(&out, &report);
    assert_eq!(left.len(), report.totals.left_alone);
    assert_eq!(left_alone_of_sarif(results), left);
    assert_eq!(left_alone_of_html(&out, &report), left);

    assert_eq!(of_csv(&out, &report), told);
    assert_eq!(of_html(&out, &report), told);
    let statuses = statuses(&out, &report);
    for (code, number) in &report.totals.statuses {
        let of_accounts: usize = statuses
            .iter()
            .filter(|((_, it), _)| it == code.name())
            .map(|(_, number)| number)
            .sum();
        assert_eq!(of_accounts, *number, "{code}");
    }
    assert_eq!(statuses.values().sum::<usize>(), report.totals.principals);
    assert_eq!(statuses_of_csv(&out), statuses);
    assert_eq!(statuses_of_html(&out), statuses);
    let excepted = results
        .iter()
        .filter(|it| text(it, "/ruleId") == "principal-excepted")
        .count();
    assert_eq!(excepted, report.totals.statuses[&PrincipalStatus::Excluded]);
    report.totals
}

#[test]
fn all_formats_tell_of_the_same_changes_and_the_same_unused_principals() {
    let totals = check("acme", "mocks/acme", 0);
    assert!(totals.recommendations > 50 && totals.statuses[&PrincipalStatus::UnusedPrincipal] > 0);
    check("partial", "mocks/partial", 3);
    let totals = check("fabrikam", "mocks/fabrikam", 0);
    assert!(totals.recommendations > 5 && totals.left_alone > 0 && totals.credentials > 0);
}

#[test]
fn the_formats_of_an_invented_organisation_agree_as_well() {
    let snapshot = folder("counts-invented-answers");
    write_folder(
        &Invented {
            accounts: 3,
            principals: 60,
            seed: 11,
        },
        &snapshot,
    )
    .unwrap();
    let totals = check("invented", snapshot.to_str().unwrap(), 0);
    assert!(
        totals.principals >= 180 && totals.recommendations > 50,
        "{totals:?}"
    );
}
