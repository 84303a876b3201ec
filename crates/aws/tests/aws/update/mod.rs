//! `catalog update` and the choice of a catalog, against a server on 127.0.0.1 and folders made for each test.

mod choosing;
mod fetching;
mod refusing;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use leastwise_aws::update;
use leastwise_aws::update::{CatalogSource, DownloadLimits, DownloadProgress, Options, UpdateError, Updated};
use leastwise_core::catalog::Catalog;
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::reference::{aws, index, reference, service};
use crate::wire::{Reply, Server};

const NOW: &str = "2030-05-04T10:20:30.5Z";

/// Like [`aws`], but s3's file is answered by `odd`, which hears how often it was asked before.
fn aws_but(odd: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(|port| {
        move |path: &str, before| {
            let odd = if path == "/v1/s3/s3.json" {
                odd(before)
            } else {
                None
            };
            odd.unwrap_or_else(|| reference(port, path))
        }
    })
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn updated(
    options: &Options<'_>,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<Updated, UpdateError> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(update::update(options, now(), progress))
}

/// One update, into a cache of its own that holds an old text.
#[must_use]
struct Attempt {
    source: CatalogSource,
    in_use: Catalog,
    force: bool,
    limits: DownloadLimits,
    environment: Vec<(&'static str, String)>,
    home: TempDir,
}

impl Attempt {
    fn from(from: &str) -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir_all(home.path().join("leastwise")).unwrap();
        fs::write(home.path().join("leastwise/catalog.txt"), "the old one").unwrap();
        let limits = DownloadLimits {
            first_pause: Duration::from_millis(10),
            ..DownloadLimits::default()
        };
        Self {
            source: CatalogSource::of(Some(from)),
            in_use: Catalog::from_json(r#"{"s3":["GetObject"]}"#).unwrap(),
            force: false,
            limits,
            environment: Vec::new(),
            home,
        }
    }

    fn against(mut self, catalog: &str) -> Self {
        self.in_use = Catalog::from_json(catalog).unwrap();
        self
    }

    fn forced(mut self) -> Self {
        self.force = true;
        self
    }

    fn within(mut self, limits: impl FnOnce(&mut DownloadLimits)) -> Self {
        limits(&mut self.limits);
        self
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    fn cache(&self) -> PathBuf {
        self.home.path().join("leastwise/catalog.txt")
    }

    fn told(&self, progress: &mut dyn FnMut(DownloadProgress)) -> Result<Updated, UpdateError> {
        let set = |name: &str| {
            self.environment
                .iter()
                .find(|(set, _)| *set == name)
                .map(|(_, value)| OsString::from(value))
        };
        let cache = self.cache();
        let options = Options {
            source: self.source.clone(),
            cache: Some(&cache),
            in_use: &self.in_use,
            force: self.force,
            limits: self.limits.clone(),
            environment: &set,
        };
        updated(&options, progress)
    }

    /// The update goes well, and this is in the cache.
    fn brings(self) -> String {
        self.told(&mut |_| {}).unwrap();
        fs::read_to_string(self.cache()).unwrap()
    }

    /// The update fails, and what was in the cache is still there, alone.
    fn fails(self) -> UpdateError {
        let error = self.told(&mut |_| {}).unwrap_err();
        assert_eq!(fs::read_to_string(self.cache()).unwrap(), "the old one");
        assert_eq!(
            fs::read_dir(self.cache().parent().unwrap()).unwrap().count(),
            1,
            "a draft was left behind"
        );
        assert!(!error.help().is_empty());
        error
    }
}

const WHOLE: &str = "leastwise-catalog 1
version service-reference
updated 2030-05-04T10:20:30Z
source AWS service authorization reference

s3
R+GetObject
R-ListBucket
W-PutObject

sqs
R-SendMessage
";
