//! Every operation, with everything that can go wrong, on the first, a middle and the last page, once and for good: what a scan
//! makes of it stands in `tests/faults.tsv`, row by row.
//!
//! A cell is a whole run of the program against the fake AWS. What passes gives the report of a calm night, byte for byte;
//! what lasts is a row of the account that it is about, or stops the run where nothing could be read.

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use leastwise_aws::live::{OPERATIONS, Operation};
use leastwise_core::report::Report;

use self::world::{ADMINISTRATOR, MANAGEMENT, MEMBER, aws, is_list};
use crate::fake::{Fake, Fault, Rule, When};
use crate::run::{Ran, folder};
use crate::scan::{command_as, lasting_files, report};

const TABLE: &str = "tests/faults.tsv";
/// Cells under way at a time: most wait for a time limit.
const AT_A_TIME: usize = 16;

const CONFIG: &str = r#"
formats = ["json"]

[limits]
accounts = 1
call-timeout = "1s"
account-timeout = "10s"

[limits.calls-per-second]
iam = 1000
organizations = 1000
sts = 1000
access-analyzer = 1000
"#;

/// Nothing was lost.
const SAME: &str = "the same report";

/// Which page of a list, or an operation without pages.
const PAGES: [&str; 3] = ["first", "middle", "last"];
const ONLY: &str = "only";

/// A row of the table without what is expected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    operation: String,
    fault: String,
    page: String,
}

/// What a scan makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    once: String,
    lasting: String,
}

/// The faults that make another answer of an operation. The others make one of every operation.
fn is_possible(fault: Fault, operation: &str) -> bool {
    match fault {
        Fault::EmptyPage | Fault::RepeatedToken => is_list(operation),
        Fault::UnknownMember | Fault::NoDetails => operation == "GetFindingV2",
        Fault::UnknownEnum => matches!(
            operation,
            "ListAccounts"
                | "ListAccountsForParent"
                | "ListDelegatedAdministrators"
                | "ListAnalyzers"
                | "GetAnalyzer"
                | "ListFindingsV2"
                | "GetFindingV2"
                | "GetServiceLastAccessedDetails"
        ),
        _ => true,
    }
}

/// Every cell that there is, from the lists in the code.
fn places() -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for operation in OPERATIONS.iter().map(Operation::name) {
        for fault in Fault::ALL
            .into_iter()
            .filter(|fault| is_possible(*fault, operation))
        {
            let pages: &[&str] = if is_list(operation) { &PAGES } else { &[ONLY] };
            for page in pages {
                let [operation, fault, page] = [operation, &format!("{fault:?}"), page].map(str::to_owned);
                places.insert(Place {
                    operation,
                    fault,
                    page,
                });
            }
        }
    }
    places
}

fn table() -> BTreeMap<Place, Outcome> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut table = BTreeMap::new();
    for line in lines {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let [operation, fault, page, once, lasting]: [String; 5] = cells.try_into().expect(line);
        let before = table.insert(
            Place {
                operation,
                fault,
                page,
            },
            Outcome { once, lasting },
        );
        assert_eq!(before, None, "twice: {line}");
    }
    table
}

/// The account that a call of the operation goes wrong for, where it is made for several.
fn victim(operation: &str) -> Option<&'static str> {
    match operation {
        "AssumeRole"
        | "GetAccountAuthorizationDetails"
        | "ListFindingsV2"
        | "GetFindingV2"
        | "GenerateServiceLastAccessedDetails"
        | "GetServiceLastAccessedDetails" => Some(MEMBER),
        "ListAnalyzers" | "GetAnalyzer" => Some(ADMINISTRATOR),
        _ => None,
    }
}

/// What a scan is told so that it calls an operation: where evidence is from, and which unit is left out.
type Terms = (&'static str, &'static str);

const TERMS: [Terms; 3] = [("auto", ""), ("auto", "ou-aaaa-33333333"), ("last-accessed", "")];

