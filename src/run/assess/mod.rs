//! One account, from its answers to its part of the report: decide, refine, prove.

mod place;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use place::Place;
use why::bucket;

use crate::aws::{Answers, Evidence};
use crate::catalog::Catalog;
use crate::decide::{Bucket, Edit, Keeps, Source, Standing, plan_edits, standings};
use crate::evidence::{Failure, Gap, Known, join};
use crate::inventory::wire::Account;
use crate::inventory::{Inventory, Principal};
use crate::policy::{ActionSet, Document, Extent, PolicyError, print_all};
use crate::refine::DoesNotFit;
use crate::report::{
    AccountReport, AccountSummary, Coverage, EvidenceSource, Failed, Files, IdleCredential, LeftAlone,
    PrincipalRow, ProofRow, Recommendation, SCHEMA, UnusedService, unified_diff,
};
use crate::{RefineError, Refined};

/// What a scan goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'t> {
    pub(super) catalog: &'t Catalog,
    /// The window of last-accessed data, in days.
    pub(super) window_days: u32,
    /// The day of the answers, where no finding tells.
    pub(super) as_of: Option<&'t str>,
}

/// One account's part of the report.
pub(super) struct Assessed {
    pub(super) report: AccountReport,
    /// Documents and diffs, by path from the report's folder.
    pub(super) files: Vec<(String, String)>,
    /// The services that its policies and evidence name; `None` for all there are.
    pub(super) services: Option<BTreeSet<String>>,
    /// Proposals that the checker refuted: defects, written out for a report to us.
    pub(super) defects: Vec<(String, String)>,
}

/// Why a policy was left alone after all.
enum Stays {
    NotAPolicy(PolicyError),
    DoesNotFit(DoesNotFit),
    Undecided,
    Refuted,
}

/// Works out one account.
pub(super) fn assess(account: &Account, answers: Answers, terms: Terms<'_>) -> Assessed {
    match answers.authorization {
        Ok(authorization) => {
            let inventory = Inventory::new(account.clone(), authorization);
            Assessment::new(&inventory, answers.evidence, terms).finish()
        }
        Err(failure) => Assessed {
            report: unread(account, Coverage::Failed, vec![Failed { failure, principal: None }]),
            files: Vec::new(),
            services: Some(BTreeSet::new()),
            defects: Vec::new(),
        },
    }
}

/// The report of an account of which nothing was read.
pub(super) fn unread(account: &Account, coverage: Coverage, failures: Vec<Failed>) -> AccountReport {
    AccountReport {
        schema: SCHEMA,
        summary: AccountSummary {
            id: account.id.clone(),
            name: account.name.clone(),
            coverage,
            failures,
            evidence: EvidenceSource { source: "none".to_owned(), ..EvidenceSource::default() },
            buckets: Bucket::ALL.iter().map(|bucket| (bucket.name().to_owned(), 0)).collect(),
            principals: 0,
            recommendations: 0,
            permissions_removed: 0,
            left_alone: 0,
        },
        principals: Vec::new(),
        recommendations: Vec::new(),
        left_alone: Vec::new(),
    }
}

struct Assessment<'i, 't> {
    inventory: &'i Inventory,
    evidence: Result<Evidence, Failure>,
    known: BTreeMap<String, Known>,
    terms: Terms<'t>,
    recommendations: Vec<Recommendation>,
    left_alone: Vec<LeftAlone>,
    files: Vec<(String, String)>,
    services: Option<BTreeSet<String>>,
    defects: Vec<(String, String)>,
    /// For each principal, whether a policy that it holds had to stay.
    stays: BTreeSet<usize>,
}

impl<'i, 't> Assessment<'i, 't> {
    fn new(inventory: &'i Inventory, evidence: Result<Evidence, Failure>, terms: Terms<'t>) -> Self {
        let known = evidence.as_ref().map_or_else(
            |_| BTreeMap::new(),
            |evidence| join(&evidence.findings, &evidence.last_accessed, terms.window_days),
        );
        Self {
            inventory,
            evidence,
            known,
            terms,
            recommendations: Vec::new(),
            left_alone: Vec::new(),
            files: Vec::new(),
            services: Some(BTreeSet::new()),
            defects: Vec::new(),
            stays: BTreeSet::new(),
        }
    }

