//! How far a scan has come: bars on a terminal, plain lines elsewhere, nothing when it is to be quiet.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::aws::Watch;

/// How many plain lines a scan prints at most, about.
const PLAIN_LINES: usize = 10;

pub(super) struct Progress {
    bars: Option<(ProgressBar, ProgressBar)>,
    plain: bool,
    total: AtomicUsize,
    done: AtomicUsize,
}

impl Progress {
    pub(super) fn new(quiet: bool) -> Self {
        let terminal = super::scan::is_terminal();
        let bars = (terminal && !quiet).then(|| {
            let all = MultiProgress::new();
            let style = |template| {
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
            };
            let accounts = all.add(ProgressBar::new(0));
            accounts.set_style(style("accounts  {bar:30} {pos}/{len}  {elapsed} elapsed, {eta} to go"));
            let findings = all.add(ProgressBar::new(0));
            findings.set_style(style("findings  {bar:30} {pos}/{len}  {per_sec}"));
            (accounts, findings)
        });
        Self { bars, plain: !terminal && !quiet, total: AtomicUsize::new(0), done: AtomicUsize::new(0) }
    }

    pub(super) fn accounts(&self, total: usize) {
        self.total.store(total, Ordering::Relaxed);
        if let Some((accounts, _)) = &self.bars {
            accounts.set_length(total as u64);
        }
    }

    pub(super) fn account(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let total = self.total.load(Ordering::Relaxed);
        if let Some((accounts, _)) = &self.bars {
            accounts.inc(1);
        }
        if self.plain && (done == total || done.is_multiple_of(total.div_ceil(PLAIN_LINES).max(1))) {
            // A progress line that cannot be written is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{done} of {total} accounts");
        }
    }

    pub(super) fn finish(&self) {
        if let Some((accounts, findings)) = &self.bars {
            accounts.finish_and_clear();
            findings.finish_and_clear();
        }
    }
}

impl Watch for Progress {
    fn findings(&self, total: usize) {
        if let Some((_, findings)) = &self.bars {
            findings.inc_length(total as u64);
        }
    }

    fn finding(&self) {
        if let Some((_, findings)) = &self.bars {
            findings.inc(1);
        }
    }
}
