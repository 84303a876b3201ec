//! The catalog in use, and the user's own: chosen at every start, fetched anew from AWS on request.
//!
//! I/O: files and the network. It reads no wall clock and no environment but what it is handed, so that every rule in here
//! can be tested; how long a call takes is measured on the monotonic clock. Nothing of the core may import it.

mod address;
mod cache;
mod choose;
mod error;
mod fetch;
mod gather;
mod loss;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

pub use crate::network::Environment;
use leastwise_core::catalog::{Catalog, KnownAction};

pub use cache::path as cache_path;
pub use choose::{CatalogOrigin, ChosenCatalog, STALE_AFTER_DAYS, age_in_days, choose, stale_warning};
pub use error::UpdateError;
pub use fetch::CallError;
pub use loss::Loss;

/// Where the files of the service reference come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogSource {
    /// AWS itself.
    Aws,
    /// The address of an index like AWS's.
    Mirror(String),
    /// A folder with one JSON file per service.
    Folder(PathBuf),
}

/// What an update may take.
#[derive(Debug, Clone)]
pub struct DownloadLimits {
    /// How many files are fetched at a time.
    pub in_flight: usize,
    /// How often a file is asked for.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from one to the next.
    pub first_pause: Duration,
    /// No pause is longer, whatever the server wishes.
    pub longest_pause: Duration,
    /// One attempt, from the connection to the last byte.
    pub call: Duration,
    /// Everything together.
    pub overall: Duration,
    /// The length of the index.
    pub index_bytes: u64,
    /// The length of one file.
    pub file_bytes: u64,
    /// The length of all files, of which what is kept takes some memory: AWS had 15 MB in February 2026.
    pub total_bytes: u64,
    /// How many files there may be: AWS had 442 in February 2026.
    pub services: usize,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self {
            in_flight: 8,
            attempts: 4,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            call: Duration::from_secs(30),
            overall: Duration::from_secs(600),
            index_bytes: 4 << 20,
            file_bytes: 32 << 20,
            total_bytes: 150 << 20,
            services: 5_000,
        }
    }
}

/// What to update, from where and against what.
pub struct Options<'o> {
    /// Where the files come from.
    pub source: CatalogSource,
    /// Where the catalog goes; see [`cache_path`].
    pub cache: Option<&'o Path>,
    /// The catalog that the new one is held against.
    pub in_use: &'o Catalog,
    /// Whether services may be missing or shrink.
    pub force: bool,
    /// What it may take.
    pub limits: DownloadLimits,
    /// Where the proxy settings are read.
    pub environment: Environment<'o>,
}

impl CatalogSource {
    /// Reads the value of `--from`.
    pub fn of(from: Option<&str>) -> Self {
        let is_address = |from: &str| {
            let scheme = from
                .split_once("://")
                .map(|(scheme, _)| scheme.to_ascii_lowercase());
            matches!(scheme.as_deref(), Some("http" | "https"))
        };
        match from {
            None => Self::Aws,
            Some(from) if is_address(from) => Self::Mirror(from.to_owned()),
            Some(from) => Self::Folder(PathBuf::from(from)),
        }
    }
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownloadProgress {
    /// Files that have arrived.
    pub done: usize,
    /// Files in all.
    pub total: usize,
}

/// What an update brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// Where the catalog is now.
    pub path: PathBuf,
    /// Its date.
    pub updated: String,
    /// Its services.
    pub services: usize,
    /// Its actions.
    pub actions: usize,
    /// Actions that the catalog in use did not know.
    pub added: usize,
    /// Actions of the catalog in use that are gone.
    pub removed: usize,
}

/// Collects the service reference, dates it `now`, and puts it in the cache folder in one step.
///
/// # Errors
/// Whatever goes wrong, the catalog that was there stays as it was.
pub async fn update(
    options: &Options<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<Updated, UpdateError> {
    // A place that cannot be written shows before the download, not after it.
    let draft = cache::Draft::open(options.cache.ok_or(UpdateError::NoCache)?)?;
    let limits = &options.limits;
    let gathered = match &options.source {
        CatalogSource::Aws => fetch::gather(address::AWS, limits, options.environment, now, progress).await,
        CatalogSource::Mirror(url) => fetch::gather(url, limits, options.environment, now, progress).await,
        CatalogSource::Folder(folder) => gather::folder(folder, limits),
    }?;
    let catalog = gathered.finish(&to_the_second(now))?;
    let losses = loss::losses(options.in_use, &catalog);
    if !losses.is_empty() && !options.force {
        return Err(UpdateError::Shrunk { losses });
    }
    let path = draft.publish(&catalog.to_text())?;
    let unknown_to =
        |other: &Catalog, action: &KnownAction<'_>| other.action(action.service, action.name).is_none();
    Ok(Updated {
        path,
        updated: catalog.updated().to_owned(),
        services: catalog.service_count(),
        actions: catalog.action_count(),
        added: catalog
            .actions()
            .filter(|action| unknown_to(options.in_use, action))
            .count(),
        removed: options
            .in_use
            .actions()
            .filter(|action| unknown_to(&catalog, action))
            .count(),
    })
}

/// Fractions of a second would only make the date longer.
fn to_the_second(now: Timestamp) -> String {
    let whole = TimestampRound::new()
        .smallest(Unit::Second)
        .mode(RoundMode::Trunc);
    now.round(whole).unwrap_or(now).to_string()
}
