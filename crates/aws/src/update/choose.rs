//! Which catalog to use: the one that is named, otherwise the downloaded one if it is newer, otherwise the embedded
//! one; and how old it is. No clock: the caller passes the time.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::gather::{self, read_from};
use super::{DownloadLimits, UpdateError};
use leastwise_core::catalog::{Catalog, CatalogError};

/// The header of a catalog has four short lines.
const HEADER_BYTES: u64 = 4096;

/// What the text form begins with, whatever its version.
const TITLE: &str = "leastwise-catalog";

/// AWS adds some two hundred actions a month; a catalog older than this gets a warning.
pub const STALE_AFTER_DAYS: i64 = 60;

/// A catalog and where it comes from.
#[derive(Debug)]
pub struct ChosenCatalog {
    origin: CatalogOrigin,
    catalog: HeldCatalog,
}

/// Where a catalog comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogOrigin {
    /// The user named it.
    Explicit(PathBuf),
    /// `catalog update` wrote it.
    Updated(PathBuf),
    /// The one inside the binary.
    Embedded,
}

#[derive(Debug)]
enum HeldCatalog {
    Embedded(&'static Catalog),
    Read(Box<Catalog>),
}

impl ChosenCatalog {
    /// Where it comes from.
    pub fn origin(&self) -> &CatalogOrigin {
        &self.origin
    }

    fn read(origin: CatalogOrigin, catalog: Catalog) -> Self {
        Self {
            origin,
            catalog: HeldCatalog::Read(Box::new(catalog)),
        }
    }
}

impl Deref for ChosenCatalog {
    type Target = Catalog;

    fn deref(&self) -> &Catalog {
        match &self.catalog {
            HeldCatalog::Embedded(catalog) => catalog,
            HeldCatalog::Read(catalog) => catalog,
        }
    }
}

/// Chooses a catalog. `explicit` is a file or a folder that the user named, `-` for standard input; `cache` is where the
/// user's own may be. When that one cannot be used, `warn` hears of it and the embedded one is taken.
///
/// # Errors
/// When the catalog that the user named cannot be used.
pub fn choose(
    explicit: Option<&Path>,
    cache: Option<&Path>,
    warn: &mut dyn FnMut(String),
) -> Result<ChosenCatalog, UpdateError> {
    if let Some(path) = explicit {
        return Ok(ChosenCatalog::read(
            CatalogOrigin::Explicit(path.to_owned()),
            named(path)?,
        ));
    }
    let embedded = Catalog::embedded();
    if let Some(path) = cache {
        match newer(path, embedded.updated()) {
            Ok(Some(catalog)) => {
                return Ok(ChosenCatalog::read(
                    CatalogOrigin::Updated(path.to_owned()),
                    catalog,
                ));
            }
            Ok(None) => {}
            Err(error) => warn(format!(
                "{error}; using the embedded list of actions instead. To replace the file, run `leastwise catalog update`",
            )),
        }
    }
    Ok(ChosenCatalog {
        origin: CatalogOrigin::Embedded,
        catalog: HeldCatalog::Embedded(embedded),
    })
}

fn named(path: &Path) -> Result<Catalog, UpdateError> {
    let limits = DownloadLimits::default();
    if path.is_dir() {
        // Files say nothing of their date.
        return gather::folder(path, &limits)?.finish("");
    }
    let text = match path.as_os_str().to_str() {
        Some("-") => read_from(io::stdin(), path, limits.file_bytes),
        _ => gather::read(path, limits.file_bytes),
    }?;
    if text.starts_with(TITLE) {
        return parse(&text, path);
    }
    if text.starts_with(['{', '[']) {
        return Catalog::from_json(&text).map_err(|error| unusable(path, error));
    }
    Err(UpdateError::NotACatalog {
        path: path.to_owned(),
        error: None,
    })
}

/// The user's own catalog, if there is one and it is newer. Of an older one only the header is read.
fn newer(path: &Path, than: &str) -> Result<Option<Catalog>, UpdateError> {
    let unreadable = |error| UpdateError::Read {
        path: path.to_owned(),
        error,
    };
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(unreadable)?,
    };
    let header = header(&file).map_err(unreadable)?;
    let updated = Catalog::date_of(&header).map_err(|error| unusable(path, error))?;
    let Some(updated) = instant(&updated) else {
        return Err(UpdateError::Undated(path.to_owned()));
    };
    if instant(than).is_some_and(|than| updated <= than) {
        return Ok(None);
    }
    file.rewind().map_err(unreadable)?;
    parse(
        &read_from(file, path, DownloadLimits::default().file_bytes)?,
        path,
    )
    .map(Some)
}

/// The lines before the first blank one. What is not text cannot be one of them, and shows as an odd line.
fn header(file: &File) -> io::Result<String> {
    let mut lines = Vec::new();
    let mut input = BufReader::with_capacity(1024, file.take(HEADER_BYTES));
    while !lines.ends_with(b"\n\n") && input.read_until(b'\n', &mut lines)? > 0 {}
    Ok(String::from_utf8_lossy(&lines).into_owned())
}

fn parse(text: &str, path: &Path) -> Result<Catalog, UpdateError> {
    match Catalog::parse(text) {
        // A header alone is well formed, and would leave every wildcard undecided.
        Ok(catalog) if catalog.service_count() == 0 => Err(unusable(path, CatalogError::Empty)),
        read => read.map_err(|error| unusable(path, error)),
    }
}

fn unusable(path: &Path, error: CatalogError) -> UpdateError {
    UpdateError::NotACatalog {
        path: path.to_owned(),
        error: Some(error),
    }
}

/// How many whole days ago a catalog was made; `None` when `updated` is not a date.
pub fn age_in_days(updated: &str, now: Timestamp) -> Option<i64> {
    let age = now.since((Unit::Second, instant(updated)?)).ok()?;
    Some(age.get_seconds().div_euclid(86_400))
}

/// The warning about an old catalog. One without a date has no known age and gets no warning.
pub fn stale_warning(chosen: &ChosenCatalog, now: Timestamp) -> Option<String> {
    let days = age_in_days(chosen.updated(), now).filter(|days| *days > STALE_AFTER_DAYS)?;
    Some(match chosen.origin() {
        CatalogOrigin::Explicit(path) => format!(
            "the list of actions `{}` is {days} days old; for a newer one, run `leastwise catalog update` and drop --catalog",
            path.display(),
        ),
        CatalogOrigin::Updated(_) | CatalogOrigin::Embedded => {
            format!(
                "the list of IAM actions is {days} days old; for a newer one, run `leastwise catalog update`"
            )
        }
    })
}

/// A date as catalogs have it: a moment, or a day alone, which begins at midnight UTC.
fn instant(updated: &str) -> Option<Timestamp> {
    updated.parse().ok().or_else(|| {
        let day: Date = updated.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}
