//! `leastwise check`: AWS's second opinion on a finished report. What it says goes into the report's folder: `check.json`, and
//! the names of the changes that it disputes, which the scripts refuse.

mod asking;
mod work;

use std::sync::Arc;

use self::asking::Asking;
use self::work::CheckWork;
use crate::cli::{Check, CheckFailOn, Exit};
use crate::commands::verify;
use crate::output::check_summary;
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use crate::output::progress::Progress;
use crate::scan::cores::runtime;
use crate::scan::{settings, stop};
use leastwise_aws::live::{CheckBudget, Live, LiveOptions, Purpose};
use leastwise_core::report::{CheckTotals, SCHEMA};
use leastwise_report::folder::{ReportFolder, afterwards};

pub(super) fn run(args: &Check, log: &Arc<Log>) -> Result<Exit, RunError> {
    log.tell(&Event::RunBegan {
        command: "check",
        version: env!("CARGO_PKG_VERSION"),
    });
    let (config, _) = settings::read(args.say.config.as_deref(), &args.overrides(), log)?;
    let work = CheckWork::of(ReportFolder::open(&args.report, SCHEMA)?)?;
    afterwards::clear(&args.report)?;
    let earlier = work.earlier()?;
    // A run that was killed may have written one of the two files.
    work.refuse_in_scripts(earlier.changes.values())?;
    verify::must_hold(&args.report, log)?;
    let progress = Progress::new(log);
    let options = settings::live(&config, progress.events());
    let options = LiveOptions {
        purpose: Purpose::Check,
        own: true,
        accounts: Vec::new(),
        ..options
    };
    let runtime = runtime()?;
    let live = runtime
        .block_on(Live::connect(options))
        .map_err(RunError::Connect)?;
    log.tell(&Event::Caller {
        account: live.caller_account(),
        arn: live.caller(),
    });
    let budget = CheckBudget::of(args.budget.calls());
    let asking = Asking::new(&work, &live, &budget, earlier, args, log);
    let asked = runtime.block_on(async {
        tokio::select! {
            done = asking.all(config.limits.accounts) => done.map(|()| false),
            () = stop::asked() => Ok(true),
        }
    });
    // Whatever ended it, what was answered is kept: some of it was paid for.
    let report = asking.save()?;
    if asked? {
        let TotalsSoFar { done, total } = asking.so_far();
        return Err(RunError::CheckStopped { done, total });
    }
    let exit = exit(&report.totals, args.fail_on);
    log.tell(&check_summary::of(
        &report,
        &args.report,
        args.budget.calls(),
        exit,
    ));
    if args.fail_on.is_some() && report.totals.disputed > 0 {
        let message = format!(
            "AWS disputes {} of {} changes",
            report.totals.disputed, report.totals.changes
        );
        log.tell(&Event::FailOn {
            rule: "disputed".to_owned(),
            message,
            exit: exit.code(),
        });
    }
    Ok(exit)
}

/// How far a check has come.
struct TotalsSoFar {
    done: usize,
    total: usize,
}

fn exit(totals: &CheckTotals, fail_on: Option<CheckFailOn>) -> Exit {
    match fail_on {
        _ if totals.incomplete > 0 => Exit::Incomplete,
        Some(CheckFailOn::Disputed) if totals.disputed > 0 => Exit::Found,
        _ => Exit::Finished,
    }
}
