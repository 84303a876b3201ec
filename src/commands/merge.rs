//! `leastwise merge`: writes the report of all shards of a scan.

use std::sync::Arc;

use crate::cli::{Exit, Merge};
use crate::commands::scan::ScanSetup;
use crate::config::AccountSelection;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::scan::settings;
use leastwise_aws::Journaled;
use leastwise_aws::parts::Parts;
use leastwise_core::decide::Selector;

pub(super) fn run(args: &Merge, log: &Arc<Log>) -> Result<Exit, RunError> {
    log.tell(&Event::RunBegan {
        command: "merge",
        version: env!("CARGO_PKG_VERSION"),
    });
    let (mut config, file) = settings::read(args.say.config.as_deref(), &args.report.overrides(), log)?;
    let parts = Parts::open(&args.parts)?;
    if config.names_units() && !parts.knows_units() {
        return Err(RunError::NoUnits);
    }
    // The accounts and the window come from the shards, whose flags are not repeated for the merge.
    let exclude = parts.left_out().into_iter().map(Selector::Account).collect();
    config.accounts = AccountSelection {
        exclude,
        ..AccountSelection::default()
    };
    config.window_days = parts.window_days().unwrap_or(config.window_days);
    let (as_of, started) = (
        parts.as_of(),
        parts.started().unwrap_or_else(jiff::Timestamp::now),
    );
    ScanSetup::new((config, file), &args.report, log)?.report(Journaled::new(parts, None), as_of, started)
}
