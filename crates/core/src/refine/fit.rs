//! Fits a result into IAM's quotas without changing what it grants (F1, F2, the alternative of R8).

use thiserror::Error;

use super::generalize::{names_of, prefixes, whole_service};
use super::split::{Budget, MOST_ATTACHED, MOST_PATTERNS, Split, UsedUp, split};
use super::trie::Ends;
use crate::catalog::{ByService, Universe};
use crate::policy::{Document, Effect, Pattern, Shape, Statement, starts_with};

/// Kind of policy, which decides its quota.
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
    /// The inline policy of an Identity Center permission set.
    PermissionSet,
}

impl Kind {
    /// The quota in characters, without white space. For inline policies, it covers all inline policies of a
    /// principal together.
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

/// What was done to fit a result. Steps are tried in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitStep {
    /// Nothing.
    AsIs,
    /// An exact `Action` list replaced a longer `NotAction` list.
    NotActionToAction,
    /// The patterns were chosen again for the fewest characters.
    Recovered,
    /// The policy was split into several customer-managed policies.
    Split,
}

/// A result that exceeds its quota whatever is done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DoesNotFit {
    /// Splitting it takes more policies than can be attached.
    #[error(
        "reduced, the policy has {chars} characters (limit {quota}); split, it becomes {policies} managed policies, \
         and at most {MOST_ATTACHED} can be attached"
    )]
    TooManyPolicies {
        /// Characters after every shortening.
        chars: usize,
        /// The quota.
        quota: usize,
        /// Number of policies that a split takes.
        policies: usize,
    },
    /// One statement exceeds a managed policy even without its actions.
    #[error(
        "reduced, the policy has {chars} characters (limit {quota}), and statement {statement} does not fit a managed \
         policy ({managed})"
    )]
    Statement {
        /// Characters after every shortening.
        chars: usize,
        /// The quota.
        quota: usize,
        /// Number of the statement, from 1.
        statement: usize,
        /// The quota of a managed policy.
        managed: usize,
    },
    /// It needs more patterns than are worked on.
    #[error(
        "its {statements} statements come to more than {MOST_PATTERNS} actions and wildcards without what is unused, and \
         {MOST_ATTACHED} managed policies hold fewer"
    )]
    TooManyPatterns {
        /// Number of statements of the policy.
        statements: usize,
    },
}

impl DoesNotFit {
    pub(super) fn too_many_patterns(policy: &Document<'_>) -> Self {
        Self::TooManyPatterns {
            statements: policy.statements.len(),
        }
    }
}

/// Fits a refined document. `before` is the original, `taken` is how much of the quota other policies use.
pub(crate) fn fit<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    refined: Document<'a>,
    kind: Kind,
    taken: usize,
    budget: &mut Budget,
) -> Result<(Vec<Document<'a>>, FitStep), DoesNotFit> {
    let quota = kind.quota().saturating_sub(taken);
    if refined.quota_chars() <= quota {
        return Ok((vec![refined], FitStep::AsIs));
    }
    let used_up = |UsedUp| DoesNotFit::too_many_patterns(before);
    if refined.statements.iter().any(excepts)
        && let Some(listed) = listed(universe, before, &refined, quota, budget).map_err(used_up)?
    {
        return Ok((vec![listed], FitStep::NotActionToAction));
    }
    let statements = refined.statements.iter().map(|statement| {
        if grants(statement) {
            recovered(universe, before, statement, budget)
        } else {
            Ok(statement.clone())
        }
    });
    let shortest = refined.with(statements.collect::<Result<_, _>>().map_err(used_up)?);
    let chars = shortest.quota_chars();
    if chars <= quota {
        return Ok((vec![shortest], FitStep::Recovered));
    }
    let managed = Kind::Managed.quota();
    let mut parts =
        split(&shortest, shortest.statements.iter().cloned().map(Ok), managed).map_err(used_up)?;
    if let Split::Stuck(_) = parts {
        // A `NotAction` list cannot be split among policies; an `Action` list can.
        let listed = shortest.statements.iter().map(|statement| {
            if excepts(statement) {
                spelled_out(universe, before, statement, Ends::Anywhere, budget)
            } else {
                Ok(statement.clone())
            }
        });
        parts = split(&shortest, listed, managed).map_err(used_up)?;
    }
    match parts {
        Split::Into(documents) => Ok((documents, FitStep::Split)),
        Split::TooMany(policies) => Err(DoesNotFit::TooManyPolicies {
            chars,
            quota,
            policies,
        }),
        Split::Stuck(number) => {
            // Its number in the original document, because earlier statements may have been removed.
            let stuck = refined.statements.get(number - 1);
            let original = before
                .statements
                .iter()
                .position(|it| stuck.is_some_and(|stuck| it.frame == stuck.frame));
            let statement = original.map_or(number, |at| at + 1);
            Err(DoesNotFit::Statement {
                chars,
                quota,
                statement,
                managed,
            })
        }
    }
}

