//! The actions that the catalog does not know, as a language of names.
//!
//! A policy's wildcards reach names that no catalog lists, and evidence names some of them. Which names a set holds there
//! is kept as the author's patterns and what was done to them, so that the answer for a name is exact. Of a wildcard
//! the answer has three values, because the parts of several patterns are not added up.

use std::sync::Arc;

use crate::policy::{Pattern, Shape};

/// How much of a pattern lies in a language. For a name it is never a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    /// Certainly nothing.
    None,
    /// Perhaps a part.
    Part,
    /// Certainly everything.
    All,
}

impl Share {
    fn rest(self) -> Self {
        match self {
            Self::None => Self::All,
            Self::Part => Self::Part,
            Self::All => Self::None,
        }
    }
}

/// A language: steps that are taken one after the other, from nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Beyond(Vec<Step>);

#[derive(Debug, Clone)]
enum Step {
    /// What a statement reaches joins.
    Add(Arc<Reach>),
    /// Another language joins.
    Join(Arc<Beyond>),
    /// Another language goes.
    Cut(Arc<Beyond>),
    /// Only what another language has too stays.
    Keep(Arc<Beyond>),
}

/// What one statement reaches: what a pattern matches or, turned round, what none matches.
#[derive(Debug)]
struct Reach {
    negated: bool,
    patterns: Vec<Pattern<'static>>,
}

impl Beyond {
    pub(super) fn add(&mut self, negated: bool, patterns: Vec<Pattern<'static>>) {
        if negated || !patterns.is_empty() {
            self.0.push(Step::Add(Arc::new(Reach { negated, patterns })));
        }
    }

    pub(super) fn join(&mut self, other: &Self) {
        // Most sets are sums of statements, and the same policy comes again and again.
        if other.0.iter().all(|step| matches!(step, Step::Add(_))) {
            for step in &other.0 {
                let Step::Add(reach) = step else { continue };
                let is_known = |step: &Step| matches!(step, Step::Add(known) if known.is_same(reach));
                if !self.0.iter().rev().take_while(|step| matches!(step, Step::Add(_))).any(is_known) {
                    self.0.push(step.clone());
                }
            }
        } else {
            self.0.push(Step::Join(Arc::new(other.clone())));
        }
    }

    pub(super) fn cut(&mut self, other: &Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push(Step::Cut(Arc::new(other.clone())));
        }
    }

    pub(super) fn keep(&mut self, other: &Self) {
        if other.0.is_empty() {
            self.0.clear();
        } else if !self.0.is_empty() {
            self.0.push(Step::Keep(Arc::new(other.clone())));
        }
    }

    /// Whether it has no name for certain.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it may have a name of a service.
    pub(super) fn touches(&self, service: &str) -> bool {
        self.0.iter().any(|step| match step {
            Step::Add(reach) => reach.touches(service),
            Step::Join(other) => other.touches(service),
            Step::Cut(_) | Step::Keep(_) => false,
        })
    }

    /// How much of a pattern of one service is in it.
    pub(super) fn share(&self, pattern: &Pattern<'_>) -> Share {
        self.0.iter().fold(Share::None, |so_far, step| match step {
            Step::Add(reach) => so_far.max(reach.share(pattern)),
            Step::Join(other) => so_far.max(other.share(pattern)),
            Step::Cut(other) => so_far.min(other.share(pattern).rest()),
            Step::Keep(other) => so_far.min(other.share(pattern)),
        })
    }
}

impl Reach {
    fn is_same(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(self, other)
            || self.negated == other.negated
                && self.patterns.len() == other.patterns.len()
                && self.patterns.iter().zip(&other.patterns).all(|(a, b)| a.same_text(b))
    }

    fn touches(&self, service: &str) -> bool {
        let of = |pattern: &Pattern<'_>| {
            pattern.shape == Shape::All || pattern.service.eq_ignore_ascii_case(service)
        };
        self.negated || self.patterns.iter().any(of)
    }

    fn share(&self, inner: &Pattern<'_>) -> Share {
        let of = |pattern: &Pattern<'_>| match pattern.overlaps(inner) {
            Some(false) => Share::None,
            _ if pattern.contains(inner) => Share::All,
            _ => Share::Part,
        };
        let share = self.patterns.iter().map(of).max().unwrap_or(Share::None);
        if self.negated { share.rest() } else { share }
    }
}
