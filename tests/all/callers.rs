//! The same organisation seen by other callers than the delegated administrator of Access Analyzer.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fake::{Fault, Rule, When};
use crate::run::{Ran, folder};
use crate::scan::{acme, files, live_as, report, scan};

const MANAGEMENT: &str = "AKIA111111111111";
const ADMINISTRATOR: &str = "222222222222";

/// All of a report but what is of the run itself.
fn lasting(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(folder);
    assert!(files.remove("manifest.json").is_some());
    files
}

fn differing(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = one.keys().chain(other.keys()).filter(|name| one.get(*name) != other.get(*name));
    names.cloned().collect()
}

fn scan_as(fake: &crate::fake::Fake, key: &str, out: &Path) -> Ran {
    live_as(fake, key, &["scan", "--out", out.to_str().unwrap()])
}

#[test]
fn the_management_account_finds_the_delegated_administrators_analyzer_and_gives_the_same_report() {
    let folder = folder("management");
    let (recorded, lived) = (folder.join("recorded"), folder.join("lived"));
    scan("mocks/acme", &recorded).exits(0);
    let fake = acme().page("ListAccounts", 3).empty_pages("ListDelegatedAdministrators").start();
    scan_as(&fake, MANAGEMENT, &lived).exits(0);
    assert_eq!(differing(&lasting(&recorded), &lasting(&lived)), Vec::<String>::new());
    for operation in ["GetAnalyzer", "ListFindingsV2", "GetFindingV2"] {
        let callers = fake.calls().into_keys().filter(|(called, _)| called == operation);
        let callers: Vec<String> = callers.map(|(_, account)| account).collect();
        assert_eq!(callers, [ADMINISTRATOR], "{operation}");
    }
}

#[test]
fn an_administrator_that_cannot_be_entered_is_a_row_of_every_account_that_has_no_analyzer_of_its_own() {
    let out = folder("closed-administrator").join("report");
    let closed = Rule::new(Fault::Denied, When::Always).on("AssumeRole").of(ADMINISTRATOR);
    let fake = acme().fault(closed).start();
    scan_as(&fake, MANAGEMENT, &out).exits(3);
    let report = report(&out);
    let unread = report.accounts.iter().filter(|account| !account.failures.is_empty());
    assert_eq!(unread.count(), 9);
    assert_eq!(
        fake.calls_of("GenerateServiceLastAccessedDetails"),
        0,
        "findings there are, for all that is known"
    );
}
