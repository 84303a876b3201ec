//! Events in the words of people: one sentence each.

use super::event::{AccountEnded, CallTold, Event, FailureTold};
use crate::aws::Limit;

impl Event<'_> {
    /// In one sentence. Names in it are as others wrote them.
    pub(super) fn message(&self) -> String {
        match self {
            Self::RunBegan { command, version } => format!("leastwise {version} begins to {command}"),
            Self::ConfigFound { path } => format!("using the config `{path}`"),
            Self::Caller { arn, .. } => format!("as {arn}"),
            Self::FailOn { rule, message } => format!("--fail-on {rule}: {message}"),
            Self::RunResumed { began } => format!("goes on from the run that began at {began}"),
            Self::CatalogWarning { message }
            | Self::RuleWarning { message, .. }
            | Self::CompareWarning { message }
            | Self::ConfigProblem { message, .. }
            | Self::RunFailed { message, .. } => message.clone(),
            Self::StateNotKept { path, why } => {
                format!("findings cannot be remembered in `{path}`: {why}; the next run reads them again")
            }
            Self::JournalNotKept { path, why } => {
                format!(
                    "what is read cannot be kept in `{path}`: {why}; --resume would have to read it again"
                )
            }
            Self::StateSetAside { path } => format!(
                "what an earlier run remembered is damaged or not of this account and version; it lies in `{path}` now and is read anew"
            ),
            Self::JournalDoubted { path, why } => {
                format!(
                    "what the interrupted run kept in `{path}` is not used: {why}; its account is read again"
                )
            }
            Self::StateContradicted { account, finding, resource, path, .. } => {
                let kept = match path {
                    Some(path) => format!("please report it with `{path}`, what was remembered"),
                    None => "please report it; what was remembered could not be set aside".to_owned(),
                };
                format!(
                    "account {account}: AWS changed finding {finding} of {resource} without changing its entry in the list of \
                     findings; nothing remembered is used any more: all findings of this account and of those that follow are \
                     read again, and the next run reads again the accounts that were done before; {kept}"
                )
            }
            Self::StateDoubted { path } => format!(
                "AWS changed a finding without changing its entry in the list, as `{path}` tells: what was remembered before is \
                 not used, and is read again"
            ),
            Self::LittleRoom { path, free_bytes, wanted_bytes } => format!(
                "`{path}` has {} MB of room left, and a report of so many accounts may take {} MB",
                free_bytes / 1_000_000,
                wanted_bytes / 1_000_000
            ),
            Self::FirstNight { path } => {
                format!(
                    "there is no earlier report in `{path}`: this is the first night, and everything is new"
                )
            }
            Self::EvidenceTooOld { principals } => {
                format!(
                    "the evidence about {} is older than `limits.evidence-max-age`, and nothing is advised on it: see \
                     whether the analyzer still looks",
                    count(*principals as u64, "principal")
                )
            }
            Self::ReachLimited { limit, account, operation, kind, aws_says } => {
                let (what, mend) = reach(*limit, account);
                format!("{what}: {operation} {kind}{}; {mend}", bracketed(aws_says.as_deref()))
            }
            Self::Progress { stage, done, failed, total, .. } => {
                let failed_too = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
                format!("{} of {total} accounts {stage}{failed_too}", done - failed)
            }
            Self::AccountBegan { account, name } => format!("{} begins", named(account, name)),
            Self::AccountSkipped { account, name, why } => {
                format!("{} is not read: it is {why}", named(account, name))
            }
            Self::AccountEnded(ended) => ended.message(),
            Self::CallThrottled { call, attempt, retry_after_seconds } => {
                let pause = retry_after_seconds
                    .map(|pause| format!(", and AWS asks for a pause of {:.1} s", pause.as_secs_f64()));
                format!("{}: attempt {attempt} throttled{}", call.shown(), pause.unwrap_or_default())
            }
            Self::CallRepeated { call, attempt, kind, pause_seconds } => {
                let pause = pause_seconds.as_secs_f64();
                format!("{}: attempt {attempt} failed ({kind}), again in {pause:.1} s", call.shown())
            }
            Self::CallWaited { call, waited_seconds } => {
                format!("{}: waited {:.1} s for the pacer", call.shown(), waited_seconds.as_secs_f64())
            }
            Self::ScanEnded(ended) => {
                let totals = ended.totals;
                let (removed, policies) = (totals.effect.removed, totals.recommendations);
                format!("removed {removed} permissions from {policies} policies, every one proven")
            }
            Self::CaptureEnded { path, .. } => {
                format!("wrote {path}; read it with `leastwise scan --snapshot {path}`")
            }
            Self::ShardEnded { of, accounts, not_whole, path, .. } => {
                let accounts = count(*accounts as u64, "account");
                let whole = if *not_whole > 0 { format!(", {not_whole} not whole") } else { String::new() };
                format!("wrote {path}: {accounts}{whole}; `leastwise merge` joins it with the others of {of}")
            }
        }
    }
}

impl AccountEnded<'_> {
    fn message(&self) -> String {
        let throttles = self.throttles;
        let (who, seconds) = (named(self.account, self.name), self.seconds.as_secs_f64());
        let principals = count(self.principals as u64, "principal");
        let (findings, calls) = (count(self.findings as u64, "finding"), count(self.calls, "call"));
        let mut message =
            format!("{who} ends: {principals}, {findings}, {seconds:.1} s, {calls}, {throttles} throttled");
        for FailureTold { operation, kind, count, aws_says, detail } in &self.failures {
            let times = if *count > 1 { format!(" {count} times") } else { String::new() };
            let words = bracketed(aws_says.as_deref().or(detail.as_deref()));
            message.push_str(&format!("; {operation} {kind}{times}{words}"));
        }
        message
    }
}

impl CallTold<'_> {
    fn shown(&self) -> String {
        let Self { account, operation, asked_account, region, .. } = self;
        let of = if account.is_empty() { "the caller" } else { account };
        match asked_account == account || asked_account.is_empty() {
            true => format!("{of}: {operation} in {region}"),
            false => format!("{of}: {operation} in {region}, asked of {asked_account}"),
        }
    }
}

/// AWS's own words, behind ours.
fn bracketed(words: Option<&str>) -> String {
    words.map(|words| format!(" ({words})")).unwrap_or_default()
}

/// An account as people know it. Its name is cut where no name of AWS is so long.
fn named(account: &str, name: &str) -> String {
    const LONGEST: usize = 64;
    if name.is_empty() {
        return account.to_owned();
    }
    let short: String = name.chars().take(LONGEST).collect();
    format!("{account} ({short})")
}

pub(super) fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// How far a run reaches by what an account says, and what to do.
fn reach(limit: Limit, account: &str) -> (String, &'static str) {
    match limit {
        Limit::OwnAccountOnly => (
            format!("only {account}, the caller's own account, is read"),
            "use credentials of the management account or of a delegated administrator, name accounts in `accounts.list`, or say \
             `accounts.own = true` if no other is meant",
        ),
        Limit::AdministratorsUnknown => (
            format!(
                "{account} may not ask who administers Access Analyzer, so their analyzers are not looked for"
            ),
            "scan as the management account with that allowed, or name an analyzer with --analyzer",
        ),
        Limit::AdministratorClosed => (
            format!(
                "{account} administers Access Analyzer, and could not be asked for the organisation's analyzer"
            ),
            "allow it there, or name an analyzer with --analyzer",
        ),
    }
}