fn terms(operation: &str) -> Terms {
    match operation {
        "ListRoots" | "ListOrganizationalUnitsForParent" | "ListAccountsForParent" => TERMS[1],
        "GenerateServiceLastAccessedDetails" | "GetServiceLastAccessedDetails" => TERMS[2],
        _ => TERMS[0],
    }
}

/// What passes when the call is made again. These come one after the other in one run, which must survive them all; a run for
/// each would tell no more.
const PASSING: [&[&str]; 3] = [
    &["Throttle", "Internal", "GatewayPage", "Expired"],
    &["TruncatedBody", "CutBody", "Malformed"],
    &["Reset", "Silent", "Stall"],
];

/// A run that is to be made, for these places at once.
struct Job {
    places: Vec<Place>,
    lasting: bool,
}

fn jobs(wanted: &BTreeMap<Place, Outcome>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut together: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for (place, outcome) in wanted {
        jobs.push(Job {
            places: vec![place.clone()],
            lasting: true,
        });
        let group = PASSING
            .iter()
            .position(|group| group.contains(&place.fault.as_str()));
        match group.filter(|_| outcome.once == SAME) {
            Some(group) => {
                together
                    .entry((&place.operation, &place.page, group))
                    .or_default()
                    .push(place.clone());
            }
            None => jobs.push(Job {
                places: vec![place.clone()],
                lasting: false,
            }),
        }
    }
    jobs.extend(together.into_values().map(|places| Job {
        places,
        lasting: false,
    }));
    jobs
}

/// Runs of the program, and the reports of calm nights.
struct Nights {
    root: PathBuf,
    calm: BTreeMap<Terms, BTreeMap<String, Vec<u8>>>,
}

impl Nights {
    fn new() -> Self {
        let root = folder("matrix");
        fs::write(root.join("leastwise.toml"), CONFIG).unwrap();
        let mut nights = Self {
            root,
            calm: BTreeMap::new(),
        };
        for terms in TERMS {
            let out = nights.root.join(format!("calm-{}-{}", terms.0, terms.1));
            nights.scan(&aws().start(), terms, 1, &out).exits(0);
            assert!(
                report(&out).totals.recommendations >= 3,
                "{terms:?}: nothing could be lost"
            );
            nights.calm.insert(terms, lasting_files(&out));
        }
        nights
    }

    fn scan(&self, fake: &Fake, (evidence, unit): Terms, attempts: usize, out: &Path) -> Ran {
        let config = self.root.join("leastwise.toml");
        let (config, out) = (config.to_str().unwrap(), out.to_str().unwrap());
        let args = ["scan", "--config", config, "--out", out, "--evidence", evidence];
        command_as(fake, &format!("AKIA{MANAGEMENT}"), &args)
            .with("LEASTWISE_LIMITS_ATTEMPTS", &attempts.to_string())
            .with("LEASTWISE_ACCOUNTS_EXCLUDE", unit)
            .ran_unless_it_hangs()
    }

    /// What a scan makes of it.
    fn meets(&self, job: &Job, number: usize) -> String {
        let mut setup = aws();
        for Place {
            operation,
            fault,
            page,
        } in &job.places
        {
            let when = if job.lasting { When::Always } else { When::First(1) };
            let mut rule = Rule::new(fault.parse().unwrap(), when).on(operation);
            if let Some(number) = PAGES.iter().position(|known| known == page) {
                rule = rule.page(number + 1);
            }
            if let Some(account) = victim(operation) {
                rule = rule.of(account);
            }
            setup = setup.fault(rule);
        }
        let (fake, terms) = (setup.start(), terms(&job.places[0].operation));
        // What lasts is as it is at the first attempt.
        let attempts = if job.lasting { 1 } else { job.places.len() + 1 };
        let out = self.root.join(number.to_string());
        let ran = self.scan(&fake, terms, attempts, &out);
        if fake.struck().len() < job.places.len() {
            return format!("only {:?} ever happened", fake.struck());
        }
        let told = self.told(&ran, &out, terms);
        let _ = fs::remove_dir_all(&out);
        told
    }

