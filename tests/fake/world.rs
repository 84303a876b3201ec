//! What the fake knows: a snapshot folder read account by account, answers in memory, or an invented organisation.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use leastwise_core::evidence::{Analyzer, AnalyzerAnswer, Failure, Finding, LastAccessed};
use leastwise_core::inventory::wire::{Account, Accounts, Authorization};
use serde::de::DeserializeOwned;

use super::findings;
use super::generate::Invented;

/// So many accounts of a folder are held at a time.
const HELD: usize = 128;

/// The answers about one account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) authorization: Option<Authorization>,
    pub(crate) findings: Option<Vec<Finding>>,
    pub(crate) last_accessed: Option<Vec<LastAccessed>>,
    pub(crate) error: Option<Failure>,
}

/// An organisation.
pub(crate) struct World {
    pub(crate) partition: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) analyzers: Vec<Analyzer>,
    source: Source,
    held: Mutex<Held>,
    index: Mutex<Index>,
}

enum Source {
    Folder(PathBuf),
    Memory(BTreeMap<String, Arc<Books>>),
    /// As it is so many nights after the first.
    Invented(Invented, u32),
}

type Shelf = Arc<OnceLock<Arc<Books>>>;

#[derive(Default)]
struct Held {
    clock: u64,
    shelves: HashMap<String, (u64, Shelf)>,
}

/// Where each finding stands: the account's place and the finding's place in it.
#[derive(Default)]
struct Index {
    done: Vec<bool>,
    places: HashMap<String, (usize, usize)>,
}

impl World {
    /// A snapshot folder. Its accounts are read when they are asked for.
    pub(crate) fn folder(folder: &Path) -> Self {
        let about: serde_json::Value = read(&folder.join("snapshot.json"))
            .unwrap()
            .expect("no snapshot.json");
        let accounts: Accounts = read(&folder.join("accounts.json"))
            .unwrap()
            .expect("no accounts.json");
        let analyzers: Option<Vec<AnalyzerAnswer>> = read(&folder.join("analyzers.json")).unwrap();
        let analyzers = analyzers
            .into_iter()
            .flatten()
            .map(|answer| answer.analyzer)
            .collect();
        let partition = about["partition"].as_str().unwrap_or("aws").to_owned();
        Self::new(
            partition,
            accounts.accounts,
            analyzers,
            Source::Folder(folder.to_owned()),
        )
    }

    /// Answers in memory; an account without books has none.
    pub(crate) fn memory(
        accounts: Vec<Account>,
        analyzers: Vec<Analyzer>,
        books: BTreeMap<String, Books>,
    ) -> Self {
        let books = books
            .into_iter()
            .map(|(id, books)| (id, Arc::new(books)))
            .collect();
        Self::new("aws".to_owned(), accounts, analyzers, Source::Memory(books))
    }

    /// An invented organisation, whose accounts are made when they are asked for.
    pub(crate) fn invented(invented: Invented) -> Self {
        Self::invented_later(invented, 0)
    }

    /// The same after so many nights, in each of which one finding in a hundred changes.
    pub(crate) fn invented_later(invented: Invented, nights: u32) -> Self {
        let (accounts, analyzers) = (invented.accounts(), vec![invented.analyzer()]);
        Self::new(
            "aws".to_owned(),
            accounts,
            analyzers,
            Source::Invented(invented, nights),
        )
    }

    fn new(partition: String, accounts: Vec<Account>, analyzers: Vec<Analyzer>, source: Source) -> Self {
        let index = Index {
            done: vec![false; accounts.len()],
            places: HashMap::new(),
        };
        Self {
            partition,
            accounts,
            analyzers,
            source,
            held: Mutex::default(),
            index: Mutex::new(index),
        }
    }

    /// The management account, from the accounts' ARNs; the first account when they do not tell.
    pub(crate) fn management(&self) -> &str {
        let named = self
            .accounts
            .iter()
            .find_map(|account| account.arn.split(':').nth(4));
        named
            .or(self.accounts.first().map(|account| account.id.as_str()))
            .unwrap_or("111111111111")
    }

    /// The organisation's id; none when there is no organisation.
    pub(crate) fn organisation_id(&self) -> Option<&str> {
        self.accounts
            .iter()
            .find_map(|account| account.arn.split('/').nth(1))
    }

    pub(crate) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// One account's answers.
    pub(crate) fn books(&self, id: &str) -> Arc<Books> {
        if let Source::Memory(books) = &self.source {
            return books.get(id).cloned().unwrap_or_default();
        }
        let shelf = self.held.lock().unwrap().shelf(id);
        shelf.get_or_init(|| Arc::new(self.load(id))).clone()
    }

    /// The account at a place, with its findings entered in the index.
    pub(crate) fn books_at(&self, place: usize) -> Arc<Books> {
        let books = self.books(&self.accounts[place].id);
        let mut index = self.index.lock().unwrap();
        if !std::mem::replace(&mut index.done[place], true) {
            for (at, finding) in books.findings.iter().flatten().enumerate() {
                index.places.insert(finding.id.clone(), (place, at));
            }
        }
        books
    }

    /// Where a finding stands: the account's answers and its place in them. May read every account.
    pub(crate) fn finding(&self, id: &str) -> Option<(Arc<Books>, usize)> {
        let known = self.index.lock().unwrap().places.get(id).copied();
        let known = known.or_else(|| {
            let unread: Vec<usize> = {
                let index = self.index.lock().unwrap();
                (0..index.done.len())
                    .filter(|place| !index.done[*place])
                    .collect()
            };
            unread.into_iter().find_map(|place| {
                self.books_at(place);
                self.index.lock().unwrap().places.get(id).copied()
            })
        });
        let (place, at) = known?;
        Some((self.books(&self.accounts[place].id), at))
    }

    fn load(&self, id: &str) -> Books {
        match &self.source {
            Source::Folder(folder) => {
                let folder = folder.join("accounts").join(id);
                Books {
                    authorization: read(&folder.join("authorization.json")).unwrap(),
                    findings: read(&folder.join("findings.json")).unwrap(),
                    last_accessed: read(&folder.join("last-accessed.json")).unwrap(),
                    error: read(&folder.join("error.json")).unwrap(),
                }
            }
            Source::Memory(_) => Books::default(),
            Source::Invented(invented, nights) => {
                let mut books = invented.books(id);
                books
                    .findings
                    .iter_mut()
                    .for_each(|found| findings::after(*nights, found));
                books
            }
        }
    }
}

impl Held {
    /// The place of an account's answers; the one that was asked for longest ago makes room.
    fn shelf(&mut self, id: &str) -> Shelf {
        self.clock += 1;
        if let Some((used, shelf)) = self.shelves.get_mut(id) {
            *used = self.clock;
            return shelf.clone();
        }
        if self.shelves.len() >= HELD {
            let oldest = self
                .shelves
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(id, _)| id.clone());
            oldest.map(|id| self.shelves.remove(&id));
        }
        let shelf = Shelf::default();
        self.shelves.insert(id.to_owned(), (self.clock, shelf.clone()));
        shelf
    }
}

/// A file, if it is there.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, String> {
    let told = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text))
            .map(Some)
            .map_err(|error| told(&error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(told(&error)),
    }
}
