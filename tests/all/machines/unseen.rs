//! What nobody would see is written out in everything that people read: no file of a report holds it, but for the documents,
//! which are as AWS has them.

use std::fs;

use serde_json::Value;

use super::hostile;
use crate::hostile::poison;
use crate::run::folder;
use crate::scan::{account, files, report, scan};

/// Characters that control how text is displayed, are invisible, or look like a space.
const UNSEEN: &str = "\u{7f}\u{85}\u{9b}\u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200b}\u{200d}\u{200f}\u{2003}\
                      \u{2028}\u{202e}\u{2060}\u{2066}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{fffb}\u{e0041}\u{e0100}";

#[test]
fn no_file_of_a_report_holds_what_is_unseen_but_for_the_documents() {
    let root = folder("machines-unseen");
    let snapshot = hostile::snapshot(&root);
    for (path, bytes) in files(&snapshot) {
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        let members = [
            "RoleName",
            "UserName",
            "PolicyName",
            "Sid",
            "Value",
            "Name",
            "Condition",
            "GroupName",
        ];
        poison(&mut value, &members, UNSEEN);
        fs::write(snapshot.join(path), value.to_string()).unwrap();
    }
    let out = root.join("report");
    let formats = "asff,changes,cloudformation,csv,html,ocsf,sarif,summary,terraform,tickets";
    let args = [
        "scan",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--format",
        formats,
    ];
    crate::run::leastwise(args).ran();
    let (mut documents, mut differences) = (0, 0);
    for (path, bytes) in files(&out) {
        let text = String::from_utf8(bytes).unwrap();
        let found = text
            .chars()
            .find(|c| UNSEEN.contains(*c) || c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
        if path.ends_with(".before.json") || path.ends_with(".after.json") || path.contains("/documents/") {
            documents += usize::from(found.is_some());
            continue;
        }
        assert_eq!(found, None, "{path}");
        differences += usize::from(path.ends_with(".diff") && text.contains("\\u202e"));
    }
    assert!(
        documents > 10 && differences > 3,
        "{documents} documents, {differences} differences"
    );
    // Programs read the names as they are.
    let names = report(&out)
        .accounts
        .into_iter()
        .map(|it| account(&out, &it.id))
        .flat_map(|it| it.principals);
    assert!(names.map(|it| it.name).any(|name| name.contains('\u{202e}')));
}

#[test]
fn what_programs_show_to_people_has_it_written_out_twice_over() {
    let root = folder("machines-unseen-messages");
    let snapshot = hostile::snapshot(&root);
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out);
    let sarif: Value = serde_json::from_slice(&fs::read(out.join("report.sarif")).unwrap()).unwrap();
    let messages = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["message"]["text"].clone());
    let events = fs::read_to_string(out.join("findings.ocsf.jsonl")).unwrap();
    let titles = events
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["message"].clone());
    let told: Vec<String> = messages
        .chain(titles)
        .map(|it| it.as_str().unwrap().to_owned())
        .collect();
    assert!(
        told.iter().any(|text| text.contains("\\u202e")),
        "no hostile name is reported"
    );
    assert!(
        !told
            .iter()
            .any(|text| text.contains(['\u{202e}', '\u{1b}', '\u{2028}', '\u{200f}']))
    );
}
