//! Making a result fit IAM's quotas without changing what it grants (F1, F2, the alternative of R8).

use thiserror::Error;

use super::generalize::{names_of, prefixes, whole_service};
use super::trie::Ends;
use crate::catalog::Universe;
use crate::policy::{Document, Effect, Pattern, Shape, Statement, starts_with};

/// Where a policy lives, which decides how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A customer-managed policy.
    Managed,
    /// An inline policy of a role.
    Role,
    /// An inline policy of a user.
    User,
    /// An inline policy of a group.
    Group,
    /// The inline policy of a permission set of Identity Center.
    PermissionSet,
}

impl Kind {
    /// The quota in characters, white space not counted. For inline policies it holds for all of one
    /// principal's inline policies together.
    pub fn quota(self) -> usize {
        match self {
            Self::Managed => 6_144,
            Self::Role => 10_240,
            Self::User => 2_048,
            Self::Group => 5_120,
            Self::PermissionSet => 32_768,
        }
    }
}

/// How many managed policies a role, user or group may have attached, after AWS has raised the quota.
pub const MOST_ATTACHED: usize = 20;
/// The same before.
pub const USUALLY_ATTACHED: usize = 10;

/// What was done to make a result fit, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitStep {
    /// Nothing had to be done.
    AsIs,
    /// An exact list of `Action` replaced a longer list of `NotAction`.
    NotActionToAction,
    /// The statements were covered anew with fewer characters.
    Recovered,
    /// The policy was split into several customer-managed ones.
    Split,
}

/// A result that cannot be made to fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DoesNotFit {
    /// It would take more policies than can be attached.
    #[error(
        "the result has {chars} characters and the quota is {quota}; split, it takes {policies} managed policies \
         and at most {MOST_ATTACHED} can be attached"
    )]
    TooManyPolicies {
        /// Characters after every shortening.
        chars: usize,
        /// The quota.
        quota: usize,
        /// How many policies a split takes.
        policies: usize,
    },
    /// One statement is longer than a managed policy, and not by its actions.
    #[error(
        "the result has {chars} characters and the quota is {quota}; statement {statement} cannot be split to fit \
         a managed policy of {managed}"
    )]
    Statement {
        /// Characters after every shortening.
        chars: usize,
        /// The quota.
        quota: usize,
        /// Counted from 1.
        statement: usize,
        /// The quota of a managed policy.
        managed: usize,
    },
}

/// Makes a refined document fit. `before` is the document that it was made from, `taken` is what others take of the
/// same quota.
pub(crate) fn fit<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    refined: Document<'a>,
    kind: Kind,
    taken: usize,
) -> Result<(Vec<Document<'a>>, FitStep), DoesNotFit> {
    let quota = kind.quota().saturating_sub(taken);
    if refined.quota_chars() <= quota {
        return Ok((vec![refined], FitStep::AsIs));
    }
    let grants = |statement: &Statement<'a>| statement.frame.effect == Effect::Allow;
    if refined.statements.iter().any(|statement| grants(statement) && statement.clause.negated) {
        let shorter =
            refined.statements.iter().map(|statement| match statement.clause.negated && grants(statement) {
                true => shorter(statement.clone(), spelled_out(universe, statement, Ends::Words)),
                false => statement.clone(),
            });
        let listed = refined.with(shorter.collect());
        if listed.quota_chars() <= quota {
            return Ok((vec![listed], FitStep::NotActionToAction));
        }
    }
    let statements = refined.statements.iter().map(|statement| match grants(statement) {
        true => recovered(universe, before, statement),
        false => statement.clone(),
    });
    let shortest = refined.with(statements.collect());
    let chars = shortest.quota_chars();
    if chars <= quota {
        return Ok((vec![shortest], FitStep::Recovered));
    }
    let managed = Kind::Managed.quota();
    let parts = split(&shortest, managed).or_else(|_| {
        // A list of exceptions cannot be divided among policies; the list of what is granted can.
        let listed =
            shortest.statements.iter().map(|statement| match grants(statement) && statement.clause.negated {
                true => spelled_out(universe, statement, Ends::Anywhere),
                false => statement.clone(),
            });
        split(&shortest.with(listed.collect()), managed)
    });
    let parts = parts.map_err(|number| {
        // The number that the author's own count gives, for statements before it may be gone.
        let stuck = refined.statements.get(number - 1);
        let original =
            before.statements.iter().position(|it| stuck.is_some_and(|stuck| it.frame == stuck.frame));
        DoesNotFit::Statement { chars, quota, statement: original.map_or(number, |at| at + 1), managed }
    })?;
    match parts.len() {
        policies if policies > MOST_ATTACHED => Err(DoesNotFit::TooManyPolicies { chars, quota, policies }),
        _ => Ok((parts, FitStep::Split)),
    }
}

fn length(statement: &Statement<'_>) -> usize {
    statement.clause.patterns.iter().map(|pattern| pattern.printed_len() + 1).sum()
}

