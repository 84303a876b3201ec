//! What is remembered is checked every night: a few findings are read again, and where AWS says something else of them though
//! its list says that nothing changed, nothing is believed any more that was remembered before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::future::join_all;
use jiff::Timestamp;
use leastwise_aws::{Cloud, EventSink, Journal, Journaled, Organisation, ReadEvent, Reading, State};
use leastwise_core::answers::Answers;
use leastwise_core::evidence::{Analyzer, Detail, Evidence, Failure, Finding, Unused, UnusedPermission};
use leastwise_core::inventory::wire::{Account, Authorization};
use serde_json::Value;
use tokio::sync::Barrier;

use crate::fake::{Fake, Fault, Invented, Rule, Setup, When, World};
use crate::run::{Run, folder};
use crate::scan::{files, lasting_files};
use crate::state::{remembered, scan, scan_with, spot_checks};

const FIRST: &str = "200000000000";
const LAST: &str = "200000000002";
const ORGANISATION: Invented = Invented {
    accounts: 3,
    principals: 60,
    seed: 11,
};

fn night() -> Fake {
    Fake::of(World::invented(ORGANISATION)).start()
}

/// A folder with the state of the first night, and how many calls for findings that night made.
fn first_night(name: &str) -> (PathBuf, PathBuf, u64) {
    let folder = folder(name);
    let (out, state) = (folder.join("report"), folder.join("state"));
    let fake = night();
    scan(&fake, &out, Some(&state)).ran().exits(0);
    (out, state, fake.calls_of("GetFindingV2"))
}

/// AWS says something else of some findings, and lists them as it did before.
fn changed_unseen(which: impl Fn(&str, usize) -> bool) -> Setup {
    let accounts = ORGANISATION.accounts();
    let mut books = BTreeMap::new();
    for account in &accounts {
        let mut of_account = ORGANISATION.books(&account.id);
        for (at, finding) in of_account.findings.iter_mut().flatten().enumerate() {
            if let Some(details) = finding
                .finding_details
                .as_mut()
                .filter(|_| which(&account.id, at))
            {
                change(details);
            }
        }
        books.insert(account.id.clone(), of_account);
    }
    Fake::of(World::memory(accounts, vec![ORGANISATION.analyzer()], books))
}

/// Something was used.
fn change(details: &mut Vec<Detail>) {
    let used = Some("2026-01-10T06:00:00Z".to_owned());
    if details.len() > 1 {
        details.pop();
        return;
    }
    let detail = &mut details[0];
    if let Some(service) = &mut detail.unused_permission_details {
        service.last_accessed = Some("2025-06-02T06:00:00Z".to_owned());
    } else if let Some(key) = &mut detail.unused_iam_user_access_key_details {
        key.last_accessed = used;
    } else {
        let unused = detail.unused_iam_role_details.as_mut();
        let unused = unused
            .or(detail.unused_iam_user_password_details.as_mut())
            .unwrap();
        *unused = Unused { last_accessed: used };
    }
}

/// A scan that reads one account after the other.
fn in_turn(fake: &Fake, out: &Path, state: &Path, more: &[&str]) -> Run {
    scan_with(fake, out, Some(state), more).with("LEASTWISE_LIMITS_ACCOUNTS", "1")
}

/// What a scan without memory reports.
fn full(name: &str, fake: &Fake) -> BTreeMap<String, Vec<u8>> {
    let out = folder(name).join("report");
    scan(fake, &out, None).ran().exits(0);
    fake.forget();
    lasting_files(&out)
}

fn contradicted(state: &Path) -> Vec<String> {
    files(state)
        .into_keys()
        .filter(|name| name.ends_with(".contradicted"))
        .collect()
}

#[test]
fn memory_that_aws_confirms_costs_a_few_calls_a_night_and_stays_as_it_is() {
    let (out, state, first) = first_night("spot-check-confirmed");
    let before = files(&state);
    for _ in 0..2 {
        let fake = night();
        let run = scan(&fake, &out, Some(&state)).ran().exits(0);
        let calls = fake.calls_of("GetFindingV2");
        assert_eq!(calls, spot_checks(&state).values().sum::<u64>());
        assert!(
            calls >= ORGANISATION.accounts as u64 && calls * 20 < first,
            "{calls} calls, {first} at first"
        );
        assert!(!run.err.contains("AWS changed"), "{}", run.err);
        assert!(files(&state) == before);
    }
}

