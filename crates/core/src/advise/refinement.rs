//! A reduced policy with the results of its proof. Only a proof creates one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::{Basis, Catalog, Permissions, Scope, Universe};
use crate::decide::{Confidence, Doubts, Grain, Removable, followed, rare_actions};
use crate::policy::{
    ActionSet, Clause, Document, Effect, Extent, Observed, Pattern, Services, Shape, print_all,
};
use crate::refine::{DoesNotFit, FitStep, Kind, NameLimit, PatternChange, RefineOptions, Wildcards, explain};
use crate::report::{
    Files, Matched, PatternRow, ProofRow, ProofVerdict, UnusedService, UsedService, unified_diff,
};
use crate::{RefineError, Refined, Refiner};

/// Unused actions are listed by service, so patterns do not repeat their names. For what a wildcard matches, the
/// first names show what it is.
const NAMED: NameLimit = NameLimit {
    unused: 0,
    matches: 24,
};

/// A policy that may be reduced.
#[derive(Clone, Copy)]
pub(super) struct Original<'w> {
    pub(super) document: &'w Document<'w>,
    /// Document as text.
    pub(super) text: &'w str,
    /// Services that it names.
    pub(super) services: &'w Services,
    pub(super) basis: Basis<'w>,
    pub(super) wildcards: Wildcards,
    /// Its ARN, if it is one of AWS.
    pub(super) of_aws: Option<&'w str>,
}

/// A reduced and proven policy without its details: many are only compared.
pub(super) struct Smaller<'w> {
    original: Original<'w>,
    /// Whether services, actions or both are unused.
    pub(super) grain: Option<Grain>,
    /// What makes it doubtful, whichever principal it affects.
    pub(super) doubts: Doubted,
    refined: Refined<'w, 'w>,
}

/// What makes a change doubtful, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Doubted {
    /// Services whose wildcard is split although the evidence names actions that the catalog lacks.
    pub(super) behind: Vec<String>,
    /// Removed actions that are rarely needed, but then urgently.
    pub(super) rare: Vec<String>,
    /// It takes the place of a policy of AWS.
    pub(super) copied: bool,
}

impl Doubted {
    pub(super) fn count(&self) -> Doubts {
        Doubts {
            behind: self.behind.len(),
            rare: self.rare.len(),
            copied: self.copied,
        }
    }
}

/// The same with all details.
#[derive(Debug, Clone)]
pub(super) struct Refinement {
    /// Documents as in files.
    pub(super) before: String,
    pub(super) after: String,
    /// Number of new documents: 0 if nothing is left.
    pub(super) documents: usize,
    /// Whether they are separate managed policies, because the result does not fit in place. For an inline policy,
    /// one can be enough.
    pub(super) split: bool,
    /// Characters of each that count towards a quota.
    pub(super) sizes: Vec<usize>,
    /// Changes to its patterns.
    pub(super) patterns: Vec<PatternRow>,
    /// Unused permissions it is based on.
    pub(super) unused: Vec<UnusedService>,
    /// Permissions in use.
    pub(super) used: Vec<UsedService>,
    pub(super) doubts: Doubted,
    pub(super) proof: ProofRow,
}

/// Result of an attempt.
#[derive(Debug)]
pub(super) enum Attempt<S> {
    /// Nothing can be removed.
    Unchanged,
    /// A reduced policy.
    Smaller(Box<S>),
    /// It must be kept, for this reason.
    Kept(KeptBecause),
}

