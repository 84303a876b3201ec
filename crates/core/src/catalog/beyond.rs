//! Actions that the catalog lacks, as a language of names.
//!
//! Wildcards of a policy match names that no catalog has, and evidence contains some of them. A set of such names
//! is stored as the author's patterns and the operations on them, so that the answer for a name is exact. For a
//! wildcard, the answer has three values, because partial matches of several patterns are not combined.

use std::sync::Arc;

use crate::policy::{Pattern, Shape};

/// How much of a pattern is in a language. For a name, it is never a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Overlap {
    /// Certainly nothing.
    None,
    /// Perhaps a part.
    Part,
    /// Certainly everything.
    All,
}

impl Overlap {
    fn rest(self) -> Self {
        match self {
            Self::None => Self::All,
            Self::Part => Self::Part,
            Self::All => Self::None,
        }
    }
}

/// A language: operations applied in order, starting from nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Beyond(Vec<LanguageStep>);

#[derive(Debug, Clone)]
enum LanguageStep {
    /// Adds what a statement matches.
    Add(Arc<StatementReach>),
    /// Adds another language.
    Join(Arc<Beyond>),
    /// Removes another language.
    Cut(Arc<Beyond>),
    /// Keeps only what another language also has.
    Keep(Arc<Beyond>),
}

/// What one statement matches: what a pattern matches or, if negated, what none matches.
#[derive(Debug)]
struct StatementReach {
    negated: bool,
    patterns: Vec<Pattern<'static>>,
}

impl Beyond {
    pub(super) fn add(&mut self, negated: bool, patterns: Vec<Pattern<'static>>) {
        if negated || !patterns.is_empty() {
            self.0
                .push(LanguageStep::Add(Arc::new(StatementReach { negated, patterns })));
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        // Most sets are unions of statements, and the same policy recurs often.
        if other.0.iter().all(|step| matches!(step, LanguageStep::Add(_))) {
            for step in &other.0 {
                let LanguageStep::Add(reach) = step else { continue };
                let is_known =
                    |step: &LanguageStep| matches!(step, LanguageStep::Add(known) if known.is_same(reach));
                if !self
                    .0
                    .iter()
                    .rev()
                    .take_while(|step| matches!(step, LanguageStep::Add(_)))
                    .any(is_known)
                {
                    self.0.push(step.clone());
                }
            }
        } else {
            self.0.push(LanguageStep::Join(Arc::new(other.clone())));
        }
    }

    pub(super) fn cut(&mut self, other: &Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push(LanguageStep::Cut(Arc::new(other.clone())));
        }
    }

    pub(super) fn keep(&mut self, other: &Self) {
        if other.0.is_empty() {
            self.0.clear();
        } else if !self.0.is_empty() {
            self.0.push(LanguageStep::Keep(Arc::new(other.clone())));
        }
    }

    /// Whether it has no name for certain.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it may have a name of a service.
    pub(super) fn touches(&self, service: &str) -> bool {
        self.0.iter().any(|step| match step {
            LanguageStep::Add(reach) => reach.touches(service),
            LanguageStep::Join(other) => other.touches(service),
            LanguageStep::Cut(_) | LanguageStep::Keep(_) => false,
        })
    }

    /// How much of a pattern of one service it contains.
    pub(super) fn share(&self, pattern: &Pattern<'_>) -> Overlap {
        self.0.iter().fold(Overlap::None, |so_far, step| match step {
            LanguageStep::Add(reach) => so_far.max(reach.share(pattern)),
            LanguageStep::Join(other) => so_far.max(other.share(pattern)),
            LanguageStep::Cut(other) => so_far.min(other.share(pattern).rest()),
            LanguageStep::Keep(other) => so_far.min(other.share(pattern)),
        })
    }
}

impl StatementReach {
    fn is_same(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(self, other)
            || self.negated == other.negated
                && self.patterns.len() == other.patterns.len()
                && self
                    .patterns
                    .iter()
                    .zip(&other.patterns)
                    .all(|(a, b)| a.same_text(b))
    }

    fn touches(&self, service: &str) -> bool {
        let of = |pattern: &Pattern<'_>| {
            pattern.shape == Shape::All || pattern.service.eq_ignore_ascii_case(service)
        };
        self.negated || self.patterns.iter().any(of)
    }

    fn share(&self, inner: &Pattern<'_>) -> Overlap {
        let of = |pattern: &Pattern<'_>| match pattern.overlaps(inner) {
            Some(false) => Overlap::None,
            _ if pattern.contains(inner) => Overlap::All,
            _ => Overlap::Part,
        };
        let share = self.patterns.iter().map(of).max().unwrap_or(Overlap::None);
        if self.negated { share.rest() } else { share }
    }
}
