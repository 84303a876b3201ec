//! From the config file, the environment and the command line to what a scan goes by.

use std::env;
use std::path::Path;
use std::sync::Arc;

use super::error::RunError;
use super::event::Event;
use super::log::Log;
use crate::aws::EventSink;
use crate::aws::live::{Access as LiveAccess, Limits, LiveOptions, Rates, Role, Source};
use crate::aws::pace::Rate;
use crate::cli::SourceArgs;
use crate::config::{self, Access, Config, EvidenceFrom, ListedAccount, Overrides};
use crate::files;
use crate::inventory::wire::Account;

/// Reads the configuration: the file that is named or found, then the environment, then the flags.
///
/// `flags` are those of the command itself; those that all sources have are added. Gives the file's name as well.
pub(super) fn read(
    args: &SourceArgs,
    flags: Overrides,
    log: &Log,
) -> Result<(Config, Option<String>), RunError> {
    let overrides = Overrides {
        profile: args.profile.clone(),
        region: args.region.clone(),
        evidence: args.evidence.clone(),
        analyzer: args.analyzer.clone(),
        own_account: args.own_account,
        accounts: args.accounts.clone(),
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        role: args.role.clone(),
        external_id: args.external_id.clone(),
        window_days: args.window_days,
        state: args.state.clone(),
        ..flags
    };
    layered(args.config.as_deref(), &overrides, log)
}

/// The same for a command that reads no accounts.
pub(super) fn layered(
    named: Option<&Path>,
    overrides: &Overrides,
    log: &Log,
) -> Result<(Config, Option<String>), RunError> {
    let environment = |name: &str| env::var_os(name);
    let file = config::find(named, environment, |path| path.is_file());
    let text = match &file {
        None => None,
        Some(path) => Some(text_of(path)?),
    };
    if named.is_none()
        && let Some(path) = file.as_deref().filter(|path| *path == Path::new(config::FILE_NAME))
    {
        // In another folder the same command reads another one, or none.
        log.tell(&Event::ConfigFound { path: format!("./{}", path.display()) });
    }
    let set = env::vars_os().filter(|(_, value)| !value.is_empty());
    let strangers = config::unknown_variables(set.filter_map(|(name, _)| name.into_string().ok()));
    let name = text.as_ref().map(|(_, name)| name.clone());
    let file = text.as_ref().map(|(text, name)| (text.as_str(), name.as_str()));
    match Config::layered(file, environment, overrides) {
        Ok(config) if strangers.is_empty() => Ok((config, name)),
        layered => Err(RunError::Config(layered.err().into_iter().flatten().chain(strangers).collect())),
    }
}

fn text_of(path: &Path) -> Result<(String, String), RunError> {
    let name = path.display().to_string();
    match files::named(path, files::CONFIG) {
        Ok(text) => Ok((text, name)),
        Err(error) => Err(RunError::Read { input: name, error }),
    }
}

/// What a live scan is told.
pub(super) fn live(config: &Config, events: Arc<dyn EventSink>) -> LiveOptions {
    let access = |account: &String| match config.assume.access(account) {
        Access::Direct => LiveAccess::Direct,
        Access::Role { role, external_id, session_name } => LiveAccess::Role(Role {
            name: role.to_owned(),
            external_id: external_id.map(str::to_owned),
            session_name: session_name.to_owned(),
            duration: config.assume.duration,
        }),
    };
    let rate = |ceiling: f64, start: f64| Rate::of(start.min(ceiling), ceiling);
    let limits = &config.limits;
    let rates = &limits.calls_per_second;
    let of_iam = rate(rates.iam * HEADROOM, rates.iam);
    let limits = Limits {
        findings_in_flight: many(limits.findings),
        attempts: limits.attempts,
        throttled_attempts: limits.attempts.saturating_mul(3),
        call_timeout: limits.call_timeout,
        start_timeout: limits.start_timeout,
        account_timeout: limits.account_timeout,
        rates: Rates {
            findings: rate(rates.access_analyzer * HEADROOM, rates.access_analyzer),
            last_accessed: of_iam,
            sts: rate(rates.sts, rates.sts),
            organizations: rate(rates.organizations * HEADROOM, rates.organizations),
            other: of_iam,
        },
        ..Limits::default()
    };
    LiveOptions {
        profile: config.profile.clone(),
        region: config.region.clone(),
        accounts: config.accounts.list.iter().map(listed).collect(),
        own: config.accounts.own,
        by_unit: config.names_units(),
        role: Role {
            name: config.assume.role.clone(),
            external_id: config.assume.external_id.clone(),
            session_name: config.assume.session_name.clone(),
            duration: config.assume.duration,
        },
        overrides: config.assume.accounts.keys().map(|account| (account.clone(), access(account))).collect(),
        analyzer_arn: config.analyzer.clone(),
        source: match config.evidence {
            EvidenceFrom::Auto => Source::Auto,
            EvidenceFrom::Analyzer => Source::Analyzer,
            EvidenceFrom::LastAccessed => Source::LastAccessed,
        },
        limits,
        events: Some(events),
    }
}

fn listed(account: &ListedAccount) -> Account {
    let name = account.name.clone().unwrap_or_default();
    Account { id: account.id.clone(), name, ..Account::default() }
}

/// A limit of the config as a count; the config keeps them small.
pub(super) fn many(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// The pacer begins at the configured rate and may find that AWS takes so many times more.
const HEADROOM: f64 = 50.0;