    /// A run in the words of the table.
    fn told(&self, ran: &Ran, out: &Path, terms: Terms) -> String {
        if !out.is_dir() {
            let error = ran
                .err
                .lines()
                .find(|line| line.starts_with("error: "))
                .unwrap_or(&ran.err);
            return format!("exit {}, {error}", ran.code);
        }
        let warnings = ran.err.lines().filter(|line| {
            line.starts_with("warning: scanning only") || line.starts_with("warning: cannot ")
        });
        let warnings: String = warnings
            .map(|line| format!(", {}", line.split(". ").next().unwrap()))
            .collect();
        let calm = &self.calm[&terms];
        if lasting_files(out) == *calm {
            assert_eq!(ran.code, 0, "{}", ran.err);
            return format!("{SAME}{warnings}");
        }
        let mut told = format!("exit {}{warnings}", ran.code);
        let calm: Report = serde_json::from_slice(&calm["report.json"]).unwrap();
        for account in report(out).accounts {
            let before = calm.accounts.iter().find(|before| before.id == account.id);
            if before.is_some_and(|before| format!("{before:?}") == format!("{account:?}")) {
                continue;
            }
            let coverage = serde_json::to_value(account.coverage).unwrap();
            let _ = write!(told, ", {} {}: ", account.id, coverage.as_str().unwrap());
            let failures = account.failures.iter().map(|it| &it.failure);
            let failures: BTreeSet<String> = failures
                .map(|it| format!("{} {}", it.operation, it.kind.name()))
                .collect();
            if failures.is_empty() {
                let source = account
                    .evidence
                    .analyzer
                    .unwrap_or(account.evidence.source.to_string());
                let statuses = account.statuses.iter().filter(|(_, count)| **count > 0);
                let statuses: Vec<String> = statuses
                    .map(|(status, count)| format!("{count} {status}"))
                    .collect();
                let _ = write!(
                    told,
                    "{} by {}",
                    statuses.join(" and "),
                    source.rsplit('/').next().unwrap()
                );
            } else {
                told.push_str(&Vec::from_iter(failures).join(" and "));
            }
        }
        told
    }
}

#[test]
fn the_table_of_faults_has_every_operation_fault_and_page() {
    let known: BTreeSet<Place> = table().into_keys().collect();
    assert_eq!(known, places());
}

#[test]
fn every_operation_meets_every_fault_on_every_page_as_the_table_says() {
    let nights = Nights::new();
    let wanted = table();
    let jobs = jobs(&wanted);
    let found: Mutex<BTreeMap<Place, Outcome>> = Mutex::new(wanted.clone());
    let work = |jobs: &[Job], next: &AtomicUsize, round: usize| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else { break };
            let told = nights.meets(job, round * jobs.len() + number);
            let mut found = found.lock().unwrap();
            for place in &job.places {
                let outcome = found.get_mut(place).unwrap();
                *(if job.lasting {
                    &mut outcome.lasting
                } else {
                    &mut outcome.once
                }) = told.clone();
            }
        }
    };
    let next = AtomicUsize::new(0);
    thread::scope(|scope| (0..AT_A_TIME).for_each(|_| drop(scope.spawn(|| work(&jobs, &next, 0)))));
    // On a busy machine a call can meet its time limit before its fault. What the program does wrong, it does again alone.
    let is_wrong = |job: &Job| {
        job.places
            .iter()
            .any(|place| found.lock().unwrap()[place] != wanted[place])
    };
    for round in 1..=3 {
        for (number, job) in jobs.iter().enumerate().filter(|(_, job)| is_wrong(job)) {
            work(
                std::slice::from_ref(job),
                &AtomicUsize::new(0),
                round * jobs.len() + number,
            );
        }
    }
    let mut found = found.into_inner().unwrap();
    found.retain(|place, outcome| wanted[place] != *outcome);
    let mut lines = String::new();
    for (
        Place {
            operation,
            fault,
            page,
        },
        Outcome { once, lasting },
    ) in &found
    {
        let _ = writeln!(lines, "{operation}\t{fault}\t{page}\t{once}\t{lasting}");
    }
    assert!(
        found.is_empty(),
        "{} of {} cells differ; they are\n{lines}",
        found.len(),
        wanted.len()
    );
}
