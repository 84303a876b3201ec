//! What is taken, as patterns of actions.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::catalog::{Harvest, Permissions};
use crate::policy::{Pattern, Shape};

/// An action's name in small letters, as it is spelled, and whether it is taken.
type Name<'n> = (Cow<'n, str>, Cow<'n, str>, bool);

/// One action that is taken: its service, and its name as it is spelled.
pub(super) type TakenName<'n> = (&'n str, &'n str);

/// Every known name: those in the catalog, and those that a policy or the evidence adds. For a service that
/// the catalog lacks, a wildcard that is removed entirely counts as a name.
pub fn names(lost: &Permissions<'_>, harvest: &Harvest) -> Vec<String> {
    taken_names(lost, harvest)
        .into_iter()
        .map(|(service, name)| format!("{service}:{name}"))
        .collect()
}

/// The same in parts, sorted by service and by name without its case.
pub(super) fn taken_names<'n>(lost: &'n Permissions<'_>, harvest: &'n Harvest) -> Vec<TakenName<'n>> {
    let is_taken = |(service, name): &TakenName<'_>| {
        let glob = || Pattern::new(Cow::Borrowed(service), Cow::Borrowed(name), Shape::Glob);
        !is_wild(name) || lost.covers(&glob())
    };
    let listed = lost.iter().map(|(service, name, _)| (service, name));
    let mut all: Vec<TakenName<'n>> = listed.filter(is_taken).collect();
    for service in harvest.services().filter(|service| lost.touches(service)) {
        let beyond = harvest.of_service(service);
        let beyond = beyond.filter(|(lower, _)| lost.contains(service, lower));
        all.extend(beyond.map(|(_, spelled)| (service, spelled)));
    }
    // The sort is stable, so the spelling of the catalog or the policy goes before that of the evidence.
    all.sort_by(|(service, name), (other, with)| service.cmp(other).then_with(|| caseless(name, with)));
    all.dedup_by(|(service, name), (other, with)| service == other && name.eq_ignore_ascii_case(with));
    all
}

fn caseless(name: &str, other: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    name.bytes().map(lower).cmp(other.bytes().map(lower))
}

/// Shortened to a prefix where everything with that prefix is removed, and to the whole service where all of
/// it is.
pub(super) fn shortened(
    lost: &Permissions<'_>,
    harvest: &Harvest,
    all_taken: &[TakenName<'_>],
) -> Vec<String> {
    let mut short = Vec::new();
    for taken in all_taken.chunk_by(|(one, _), (other, _)| one == other) {
        let Some((service, _)) = taken.first() else {
            continue;
        };
        if taken.iter().any(|(_, name)| is_wild(name)) {
            // The catalog lacks the service: its author's wildcard is as short as it gets.
            short.extend(taken.iter().map(|(service, name)| format!("{service}:{name}")));
            continue;
        }
        let mut names: Vec<Name<'_>> = Vec::new();
        names.extend(
            lost.known_names(service)
                .map(|(lower, spelled, taken)| (lower.into(), spelled.into(), taken)),
        );
        for (_, name) in taken {
            names.push((name.to_ascii_lowercase().into(), (*name).into(), true));
        }
        let beyond = harvest.of_service(service);
        names.extend(
            beyond.map(|(lower, spelled)| (lower.into(), spelled.into(), lost.contains(service, lower))),
        );
        names.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        names.dedup_by(|(a, ..), (b, ..)| a == b);
        cover(lost, service, &names, 0, &mut short);
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