fn grants(statement: &Statement<'_>) -> bool {
    statement.frame.effect == Effect::Allow
}

/// Whether it grants everything except a list.
fn excepts(statement: &Statement<'_>) -> bool {
    grants(statement) && statement.clause.negated
}

/// Replaces each `NotAction` list by an exact `Action` list where that is shorter (R8), as long as it has at most
/// `most` characters. Stops once it exceeds them.
fn listed<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    refined: &Document<'a>,
    most: usize,
    budget: &mut Budget,
) -> Result<Option<Document<'a>>, UsedUp> {
    let mut left = most;
    let mut statements = Vec::with_capacity(refined.statements.len());
    for statement in &refined.statements {
        let statement = if excepts(statement) {
            shorter(
                statement.clone(),
                spelled_out(universe, before, statement, Ends::Words, budget)?,
            )
        } else {
            statement.clone()
        };
        match left.checked_sub(length(&statement)) {
            Some(less) => left = less,
            None => return Ok(None),
        }
        statements.push(statement);
    }
    Ok(Some(refined.with(statements)).filter(|listed| listed.quota_chars() <= most))
}

/// Whether the `NotAction` list replaces a `*` (R13) and is not the author's own.
fn was_star(before: &Document<'_>, statement: &Statement<'_>) -> bool {
    let is_star = |origin: &Statement<'_>| {
        origin.frame == statement.frame
            && !origin.clause.negated
            && origin
                .clause
                .patterns
                .iter()
                .any(|pattern| pattern.shape == Shape::All)
    };
    !statement.clause.patterns.iter().any(Pattern::is_written) && before.statements.iter().any(is_star)
}

fn length(statement: &Statement<'_>) -> usize {
    statement
        .clause
        .patterns
        .iter()
        .map(|pattern| pattern.printed_len() + 1)
        .sum()
}

fn shorter<'a>(one: Statement<'a>, other: Statement<'a>) -> Statement<'a> {
    if length(&other) < length(&one) { other } else { one }
}

/// A `NotAction` statement as the `Action` list of what it grants.
fn spelled_out<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    statement: &Statement<'a>,
    ends: Ends,
    budget: &mut Budget,
) -> Result<Statement<'a>, UsedUp> {
    let granted = universe.granted_by(&statement.clause);
    let excluded = ByService::new(universe, &statement.clause.patterns);
    let was_star = was_star(before, statement);
    let mut patterns = Vec::new();
    for (at, scope) in universe.scopes().iter().enumerate() {
        if scope.known.is_none() && was_star && !scope.whole {
            // It cannot be split (R9).
            patterns.push(whole_service(scope));
            continue;
        }
        if scope.known.is_none() {
            // The other actions of the service are unknown: all of them, unless some are excluded.
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
            // A prefix that matches no unused name may still overlap an excluded wildcard.
            let mut wild = excluded
                .of(Some(at))
                .filter(|(_, excluded)| excluded.shape != Shape::Literal);
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
        // It grants no known action. An empty list is not valid, so it is kept (R14).
        return Ok(statement.clone());
    }
    patterns.sort_by(Pattern::by_bytes);
    budget.pay(patterns.len())?;
    Ok(statement.with(false, patterns))
}

