//! A demonstration snapshot, read with the types of the wire alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use leastwise_core::evidence::{AnalyzerAnswer, Failure, Finding};
use leastwise_core::inventory::wire::{Accounts, Authorization};
use leastwise_core::inventory::{Inventory, Principal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    format: u32,
    captured_at: String,
    partition: String,
}

/// What a snapshot's folder holds, read with the types of the wire alone.
pub(super) struct Recorded {
    pub(super) accounts: Accounts,
    pub(super) analyzers: Vec<AnalyzerAnswer>,
    pub(super) inventories: BTreeMap<String, Inventory>,
    pub(super) findings: BTreeMap<String, Vec<Finding>>,
    pub(super) failures: BTreeMap<String, Failure>,
}

pub(super) fn mocks() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("mocks")
}

/// Reads a file, and holds it to what serde_json prints of it.
fn recorded<T: DeserializeOwned + Serialize>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let value: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let printed = serde_json::to_string_pretty(&value).unwrap() + "\n";
    let differs = text
        .lines()
        .zip(printed.lines())
        .position(|(written, printed)| written != printed);
    assert!(
        text == printed,
        "{}, line {:?}: not as serde_json prints it",
        path.display(),
        differs.map(|n| n + 1)
    );
    value
}

pub(super) fn open(name: &str) -> Recorded {
    let folder = mocks().join(name);
    let about: About = recorded(&folder.join("snapshot.json"));
    assert_eq!((about.format, about.partition.as_str()), (1, "aws"));
    let mut all = Recorded {
        accounts: recorded(&folder.join("accounts.json")),
        analyzers: recorded(&folder.join("analyzers.json")),
        inventories: BTreeMap::new(),
        findings: BTreeMap::new(),
        failures: BTreeMap::new(),
    };
    let known: BTreeSet<&str> = all
        .accounts
        .accounts
        .iter()
        .map(|account| account.id.as_str())
        .collect();
    for entry in folder.join("accounts").read_dir().unwrap() {
        let id = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            known.contains(id.as_str()),
            "{name} has a folder of {id}, which is no account of it"
        );
    }
    for account in &all.accounts.accounts {
        let folder = folder.join("accounts").join(&account.id);
        let file = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        if let Some(path) = file("authorization.json") {
            let answers: Authorization = recorded(&path);
            all.inventories.insert(
                account.id.clone(),
                Inventory::new(account.clone(), answers).unwrap(),
            );
        }
        if let Some(path) = file("findings.json") {
            all.findings.insert(account.id.clone(), recorded(&path));
        }
        if let Some(path) = file("error.json") {
            all.failures.insert(account.id.clone(), recorded(&path));
        }
    }
    all
}

impl Recorded {
    pub(super) fn id(&self, name: &str) -> &str {
        let account = self.accounts.accounts.iter().find(|account| account.name == name);
        &account
            .unwrap_or_else(|| panic!("no account is called {name}"))
            .id
    }

    pub(super) fn principals(&self) -> impl Iterator<Item = (&Inventory, &Principal)> {
        self.inventories.values().flat_map(|inventory| {
            inventory
                .principals
                .iter()
                .map(move |principal| (inventory, principal))
        })
    }

    pub(super) fn principal(&self, name: &str) -> (&Inventory, &Principal) {
        self.principals()
            .find(|(_, principal)| principal.name == name)
            .unwrap_or_else(|| panic!("no {name}"))
    }
}
