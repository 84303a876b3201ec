//! The query, and what Athena answers.

use std::fs;

use serde_json::{Value, json};

use super::{READER, Records, SHOP, watch};
use crate::run::{folder, leastwise};
use crate::scan::demonstration;

/// What the query selects of records, row by row.
fn answer(records: &[Value], columns: &[String]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut rows: Vec<Vec<(&str, String)>> = Vec::new();
    for record in records {
        let at = |name: &str| text(&record[name]);
        let common = vec![
            ("eventtime", at("eventTime")),
            ("eventid", at("eventID")),
            ("eventsource", at("eventSource")),
            ("eventname", at("eventName")),
            ("awsregion", at("awsRegion")),
            ("recipientaccountid", at("recipientAccountId")),
            ("errorcode", at("errorCode")),
            ("errormessage", at("errorMessage")),
            (
                "sessionissuer",
                text(
                    record
                        .pointer("/userIdentity/sessionContext/sessionIssuer/arn")
                        .unwrap_or(&Value::Null),
                ),
            ),
            (
                "arn",
                text(record.pointer("/userIdentity/arn").unwrap_or(&Value::Null)),
            ),
            (
                "resource",
                text(record.pointer("/resources/0/ARN").unwrap_or(&Value::Null)),
            ),
        ];
        if !at("errorCode").is_empty() {
            rows.push([vec![("kind", "denied".to_owned())], common.clone()].concat());
        } else if at("eventSource") == "iam.amazonaws.com" {
            let more = [
                ("requestparameters", at("requestParameters")),
                ("responseelements", at("responseElements")),
            ];
            rows.push([vec![("kind", "write".to_owned())], more.to_vec(), common.clone()].concat());
        }
        let kind = match (at("eventCategory").as_str(), at("readOnly").as_str()) {
            ("Data", _) => "data",
            (_, "true") => "read",
            _ => "write",
        };
        let source = if kind == "data" {
            at("eventSource")
        } else {
            String::new()
        };
        rows.push(vec![
            ("kind", "day".to_owned()),
            ("eventtime", at("eventTime")),
            ("lasttime", at("eventTime")),
            ("eventsource", source),
            ("eventname", kind.to_owned()),
            ("awsregion", at("awsRegion")),
            ("recipientaccountid", at("recipientAccountId")),
            ("events", "1".to_owned()),
        ]);
    }
    let mut out = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    out.write_record(columns).unwrap();
    for row in rows {
        let cell = |column: &String| {
            row.iter()
                .find(|(name, _)| name == column)
                .map(|(_, text)| text.as_str())
        };
        out.write_record(columns.iter().map(|column| cell(column).unwrap_or_default()))
            .unwrap();
    }
    String::from_utf8(out.into_inner().unwrap()).unwrap()
}

/// The columns that the page about it documents.
fn documented() -> Vec<String> {
    let page = fs::read_to_string("docs/watch.md").unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once("` |").map(|(name, _)| name.to_owned()))
        .collect()
}

#[test]
fn what_athena_answers_stands_for_the_same_as_the_files() {
    let folder = folder("watch-athena");
    let mut records = Records::quiet(20, &[SHOP, "222222222222"]);
    records.applied(2);
    records.denied(
        5,
        json!({"resources": [{"ARN": "arn:aws:ec2:::x, \"y\"\nz"}], "errorMessage": "a \"quoted\",\ntext"}),
    );
    records.denied(
        6,
        json!({"eventName": "Unheard", "eventSource": "unheard.amazonaws.com"}),
    );
    records.add(SHOP, 3, 0, json!({"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventCategory": "Data", "readOnly": true}));
    let files = folder.join("files");
    records.write(&files);
    let columns = documented();
    assert_eq!(columns.len(), 16);
    let csv = folder.join("result.csv");
    fs::write(&csv, answer(&records.all, &columns)).unwrap();
    let result = |trail| {
        let ran = watch(trail, &["--format", "json"]).exits(3);
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let (one, other) = (result(&files), result(&csv));
    assert_eq!(one, other);
    assert_eq!(one["counts"]["denied"], 1);
    // Columns in another order and in other letters are the same columns.
    let turned: Vec<String> = columns.iter().rev().cloned().collect();
    let text = answer(&records.all, &turned).replacen("\"eventtime\"", "\"eventTime\"", 1);
    fs::write(&csv, text).unwrap();
    assert_eq!(result(&csv), one);
}

#[test]
fn the_query_has_the_principals_the_times_and_the_documented_columns() {
    let report = demonstration();
    let report = report.to_str().unwrap();
    let query = |more: &[&str]| {
        leastwise(["watch", report, "--print-query", "athena"].iter().chain(more))
            .ran()
            .exits(0)
            .out
    };
    let sql = query(&["--table", "logs.cloud-trail", "--change", READER]);
    assert!(sql.contains("FROM \"logs\".\"cloud-trail\"\n"), "{sql}");
    assert!(
        sql.contains("IN ('arn:aws:iam::444444444444:role/wildcard-prefix-reader')"),
        "{sql}"
    );
    assert!(
        sql.contains(&format!(
            "eventtime >= '{}'",
            &crate::scan::manifest(&demonstration()).started[..10]
        )) || sql.contains("eventtime >= '20")
    );
    for column in documented() {
        assert!(sql.contains(&column), "{column}");
    }
    let every = query(&[]);
    assert!(every.contains("\"cloudtrail_logs\"") && every.len() < 262_144);
    assert!(every.matches("arn:aws:iam::").count() > 50);
    leastwise([
        "watch",
        report,
        "--print-query",
        "athena",
        "--table",
        "x; DROP TABLE y",
    ])
    .ran()
    .exits(2)
    .says("TABLE");
}

#[test]
fn another_file_is_not_taken_for_an_answer() {
    let folder = folder("watch-other-csv");
    let path = folder.join("other.csv");
    fs::write(&path, "a,b\n1,2\n").unwrap();
    watch(&path, &[])
        .exits(1)
        .says("is not the result of the query")
        .says("--print-query athena");
    let path = folder.join("other.txt");
    fs::write(&path, "x").unwrap();
    watch(&path, &[]).exits(2).says("is not a CloudTrail file");
    watch(&folder.join("missing"), &[])
        .exits(1)
        .says("cannot read")
        .says("check the path");
}