fn shorter<'a>(one: Statement<'a>, other: Statement<'a>) -> Statement<'a> {
    if length(&other) < length(&one) { other } else { one }
}

/// A `NotAction` statement as the `Action` list of what it grants.
fn spelled_out<'a>(universe: &Universe<'a>, statement: &Statement<'a>, ends: Ends) -> Statement<'a> {
    let granted = universe.granted_by(&statement.clause);
    let excluded = ByService::new(universe, &statement.clause.patterns);
    let mut patterns = Vec::new();
    for (at, scope) in universe.scopes().iter().enumerate() {
        if scope.known.is_none() {
            // What else the service has is not known: all of it, unless some of it is excluded.
            if excluded.of(Some(at)).next().is_none() && excluded.of(None).next().is_none() {
                patterns.push(whole_service(scope));
            } else {
                patterns.extend(names_of(universe, at, |bit, _| granted.has(bit)));
            }
            continue;
        }
        if scope.withheld {
            patterns.extend(names_of(universe, at, |bit, _| granted.has(bit)));
            continue;
        }
        for pattern in prefixes(universe, at, "", ends, |bit| granted.has(bit)) {
            // A prefix that is clean among known names may still reach into an excluded wildcard.
            let mut wild = excluded.of(Some(at)).filter(|(_, excluded)| excluded.shape != Shape::Literal);
            if wild.any(|(_, excluded)| excluded.overlaps(&pattern) != Some(false)) {
                patterns.extend(names_of(universe, at, |bit, lower| {
                    granted.has(bit) && pattern.matches_name(lower)
                }));
            } else {
                patterns.push(pattern);
            }
        }
    }
    if patterns.is_empty() {
        // It grants nothing that anybody knows. A list of nothing is no statement, so it stays (R14).
        return statement.clone();
    }
    patterns.sort_by(Pattern::by_bytes);
    statement.with(false, patterns)
}

/// The statement with the fewest characters that grants the same, over full names and prefixes (F1).
fn recovered<'a>(universe: &Universe<'a>, before: &Document<'a>, statement: &Statement<'a>) -> Statement<'a> {
    if statement.clause.negated {
        let negated = shorter(statement.clone(), excluded_anew(universe, statement));
        return shorter(negated, spelled_out(universe, statement, Ends::Anywhere));
    }
    // The author's wildcards say how wide a new prefix may be.
    let same_frame = |origin: &&Statement<'a>| origin.frame == statement.frame && !origin.clause.negated;
    let origin = before.statements.iter().filter(same_frame).flat_map(|origin| &origin.clause.patterns);
    let origin = ByService::new(universe, origin);
    let present = ByService::new(universe, &statement.clause.patterns);
    if present.of(None).next().is_some() {
        // A `*` that is still there is as short as can be.
        return statement.clone();
    }
    let everything = origin.of(None).next().is_some();
    let kept = universe.granted_by(&statement.clause);

    // Each with the place in the list that it takes: what is new stands where the old one stood.
    let mut placed: Vec<(usize, Pattern<'a>)> = Vec::new();
    let mut covered = universe.none();
    for (at, scope) in universe.scopes().iter().enumerate() {
        let here = || present.of(Some(at));
        if scope.known.is_none() || scope.withheld {
            placed.extend(here().map(|(place, pattern)| (place, pattern.clone())));
            continue;
        }
        let is_prefix = |pattern: &Pattern<'a>| pattern.shape == Shape::Prefix;
        let mut roots: Vec<&str> = match everything {
            true => vec![""],
            false => origin.of(Some(at)).filter(|(_, it)| is_prefix(it)).map(|(_, it)| &*it.name).collect(),
        };
        roots.sort_by_key(|root| root.to_ascii_lowercase());
        roots.dedup_by(|later, first| starts_with(later, first));
        let start = placed.len();
        for root in roots {
            let Some(place) =
                here().filter(|(_, it)| starts_with(&it.name, root)).map(|(place, _)| place).min()
            else {
                continue;
            };
            match here().find(|(_, it)| is_prefix(it) && it.name.eq_ignore_ascii_case(root)) {
                // Nothing below the root is unused.
                Some((_, untouched)) => placed.push((place, untouched.clone())),
                None => {
                    let fresh = prefixes(universe, at, root, Ends::Anywhere, |bit| kept.has(bit));
                    placed.extend(fresh.into_iter().map(|pattern| (place, pattern)));
                }
            }
        }
        placed
            .extend(here().filter(|(_, it)| it.shape == Shape::Glob).map(|(place, it)| (place, it.clone())));
        placed.iter().skip(start).for_each(|(_, pattern)| universe.insert(pattern, &mut covered));
        let left = here().filter(|(_, it)| it.shape == Shape::Literal && !universe.meets(it, &covered));
        placed.extend(left.map(|(place, pattern)| (place, pattern.clone())));
    }
    if placed.is_empty() {
        return statement.clone();
    }
    placed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.by_bytes(&b.1)));
    let patterns = placed.into_iter().map(|(_, pattern)| pattern).collect();
    shorter(statement.clone(), statement.with(false, patterns))
}

