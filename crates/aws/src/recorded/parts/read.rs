//! All parts together: checked, then read like a recorded AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::Sha256;

use super::part::FORMAT;
use super::{
    ACCOUNTS, MOST_SHARDS, PART, PartManifest, PartsError, Shard, account_of, answers_of,
    organisation_digest, shard_of,
};
use crate::live::OPERATIONS;
use crate::pace::{BucketKey, Figures};
use crate::recorded::seal::hexadecimal;
use crate::recorded::snapshot::{SnapshotError, read};
use crate::{Cloud, Organisation, ReadEvent, Reading};
use leastwise_core::answers::Answers;
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::inventory::wire::{Account, Accounts};
use leastwise_files as files;

/// Parts of the previous daily run are about a day old. A resumed shard may be many hours old.
const WIDEST: SignedDuration = SignedDuration::from_hours(20);

/// All parts of a scan.
#[derive(Debug)]
pub struct Parts {
    organisation: Organisation,
    /// In the order of the shards.
    folders: Vec<FoundPart>,
}

/// One part.
#[derive(Debug)]
struct FoundPart {
    folder: PathBuf,
    part: PartManifest,
}

/// The fields that identify the format of the rest.
#[derive(Deserialize)]
struct PartHeader {
    format: u32,
    tool: String,
}

impl Parts {
    /// Reads what the parts in a folder say, checks that they make one whole, and every hash.
    ///
    /// # Errors
    /// When they do not.
    pub fn open(folder: &Path) -> Result<Self, PartsError> {
        let mut found = found(folder)?;
        found.sort_by(|a, b| (a.part.of, a.part.shard, &a.folder).cmp(&(b.part.of, b.part.shard, &b.folder)));
        is_complete(folder, &found)?;
        is_one_run(&found)?;
        found.iter().try_for_each(FoundPart::check_files)?;
        let first = found.first().ok_or_else(|| PartsError::None {
            path: folder.to_owned(),
        })?;
        let path = first.folder.join(ACCOUNTS);
        let accounts: Accounts = read(&first.folder, ACCOUNTS)?;
        let unknown = found.iter().find_map(|found| found.part.accounts_unknown.clone());
        let organisation = Organisation {
            partition: first.part.partition.clone(),
            accounts: accounts.accounts,
            unknown,
        };
        if organisation_digest(&organisation).ok().as_ref() != Some(&first.part.organisation) {
            return Err(PartsError::Changed { path });
        }
        found
            .iter()
            .try_for_each(|found| found.has_its_share(&organisation))?;
        Ok(Self {
            organisation,
            folders: found,
        })
    }

    /// When the earliest shard began.
    pub fn started(&self) -> Option<Timestamp> {
        self.folders.iter().map(|found| found.part.started).min()
    }

    /// Date of the answers, if they contain one: that of the earliest shard.
    pub fn as_of(&self) -> Option<String> {
        let earliest = self.folders.iter().min_by_key(|found| found.part.started);
        earliest.and_then(|found| found.part.captured_at.clone())
    }

    /// How far last-accessed data is looked back on. The same in all parts.
    pub fn window_days(&self) -> Option<u32> {
        self.folders.first().map(|found| found.part.window_days)
    }

    /// Whether the OU of each account is known, as far as the shards could determine it.
    pub fn knows_units(&self) -> bool {
        self.folders
            .first()
            .is_some_and(|found| found.part.units || !found.part.live)
            || self
                .organisation
                .accounts
                .iter()
                .all(|account| !account.paths.is_empty())
    }

    /// IDs of the accounts that the shards were configured to skip, suspended ones included.
    pub fn left_out(&self) -> Vec<String> {
        self.folders
            .iter()
            .flat_map(|found| &found.part.left_out)
            .cloned()
            .collect()
    }

    /// What was read of an account. It was there when the parts were checked.
    fn answers(&self, account: &str) -> Option<Answers> {
        let of = u32::try_from(self.folders.len()).ok()?;
        let place = usize::try_from(shard_of(account, of)).ok()?.checked_sub(1)?;
        read(&self.folders.get(place)?.folder, &answers_of(account)).ok()
    }
}

