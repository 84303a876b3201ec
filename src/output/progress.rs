//! Progress of a scan or a capture: bars on a terminal, a few lines elsewhere; accounts and calls with `-v` and
//! `-vv`.

mod logged;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use logged::logged;

use super::event::{AccountEnded, Event, FailureTold};
use super::log::Log;
use super::terminal;
use super::terminal::shown;
use leastwise_aws::{EventSink, ReadEvent};
use leastwise_core::answers::Answers;
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;
use leastwise_core::report::Coverage;
use leastwise_report::folder::writer::Writer;

/// How many lines are said at most while accounts are read, and while they are worked out and written.
const LINES_READ: usize = 7;
const LINES_WRITTEN: usize = 3;
/// How many of the accounts that are being read are named.
const NAMED: usize = 8;
/// What an account of some two hundred principals takes on the disk, about.
const BYTES_OF_AN_ACCOUNT: u64 = 2_000_000;
/// The clock goes on though nothing happens.
const TICK: Duration = Duration::from_millis(250);

pub(crate) struct Progress {
    log: Arc<Log>,
    /// Made when it is known how many accounts there are.
    bars: OnceLock<Bars>,
    count: Mutex<Count>,
    findings: AtomicUsize,
    /// In the order in which they began.
    in_flight: Mutex<Vec<InFlight>>,
}

/// What is being done with the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Read,
    /// Each is worked out and written, once all have been read.
    Written,
}

#[derive(Clone, Copy)]
struct Count {
    stage: Stage,
    done: usize,
    /// How many of them could not be read at all.
    failed: usize,
    total: usize,
}

struct Bars {
    accounts: ProgressBar,
    findings: ProgressBar,
    reading: ProgressBar,
}

/// An account that is being read.
struct InFlight {
    account: String,
    shown: String,
    began: Instant,
    calls: u64,
    throttles: u64,
}

/// What was read of an account, in numbers.
pub(crate) struct ReadFigures {
    principals: usize,
    findings: usize,
    /// By operation and kind.
    failures: BTreeMap<(String, &'static str), FailureTold>,
}

impl Progress {
    pub(crate) fn new(log: &Arc<Log>) -> Arc<Self> {
        Arc::new(Self {
            log: Arc::clone(log),
            bars: OnceLock::new(),
            count: Mutex::new(Count {
                stage: Stage::Read,
                done: 0,
                failed: 0,
                total: 0,
            }),
            findings: AtomicUsize::new(0),
            in_flight: Mutex::default(),
        })
    }

    /// Where the events of calls go.
    pub(crate) fn events(self: &Arc<Self>) -> Arc<dyn EventSink> {
        Arc::<Self>::clone(self)
    }

    /// Starts a stage with `total` accounts.
    pub(crate) fn stage(&self, stage: Stage, total: usize) {
        *lock(&self.count) = Count {
            stage,
            done: 0,
            failed: 0,
            total,
        };
        let Some(screen) = self.log.screen() else { return };
        let Bars {
            accounts,
            findings,
            reading,
        } = self.bars.get_or_init(|| {
            let accounts = screen.add(ProgressBar::new(0));
            accounts.enable_steady_tick(TICK);
            let findings =
                screen.add(ProgressBar::new(0).with_style(style("Findings  {wide_bar} {pos}/{len}  {rate}")));
            let reading = screen.add(ProgressBar::new(0).with_style(style("Reading   {wide_msg}")));
            Bars {
                accounts,
                findings,
                reading,
            }
        });
        if stage == Stage::Written {
            findings.finish_and_clear();
            reading.finish_and_clear();
        }
        let name = match stage {
            Stage::Read => "Scanning",
            Stage::Written => "Writing ",
        };
        accounts.set_style(style(&format!(
            "{name}  {{wide_bar}} {{pos}}/{{len}}  {{elapsed}} elapsed{{left}}"
        )));
        accounts.set_length(total as u64);
        accounts.reset();
    }

    /// An account is going to be read.
    pub(crate) fn begins(&self, account: &Account) {
        self.log.tell(&Event::AccountBegan {
            account: &account.id,
            name: &account.name,
        });
        let name = if account.name.is_empty() {
            &account.id
        } else {
            &account.name
        };
        let began = InFlight {
            account: account.id.clone(),
            shown: terminal::line(name).into_owned(),
            began: Instant::now(),
            calls: 0,
            throttles: 0,
        };
        let mut in_flight = lock(&self.in_flight);
        in_flight.push(began);
        self.show(&in_flight);
    }

    /// An account was read, completely or in part.
    pub(crate) fn ends(&self, account: &Account, read: ReadFigures) {
        let mut in_flight = lock(&self.in_flight);
        let Some(at) = in_flight.iter().position(|it| it.account == account.id) else {
            return;
        };
        let ended = in_flight.remove(at);
        self.show(&in_flight);
        drop(in_flight);
        self.log.tell(&Event::AccountEnded(AccountEnded {
            account: &account.id,
            name: &account.name,
            principals: read.principals,
            findings: read.findings,
            seconds: ended.began.elapsed(),
            calls: ended.calls,
            throttles: ended.throttles,
            failures: read.failures.into_values().collect(),
        }));
    }

    /// An account need not be read.
    pub(crate) fn skips(&self, account: &Account, why: Coverage) {
        let why = if why == Coverage::Suspended {
            "suspended"
        } else {
            "excluded"
        };
        self.log.tell(&Event::AccountSkipped {
            account: &account.id,
            name: &account.name,
            why,
        });
    }

