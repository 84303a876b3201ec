//! What is known about an account while it is read: the lines of its journal, and what earlier runs cached.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::Journal;
use crate::recorded::seal;
use crate::recorded::state::{Remembered, State};
use crate::{EventSink, Memory, ReadEvent, Recall, RememberedFinding};
use leastwise_core::evidence::{Finding, LastAccessed};

/// What one account's journal holds, line by line.
pub(super) struct JournalLines<'j> {
    journal: &'j Journal,
    state: Option<&'j State>,
    account: &'j str,
    /// What earlier nights remember of it: nothing any more when AWS contradicts it.
    earlier: Mutex<Remembered>,
    events: &'j dyn EventSink,
    findings: Mutex<KnownLines<Finding>>,
    principals: Mutex<KnownLines<LastAccessed>>,
}

struct KnownLines<T> {
    known: BTreeMap<String, T>,
    /// Opened for the first line.
    file: Option<File>,
}

impl<'j> JournalLines<'j> {
    pub(super) fn of(
        journal: &'j Journal,
        state: Option<&'j State>,
        account: &'j str,
        earlier: Remembered,
        events: &'j dyn EventSink,
    ) -> Self {
        let findings = journal.lines("findings", account, |finding: &Finding| finding.id.clone());
        let principals = journal.lines("principals", account, |answer: &LastAccessed| answer.arn.clone());
        Self {
            journal,
            state,
            account,
            earlier: Mutex::new(earlier),
            events,
            findings: Mutex::new(KnownLines {
                known: findings,
                file: None,
            }),
            principals: Mutex::new(KnownLines {
                known: principals,
                file: None,
            }),
        }
    }

    /// What was remembered of the account, as far as it is still trusted.
    pub(super) fn into_earlier(self) -> Remembered {
        self.earlier.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn add<T: Serialize>(&self, kind: &str, kept: &Mutex<KnownLines<T>>, line: &T) {
        let add = || -> io::Result<()> {
            let mut text = Vec::new();
            seal::write(&mut text, self.account, line)?;
            let mut kept = lock(kept);
            if kept.file.is_none() {
                // An earlier run may have been cut off in the middle of a line.
                text.insert(0, b'\n');
                kept.file = Some(
                    self.journal
                        .folder
                        .append(&format!("{kind}/{}.jsonl", self.account))?,
                );
            }
            kept.file.as_mut().map_or(Ok(()), |file| file.write_all(&text))
        };
        match add() {
            Ok(()) => self.journal.begun.store(true, Ordering::Relaxed),
            Err(error) => self.journal.not_saved(self.events, &error),
        }
    }

    /// Compares a finding that was read with what is remembered of it, and gives the memory up when they differ.
    fn check(&self, finding: &Finding) {
        let Some(state) = self.state else { return };
        let mut earlier = lock(&self.earlier);
        if !earlier.is_contradicted_by(finding) {
            return;
        }
        let aside = state.contradicted(self.account, &earlier, finding, self.events);
        *earlier = Remembered::given_up(state.doubt());
        drop(earlier);
        let (account, aside) = (self.account, aside.as_deref());
        self.events.emit(ReadEvent::StateContradicted {
            account,
            finding,
            aside,
        });
    }
}

impl Memory for JournalLines<'_> {
    fn recall(&self, listed: Vec<Finding>) -> Recall {
        let mut recall = Recall::default();
        let (mut tonight, earlier) = (lock(&self.findings), lock(&self.earlier));
        for listed in listed {
            let same = |known: &Finding| {
                known.updated_at == listed.updated_at
                    && known.status == listed.status
                    && known.resource == listed.resource
            };
            let is_read = tonight.known.get(&listed.id).is_some_and(same);
            if let Some(known) = is_read.then(|| tonight.known.remove(&listed.id)).flatten() {
                recall.read.push(known);
            } else if let Some(known) = earlier.finding(&listed) {
                recall.remembered.push(RememberedFinding { listed, known });
            } else {
                recall.unread.push(listed);
            }
        }
        if let Some(state) = self.state {
            state.draw(&mut recall);
        }
        recall
    }

    fn keep_finding(&self, finding: &Finding) {
        // Before it is kept: a run that goes on from this one takes what is kept for read, and would not compare it again.
        self.check(finding);
        self.add("findings", &self.findings, finding);
    }

    fn is_trusted(&self) -> bool {
        let Some(state) = self.state else { return true };
        let mut earlier = lock(&self.earlier);
        if earlier.is_of(state.doubt().as_deref()) {
            return true;
        }
        // Another account, of this process or of one that shares the folder, was contradicted meanwhile.
        state.tell_doubt(self.events);
        *earlier = Remembered::given_up(state.doubt());
        false
    }

    fn last_accessed(&self, arn: &str) -> Option<LastAccessed> {
        lock(&self.principals).known.remove(arn)
    }

    fn keep_last_accessed(&self, answer: &LastAccessed) {
        self.add("principals", &self.principals, answer);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here panics while it holds a lock; if something did, what was read is still what was read.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
