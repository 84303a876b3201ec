//! Packs: a separate report for each owner, account or organisational unit, without data of others. They are built
//! from the files of the whole report, account by account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::finished;
use super::formats::{self, EarlierByFormat, ReportPlace};
use super::target::Target;
use super::totals::totals_of;
use crate::config::Config;
use crate::output::error::RunError;
use leastwise_core::catalog::{Catalog, Harvest, Unobserved};
use leastwise_core::inventory::wire::Account;
use leastwise_core::policy::{Document, Services};
use leastwise_core::report::names::part_without_case;
use leastwise_core::report::{
    AccountReport, AccountSummary, BASIS, BasisFile, Files, First, FirstChange, Manifest, Ready,
    Recommendation, Removal, Rendering, Report, SCHEMA, SplitBy,
};
use leastwise_report::folder::{CATALOG, MANIFEST, Own, Owner, REPORT, account_path, pack};

/// Folder for accounts whose OU is unknown.
const NO_UNIT: &str = "no-ou";

/// What packs are made from.
pub(crate) struct Packs<'r, W> {
    pub(crate) writer: &'r Arc<W>,
    pub(crate) report: &'r Arc<Report>,
    /// How the report is made, and each pack as well.
    pub(crate) rendering: &'r Rendering,
    pub(crate) by: SplitBy,
    /// Names beyond the catalog.
    pub(crate) harvest: &'r Harvest,
    pub(crate) unobserved: &'r Unobserved,
    /// The organisational unit or root right above each account.
    pub(crate) units: BTreeMap<String, String>,
}

/// What a pack keeps in memory while accounts come and go.
#[derive(Default)]
struct GrowingPack {
    summaries: Vec<AccountSummary>,
    weights: Vec<FirstChange>,
    /// How many principals each rule leaves as they are.
    rules: BTreeMap<String, usize>,
    /// Its principals in families.
    relatives: BTreeSet<String>,
    services: Services,
    /// What each change takes from its principals, by account.
    removals: BTreeMap<String, BTreeMap<String, Removal>>,
    /// How many of its accounts' own changes are ready.
    ready: usize,
}

/// The organisational unit or root right above each account, where it is known.
pub(crate) fn units(accounts: &[Account]) -> BTreeMap<String, String> {
    let unit = |account: &Account| {
        // o-acme/r-acme/ou-acme-workloads/444444444444/
        let parts: Vec<&str> = account
            .paths
            .first()?
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let above = parts.iter().rev().find(|part| **part != account.id)?;
        (above.starts_with("ou-") || above.starts_with("r-"))
            .then(|| (account.id.clone(), part_without_case(above)))
    };
    accounts.iter().filter_map(unit).collect()
}

