//! One smaller policy with what its proof says. Only a proof makes one.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::decide::{Confidence, Grain, Needs};
use crate::policy::{ActionSet, Document, Extent, print_all};
use crate::refine::{Change, DoesNotFit, Explanation, FitStep, Kind, Named};
use crate::report::{Files, Matched, PatternRow, ProofRow, UnusedService, unified_diff};
use crate::{RefineError, Refined, refine_and_explain};

/// What is unused is told by service, so its names are not repeated for each pattern; of what a wildcard matches the first
/// names show its kind.
const NAMED: Named = Named { unused: 0, matches: 24 };

/// A smaller policy.
#[derive(Debug, Clone)]
pub(super) struct Refinement {
    /// The documents as they stand in files.
    pub(super) before: String,
    pub(super) after: String,
    /// How many documents there are after: none when nothing is left.
    pub(super) documents: usize,
    /// They are managed policies of their own: it does not fit where it was. One such can be enough for an inline policy.
    pub(super) split: bool,
    /// The characters that each takes of a quota.
    pub(super) sizes: Vec<usize>,
    /// What becomes of its patterns.
    pub(super) patterns: Vec<PatternRow>,
    /// What was taken as unused.
    pub(super) unused: Vec<UnusedService>,
    pub(super) proof: ProofRow,
}

/// What an attempt came to.
#[derive(Debug)]
pub(super) enum Tried {
    /// Nothing of it can go.
    Nothing,
    /// This.
    Smaller(Box<Refinement>),
    /// It has to stay, for that reason.
    Stays(Stays),
}

/// Why a policy has to stay although something of it could go.
#[derive(Debug, Clone)]
pub(super) enum Stays {
    DoesNotFit(DoesNotFit),
    TooManyAttached {
        attached: usize,
        policies: usize,
        most: usize,
    },
    /// It is less sure than the config asks for.
    NotSure(Confidence),
    Undecided,
    /// A defect: what the checker found, the policy and what was taken as unused.
    Refuted(String),
}

/// Takes from a document what is not needed, and has it proven. `taken` is what others take of the same quota.
pub(super) fn attempt(
    document: &Document<'_>,
    text: &str,
    needs: &Needs,
    catalog: &Catalog,
    kind: Kind,
    taken: usize,
) -> Tried {
    let services = document.services();
    let unused = needs.unused(services.as_ref());
    if unused.is_empty() {
        return Tried::Nothing;
    }
    match refine_and_explain(document, &unused, catalog, (kind, taken), NAMED) {
        Ok((refined, _)) if refined.proof().removed() == 0 => Tried::Nothing,
        Ok((refined, why)) => Tried::Smaller(Box::new(Refinement::of(document, &refined, why, &unused))),
        Err(RefineError::DoesNotFit(numbers)) => Tried::Stays(Stays::DoesNotFit(numbers)),
        Err(RefineError::Undecided(_)) => Tried::Stays(Stays::Undecided),
        Err(RefineError::Refuted(counterexample)) => {
            let case = serde_json::json!({
                "counterexample": counterexample.to_string(),
                "policy": text,
                "unused": listed(&unused),
            });
            Tried::Stays(Stays::Refuted(format!("{case:#}\n")))
        }
    }
}

impl Refinement {
    fn of(before: &Document<'_>, refined: &Refined<'_>, why: Explanation, unused: &ActionSet<'_>) -> Self {
        let proof = refined.proof();
        Self {
            before: before.pretty() + "\n",
            after: print_all(refined.documents(), false) + "\n",
            documents: refined.documents().len(),
            split: refined.step() == FitStep::Split,
            sizes: refined.documents().iter().map(Document::quota_chars).collect(),
            patterns: why.changes.into_iter().map(pattern).collect(),
            unused: listed(unused),
            proof: ProofRow {
                verdict: "proven".to_owned(),
                removed: proof.removed(),
                kept: proof.kept(),
                undecided: proof.undecided().to_vec(),
            },
        }
    }

    /// By what the evidence tells what goes.
    pub(super) fn grain(&self) -> Option<Grain> {
        let whole = self.unused.iter().any(|service| service.actions.is_none());
        let single = self.unused.iter().any(|service| service.actions.is_some());
        match (whole, single) {
            (true, true) => Some(Grain::Both),
            (true, false) => Some(Grain::Services),
            (false, true) => Some(Grain::Actions),
            (false, false) => None,
        }
    }

    /// The places of its files, from a path without ending.
    pub(super) fn places(path: &str) -> Files {
        let file = |ending: &str| format!("{path}.{ending}");
        Files { before: file("before.json"), after: file("after.json"), diff: file("diff") }
    }

    /// Its files, with their texts.
    pub(super) fn texts(&self, files: &Files) -> [(String, String); 3] {
        let diff = unified_diff(&self.before, &self.after, &files.before, &files.after);
        [
            (files.diff.clone(), diff),
            (files.before.clone(), self.before.clone()),
            (files.after.clone(), self.after.clone()),
        ]
    }
}

fn pattern(change: Change) -> PatternRow {
    let mut matches = BTreeMap::new();
    let mut instead = Vec::with_capacity(change.instead.len());
    for new in change.instead {
        if new.pattern.contains(['*', '?']) {
            let short = |mut name: String| {
                name.drain(..name.rfind(':').map_or(0, |colon| colon + 1));
                name
            };
            let names = new.matches.into_iter().map(short).collect();
            matches.insert(new.pattern.clone(), Matched { count: new.match_count, names });
        }
        instead.push(new.pattern);
    }
    PatternRow {
        statement: change.statement,
        sid: change.sid,
        pattern: change.pattern,
        unused: change.unused_count,
        instead,
        matches,
    }
}

/// Evidence as it stands in a report: sorted.
pub(super) fn listed(unused: &ActionSet<'_>) -> Vec<UnusedService> {
    let service = |(service, extent): (&str, &Extent<'_>)| UnusedService {
        service_namespace: service.to_owned(),
        actions: match extent {
            Extent::Whole => None,
            Extent::Names(names) => Some(names.iter().map(ToString::to_string).collect()),
        },
        last_accessed: None,
    };
    unused.iter().map(service).collect()
}