    fn source(&self) -> Source<'_> {
        match &self.evidence {
            Err(failure) => Source::Failed(failure),
            Ok(evidence) => match &evidence.analyzer {
                // An analyzer without a window cannot be: ninety days is what AWS sets when nobody chooses.
                Some(analyzer) => {
                    Source::Analyzer { analyzer, window_days: analyzer.window_days().unwrap_or(90) }
                }
                None if !evidence.last_accessed.is_empty() => {
                    Source::LastAccessed { window_days: self.terms.window_days }
                }
                None => Source::None,
            },
        }
    }

    fn finish(mut self) -> Assessed {
        let standings = standings(self.inventory, &self.known, self.source(), self.terms.as_of);
        let (edits, keeps) = plan_edits(self.inventory, &standings);
        for edit in &edits {
            if let Err(stays) = self.refine(edit) {
                self.stays.extend(&edit.reaches);
                self.left_alone.push(self.left_alone_after(edit, &stays));
            }
        }
        for keep in &keeps {
            self.stays.extend(&keep.reaches);
            self.left_alone.push(self.left_alone_before(keep));
        }
        self.recommendations.sort_by(|a, b| a.id.cmp(&b.id));
        self.left_alone.sort_by(|a, b| (&a.policy, &a.code).cmp(&(&b.policy, &b.code)));

        let mut reaching: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for recommendation in &self.recommendations {
            for arn in &recommendation.reaches {
                reaching.entry(arn).or_default().push(recommendation.id.clone());
            }
        }
        let rows = self.inventory.principals.iter().zip(&standings).enumerate();
        let rows = rows.map(|(at, (principal, standing))| {
            self.row(at, principal, standing, reaching.remove(principal.arn.as_str()).unwrap_or_default())
        });
        let principals: Vec<PrincipalRow> = rows.collect();
        let summary = self.summary(&principals);
        Assessed {
            report: AccountReport {
                schema: SCHEMA,
                summary,
                principals,
                recommendations: self.recommendations,
                left_alone: self.left_alone,
            },
            files: self.files,
            services: self.services,
            defects: self.defects,
        }
    }

    fn summary(&self, principals: &[PrincipalRow]) -> AccountSummary {
        let mut buckets: BTreeMap<String, usize> =
            Bucket::ALL.iter().map(|bucket| (bucket.name().to_owned(), 0)).collect();
        principals.iter().for_each(|row| *buckets.entry(row.bucket.clone()).or_default() += 1);
        let mut failures = Vec::new();
        if let Err(failure) = &self.evidence {
            failures.push(Failed { failure: failure.clone(), principal: None });
        }
        for (arn, known) in &self.known {
            if let Some(Gap::Unread(failure)) = &known.gap {
                failures.push(Failed { failure: failure.clone(), principal: Some(arn.clone()) });
            }
        }
        let source = self.source();
        AccountSummary {
            id: self.inventory.account.id.clone(),
            name: self.inventory.account.name.clone(),
            coverage: if failures.is_empty() { Coverage::Complete } else { Coverage::Partial },
            failures,
            evidence: EvidenceSource {
                source: match source {
                    Source::Analyzer { .. } => "analyzer",
                    Source::LastAccessed { .. } => "last-accessed",
                    Source::None | Source::Failed(_) => "none",
                }
                .to_owned(),
                analyzer: match source {
                    Source::Analyzer { analyzer, .. } => Some(analyzer.arn.clone()),
                    _ => None,
                },
                window_days: source.window_days(),
                archived_findings: self.known.values().map(|known| known.archived).sum(),
            },
            buckets,
            principals: principals.len(),
            recommendations: self.recommendations.len(),
            permissions_removed: self.recommendations.iter().map(|it| it.proof.removed).sum(),
            left_alone: self.left_alone.len(),
        }
    }

    fn row(
        &self,
        at: usize,
        principal: &Principal,
        standing: &Standing,
        recommendations: Vec<String>,
    ) -> PrincipalRow {
        let window = self.source().window_days().unwrap_or_default();
        let (bucket, code, why) = bucket(standing, window, recommendations.len(), self.stays.contains(&at));
        let known = self.known.get(&principal.arn);
        let key = |key: &crate::evidence::UnusedKey| IdleCredential {
            access_key_id: Some(key.access_key_id.clone()),
            last_accessed: key.last_accessed.clone(),
        };
        PrincipalRow {
            arn: principal.arn.clone(),
            kind: principal.kind.name().to_owned(),
            name: principal.name.clone(),
            bucket: bucket.name().to_owned(),
            code: code.to_owned(),
            why,
            // Of an idle principal the one advice is to review it.
            recommendations: if bucket == Bucket::Refined { recommendations } else { Vec::new() },
            unused_access_keys: known.map_or_else(Vec::new, |known| known.keys.iter().map(key).collect()),
            unused_password: known
                .and_then(|known| known.password.clone())
                .map(|last_accessed| IdleCredential { access_key_id: None, last_accessed }),
        }
    }

    fn arns(&self, places: &[usize]) -> Vec<String> {
        places.iter().filter_map(|at| self.inventory.principals.get(*at)).map(|it| it.arn.clone()).collect()
    }

    /// Refines one policy and keeps the recommendation, if there is one to make.
    fn refine(&mut self, edit: &Edit<'i>) -> Result<(), Stays> {
        let before = Document::parse(&edit.document.0).map_err(Stays::NotAPolicy)?;
        let services = before.services();
        let unused = edit.needs.unused(services.as_ref());
        match (&mut self.services, services) {
            (Some(all), Some(mut more)) => all.append(&mut more),
            (all, None) => *all = None,
            (None, _) => {}
        }
        if unused.is_empty() {
            return Ok(());
        }
        let place = Place::of(edit, self.inventory);
        let refined = match crate::refine(&before, &unused, self.terms.catalog, Some(place.kind)) {
            Ok(refined) => refined,
            Err(RefineError::DoesNotFit(numbers)) => return Err(Stays::DoesNotFit(numbers)),
            Err(RefineError::Undecided(_)) => return Err(Stays::Undecided),
            Err(RefineError::Refuted(counterexample)) => {
                let case = serde_json::json!({
                    "counterexample": counterexample.to_string(),
                    "policy": edit.document.0,
                    "unused": listed(&unused),
                });
                self.defects.push((format!("{}.json", place.path), format!("{case:#}\n")));
                return Err(Stays::Refuted);
            }
        };
        if refined.proof().removed() > 0 {
            self.publish(edit, &place, &before, &refined, &unused);
        }
        Ok(())
    }

    fn publish(
        &mut self,
        edit: &Edit<'i>,
        place: &Place,
        before: &Document<'_>,
        refined: &Refined<'_>,
        unused: &ActionSet<'_>,
    ) {
        let (old, new) = (before.pretty() + "\n", print_all(refined.documents(), false) + "\n");
        let file = |ending: &str| format!("{}.{ending}", place.path);
        let files = Files { before: file("before.json"), after: file("after.json"), diff: file("diff") };
        let diff = unified_diff(&old, &new, &files.before, &files.after);
        self.files.push((files.diff.clone(), diff));
        self.files.push((files.before.clone(), old));
        self.files.push((files.after.clone(), new));
        let mut notes = Vec::new();
        let evaluated = edit.reaches.iter().filter_map(|at| self.inventory.principals.get(*at));
        let evaluated = evaluated.filter_map(|it| self.known.get(&it.arn)?.analyzed_at.as_deref()).min();
        if edit.updated.zip(evaluated).is_some_and(|(updated, evaluated)| updated > evaluated) {
            notes.push("policy-newer-than-evidence".to_owned());
        }
        let reached = edit.reaches.iter().filter_map(|at| self.inventory.principals.get(*at));
        if reached.into_iter().any(|principal| principal.permission_set().is_some()) {
            // The role is made anew from its permission set: a change belongs there.
            notes.push("edit-the-permission-set".to_owned());
        }
        let proof = refined.proof();
        if !proof.undecided().is_empty() {
            notes.push("service-not-in-catalog".to_owned());
        }
        self.recommendations.push(Recommendation {
            id: place.id.clone(),
            holder_kind: place.holder_kind.to_owned(),
            holder: place.holder.clone(),
            policy: place.policy.clone(),
            policy_arn: place.arn.clone(),
            action: place.action(refined.documents().len()),
            reaches: self.arns(&edit.reaches),
            unused: listed(unused),
            proof: ProofRow {
                verdict: "proven".to_owned(),
                removed: proof.removed(),
                kept: proof.kept(),
                undecided: proof.undecided().to_vec(),
            },
            files,
            notes,
        });
    }

    fn left_alone_before(&self, keep: &Keeps<'i>) -> LeftAlone {
        let blockers = self.arns(&keep.blockers);
        let (code, why) = if keep.is_boundary {
            ("used-as-boundary", "it bounds principals, and editing it would narrow them all".to_owned())
        } else if keep.unseen {
            ("attached-elsewhere", "it is attached to more than this account shows".to_owned())
        } else if blockers.is_empty() {
            ("in-use-by-others", "what one principal does not use, another does".to_owned())
        } else {
            (
                "blocked",
                format!(
                    "nothing is known of the use of {} that share it",
                    count(blockers.len(), "principal")
                ),
            )
        };
        let (policy, reaches) = (keep.policy.to_owned(), self.arns(&keep.reaches));
        LeftAlone { policy, code: code.to_owned(), why, reaches, blockers }
    }

    fn left_alone_after(&self, edit: &Edit<'i>, stays: &Stays) -> LeftAlone {
        let (code, why) = match stays {
            Stays::NotAPolicy(error) => ("not-a-policy", format!("its document could not be read: {error}")),
            Stays::DoesNotFit(numbers) => ("does-not-fit", numbers.to_string()),
            Stays::Undecided => ("not-proven", "its smaller form could not be proven".to_owned()),
            Stays::Refuted => ("refuted", "a defect of leastwise; the case is under defects/".to_owned()),
        };
        let place = Place::of(edit, self.inventory);
        LeftAlone {
            policy: place.arn.unwrap_or(place.id),
            code: code.to_owned(),
            why,
            reaches: self.arns(&edit.reaches),
            blockers: Vec::new(),
        }
    }
}

/// Evidence as it stands in a report: sorted.
fn listed(unused: &ActionSet<'_>) -> Vec<UnusedService> {
    let service = |(service, extent): (&str, &Extent<'_>)| UnusedService {
        service_namespace: service.to_owned(),
        actions: match extent {
            Extent::Whole => None,
            Extent::Names(names) => Some(names.iter().map(ToString::to_string).collect()),
        },
    };
    unused.iter().map(service).collect()
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