/// Why a policy must be kept although part of it could be removed.
#[derive(Debug, Clone)]
pub(super) enum KeptBecause {
    DoesNotFit(DoesNotFit),
    TooManyAttached {
        attached: usize,
        policies: usize,
        most: usize,
    },
    /// The confidence is below the configured minimum.
    NotSure(Confidence),
    Undecided,
    /// AWS extends it when this needs more.
    FollowsAws(&'static str),
    /// A defect: what the checker found, the policy and what was taken as unused.
    Refuted(String),
}

impl<'w> Original<'w> {
    /// Removes what is not needed, and has the result proven. `taken` is how much of the quota other policies use.
    pub(super) fn attempt(
        self,
        removable: &Removable,
        used: &ActionSet,
        kind: Kind,
        taken: usize,
    ) -> Attempt<Smaller<'w>> {
        let observed = Observed {
            unused: removable.unused(self.services),
            used: used.clone(),
        };
        if observed.is_empty() {
            return Attempt::Unchanged;
        }
        let options = RefineOptions {
            kind: Some(kind),
            taken,
            wildcards: self.wildcards,
        };
        match Refiner::new(self.basis)
            .with(options)
            .refine(self.document, &observed)
        {
            Ok(refined) if refined.proof().removed() == 0 => Attempt::Unchanged,
            Ok(refined) => {
                if let Some(whose) = self
                    .of_aws
                    .and_then(followed)
                    .filter(|_| !refined.documents().is_empty())
                {
                    return Attempt::Kept(KeptBecause::FollowsAws(whose));
                }
                let grain = Grain::of(&observed.unused);
                let doubts = self.doubts(refined.universe(), refined.documents());
                Attempt::Smaller(Box::new(Smaller {
                    original: self,
                    grain,
                    doubts,
                    refined,
                }))
            }
            Err(RefineError::DoesNotFit(numbers)) => Attempt::Kept(KeptBecause::DoesNotFit(numbers)),
            Err(RefineError::Undecided(_)) => Attempt::Kept(KeptBecause::Undecided),
            Err(RefineError::Refuted(counterexample)) => {
                let case = serde_json::json!({
                    "counterexample": counterexample.to_string(),
                    "policy": self.text,
                    "unused": listed(&observed.unused),
                    "used": used_rows(&observed.used),
                });
                Attempt::Kept(KeptBecause::Refuted(format!("{case:#}\n")))
            }
        }
    }
}

impl Original<'_> {
    /// What makes a reduced version doubtful.
    fn doubts(self, universe: &Universe<'_>, documents: &[Document<'_>]) -> Doubted {
        let catalog = self.basis.catalog;
        let mut removed = Permissions::allowed_by(catalog, self.document);
        for document in documents {
            removed.subtract(&Permissions::allowed_by(catalog, document));
        }
        let copied = self.of_aws.is_some() && !documents.is_empty();
        let behind = self.basis.harvest.behind().iter();
        let behind = behind.filter(|service| is_split(service, self.document, documents, universe));
        Doubted {
            behind: behind.cloned().collect(),
            rare: rare_actions(&removed),
            copied,
        }
    }
}

impl Smaller<'_> {
    /// Number of permissions that the policy loses.
    pub(super) fn removed(&self) -> usize {
        self.refined.proof().removed()
    }

    /// Number of new documents.
    pub(super) fn documents(&self) -> usize {
        self.refined.documents().len()
    }

    /// Whether they are separate managed policies.
    pub(super) fn is_split(&self) -> bool {
        self.refined.step() == FitStep::Split
    }

    /// Documents as in a file.
    pub(super) fn after(&self) -> String {
        after_text(self.refined.documents())
    }

    /// What the documents allow.
    pub(super) fn permissions<'t>(&self, catalog: &'t Catalog) -> Permissions<'t> {
        let mut all = Permissions::none(catalog);
        for document in self.refined.documents() {
            all.union_with(&Permissions::allowed_by(catalog, document));
        }
        all
    }

    /// All details for the report. `after` is the text of the file; pass the same `removable` and `used` as before.
    pub(super) fn told(&self, after: String, removable: &Removable, used: &ActionSet) -> Refinement {
        let Self {
            original, refined, ..
        } = self;
        let (proof, documents) = (refined.proof(), refined.documents());
        let (patterns, sizes) = told_again(refined.universe(), original.document, documents);
        Refinement {
            before: before_text(original.document),
            after,
            documents: documents.len(),
            split: self.is_split(),
            sizes,
            patterns,
            unused: listed(&removable.unused(original.services)),
            used: used_rows(used),
            doubts: self.doubts.clone(),
            proof: ProofRow {
                verdict: ProofVerdict::Proven,
                removed: proof.removed(),
                kept: proof.kept(),
                undecided: proof.undecided().to_vec(),
            },
        }
    }
}

impl Refinement {
    /// Characters that count towards the quota for inline policies, if it is one.
    pub(super) fn inline_chars(&self) -> usize {
        if self.split { 0 } else { self.sizes.iter().sum() }
    }

    /// Paths of its files, from a path without extension.
    pub(super) fn places(path: &str) -> Files {
        let file = |ending: &str| format!("{path}.{ending}");
        Files {
            before: file("before.json"),
            after: file("after.json"),
            diff: file("diff"),
        }
    }

    /// Its files with their texts.
    pub(super) fn texts(&self, files: &Files) -> [(String, String); 3] {
        let diff = unified_diff(&self.before, &self.after, &files.before, &files.after);
        [
            (files.diff.clone(), diff),
            (files.before.clone(), self.before.clone()),
            (files.after.clone(), self.after.clone()),
        ]
    }
}