/// The statement with the fewest characters that grants the same, from full names and prefixes (F1).
fn recovered<'a>(
    universe: &Universe<'a>,
    before: &Document<'a>,
    statement: &Statement<'a>,
    budget: &mut Budget,
) -> Result<Statement<'a>, UsedUp> {
    if statement.clause.negated {
        let negated = excluded_anew(universe, statement);
        budget.pay(negated.clause.patterns.len())?;
        let negated = shorter(statement.clone(), negated);
        return Ok(shorter(
            negated,
            spelled_out(universe, before, statement, Ends::Anywhere, budget)?,
        ));
    }
    // The author's wildcards limit how wide a new prefix may be.
    let same_frame = |origin: &&Statement<'a>| origin.frame == statement.frame && !origin.clause.negated;
    let origin = before
        .statements
        .iter()
        .filter(same_frame)
        .flat_map(|origin| &origin.clause.patterns);
    let origin = ByService::new(universe, origin);
    let present = ByService::new(universe, &statement.clause.patterns);
    if present.of(None).next().is_some() {
        // A `*` is already the shortest form.
        return Ok(statement.clone());
    }
    let everything = origin.of(None).next().is_some();
    let kept = universe.granted_by(&statement.clause);

    // Each with its position in the list: a new pattern takes the position of the old one.
    let mut placed: Vec<(usize, Pattern<'a>)> = Vec::new();
    let mut covered = universe.none();
    for (at, scope) in universe.scopes().iter().enumerate() {
        let here = || present.of(Some(at));
        if scope.known.is_none() || scope.withheld {
            placed.extend(here().map(|(place, pattern)| (place, pattern.clone())));
            continue;
        }
        let is_prefix = |pattern: &Pattern<'a>| pattern.shape == Shape::Prefix;
        let mut roots: Vec<&str> = if everything {
            vec![""]
        } else {
            origin
                .of(Some(at))
                .filter(|(_, it)| is_prefix(it))
                .map(|(_, it)| &*it.name)
                .collect()
        };
        roots.sort_by_key(|root| root.to_ascii_lowercase());
        roots.dedup_by(|later, first| starts_with(later, first));
        let start = placed.len();
        for root in roots {
            let Some(place) = here()
                .filter(|(_, it)| starts_with(&it.name, root))
                .map(|(place, _)| place)
                .min()
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
        placed.extend(
            here()
                .filter(|(_, it)| it.shape == Shape::Glob)
                .map(|(place, it)| (place, it.clone())),
        );
        placed
            .iter()
            .skip(start)
            .for_each(|(_, pattern)| universe.insert(pattern, &mut covered));
        let left = here().filter(|(_, it)| it.shape == Shape::Literal && !universe.meets(it, &covered));
        placed.extend(left.map(|(place, pattern)| (place, pattern.clone())));
    }
    if placed.is_empty() {
        return Ok(statement.clone());
    }
    placed.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.by_bytes(&b.1)));
    budget.pay(placed.len())?;
    let patterns = placed.into_iter().map(|(_, pattern)| pattern).collect();
    Ok(shorter(statement.clone(), statement.with(false, patterns)))
}

/// A `NotAction` statement with a list chosen again, which excludes nothing that is kept.
fn excluded_anew<'a>(universe: &Universe<'a>, statement: &Statement<'a>) -> Statement<'a> {
    let granted = universe.granted_by(&statement.clause);
    let stays = |pattern: &&Pattern<'a>| pattern.is_written() || pattern.shape != Shape::Literal;
    let mut patterns: Vec<Pattern<'a>> = statement.clause.patterns.iter().filter(stays).cloned().collect();
    let mut covered = universe.none();
    patterns
        .iter()
        .for_each(|pattern| universe.insert(pattern, &mut covered));
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
        fresh.extend(
            wanted
                .into_iter()
                .filter(|pattern| universe.meets(pattern, &left)),
        );
    }
    fresh.sort_by(Pattern::by_bytes);
    patterns.append(&mut fresh);
    statement.with(true, patterns)
}