/// Patterns with their places in a list, to be asked for by service; `*` stands under `None`.
struct ByService<'d, 'a>(Vec<(Option<usize>, usize, &'d Pattern<'a>)>);

impl<'d, 'a: 'd> ByService<'d, 'a> {
    fn new(universe: &Universe<'a>, patterns: impl IntoIterator<Item = &'d Pattern<'a>>) -> Self {
        let placed = patterns.into_iter().enumerate();
        let mut all: Vec<_> = placed.map(|(place, it)| (universe.scope_of(it), place, it)).collect();
        all.sort_by_key(|(scope, place, _)| (*scope, *place));
        Self(all)
    }

    fn of(&self, scope: Option<usize>) -> impl Iterator<Item = (usize, &'d Pattern<'a>)> + use<'_, 'd, 'a> {
        let start = self.0.partition_point(|(other, ..)| *other < scope);
        let here = self.0.get(start..).unwrap_or_default().iter();
        here.take_while(move |(other, ..)| *other == scope).map(|(_, place, pattern)| (*place, *pattern))
    }
}

/// A `NotAction` statement whose list is covered anew; nothing that is kept falls under it.
fn excluded_anew<'a>(universe: &Universe<'a>, statement: &Statement<'a>) -> Statement<'a> {
    let granted = universe.granted_by(&statement.clause);
    let stays = |pattern: &&Pattern<'a>| pattern.is_written() || pattern.shape != Shape::Literal;
    let mut patterns: Vec<Pattern<'a>> = statement.clause.patterns.iter().filter(stays).cloned().collect();
    let mut covered = universe.none();
    patterns.iter().for_each(|pattern| universe.insert(pattern, &mut covered));
    let mut left = universe.everything();
    left.remove_all(&granted);
    left.remove_all(&covered);
    let mut fresh = Vec::new();
    for (at, scope) in universe.scopes().iter().enumerate() {
        if scope.known.is_none() {
            fresh.extend(names_of(universe, at, |bit, _| left.has(bit)));
            continue;
        }
        let wanted = prefixes(universe, at, "", Ends::Anywhere, |bit| !granted.has(bit));
        fresh.extend(wanted.into_iter().filter(|pattern| universe.meets(pattern, &left)));
    }
    fresh.sort_by(Pattern::by_bytes);
    patterns.append(&mut fresh);
    statement.with(true, patterns)
}

/// Splits a document into several of at most `quota` characters (F2). A statement whose actions do not fit beside
/// what is there goes on in the next document, under the same Sid: within one document Sids stay unique.
/// Fails with the number of a statement that cannot be split far enough.
fn split<'a>(document: &Document<'a>, quota: usize) -> Result<Vec<Document<'a>>, usize> {
    let frame = document.with(Vec::new()).quota_chars();
    let chars = |statement: Statement<'a>| document.with(vec![statement]).quota_chars() - frame + 1;
    let mut parts: Vec<Vec<Statement<'a>>> = Vec::new();
    let mut open: Vec<Statement<'a>> = Vec::new();
    let mut left = quota.saturating_sub(frame);
    for (number, statement) in document.statements.iter().enumerate() {
        let mut rest = statement.clone();
        // Of a list the brackets count once, each pattern with its comma.
        let bare = chars(rest.with(rest.clause.negated, Vec::new()));
        let mut size = chars(rest.clone());
        while size > left {
            let can_split =
                rest.frame.effect == Effect::Allow && !rest.clause.negated && rest.clause.patterns.len() > 1;
            let (fitting, used) =
                if can_split { how_many_fit(&rest, left.saturating_sub(bare)) } else { (0, 0) };
            if fitting > 0 {
                let later = rest.clause.patterns.split_off(fitting);
                let later = rest.with(false, later);
                size -= used;
                open.push(std::mem::replace(&mut rest, later));
            } else if open.is_empty() {
                return Err(number + 1);
            }
            parts.push(std::mem::take(&mut open));
            left = quota.saturating_sub(frame);
        }
        left -= size;
        open.push(rest);
    }
    if !open.is_empty() {
        parts.push(open);
    }
    Ok(parts.into_iter().map(|statements| document.with(statements)).collect())
}

/// How many of a statement's patterns fit into `room` characters, and how many of them they take.
fn how_many_fit(statement: &Statement<'_>, room: usize) -> (usize, usize) {
    let (mut fitting, mut used) = (0, 0);
    for pattern in &statement.clause.patterns {
        let more = pattern.printed_len() + 1;
        if used + more > room {
            break;
        }
        fitting += 1;
        used += more;
    }
    (fitting, used)
}