/// Changes to the patterns of a document, and the size of each new document.
pub(super) fn told_again(
    universe: &Universe<'_>,
    before: &Document<'_>,
    after: &[Document<'_>],
) -> (Vec<PatternRow>, Vec<usize>) {
    let why = explain(universe, before, after, NAMED);
    (
        why.changes.into_iter().map(pattern).collect(),
        after.iter().map(Document::quota_chars).collect(),
    )
}

/// The current document as in a file.
pub(super) fn before_text(document: &Document<'_>) -> String {
    document.pretty() + "\n"
}

/// The new documents as in a file.
pub(super) fn after_text(documents: &[Document<'_>]) -> String {
    print_all(documents, false) + "\n"
}

fn pattern(change: PatternChange) -> PatternRow {
    let is_split = change.pattern == "*" && !change.instead.is_empty();
    let services: BTreeSet<&str> = change
        .instead
        .iter()
        .filter_map(|it| it.pattern.split(':').next())
        .collect();
    let keeps_services = is_split.then_some(services.len());
    let mut matches = BTreeMap::new();
    let mut instead = Vec::with_capacity(change.instead.len());
    for new in change.instead {
        if new.pattern.contains(['*', '?']) {
            let short = |mut name: String| {
                name.drain(..name.rfind(':').map_or(0, |colon| colon + 1));
                name
            };
            let names = new.matches.into_iter().map(short).collect();
            matches.insert(
                new.pattern.clone(),
                Matched {
                    count: new.match_count,
                    names,
                },
            );
        }
        instead.push(new.pattern);
    }
    PatternRow {
        statement: change.statement,
        sid: change.sid,
        pattern: change.pattern,
        unused: change.unused_count,
        keeps_services,
        all_but: change.all_but,
        instead,
        matches,
    }
}

/// Whether a wildcard that matched a service was replaced by less than all of it, so that names the catalog lacks
/// may be lost. A `NotAction` list of individual exceptions loses nothing else.
fn is_split(service: &str, before: &Document<'_>, after: &[Document<'_>], universe: &Universe<'_>) -> bool {
    let scopes = universe.scopes().iter();
    let is_touched = |scope: &Scope<'_>| *scope.prefix == *service && scope.any_unused && !scope.whole;
    if !scopes.into_iter().any(is_touched) {
        return false;
    }
    let wild = |document: &Document<'_>| -> Vec<String> {
        let clauses = document.statements.iter().map(|statement| &statement.clause);
        let patterns = clauses
            .filter(|clause| !clause.negated)
            .flat_map(|clause| &clause.patterns);
        let reaches = |pattern: &&Pattern<'_>| match pattern.shape {
            Shape::All => true,
            Shape::Literal => false,
            Shape::Prefix | Shape::Glob => pattern.service.eq_ignore_ascii_case(service),
        };
        patterns.filter(reaches).map(Pattern::text).collect()
    };
    let left: Vec<String> = after.iter().flat_map(wild).collect();
    let names_all = |clause: &Clause<'_>| {
        let mut here = clause
            .patterns
            .iter()
            .filter(|pattern| pattern.service.eq_ignore_ascii_case(service));
        clause.negated && here.all(|pattern| pattern.shape == Shape::Literal)
    };
    let mut statements = after.iter().flat_map(|document| &document.statements);
    let is_open = statements.any(|it| it.frame.effect == Effect::Allow && names_all(&it.clause));
    wild(before)
        .iter()
        .any(|pattern| !left.contains(pattern) && (!is_open || pattern != "*"))
}

/// Permissions in use as in a report, sorted.
fn used_rows(used: &ActionSet) -> Vec<UsedService> {
    let service = |(service, extent): (&Arc<str>, &Extent)| UsedService {
        service_namespace: service.to_string(),
        actions: extent.names.iter().map(str::to_owned).collect(),
    };
    used.iter().map(service).collect()
}

/// Evidence as in a report, sorted.
pub(super) fn listed(unused: &ActionSet) -> Vec<UnusedService> {
    let service = |(service, extent): (&Arc<str>, &Extent)| UnusedService {
        service_namespace: service.to_string(),
        actions: (!extent.whole).then(|| extent.names.iter().map(str::to_owned).collect()),
        last_accessed: None,
    };
    unused.iter().map(service).collect()
}
