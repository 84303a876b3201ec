//! Events as sentences for people.

use std::borrow::Cow;

use super::event::{AccountEnded, CallTold, Event, FailureTold};
use super::words::{counted, number};
use crate::cli::Exit;
use leastwise_aws::ReachLimit;
use leastwise_core::evidence::FailureKind;

impl Event<'_> {
    /// In one sentence. Names in it are as others wrote them.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::RunBegan { command, version } => format!("leastwise {version}: {command} started"),
            Self::ConfigFound { path } => format!("Configuration: {path}"),
            Self::Caller { arn, .. } => format!("Credentials: {arn}"),
            Self::FailOn { rule, message, exit } => {
                let exit = if *exit == Exit::Found.code() {
                    format!("exit {exit}: ")
                } else {
                    String::new()
                };
                format!("{exit}--fail-on {rule}: {message}")
            }
            Self::RunResumed { began } => format!("Continuing the scan of {began}"),
            Self::CatalogWarning { message }
            | Self::CodeWarning { message }
            | Self::RuleWarning { message, .. }
            | Self::CompareWarning { message }
            | Self::ConfigProblem { message, .. }
            | Self::RunFailed { message, .. } => message.clone(),
            Self::StateNotKept { path, why } => {
                format!("cannot cache findings in `{path}`: {why}; the next run will fetch them again")
            }
            Self::JournalNotKept { path, why } => {
                format!(
                    "cannot save progress in `{path}`: {why}; --resume would have to read these accounts again"
                )
            }
            Self::StateSetAside { path } => format!(
                "ignoring cached findings that are damaged or of another account or version; they were moved to `{path}` and are fetched \
                 again"
            ),
            Self::JournalDoubted { path, why } => {
                format!("ignoring saved progress in `{path}`: {why}; the account is read again")
            }
            Self::StateContradicted {
                account,
                finding,
                resource,
                path,
                ..
            } => {
                let kept = match path {
                    Some(path) => format!("please report it, with `{path}`"),
                    None => "please report it (the cache could not be moved aside)".to_owned(),
                };
                format!(
                    "account {account}: AWS changed finding {finding} of {resource}, but the list of findings did not show it. \
                     The cache is no longer used: this run fetches all remaining findings again, and the next run those of the \
                     accounts before this one; {kept}"
                )
            }
            Self::StateDoubted { path } => format!(
                "ignoring the cache: AWS changed a finding, but the list of findings did not show it (see `{path}`)"
            ),
            Self::LittleRoom {
                path,
                free_bytes,
                wanted_bytes,
            } => format!(
                "`{path}` has {} MB of free space, but the report may need {} MB",
                free_bytes / 1_000_000,
                wanted_bytes / 1_000_000
            ),
            Self::FirstNight { path } => {
                format!("no earlier report in `{path}`; treating every change as new")
            }
            Self::EvidenceTooOld { principals } => {
                format!(
                    "the usage data of {} is older than `limits.evidence-max-age`, so no changes are recommended for them; \
                     check that the analyzer is still active",
                    counted(*principals, "principal")
                )
            }
            Self::ReachLimited {
                limit,
                account,
                operation,
                kind,
                aws_says,
            } => {
                if *limit == ReachLimit::OwnAccountOnly && *kind == FailureKind::Absent.name() {
                    let words = bracketed(aws_says.as_deref());
                    return format!(
                        "scanning only {account}: this account is not in an AWS organisation{words}"
                    );
                }
                let (what, fix) = reach(*limit, account, operation);
                let fallback = format!("{operation} {kind}");
                format!("{what} ({}). {fix}", aws_says.as_deref().unwrap_or(&fallback))
            }
            Self::Progress {
                stage,
                done,
                failed,
                total,
                ..
            } => {
                let failed_too = if *failed > 0 {
                    format!(", {failed} failed")
                } else {
                    String::new()
                };
                let (stage, what) = match *stage {
                    "written" => ("Writing", "accounts"),
                    "checked" => ("Checking", "changes"),
                    _ => ("Scanning", "accounts"),
                };
                format!("{stage}: {}/{total} {what}{failed_too}", done - failed)
            }
            Self::AccountBegan { account, name } => format!("{}: started", named(account, name)),
            Self::AccountSkipped { account, name, why } => {
                format!("{}: skipped ({why})", named(account, name))
            }
            Self::AccountEnded(ended) => ended.message(),
            Self::CallThrottled {
                call,
                attempt,
                retry_after_seconds,
            } => {
                let pause = retry_after_seconds
                    .map(|pause| format!("; AWS asks to wait {:.1} s", pause.as_secs_f64()));
                format!(
                    "{}: attempt {attempt} throttled{}",
                    call.shown(),
                    pause.unwrap_or_default()
                )
            }
            Self::CallRepeated {
                call,
                attempt,
                kind,
                pause_seconds,
            } => {
                let pause = pause_seconds.as_secs_f64();
                format!(
                    "{}: attempt {attempt} failed ({kind}), retrying in {pause:.1} s",
                    call.shown()
                )
            }
            Self::CallWaited { call, waited_seconds } => {
                format!(
                    "{}: waited {:.1} s (rate limit)",
                    call.shown(),
                    waited_seconds.as_secs_f64()
                )
            }
            Self::ScanEnded(ended) => {
                let totals = ended.totals;
                let changes = counted(totals.recommendations, "change");
                let removed = counted(totals.effect.removed, "unused permission");
                format!("{changes}, each proven, that remove {removed}")
            }
            Self::CheckEnded(ended) => {
                let totals = ended.totals;
                let changes = counted(totals.changes, "change");
                format!("{changes} checked, {} disputed by AWS", totals.disputed)
            }
            Self::CaptureEnded { path, not_whole, .. } => {
                let missing = if *not_whole > 0 {
                    format!(" ({} incomplete; -v shows why)", counted(*not_whole, "account"))
                } else {
                    String::new()
                };
                format!("Wrote snapshot {path}{missing}. Next: leastwise scan --snapshot {path}")
            }
            Self::ShardEnded {
                shard,
                of,
                accounts,
                not_whole,
                path,
                ..
            } => {
                let accounts = counted(*accounts, "account");
                let missing = if *not_whole > 0 {
                    format!(", {not_whole} incomplete")
                } else {
                    String::new()
                };
                let next = if *of == 1 {
                    "Next".to_owned()
                } else {
                    format!("When all {of} are done")
                };
                let parts = std::path::Path::new(path)
                    .parent()
                    .map(|it| it.display().to_string());
                let parts = parts
                    .filter(|it| !it.is_empty())
                    .unwrap_or_else(|| ".".to_owned());
                format!(
                    "Wrote shard {shard} of {of} ({accounts}{missing}) to {path}. {next}: leastwise merge {parts}"
                )
            }
        }
    }
}