#[test]
fn a_finding_that_changed_unseen_has_this_account_and_those_that_follow_read_anew() {
    let (out, state, first) = first_night("spot-check-contradicted");
    let old = fs::read(state.join(format!("accounts/{FIRST}.json"))).unwrap();
    // Of a later account one finding alone, which the check may well miss.
    let changed = || changed_unseen(|account, at| account == FIRST || account == LAST && at == 7);
    let fake = changed().start();
    let wanted = full("spot-check-contradicted-full", &fake);
    let run = in_turn(&fake, &out, &state, &[]).ran().exits(0);
    assert!(
        lasting_files(&out) == wanted,
        "the report differs from that of a full scan"
    );
    assert_eq!(fake.calls_of("GetFindingV2"), first);
    assert_eq!(run.err.matches("AWS changed finding").count(), 1, "{}", run.err);
    let told = format!("warning: account {FIRST}: AWS changed finding 0000");
    assert!(
        run.err.contains(&told) && run.err.contains(" of arn:aws:iam::200000000000:"),
        "{}",
        run.err
    );
    assert!(run.err.contains(&format!("{FIRST}.contradicted`")), "{}", run.err);
    // What was remembered is there to be sent in.
    assert_eq!(contradicted(&state), [format!("accounts/{FIRST}.contradicted")]);
    assert!(fs::read(state.join(format!("accounts/{FIRST}.contradicted"))).unwrap() == old);
    let note: Value = serde_json::from_slice(&fs::read(state.join("doubt.json")).unwrap()).unwrap();
    assert_eq!(note["account"], FIRST);
    // What was read is believed again.
    let fake = changed().start();
    let run = in_turn(&fake, &out, &state, &[]).ran().exits(0);
    assert!(lasting_files(&out) == wanted);
    assert_eq!(
        fake.calls_of("GetFindingV2"),
        spot_checks(&state).values().sum::<u64>()
    );
    assert!(!run.err.contains("AWS changed"), "{}", run.err);
}

#[test]
fn accounts_that_were_done_before_a_contradiction_are_read_anew_the_next_night() {
    let (out, state, first) = first_night("spot-check-late");
    let (checks, known) = (spot_checks(&state), remembered(&state));
    let fake = changed_unseen(|account, _| account == LAST).start();
    let run = in_turn(&fake, &out, &state, &["--log-format", "json"])
        .ran()
        .exits(0);
    let told: Vec<Value> = run
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<&Value> = told
        .iter()
        .filter(|event| event["event"] == "state-contradicted")
        .collect();
    let [told] = told[..] else { panic!("{told:?}") };
    assert_eq!((&told["account"], &told["level"]), (&LAST.into(), &"warn".into()));
    assert!(
        told["finding"].is_string() && told["resource"].is_string() && told["path"].is_string(),
        "{told}"
    );
    let before: u64 = checks
        .iter()
        .filter(|(account, _)| *account != LAST)
        .map(|(_, calls)| calls)
        .sum();
    assert_eq!(fake.calls_of("GetFindingV2"), before + known[LAST]);
    let fake = changed_unseen(|account, _| account == LAST).start();
    let wanted = full("spot-check-late-full", &fake);
    let run = in_turn(&fake, &out, &state, &[]).ran().exits(0);
    assert_eq!(run.err.matches("ignoring the cache").count(), 1, "{}", run.err);
    assert_eq!(fake.calls_of("GetFindingV2"), first - known[LAST] + checks[LAST]);
    assert!(lasting_files(&out) == wanted);
}

#[test]
fn a_finding_that_cannot_be_checked_is_a_failure_like_any_other_and_no_contradiction() {
    let (out, state, first) = first_night("spot-check-denied");
    let fake = night();
    fake.fault(Rule::new(Fault::Denied, When::Always).on("GetFindingV2"));
    scan(&fake, &out, Some(&state))
        .ran()
        .exits(3)
        .says("AccessDeniedException on access-analyzer:GetFinding");
    assert!(contradicted(&state).is_empty() && !state.join("doubt.json").exists());
    let fake = night();
    let wanted = full("spot-check-denied-full", &fake);
    scan(&fake, &out, Some(&state)).ran().exits(0);
    assert!(fake.calls_of("GetFindingV2") * 10 < first);
    assert!(lasting_files(&out) == wanted);
}