impl Cloud for Parts {
    async fn organisation(&self) -> Result<Organisation, Failure> {
        Ok(self.organisation.clone())
    }

    async fn read(&self, account: &Account, reading: Reading<'_>) -> Answers {
        // What became unreadable between the check and the reading.
        let malformed = || Failure::new("merge", FailureKind::Malformed);
        let unread = || Answers {
            authorization: Err(malformed()),
            evidence: Err(malformed()),
        };
        let answers = self.answers(&account.id).unwrap_or_else(unread);
        if let Ok(evidence) = &answers.evidence {
            reading
                .events
                .emit(ReadEvent::FindingsListed(evidence.findings.len()));
            reading
                .events
                .emit(ReadEvent::FindingsRead(evidence.findings.len()));
        }
        answers
    }

    /// Those of all shards, added up.
    fn figures(&self) -> Vec<(BucketKey, Figures)> {
        let mut all: BTreeMap<BucketKey, Figures> = BTreeMap::new();
        for calls in self.folders.iter().flat_map(|found| &found.part.calls) {
            // One version writes and reads parts, so each is known.
            let known = OPERATIONS
                .iter()
                .find_map(|operation| operation.bucket(&calls.api));
            let Some(api) = known else { continue };
            let key = BucketKey {
                api,
                account: calls.account.clone(),
                region: calls.region.clone(),
            };
            *all.entry(key).or_default() += Figures {
                calls: calls.calls,
                throttles: calls.throttles,
                waits: calls.waits,
                waited: Duration::from_nanos(calls.nanoseconds_waited),
            };
        }
        all.into_iter().collect()
    }
}

impl FoundPart {
    fn of(folder: PathBuf) -> Result<Self, PartsError> {
        let path = folder.join(PART);
        let form = |error| match error {
            SnapshotError::Read { path, error } if error.kind() != io::ErrorKind::NotFound => {
                PartsError::Io { path, error }
            }
            _ => PartsError::Form { path: path.clone() },
        };
        files::check_own(&folder).map_err(|error| PartsError::Io {
            path: folder.clone(),
            error,
        })?;
        let about: PartHeader = read(&folder, PART).map_err(form)?;
        if about.format != FORMAT || about.tool != env!("CARGO_PKG_VERSION") {
            return Err(PartsError::Version {
                path: folder,
                tool: about.tool,
            });
        }
        let part: PartManifest = read(&folder, PART).map_err(form)?;
        let own = files::open_own(&folder, PART, files::ANSWERS);
        own.map_err(|error| PartsError::Io {
            path: path.clone(),
            error,
        })?;
        if part.seal().ok().as_ref() != Some(&part.digest) {
            return Err(PartsError::Changed { path });
        }
        let is_numbered = part.of <= MOST_SHARDS && (1..=part.of).contains(&part.shard);
        let is_named = |file: &String| file == ACCOUNTS || account_of(file).is_some();
        if !is_numbered || !part.files.keys().all(is_named) {
            return Err(PartsError::Form { path });
        }
        Ok(Self { folder, part })
    }

    /// Every file is as the shard left it.
    fn check_files(&self) -> Result<(), PartsError> {
        for (name, wanted) in &self.part.files {
            let path = self.folder.join(name);
            match hash(&self.folder, name) {
                Ok(hash) if hash == *wanted => {}
                Ok(_) => return Err(PartsError::Changed { path }),
                Err(error) => return Err(PartsError::Io { path, error }),
            }
        }
        if !self.part.files.contains_key(ACCOUNTS) {
            let error = io::ErrorKind::NotFound.into();
            return Err(PartsError::Io {
                path: self.folder.join(ACCOUNTS),
                error,
            });
        }
        Ok(())
    }

    /// It has answers of the accounts that are dealt to it or left them out, no more and no fewer.
    fn has_its_share(&self, organisation: &Organisation) -> Result<(), PartsError> {
        let (path, share) = (|| self.folder.clone(), self.part.share());
        let ids = organisation.accounts.iter().map(|account| account.id.as_str());
        let mine: BTreeSet<&str> = ids.filter(|id| share.takes(id)).collect();
        let read = self.part.files.keys().filter_map(|file| account_of(file));
        let here: BTreeSet<&str> = read
            .chain(self.part.left_out.iter().map(String::as_str))
            .collect();
        if let Some(account) = here.difference(&mine).next() {
            return Err(PartsError::Foreign {
                path: path(),
                account: (*account).to_owned(),
            });
        }
        if let Some(account) = mine.difference(&here).next() {
            return Err(PartsError::Lacks {
                path: path(),
                account: (*account).to_owned(),
            });
        }
        Ok(())
    }
}

