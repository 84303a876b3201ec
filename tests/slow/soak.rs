//! A large organisation, scanned over HTTP while everything goes wrong now and then: nobody is lost, and nothing hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use leastwise_core::decide::PrincipalStatus;
use leastwise_core::report::{AccountReport, AccountSummary, Coverage, Report};

use crate::fake::{Fake, Fault, Invented, Rule, When, World};
use crate::run::folder;
use crate::scan::command_as;

const ORGANISATION: Invented = Invented {
    accounts: 200,
    principals: 100,
    seed: 8,
};
/// The delegated administrator, whose the analyzer is.
const CALLER: &str = "AKIA200000000001";
/// Of a hundred calls so many go wrong.
const FAULTS: f64 = 5.0;

/// What is called for each account. What is called once for the whole organisation cannot end in a row of an account.
const OF_ACCOUNTS: [&str; 4] = [
    "AssumeRole",
    "GetAccountAuthorizationDetails",
    "ListFindingsV2",
    "GetFindingV2",
];

const CONFIG: &str = r#"
[limits]
accounts = 32
findings = 256
attempts = 4
call-timeout = "10s"
account-timeout = "1d"

[limits.calls-per-second]
iam = 100
sts = 100
access-analyzer = 1000
"#;

/// Every kind of fault as often as every other. The calls that are made once for all accounts have only such faults as
/// pass when they are made again.
fn rough() -> Fake {
    let mut setup = Fake::of(World::invented(ORGANISATION))
        .threads(2)
        .page("ListAccounts", 20)
        .page("GetAccountAuthorizationDetails", 60)
        .page("ListFindingsV2", 40)
        .short_pages()
        .retry_after(0)
        .rate("GetFindingV2", 1500.0)
        .rate("ListFindingsV2", 100.0)
        .rate("AssumeRole", 80.0)
        .rate_with_burst("GetAccountAuthorizationDetails", 4.0, 2.0);
    let chance = FAULTS / 100.0 / Fault::ALL.len() as f64;
    for (fault, seed) in Fault::ALL.into_iter().zip(1..) {
        for operation in OF_ACCOUNTS {
            setup = setup.fault(Rule::new(fault, When::Chance(chance, seed)).on(operation));
        }
    }
    for (fault, seed) in [Fault::Throttle, Fault::Internal, Fault::Reset, Fault::CutBody]
        .into_iter()
        .zip(100..)
    {
        for operation in ["ListAccounts", "ListAnalyzers", "GetAnalyzer"] {
            setup = setup.fault(Rule::new(fault, When::Chance(0.05, seed)).on(operation));
        }
    }
    setup.start()
}

#[test]
fn in_a_large_organisation_with_faults_of_all_kinds_every_principal_is_accounted_for() {
    let folder = folder("soak");
    let (config, out) = (folder.join("leastwise.toml"), folder.join("report"));
    fs::write(&config, CONFIG).unwrap();
    let fake = rough();
    let args = [
        "scan",
        "--config",
        config.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--format",
        "json,csv",
    ];
    let ran = command_as(&fake, CALLER, &args).ran_unless_it_hangs();

    let whole: Report = read(&out.join("report.json"));
    let unread = |it: &&AccountSummary| matches!(it.coverage, Coverage::Partial | Coverage::Failed);
    let unread = whole.accounts.iter().filter(unread).count();
    assert_eq!(ran.code, if unread > 0 { 3 } else { 0 }, "{}", ran.err);

    let accounts: Vec<String> = ORGANISATION
        .accounts()
        .into_iter()
        .map(|account| account.id)
        .collect();
    assert_eq!(
        whole
            .accounts
            .iter()
            .map(|row| row.id.clone())
            .collect::<Vec<_>>(),
        accounts
    );
    let (mut principals, mut statuses) = (0, BTreeMap::new());
    for row in &whole.accounts {
        let found = is_accounted_for(row, &out);
        principals += found.len();
        found
            .into_iter()
            .for_each(|status| *statuses.entry(status).or_default() += 1);
    }
    let failed = whole
        .accounts
        .iter()
        .filter(|row| row.coverage == Coverage::Failed)
        .count();
    assert_eq!(
        principals,
        (ORGANISATION.accounts - failed) * ORGANISATION.principals
    );
    assert_eq!(whole.totals.principals, principals);
    assert!(
        whole
            .totals
            .statuses
            .iter()
            .all(|(name, count)| statuses.get(name).unwrap_or(&0) == count)
    );

    // It was rough, and yet most was read.
    let struck = fake.struck();
    assert_eq!(struck.len(), Fault::ALL.len(), "{struck:?}");
    let calls: u64 = fake.calls().values().sum();
    let share = struck.values().sum::<u64>() as f64 * 100.0 / calls as f64;
    assert!(
        (FAULTS - 1.0..FAULTS + 1.0).contains(&share),
        "{share} in 100 of {calls} calls: {struck:?}"
    );
    assert!(fake.throttles() > 0);
    assert!(
        failed < ORGANISATION.accounts / 10,
        "{failed} accounts could not be read"
    );
    assert!(
        statuses[&PrincipalStatus::Reducible] > principals / 2,
        "{statuses:?}"
    );
    // Hundreds of thousands of files are nobody's to keep.
    fs::remove_dir_all(&folder).unwrap();
}

/// Checks one account against what is there; gives the status of each of its principals.
fn is_accounted_for(row: &AccountSummary, out: &Path) -> Vec<PrincipalStatus> {
    let account: AccountReport = read(&out.join(format!("accounts/{}.json", row.id)));
    let told = row
        .failures
        .iter()
        .all(|it| !it.failure.operation.is_empty() && !it.failure.kind.name().is_empty());
    assert!(told, "{:?}", row.failures);
    assert_eq!(
        row.failures.is_empty(),
        row.coverage == Coverage::Complete,
        "{row:?}"
    );
    let found: BTreeSet<&str> = account
        .principals
        .iter()
        .map(|principal| principal.arn.as_str())
        .collect();
    assert_eq!(
        found.len(),
        account.principals.len(),
        "{} has somebody twice",
        row.id
    );
    if row.coverage == Coverage::Failed {
        assert!(found.is_empty());
    } else {
        let books = ORGANISATION.books(&row.id).authorization.unwrap();
        let users = books.user_detail_list.iter().map(|user| user.arn.as_str());
        let there: BTreeSet<&str> = users
            .chain(books.role_detail_list.iter().map(|role| role.arn.as_str()))
            .collect();
        assert_eq!(found, there, "{}", row.id);
    }
    let found: Vec<PrincipalStatus> = account
        .principals
        .into_iter()
        .map(|principal| principal.status)
        .collect();
    for (status, count) in &row.statuses {
        assert_eq!(
            found.iter().filter(|it| *it == status).count(),
            *count,
            "{} {status}",
            row.id
        );
    }
    assert_eq!(row.statuses.values().sum::<usize>(), row.principals);
    found
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
