//! `findings.csv`: what a spreadsheet and a script read of a report.

use std::fs;

use crate::run::folder;
use crate::scan::{account, demonstration, report, scan};

type Table = (Vec<String>, Vec<Vec<String>>);

fn table(text: &str) -> Table {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let head = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    (head, rows)
}

fn cell<'t>((head, _): &Table, row: &'t [String], column: &str) -> &'t str {
    &row[head.iter().position(|name| name == column).unwrap()]
}

#[test]
fn every_principal_has_a_row_of_its_own_and_one_for_each_policy_and_unused_credential() {
    let out = demonstration();
    let text = fs::read_to_string(out.join("findings.csv")).unwrap();
    assert!(text.ends_with("\r\n"));
    let table = table(&text);
    let mut wanted = 0;
    for summary in report(&out).accounts {
        let account = account(&out, &summary.id);
        for principal in &account.principals {
            wanted += 1 + principal.policies.len() + principal.credentials();
            let rows = table
                .1
                .iter()
                .filter(|row| cell(&table, row, "principal_arn") == principal.arn);
            let named: std::collections::BTreeSet<&str> = rows
                .map(|row| cell(&table, row, "recommendation_id"))
                .filter(|id| !id.is_empty())
                .collect();
            // Each recommendation that reaches a refined principal stands in a row of its policy.
            if principal.status.name() == "reducible" {
                assert_eq!(
                    named.into_iter().collect::<Vec<_>>(),
                    principal.recommendations,
                    "{}",
                    principal.arn
                );
            }
        }
    }
    assert_eq!(table.1.len(), wanted);
}

#[test]
fn the_sum_of_a_column_is_the_total_of_the_report() {
    for snapshot in ["mocks/acme", "mocks/partial"] {
        let out = folder("csv-sums").join("report");
        scan(snapshot, &out);
        let table = table(&fs::read_to_string(out.join("findings.csv")).unwrap());
        let sum = |column: &str| -> u64 {
            let cells = table
                .1
                .iter()
                .map(|row| cell(&table, row, column))
                .filter(|cell| !cell.is_empty());
            cells.map(|cell| cell.parse::<u64>().unwrap()).sum()
        };
        let totals = report(&out).totals;
        let effect = &totals.effect;
        assert_eq!(sum("permissions_removed"), effect.removed as u64, "{snapshot}");
        assert_eq!(sum("principal_removed"), effect.removed as u64);
        assert_eq!(sum("principal_granted"), effect.granted as u64);
        assert_eq!(sum("principal_unused"), effect.unused as u64);
        assert_eq!(sum("principal_risk_before"), effect.risk_before);
        assert_eq!(sum("principal_risk_after"), effect.risk_after);
        assert_eq!(
            sum("risk_removed"),
            effect.risk_before - effect.risk_after,
            "{snapshot}"
        );
        let decisions = |kind: &str| {
            table
                .1
                .iter()
                .filter(|row| cell(&table, row, "decision") == kind)
                .count()
        };
        assert_eq!(
            decisions("access-key") + decisions("password"),
            totals.credentials
        );
        assert_eq!(decisions("principal"), totals.principals);
    }
}

#[test]
fn the_columns_are_those_that_the_schema_explains() {
    let out = demonstration();
    let (head, rows) = table(&fs::read_to_string(out.join("findings.csv")).unwrap());
    let ran = crate::run::leastwise(["schema", "csv"]).ran();
    let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let columns = schema["columns"].as_array().unwrap();
    let names: Vec<&str> = columns.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, head);
    for column in columns {
        assert!(!column["means"].as_str().unwrap().is_empty(), "{column}");
    }
    let severities = ["", "none", "low", "medium", "high", "critical"];
    let at = head.iter().position(|name| name == "severity").unwrap();
    assert!(rows.iter().all(|row| severities.contains(&row[at].as_str())));
}

#[test]
fn no_cell_is_a_formula_and_none_is_longer_than_a_spreadsheet_takes() {
    let folder = folder("csv-hostile");
    let snapshot = folder.join("snapshot");
    let captured = [
        "capture",
        "--snapshot",
        "mocks/partial",
        "--out",
        snapshot.to_str().unwrap(),
    ];
    crate::run::leastwise(captured).ran();
    let accounts = snapshot.join("accounts.json");
    let mut names: serde_json::Value = serde_json::from_slice(&fs::read(&accounts).unwrap()).unwrap();
    for account in names["Accounts"].as_array_mut().unwrap() {
        account["Name"] = format!("=HYPERLINK(\"http://x\",\"{}\"),\r\n@SUM", "é".repeat(40_000)).into();
    }
    fs::write(&accounts, names.to_string()).unwrap();
    let out = folder.join("report");
    scan(snapshot.to_str().unwrap(), &out);
    let table = table(&fs::read_to_string(out.join("findings.csv")).unwrap());
    assert!(!table.1.is_empty());
    for row in &table.1 {
        for cell in row {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
                "{cell:.40}"
            );
            assert!(cell.encode_utf16().count() <= 32_767);
        }
        let name = cell(&table, row, "account_name");
        assert!(name.starts_with("'=HYPERLINK") && name.ends_with("characters in all)"));
    }
}
