//! Turns the configuration, the environment and the command line into the settings of a scan.

use std::env;
use std::path::Path;
use std::sync::Arc;

use crate::config;
use crate::config::{Config, Overrides};
use crate::output::error::RunError;
use crate::output::event::Event;
use crate::output::log::Log;
use leastwise_aws::EventSink;
use leastwise_aws::live::{LiveOptions, Purpose};
use leastwise_files as files;

/// Reads the configuration: the file that is named or found, then the environment, then the flags. Gives the file's name as
/// well.
pub(crate) fn read(
    named: Option<&Path>,
    flags: &Overrides,
    log: &Log,
) -> Result<(Config, Option<String>), RunError> {
    let environment = |name: &str| env::var_os(name);
    let file = config::find(named, environment, |path| path.is_file());
    let text = match &file {
        None => None,
        Some(path) => Some(text_of(path)?),
    };
    if named.is_none()
        && let Some(path) = file
            .as_deref()
            .filter(|path| *path == Path::new(config::FILE_NAME))
    {
        // In another folder the same command reads another one, or none.
        log.tell(&Event::ConfigFound {
            path: format!("./{}", path.display()),
        });
    }
    let set = env::vars_os().filter(|(_, value)| !value.is_empty());
    let strangers = config::unknown_variables(set.filter_map(|(name, _)| name.into_string().ok()));
    let name = text.as_ref().map(|(_, name)| name.clone());
    let file = text.as_ref().map(|(text, name)| (text.as_str(), name.as_str()));
    match Config::layered(file, environment, flags) {
        Ok(config) if strangers.is_empty() => Ok((config, name)),
        layered => Err(RunError::Config(
            layered.err().into_iter().flatten().chain(strangers).collect(),
        )),
    }
}

fn text_of(path: &Path) -> Result<(String, String), RunError> {
    let name = path.display().to_string();
    match files::named(path, files::CONFIG) {
        Ok(text) => Ok((text, name)),
        Err(error) => Err(RunError::Read { input: name, error }),
    }
}

/// Options of a live scan.
pub(crate) fn live(config: &Config, events: Arc<dyn EventSink>) -> LiveOptions {
    LiveOptions {
        purpose: Purpose::Scan,
        profile: config.profile.clone(),
        region: config.region.clone(),
        accounts: config.accounts.list.clone(),
        own: config.accounts.own,
        by_unit: config.names_units(),
        assume: config.assume.clone(),
        analyzer_arn: config.analyzer.clone(),
        source: config.evidence,
        limits: config.limits.clone(),
        events: Some(events),
    }
}