    /// One more account is done with. Of those that are read, some cannot be.
    pub(crate) fn account(&self, is_read: bool) {
        let mut count = lock(&self.count);
        count.done += 1;
        count.failed += usize::from(!is_read);
        let Count {
            stage,
            done,
            failed,
            total,
        } = *count;
        drop(count);
        let (stage, lines) = match stage {
            Stage::Read => ("read", LINES_READ),
            Stage::Written => ("written", LINES_WRITTEN),
        };
        if let Some(bars) = self.bars.get() {
            bars.accounts.inc(1);
        } else if done == total || done.is_multiple_of(total.div_ceil(lines).max(1)) {
            let findings = self.findings.load(Ordering::Relaxed);
            self.log.tell(&Event::Progress {
                stage,
                done,
                failed,
                total,
                findings,
            });
        }
    }

    /// Says so when the report may not fit where it goes, before the long work.
    pub(crate) fn room(&self, writer: &Writer, accounts: usize) {
        let wanted_bytes = BYTES_OF_AN_ACCOUNT * accounts as u64;
        if let Some(free_bytes) = writer.room().filter(|free| *free < wanted_bytes) {
            self.log.tell(&Event::LittleRoom {
                path: shown(writer.target()),
                free_bytes,
                wanted_bytes,
            });
        }
    }

    /// Nothing of it stays on the screen.
    pub(crate) fn finish(&self) {
        if let Some(Bars {
            accounts,
            findings,
            reading,
        }) = self.bars.get()
        {
            [reading, findings, accounts]
                .into_iter()
                .for_each(ProgressBar::finish_and_clear);
        }
    }

    fn count_for(&self, account: &str, count: impl FnOnce(&mut InFlight)) {
        if let Some(it) = lock(&self.in_flight).iter_mut().find(|it| it.account == account) {
            count(it);
        }
    }

    /// The newest first: what has just begun is news.
    fn show(&self, in_flight: &[InFlight]) {
        if let Some(bars) = self.bars.get() {
            let names: Vec<&str> = in_flight
                .iter()
                .rev()
                .take(NAMED)
                .map(|it| it.shown.as_str())
                .collect();
            // The count comes first, because the names are cut at the end of the line.
            let shown = match in_flight.len() {
                0 => String::new(),
                count => format!("{count}: {}", names.join(", ")),
            };
            bars.reading.set_message(shown);
        }
    }
}

impl Drop for Progress {
    /// A run that fails leaves no bars above its error.
    fn drop(&mut self) {
        self.finish();
    }
}

impl ReadFigures {
    pub(crate) fn of(answers: &Answers) -> Self {
        let mut read = Self {
            principals: 0,
            findings: 0,
            failures: BTreeMap::new(),
        };
        let mut failed = |failure: &Failure| {
            let (operation, kind) = (failure.operation.clone(), failure.kind.name());
            let new = || FailureTold {
                operation: operation.clone(),
                kind,
                ..FailureTold::default()
            };
            let told = read.failures.entry((operation.clone(), kind)).or_insert_with(new);
            told.count += 1;
            told.aws_says = told
                .aws_says
                .take()
                .or_else(|| failure.words().map(Cow::into_owned));
            told.detail = told.detail.take().or_else(|| failure.detail.clone());
        };
        match (&answers.authorization, &answers.evidence) {
            // Usage data was not requested then.
            (Err(failure), _) => failed(failure),
            (Ok(_), Err(failure)) => failed(failure),
            (Ok(_), Ok(evidence)) => {
                let findings = evidence.findings.iter().filter_map(|it| it.failure.as_ref());
                let last_accessed = evidence.last_accessed.iter().filter_map(|it| it.failure.as_ref());
                findings.chain(last_accessed).for_each(failed);
            }
        }
        if let Ok(known) = &answers.authorization {
            read.principals = known.role_detail_list.len() + known.user_detail_list.len();
        }
        if let Ok(evidence) = &answers.evidence {
            read.findings = evidence.findings.len() + evidence.last_accessed.len();
        }
        read
    }
}

impl EventSink for Progress {
    fn emit(&self, event: ReadEvent<'_>) {
        match event {
            ReadEvent::FindingsListed(total) => {
                if let Some(bars) = self.bars.get() {
                    bars.findings.inc_length(total as u64);
                }
            }
            ReadEvent::FindingsRead(read) => {
                self.findings.fetch_add(read, Ordering::Relaxed);
                if let Some(bars) = self.bars.get() {
                    bars.findings.inc(read as u64);
                }
            }
            ReadEvent::CallSent { call, .. } => self.count_for(call.account, |it| it.calls += 1),
            ReadEvent::CallThrottled { call, .. } => self.count_for(call.account, |it| it.throttles += 1),
            _ => {}
        }
        if let Some(event) = logged(event) {
            self.log.tell(&event);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here panics while it holds a lock; if something did, names are still names.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line of progress. What is in the middle shrinks with the terminal.
fn style(template: &str) -> ProgressStyle {
    let left = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        // Unknown before the first account is done.
        if state.pos() > 0 {
            let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
        }
    };
    let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = write!(out, "{:.0}/s", state.per_sec());
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("left", left).with_key("rate", rate)
}
