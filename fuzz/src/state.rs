//! What nightly runs remember, with one file replaced by arbitrary bytes: tonight's answers are reported all the same.

use std::path::Path;
use std::sync::OnceLock;

use jiff::Timestamp;
use leastwise_aws::{Cloud, Journal, Journaled, Nobody, Reading, Snapshot, State};
use leastwise_core::decide::GrantLog;
use leastwise_core::inventory::Inventory;
use tokio::runtime::Builder;

use crate::folder::{Folder, place, project};

/// Reads every account of a snapshot with what a state remembers; how many findings there are.
fn night(state: &Path) -> Option<usize> {
    let state = State::open(state).ok()?;
    let snapshot = Snapshot::open(&project("mocks/fabrikam")).expect("a snapshot");
    let journal = Journal::begin(&place("journal"), "", Timestamp::UNIX_EPOCH).expect("a journal");
    let cloud = Journaled::new(snapshot, Some(journal)).with(Some(state));
    // Nothing waits here.
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let organisation = runtime.block_on(cloud.organisation()).expect("accounts");
    let mut findings = 0;
    for account in organisation.accounts {
        let answers = runtime.block_on(cloud.read(&account, Reading::watched(&Nobody)));
        findings += answers.evidence.map_or(0, |evidence| evidence.findings.len());
        let Some(state) = cloud.state() else { continue };
        let earlier = state.grants(&account.id);
        let Ok(authorization) = answers.authorization else {
            continue;
        };
        let Ok(inventory) = Inventory::new(account.clone(), authorization) else {
            continue;
        };
        state.keep_grants(
            &account.id,
            &GrantLog::of(&inventory, earlier.as_ref(), "2026-11-20"),
            &Nobody,
        );
    }
    Some(findings)
}

fn folder() -> &'static (Folder, usize) {
    static FOLDER: OnceLock<(Folder, usize)> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let state = place("state");
        let findings = night(&state).expect("a folder of state");
        assert!(findings > 0, "there is something to remember");
        (Folder::of(state), findings)
    })
}

pub fn seeds() -> Vec<Vec<u8>> {
    folder().0.seeds()
}

pub fn run(bytes: &[u8]) {
    let (folder, findings) = folder();
    folder.with(bytes, |state| {
        if let Some(found) = night(state) {
            assert_eq!(found, *findings);
        }
    });
}
