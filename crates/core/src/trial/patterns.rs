//! What is taken, as patterns of actions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::catalog::{Harvest, Permissions};
use crate::policy::{Pattern, Shape};

/// An action's name in small letters, as it is spelled, and whether it is taken.
type Name<'n> = (Cow<'n, str>, Cow<'n, str>, bool);

/// Every known name: those in the catalog, and those that a policy or the evidence adds. For a service that
/// the catalog lacks, a wildcard that is removed entirely counts as a name.
pub fn names(lost: &Permissions<'_>, harvest: &Harvest) -> Vec<String> {
    let mut all: BTreeMap<(String, String), String> = BTreeMap::new();
    for (service, name, _) in lost.iter() {
        let glob = || Pattern::new(Cow::Borrowed(service), Cow::Borrowed(name), Shape::Glob);
        if is_wild(name) && !lost.covers(&glob()) {
            continue;
        }
        all.insert(
            (service.to_owned(), name.to_ascii_lowercase()),
            format!("{service}:{name}"),
        );
    }
    for (service, lower, spelled) in harvest
        .all()
        .filter(|(service, lower, _)| lost.contains(service, lower))
    {
        let key = (service.to_owned(), lower.to_owned());
        all.entry(key).or_insert_with(|| format!("{service}:{spelled}"));
    }
    all.into_values().collect()
}

/// Shortened to a prefix where everything with that prefix is removed, and to the whole service where all of
/// it is.
pub(super) fn shortened(lost: &Permissions<'_>, harvest: &Harvest) -> Vec<String> {
    let mut short = Vec::new();
    let mut services: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names(lost, harvest) {
        let service = name.split(':').next().unwrap_or_default().to_owned();
        services.entry(service).or_default().push(name);
    }
    for (service, taken) in services {
        let prefix = service.len() + 1;
        if taken.iter().any(|name| is_wild(name)) {
            // The catalog lacks the service: its author's wildcard is as short as it gets.
            short.extend(taken);
            continue;
        }
        let mut names: Vec<Name<'_>> = Vec::new();
        names.extend(
            lost.known_names(&service)
                .map(|(lower, spelled, taken)| (lower.into(), spelled.into(), taken)),
        );
        for name in taken.iter().filter_map(|name| name.get(prefix..)) {
            names.push((name.to_ascii_lowercase().into(), name.into(), true));
        }
        let beyond = harvest.all().filter(|(it, ..)| *it == service);
        names.extend(
            beyond.map(|(_, lower, spelled)| (lower.into(), spelled.into(), lost.contains(&service, lower))),
        );
        names.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        names.dedup_by(|(a, ..), (b, ..)| a == b);
        cover(lost, &service, &names, 0, &mut short);
    }
    short
}

/// Covers what is taken of names that share their first `len` bytes.
fn cover(lost: &Permissions<'_>, service: &str, names: &[Name<'_>], len: usize, short: &mut Vec<String>) {
    let taken = |names: &[Name<'_>]| names.iter().filter(|(.., taken)| *taken).count();
    let Some((_, first, _)) = names.first().filter(|_| taken(names) > 0) else {
        return;
    };
    if names.len() > 1 && taken(names) == names.len() {
        let root = first.get(..len).unwrap_or_default();
        let pattern = Pattern::new(Cow::Borrowed(service), Cow::Borrowed(root), Shape::Prefix);
        if lost.covers(&pattern) {
            short.push(pattern.text());
            return;
        }
    }
    let mut rest = names;
    while let Some((lower, spelled, is_taken)) = rest.first() {
        if lower.len() <= len || rest.len() == 1 {
            if *is_taken {
                short.push(format!("{service}:{spelled}"));
            }
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let mut next = len + 1;
        while !lower.is_char_boundary(next) {
            next += 1;
        }
        let begins = |(other, ..): &Name<'_>| other.get(..next) == lower.get(..next);
        let end = rest.iter().position(|name| !begins(name)).unwrap_or(rest.len());
        let (here, others) = rest.split_at(end);
        match here {
            [(_, spelled, is_taken)] if *is_taken => short.push(format!("{service}:{spelled}")),
            [_] => {}
            _ => cover(lost, service, here, next, short),
        }
        rest = others;
    }
}

fn is_wild(name: &str) -> bool {
    name.contains(['*', '?'])
}