impl AccountEnded<'_> {
    fn message(&self) -> String {
        let throttles = self.throttles;
        let (who, seconds) = (named(self.account, self.name), self.seconds.as_secs_f64());
        let principals = counted(self.principals, "principal");
        let (findings, calls) = (counted(self.findings, "finding"), counted(self.calls, "API call"));
        let state = if self.failures.is_empty() {
            "done"
        } else {
            "incomplete"
        };
        let throttled = if throttles > 0 {
            format!(" ({} throttled)", number(throttles))
        } else {
            String::new()
        };
        let mut message =
            format!("{who}: {state}, {principals}, {findings}, {calls}{throttled}, {seconds:.1} s");
        for FailureTold {
            operation,
            kind,
            count,
            aws_says,
            detail,
        } in &self.failures
        {
            let times = if *count > 1 {
                format!(" ({} times)", number(*count as u64))
            } else {
                String::new()
            };
            let words = bracketed(aws_says.as_deref().or(detail.as_deref()));
            message.push_str(&format!("; {operation} {kind}{times}{words}"));
        }
        message
    }
}

impl CallTold<'_> {
    fn shown(&self) -> String {
        let Self {
            account,
            operation,
            asked_account,
            region,
            ..
        } = self;
        let of = if account.is_empty() { "the caller" } else { account };
        if asked_account == account || asked_account.is_empty() {
            format!("{of}: {operation} in {region}")
        } else {
            format!("{of}: {operation} in {region} (through {asked_account})")
        }
    }
}

/// AWS's own words, behind ours.
fn bracketed(words: Option<&str>) -> String {
    words.map(|words| format!(" ({words})")).unwrap_or_default()
}

/// An account by name and ID. A name longer than AWS allows is truncated.
fn named(account: &str, name: &str) -> String {
    const LONGEST: usize = 64;
    if name.is_empty() {
        return account.to_owned();
    }
    let short: String = name.chars().take(LONGEST).collect();
    format!("{short} ({account})")
}

/// What a run cannot see of the organisation, and what to do.
fn reach(limit: ReachLimit, account: &str, operation: &str) -> (String, Cow<'static, str>) {
    match limit {
        ReachLimit::OwnAccountOnly => (
            format!("scanning only {account} (your own account), because organizations:{operation} failed"),
            "To scan the organisation, use the management account or a delegated administrator, or list accounts with \
             --accounts. To scan only this account, use --own-account"
                .into(),
        ),
        ReachLimit::AdministratorsUnknown => (
            format!(
                "cannot look for the organisation's analyzer: {account} may not list the delegated administrators of Access \
                 Analyzer"
            ),
            "Allow organizations:ListDelegatedAdministrators in the management account, or give the analyzer with --analyzer"
                .into(),
        ),
        ReachLimit::AdministratorClosed => (
            format!(
                "cannot read the organisation's analyzer: {operation} failed in {account}, the delegated administrator of Access \
                 Analyzer"
            ),
            match operation {
                "AssumeRole" => "Deploy the member role there (`leastwise iam-policy --trust`), or give the analyzer with --analyzer".into(),
                _ => format!("Allow access-analyzer:{operation} in the member role there, or give the analyzer with --analyzer").into(),
            },
        ),
    }
}