impl<W: Target> Packs<'_, W> {
    /// Writes them all.
    pub(crate) async fn write(
        &self,
        catalog: &Catalog,
        started: &str,
        at_a_time: usize,
    ) -> Result<(), RunError> {
        let whole = self.report;
        let rendering = Rendering {
            split_by: None,
            pack: true,
            ..self.rendering.clone()
        };
        let packs = tokio::task::block_in_place(|| self.accounts())?;
        for (name, mut growing) in packs {
            let folder = format!("packs/{name}/");
            let own = Own::of(growing.relatives.iter().map(String::as_str));
            let (families, recommendations) = pack::families(whole, &own, &growing.removals);
            for change in &recommendations {
                self.copy(&folder, change, &mut growing.services)?;
            }
            growing
                .weights
                .extend(recommendations.iter().map(FirstChange::of));
            let mut totals = totals_of(&growing.summaries)?;
            totals.recommendations += recommendations.len();
            let ready = growing.ready + ready_among(&recommendations);
            let ready = whole.ready.map(|it| Ready { changes: ready, ..it });
            let report = Arc::new(Report {
                schema: SCHEMA,
                partition: whole.partition.clone(),
                catalog: whole.catalog.clone(),
                manual: whole.manual.clone(),
                totals: totals.clone(),
                accounts: growing.summaries,
                families,
                recommendations,
                first: First::of(&growing.weights),
                exceptions: pack::exceptions(whole, &growing.rules),
                ready,
                // The counts of the whole organisation belong in its own report.
                since: None,
            });
            self.writer.write_json(&format!("{folder}{REPORT}"), &*report)?;
            let extract = catalog.extract(&growing.services);
            self.writer.write_json(&format!("{folder}{CATALOG}"), &extract)?;
            // The proofs of its changes need only names of their own services; names of other services are
            // other owners' data.
            let harvest = self.harvest.about(&growing.services);
            let basis = BasisFile::of(&harvest, self.unobserved);
            self.writer.write_json(&format!("{folder}{BASIS}"), &basis)?;
            let formats = formats::chosen(
                &rendering.formats,
                rendering.owner_tag.as_deref(),
                &EarlierByFormat::default(),
            );
            let place = ReportPlace {
                writer: self.writer,
                folder: &folder,
                finished: None,
            };
            formats::render(place, &report, formats, None, at_a_time).await?;
            self.writer.settle()?;
            let mut files = self.writer.hashes_below(&folder);
            // It is there already when it is compared.
            files.remove(MANIFEST);
            let manifest = Manifest {
                schema: SCHEMA,
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                started: started.to_owned(),
                catalog: whole.catalog.clone(),
                totals,
                rendering: Some(rendering.clone()),
                calls: Vec::new(),
                files,
            };
            self.writer
                .write_json(&format!("{folder}{MANIFEST}"), &manifest)?;
        }
        Ok(())
    }

    /// Divides each account among the packs, and writes their parts of it.
    fn accounts(&self) -> Result<BTreeMap<String, GrowingPack>, RunError> {
        let families = self.report.families.iter().flat_map(|it| &it.accounts);
        let relatives: BTreeSet<&str> = families
            .flat_map(|it| it.principals.iter().map(String::as_str))
            .collect();
        let mut packs: BTreeMap<String, GrowingPack> = BTreeMap::new();
        for summary in &self.report.accounts {
            let account = finished::read(&**self.writer, "", &summary.id)?.report;
            for (name, own) in self.divide(&account) {
                let folder = format!("packs/{name}/");
                let part = pack::account(&account, &own);
                let growing = packs.entry(name).or_default();
                for change in part.recommendations.iter().chain(&part.alternatives) {
                    self.copy(&folder, change, &mut growing.services)?;
                }
                growing
                    .weights
                    .extend(part.recommendations.iter().map(FirstChange::of));
                growing.ready += ready_among(&part.recommendations);
                growing
                    .removals
                    .insert(summary.id.clone(), pack::removals(&part.principals));
                pack::covered(&part.principals, &mut growing.rules);
                let arns = part.principals.iter().map(|it| &it.arn);
                growing
                    .relatives
                    .extend(arns.filter(|arn| relatives.contains(arn.as_str())).cloned());
                self.writer
                    .write_json(&format!("{folder}{}", account_path(&summary.id)), &part)?;
                growing.summaries.push(part.summary);
            }
        }
        Ok(packs)
    }

    /// The packs that have something of an account, with the principals of each. An account without principals is its own.
    fn divide<'a>(&self, account: &'a AccountReport) -> BTreeMap<String, Own<'a>> {
        let id = &account.summary.id;
        let tag = self.rendering.owner_tag.as_deref();
        let mut packs: BTreeMap<String, Own<'a>> = BTreeMap::new();
        let place = match self.by {
            SplitBy::Ou => self.units.get(id).map_or(NO_UNIT, String::as_str),
            SplitBy::Account | SplitBy::Owner => id,
        };
        for principal in &account.principals {
            let name = match self.by {
                SplitBy::Owner => Owner::of(principal, id, tag).file(),
                SplitBy::Account | SplitBy::Ou => place.to_owned(),
            };
            packs.entry(name).or_default().add(principal);
        }
        if packs.is_empty() {
            packs.insert(place.to_owned(), Own::default());
        }
        packs
    }

    /// Copies the files of a change into a pack, and records the services that its proof needs.
    fn copy(&self, folder: &str, change: &Recommendation, services: &mut Services) -> Result<(), RunError> {
        let hands = change.holders.iter().map(|hands| &hands.files);
        let all: BTreeSet<&str> = std::iter::once(&change.files)
            .chain(hands)
            .flat_map(paths)
            .collect();
        for path in all {
            let text = self.writer.read(path)?;
            if path == change.files.before {
                services
                    .extend(&Document::parse(&text).map_or(Services::All, |document| document.services()));
            }
            self.writer.write(&format!("{folder}{path}"), text.as_bytes())?;
        }
        if let Some(path) = change.code.as_ref().and_then(|it| it.patch.as_ref()) {
            let text = self.writer.read(path)?;
            self.writer.write(&format!("{folder}{path}"), text.as_bytes())?;
        }
        Ok(())
    }
}

/// The same as packs have it, by the paths of their files. Each account is in one pack then.
pub(crate) fn units_told<'p>(paths: impl Iterator<Item = &'p str>) -> BTreeMap<String, String> {
    let unit = |path: &str| {
        let (name, rest) = path.strip_prefix("packs/")?.split_once('/')?;
        let id = rest.strip_prefix("accounts/")?.strip_suffix(".json")?;
        Some((id.to_owned(), name.to_owned()))
    };
    paths.filter_map(unit).collect()
}

/// How the files of a report are made.
pub(crate) fn rendering(config: &Config) -> Rendering {
    let mut formats = config.formats.clone();
    formats.sort();
    Rendering {
        formats,
        owner_tag: config.owner_tag.clone(),
        split_by: config.split_by,
        pack: false,
    }
}

fn ready_among(changes: &[Recommendation]) -> usize {
    changes.iter().filter(|it| it.ready == Some(true)).count()
}

fn paths(files: &Files) -> [&str; 3] {
    [&files.before, &files.after, &files.diff]
}
