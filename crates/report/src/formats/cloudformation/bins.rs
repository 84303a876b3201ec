//! How the changes of an account are distributed among templates, within CloudFormation's limits.

use super::super::infrastructure::{ManualStep, Resource, ResourceChange, plain};
use super::refusal::refusal;
use super::template::{ChangeRow, TemplateEntry, copy_id};
use leastwise_core::report::PolicyHolder;

/// CloudFormation's limits: resources and bytes of a template, resources of one import. A template of more than
/// 51,200 bytes must be in S3.
const MOST_RESOURCES: usize = 500;
const MOST_BYTES: usize = 900_000;
const MOST_IMPORTS: usize = 200;

const NOT_PLAIN: &str = "a name in it would be another one in a template: see the scripts under changes/, which --format changes writes";
const COPY_BY_HAND: &str = "the policy to attach is created by hand, as another change says";

/// Content of one template.
#[derive(Default)]
pub(super) struct Bin {
    pub(super) rows: Vec<ChangeRow>,
    pub(super) entries: Vec<TemplateEntry>,
    bytes: usize,
    imports: usize,
}

/// The changes of an account, in as many templates as needed.
pub(super) fn bins(changes: &[ResourceChange<'_>]) -> Vec<Bin> {
    let refusals: Vec<Option<&'static str>> = changes.iter().map(refusal).collect();
    let accepted = || {
        changes
            .iter()
            .zip(&refusals)
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(it, _)| it)
    };
    let resources = || accepted().flat_map(|change| &change.resources);
    let copies: Vec<&str> = resources()
        .filter_map(|it| {
            if let Resource::Copy { policy, .. } = it {
                Some(policy.name.as_str())
            } else {
                None
            }
        })
        .collect();
    let attached: Vec<(&str, &PolicyHolder)> = resources()
        .filter_map(|it| {
            if let Resource::Attachment { copy, holder } = it {
                Some((copy.as_str(), holder))
            } else {
                None
            }
        })
        .collect();
    let mut bins = vec![Bin::default()];
    for (change, refusal) in changes.iter().zip(refusals) {
        let orphan = change
            .resources
            .iter()
            .any(|it| matches!(it, Resource::Attachment { copy, .. } if !copies.contains(&copy.as_str())));
        let refusal = refusal.or(orphan.then_some(COPY_BY_HAND));
        let (row, entries) = match refusal {
            Some(why) => {
                let file = &change.of.it.files.after;
                (
                    ChangeRow::of(change.of.it, vec![format!("{why}; see {file}")]),
                    Vec::new(),
                )
            }
            None => row(change, &attached),
        };
        add(&mut bins, row, entries);
    }
    bins
}

fn row(change: &ResourceChange<'_>, attached: &[(&str, &PolicyHolder)]) -> (ChangeRow, Vec<TemplateEntry>) {
    let entries: Vec<TemplateEntry> = change
        .resources
        .iter()
        .filter_map(|it| TemplateEntry::of(it, attached))
        .collect();
    let mut row = ChangeRow::of(change.of.it, change.steps.iter().map(told).collect());
    let attachments = change.resources.iter().filter_map(|it| match it {
        Resource::Attachment { copy, .. } => Some(copy_id(copy)),
        _ => None,
    });
    row.resources = entries
        .iter()
        .map(|entry| entry.id.clone())
        .chain(attachments)
        .collect();
    row.resources.sort();
    row.resources.dedup();
    row.by_hand_first = change.hands_first();
    if change.of.fleet().is_some() {
        row.by_hand
            .push("one change for many accounts: better made where they all come from".to_owned());
    }
    (row, entries)
}

/// A step on one line. A command that the template would show with altered names is left out.
fn told(step: &ManualStep) -> String {
    let line = step.line();
    match step {
        ManualStep::Detach { .. } | ManualStep::DeleteInline { .. } if plain(&line) != line => {
            NOT_PLAIN.to_owned()
        }
        _ => line,
    }
}

/// Adds a change to the last template, or to a new one if that is full.
pub(super) fn add(bins: &mut Vec<Bin>, row: ChangeRow, entries: Vec<TemplateEntry>) {
    let told: usize = row
        .by_hand
        .iter()
        .chain(&row.resources)
        .map(|it| it.len() + 32)
        .sum();
    let bytes = 256 + row.id.len() + told + entries.iter().map(|entry| entry.bytes).sum::<usize>();
    let imports = entries.iter().filter(|entry| entry.today.is_some()).count();
    let is_full = |bin: &Bin| {
        !bin.rows.is_empty()
            && (bin.bytes + bytes > MOST_BYTES
                || bin.imports + imports > MOST_IMPORTS
                || bin.entries.len() + entries.len() > MOST_RESOURCES)
    };
    if bins.last().is_none_or(is_full) {
        bins.push(Bin::default());
    }
    if let Some(bin) = bins.last_mut() {
        bin.bytes += bytes;
        bin.imports += imports;
        bin.rows.push(row);
        bin.entries.extend(entries);
    }
}
