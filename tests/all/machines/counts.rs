//! All formats of one report, read back: they tell of the same things.

use std::collections::BTreeSet;
use std::path::Path;

use leastwise::report::{Report, Totals};
use serde_json::Value;

use super::{json, ocsf, text};
use crate::run::folder;
use crate::scan::{account, manifest, report, scan};

/// What each format should tell of, by the JSON files.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    recommendations: BTreeSet<String>,
    unused_principals: BTreeSet<String>,
    permissions_removed: u64,
}

fn of_json(out: &Path, report: &Report) -> Told {
    let mut told = Told {
        recommendations: report.recommendations.iter().map(|it| it.id.clone()).collect(),
        unused_principals: BTreeSet::new(),
        permissions_removed: report.recommendations.iter().map(|it| it.proof.removed as u64).sum(),
    };
    for summary in &report.accounts {
        let account = account(out, &summary.id);
        for change in &account.recommendations {
            assert!(told.recommendations.insert(change.id.clone()), "{} is there twice", change.id);
            told.permissions_removed += change.proof.removed as u64;
        }
        let unused = account.principals.into_iter().filter(|it| it.bucket == "unused-principal");
        told.unused_principals.extend(unused.map(|it| it.arn));
    }
    told
}

/// Of a list of findings; `None` where a pointer leads nowhere.
fn of_findings(findings: &[Value], id: &str, removed: &str, arn: impl Fn(&Value) -> Option<String>) -> Told {
    let changes: Vec<&Value> = findings.iter().filter(|it| it.pointer(id).is_some()).collect();
    let told = Told {
        recommendations: changes.iter().map(|it| text(it, id).to_owned()).collect(),
        unused_principals: findings.iter().filter_map(arn).collect(),
        permissions_removed: changes.iter().map(|it| it.pointer(removed).unwrap().as_u64().unwrap()).sum(),
    };
    assert_eq!(told.recommendations.len(), changes.len());
    told
}

fn of_csv(out: &Path) -> Told {
    let mut reader = csv::Reader::from_path(out.join("findings.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |column: &str| head.iter().position(|it| it == column).unwrap();
    let [id, removed, bucket, arn] =
        ["recommendation_id", "permissions_removed", "bucket", "principal_arn"].map(at);
    // A row is a principal's policy, so a change stands once for each whom it reaches.
    let mut told =
        Told { recommendations: BTreeSet::new(), unused_principals: BTreeSet::new(), permissions_removed: 0 };
    for row in reader.records() {
        let row = row.unwrap();
        if !row[id].is_empty() && told.recommendations.insert(row[id].to_owned()) {
            told.permissions_removed += row[removed].parse::<u64>().unwrap();
        }
        if &row[bucket] == "unused-principal" {
            told.unused_principals.insert(row[arn].to_owned());
        }
    }
    told
}

fn check(snapshot: &str, code: i32) -> Totals {
    let out = folder(&format!("counts-{code}")).join("report");
    scan(snapshot, &out).exits(code);
    let report = report(&out);
    let told = of_json(&out, &report);
    assert_eq!(told.recommendations.len(), report.totals.recommendations);
    assert_eq!(told.unused_principals.len(), report.totals.buckets["unused-principal"]);
    assert_eq!(told.permissions_removed, report.totals.permissions_removed as u64);

    let sarif = json(&out.join("report.sarif"));
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let arn = |result: &Value| {
        let about = text(result, "/locations/0/logicalLocations/0/fullyQualifiedName");
        (text(result, "/ruleId") == "unused-principal").then(|| about.to_owned())
    };
    assert_eq!(
        of_findings(results, "/properties/recommendation", "/properties/permissionsRemoved", arn),
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
    assert_eq!(of_findings(&events, "/unmapped/recommendation", "/unmapped/permissions_removed", arn), told);

    assert_eq!(of_csv(&out), told);
    report.totals
}

#[test]
fn all_formats_tell_of_the_same_changes_and_the_same_unused_principals() {
    let totals = check("mocks/acme", 0);
    assert!(totals.recommendations > 50 && totals.buckets["unused-principal"] > 0);
    check("mocks/partial", 3);
}