#[cfg(unix)]
#[test]
fn a_scan_that_is_killed_after_a_contradiction_goes_on_without_what_was_remembered() {
    const ANSWERED: u64 = 30;
    let (out, state, first) = first_night("spot-check-killed");
    let old = fs::read(state.join(format!("accounts/{FIRST}.json"))).unwrap();
    let changed = |account: &str, at: usize| account == FIRST || account == LAST && at == 7;
    let fake = changed_unseen(changed).start();
    let wanted = full("spot-check-killed-full", &fake);
    // The first account has more findings than are answered.
    fake.fault(Rule::new(Fault::Silent, When::From(ANSWERED + 1)).on("GetFindingV2"));
    assert!(remembered(&state)[FIRST] > ANSWERED);
    let far = || fake.calls_of("GetFindingV2") > ANSWERED;
    assert_eq!(in_turn(&fake, &out, &state, &[]).killed_when(far).code, -1);
    assert!(state.join("doubt.json").is_file());
    fake.heal();
    fake.forget();
    let run = in_turn(&fake, &out, &state, &["--resume"]).ran().exits(0);
    assert!(
        lasting_files(&out) == wanted,
        "the report differs from that of a full scan"
    );
    assert!(fake.calls_of("GetFindingV2") < first, "nothing was gone on from");
    assert!(!run.err.contains("AWS changed finding"), "{}", run.err);
    assert!(fs::read(state.join(format!("accounts/{FIRST}.contradicted"))).unwrap() == old);
}

/// Answers without HTTP, so that a test says in which order they come.
struct Tonight {
    accounts: BTreeMap<String, Vec<Finding>>,
    /// Where two accounts wait for each other: when both know what is remembered, and when the first has compared.
    together: Option<[Barrier; 2]>,
    /// Every finding that was read, behind its account.
    read: Arc<Mutex<Vec<String>>>,
}

impl Tonight {
    async fn wait(&self, at: usize) {
        if let Some(barriers) = &self.together {
            barriers[at].wait().await;
        }
    }
}

impl Cloud for Tonight {
    async fn organisation(&self) -> Result<Organisation, Failure> {
        Ok(Organisation::default())
    }

    async fn read(&self, account: &Account, reading: Reading<'_>) -> Answers {
        let all = &self.accounts[&account.id];
        let listed = all.iter().map(|finding| Finding {
            finding_details: None,
            ..finding.clone()
        });
        let recall = reading.memory.recall(listed.collect());
        let read = |listed: &Finding| {
            let finding = all.iter().find(|finding| finding.id == listed.id).unwrap();
            reading.memory.keep_finding(finding);
            self.read
                .lock()
                .unwrap()
                .push(format!("{}/{}", account.id, finding.id));
            finding.clone()
        };
        self.wait(0).await;
        if account.id != FIRST {
            self.wait(1).await;
        }
        let mut findings: Vec<Finding> = recall.unread.iter().map(read).collect();
        if account.id == FIRST {
            self.wait(1).await;
        }
        if reading.memory.is_trusted() {
            findings.extend(recall.remembered.into_iter().map(|it| it.known));
        } else {
            findings.extend(recall.remembered.iter().map(|it| read(&it.listed)));
        }
        findings.sort_by(|one, other| one.id.cmp(&other.id));
        assert_eq!(&findings, all);
        let evidence = Evidence {
            analyzer: Some(Analyzer::default()),
            findings,
            ..Evidence::default()
        };
        Answers {
            authorization: Ok(Authorization::default()),
            evidence: Ok(evidence),
        }
    }
}

/// What is said of the memory.
#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl EventSink for Said {
    fn emit(&self, event: ReadEvent<'_>) {
        let said = match event {
            ReadEvent::StateContradicted { account, aside, .. } => {
                assert!(aside.is_some());
                account.to_owned()
            }
            ReadEvent::StateDoubted { .. } => "doubted".to_owned(),
            _ => return,
        };
        self.0.lock().unwrap().push(said);
    }
}