/// Every part in a folder. What is being written has a name that begins with a dot.
fn found(folder: &Path) -> Result<Vec<FoundPart>, PartsError> {
    let io = |error| PartsError::Io {
        path: folder.to_owned(),
        error,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name();
        let (name, path) = (name.to_string_lossy(), entry.path());
        let is_part = name.starts_with("shard-") || path.join(PART).is_file();
        if is_part && !name.starts_with('.') && path.is_dir() {
            files::refuse_link(&path).map_err(|error| PartsError::Io {
                path: path.clone(),
                error,
            })?;
            found.push(FoundPart::of(path)?);
        }
    }
    if found.is_empty() {
        Err(PartsError::None {
            path: folder.to_owned(),
        })
    } else {
        Ok(found)
    }
}

/// Whether every shard is present exactly once. They are sorted.
fn is_complete(folder: &Path, found: &[FoundPart]) -> Result<(), PartsError> {
    let Some(first) = found.first() else { return Ok(()) };
    let of = first.part.of;
    if let Some(other) = found.iter().find(|found| found.part.of != of) {
        return Err(PartsError::Counts {
            path: first.folder.clone(),
            of,
            other: other.folder.clone(),
            other_of: other.part.of,
        });
    }
    for pair in found.windows(2) {
        if let [one, other] = pair
            && one.part.shard == other.part.shard
        {
            let share: Shard = one.part.share();
            return Err(PartsError::Twice {
                share,
                path: one.folder.clone(),
                other: other.folder.clone(),
            });
        }
    }
    let there: BTreeSet<u32> = found.iter().map(|found| found.part.shard).collect();
    let shards: Vec<u32> = (1..=of).filter(|shard| !there.contains(shard)).collect();
    if shards.is_empty() {
        Ok(())
    } else {
        Err(PartsError::Missing {
            path: folder.to_owned(),
            shards,
            of,
        })
    }
}

/// They saw the same organisation with the same settings on the same day.
fn is_one_run(found: &[FoundPart]) -> Result<(), PartsError> {
    let Some(first) = found.first() else { return Ok(()) };
    for other in found {
        let (path, first_path) = (|| other.folder.clone(), || first.folder.clone());
        if other.part.run != first.part.run {
            return Err(PartsError::OtherRun {
                path: first_path(),
                run: first.part.run.clone(),
                other: path(),
                other_run: other.part.run.clone(),
            });
        }
        let settings = |part: &PartManifest| (part.settings.clone(), part.live, part.units, part.window_days);
        if settings(&other.part) != settings(&first.part) {
            return Err(PartsError::Settings {
                path: path(),
                other: first_path(),
            });
        }
        if (&other.part.organisation, &other.part.partition)
            != (&first.part.organisation, &first.part.partition)
        {
            return Err(PartsError::Organisation {
                path: path(),
                other: first_path(),
            });
        }
    }
    let earliest = found
        .iter()
        .min_by_key(|found| found.part.started)
        .unwrap_or(first);
    let latest = found
        .iter()
        .max_by_key(|found| found.part.started)
        .unwrap_or(first);
    // Recorded answers are those of their own day, whenever they are read.
    if first.part.live && latest.part.started.duration_since(earliest.part.started) > WIDEST {
        return Err(PartsError::FarApart {
            path: earliest.folder.clone(),
            at: earliest.part.started,
            other: latest.folder.clone(),
            other_at: latest.part.started,
        });
    }
    Ok(())
}

/// The hash of a file of a part.
fn hash(folder: &Path, path: &str) -> io::Result<String> {
    let mut hasher = Sha256::default();
    io::copy(&mut files::open_own(folder, path, files::ANSWERS)?, &mut hasher)?;
    Ok(hexadecimal(hasher))
}
