//! `findings.csv`: what a spreadsheet and a script read of a report.

use std::fs;

use crate::run::folder;
use crate::scan::{account, demonstration, report, scan};

type Table = (Vec<String>, Vec<Vec<String>>);

fn table(text: &str) -> Table {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let head = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (head, rows)
}

fn cell<'t>((head, _): &Table, row: &'t [String], column: &str) -> &'t str {
    &row[head.iter().position(|name| name == column).unwrap()]
}

#[test]
fn every_principal_has_a_row_for_each_of_its_policies_and_the_numbers_are_those_of_the_report() {
    let out = demonstration();
    let text = fs::read_to_string(out.join("findings.csv")).unwrap();
    assert!(text.ends_with("\r\n"));
    let table = table(&text);
    let mut wanted = 0;
    for summary in report(&out).accounts {
        let account = account(&out, &summary.id);
        for principal in &account.principals {
            wanted += principal.policies.len().max(1);
            let rows = table.1.iter().filter(|row| cell(&table, row, "principal_arn") == principal.arn);
            let named: std::collections::BTreeSet<&str> =
                rows.map(|row| cell(&table, row, "recommendation_id")).filter(|id| !id.is_empty()).collect();
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
fn no_cell_is_a_formula_and_none_is_longer_than_a_spreadsheet_takes() {
    let folder = folder("csv-hostile");
    let snapshot = folder.join("snapshot");
    let captured = ["capture", "--snapshot", "mocks/partial", "--out", snapshot.to_str().unwrap()];
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
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:.40}");
            assert!(cell.encode_utf16().count() <= 32_767);
        }
        let name = cell(&table, row, "account_name");
        assert!(name.starts_with("'=HYPERLINK") && name.ends_with("characters in all)"));
    }
}