/// So many findings of an account, each of which has so many details.
fn found(account: &str, findings: usize, details: usize) -> (String, Vec<Finding>) {
    let finding = |at| Finding {
        id: format!("{at:02}"),
        resource: format!("arn:aws:iam::{account}:role/{at}"),
        status: "ACTIVE".to_owned(),
        updated_at: Some("2026-01-15T03:00:01Z".to_owned()),
        finding_details: Some(vec![Detail::default(); details]),
        ..Finding::default()
    };
    (account.to_owned(), (0..findings).map(finding).collect())
}

/// One night. Gives what was read and what was said.
async fn one_night<const N: usize>(
    place: &Path,
    accounts: [(String, Vec<Finding>); N],
) -> (Vec<String>, Vec<String>) {
    let read = Arc::new(Mutex::new(Vec::new()));
    let together = (N > 1).then(|| [Barrier::new(N), Barrier::new(N)]);
    let cloud = Tonight {
        accounts: accounts.into(),
        together,
        read: Arc::clone(&read),
    };
    let ids: Vec<String> = cloud.accounts.keys().cloned().collect();
    let journal = Journal::begin(&place.join("journal"), "", Timestamp::UNIX_EPOCH).unwrap();
    let state = State::open(&place.join("state")).unwrap();
    let cloud = Journaled::new(cloud, Some(journal)).with(Some(state));
    let said = Said::default();
    let each = ids.iter().map(|id| async {
        let account = Account {
            id: id.clone(),
            ..Account::default()
        };
        cloud.read(&account, Reading::watched(&said)).await
    });
    join_all(each).await;
    let read = read.lock().unwrap().clone();
    (read, said.0.into_inner().unwrap())
}

#[tokio::test]
async fn an_account_that_is_being_read_when_another_is_contradicted_is_read_anew_as_well() {
    let place = folder("spot-check-at-once");
    let mut nights = Vec::new();
    // On the third night AWS says less of the first account.
    for details in [3, 3, 2, 2] {
        let (read, said) = one_night(&place, [found(FIRST, 3, details), found(LAST, 3, 3)]).await;
        nights.push((read.len(), said));
    }
    assert_eq!(
        nights,
        [(6, vec![]), (2, vec![]), (6, vec![FIRST.to_owned()]), (2, vec![])]
    );
}

#[tokio::test]
async fn what_one_process_doubts_no_other_that_shares_the_folder_uses() {
    let place = folder("spot-check-shared");
    one_night(&place, [found(FIRST, 3, 3)]).await;
    one_night(&place, [found(LAST, 3, 3)]).await;
    let (_, said) = one_night(&place, [found(FIRST, 3, 2)]).await;
    assert_eq!(said, [FIRST]);
    let (read, said) = one_night(&place, [found(LAST, 3, 3)]).await;
    assert_eq!((read.len(), said), (3, vec!["doubted".to_owned()]));
}

#[tokio::test]
async fn in_time_every_remembered_finding_is_checked_and_in_whatever_order_aws_tells() {
    let place = folder("spot-check-all");
    let (account, mut findings) = found(FIRST, 60, 1);
    let service = |name: &str| {
        let service = UnusedPermission {
            service_namespace: name.to_owned(),
            ..UnusedPermission::default()
        };
        Detail {
            unused_permission_details: Some(service),
            ..Detail::default()
        }
    };
    for finding in &mut findings {
        finding.finding_details = Some(vec![service("s3"), service("ec2")]);
    }
    let (read, _) = one_night(&place, [(account.clone(), findings.clone())]).await;
    assert_eq!(read.len(), 60);
    let mut seen = BTreeSet::new();
    // That one of sixty is not among two in a thousand nights is as good as impossible.
    for _ in 0..1000 {
        let (read, said) = one_night(&place, [(account.clone(), findings.clone())]).await;
        assert_eq!((read.len(), said.len()), (2, 0));
        seen.extend(read);
        if seen.len() == 60 {
            return;
        }
    }
    panic!("only {} were checked", seen.len());
}
