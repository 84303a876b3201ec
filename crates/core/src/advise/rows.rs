//! Rows of all principals, and the summary of the account.

use std::collections::BTreeMap;

use super::effect::close;
use super::why::{self, Case, PrincipalVerdict};
use super::work::AccountAdvisor;
use super::{Assessed, no_statuses};
use crate::decide::{PrincipalStatus, Source, Standing, Trust, Usage, stale_days};
use crate::evidence::{Gap, UnusedKey};
use crate::inventory::Principal;
use crate::report::{
    AccountReport, AccountSummary, Coverage, EffectTotals, EvidenceKind, EvidenceSource, Failed,
    IdleCredential, PrincipalRow, Recommendation, Removal, SCHEMA, TrustRow,
};

impl AccountAdvisor<'_, '_> {
    /// The account's part of the report.
    pub(super) fn finish(mut self, usage: Usage) -> Assessed {
        self.policies.sort_by(|a, b| a.id.cmp(&b.id));
        self.recommendations.sort_by(|a, b| a.id.cmp(&b.id));
        self.left_alone
            .sort_by(|a, b| (&a.policy, &a.code, &a.reaches).cmp(&(&b.policy, &b.code, &b.reaches)));
        let removals = self.attribute();
        let trials = self.trials();
        let alternatives = self.alternatives();
        let mut reaching = std::mem::take(&mut self.from_families);
        for recommendation in &self.recommendations {
            for arn in &recommendation.reaches {
                reaching
                    .entry(arn.clone())
                    .or_default()
                    .push(recommendation.id.clone());
            }
        }
        let mut holding: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for policy in &self.policies {
            policy
                .reaches
                .iter()
                .for_each(|arn| holding.entry(arn).or_default().push(policy.id.clone()));
        }
        let all = self
            .prepared
            .inventory
            .principals
            .iter()
            .zip(&self.prepared.standings)
            .enumerate();
        let rows = all.map(|(at, (principal, standing))| {
            let mut reached = reaching.remove(&principal.arn).unwrap_or_default();
            reached.sort();
            reached.dedup();
            let policies = holding.remove(principal.arn.as_str()).unwrap_or_default();
            let removals = removals.get(at).cloned().unwrap_or_default();
            PrincipalRow {
                removals,
                ..self.row(at, principal, standing, policies, reached)
            }
        });
        let principals: Vec<PrincipalRow> = rows.collect();
        let summary = self.summary(&principals);
        Assessed {
            report: AccountReport {
                schema: SCHEMA,
                summary,
                principals,
                policies: self.policies,
                recommendations: self.recommendations,
                alternatives,
                left_alone: self.left_alone,
                trials,
                grants: self.prepared.grants.clone(),
            },
            files: self.files,
            services: self.services,
            defects: self.defects,
            shares: self.shares,
            usage,
        }
    }

    /// Alternatives, each as if it were the only change.
    fn alternatives(&mut self) -> Vec<Recommendation> {
        let all = std::mem::take(&mut self.alternatives)
            .into_iter()
            .map(|(mut instead, reaches, lost)| {
                let (Removal { permissions, risk }, closed) = self.effects.alone(&reaches, &lost);
                close(&mut instead.impact, &closed);
                (instead.permissions_removed, instead.impact.risk) = (permissions, risk);
                instead
            });
        let mut all: Vec<Recommendation> = all.collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// What each change removes from each principal, in the order of the inventory, and in total.
    fn attribute(&mut self) -> Vec<BTreeMap<String, Removal>> {
        let people = 0..self.prepared.inventory.principals.len();
        let removals: Vec<_> = people.map(|at| self.effects.removals(at)).collect();
        let mut by_change: BTreeMap<&str, Removal> = BTreeMap::new();
        for (change, removal) in removals.iter().flatten() {
            *by_change.entry(change).or_default() += *removal;
        }
        let closed = self.effects.closed();
        let closes = |id: &str| closed.get(id).map(Vec::as_slice).unwrap_or_default();
        let of = |id: &str| by_change.get(id).copied().unwrap_or_default();
        for recommendation in &mut self.recommendations {
            let Removal { permissions, risk } = of(&recommendation.id);
            (recommendation.permissions_removed, recommendation.impact.risk) = (permissions, risk);
            close(&mut recommendation.impact, closes(&recommendation.id));
        }
        for share in &mut self.shares {
            share.account.removal = of(&share.id);
            share.impact.risk = share.account.removal.risk;
            close(&mut share.impact, closes(&share.id));
        }
        removals
    }

    fn summary(&self, principals: &[PrincipalRow]) -> AccountSummary {
        let mut statuses = no_statuses();
        principals
            .iter()
            .for_each(|row| *statuses.entry(row.status).or_default() += 1);
        let mut failures = Vec::new();
        if let Err(failure) = &self.prepared.evidence {
            failures.push(Failed {
                failure: failure.clone(),
                principal: None,
            });
        }
        for (arn, known) in &self.prepared.known {
            if let Some(Gap::Unread(failure)) = &known.gap {
                failures.push(Failed {
                    failure: failure.clone(),
                    principal: Some(arn.clone()),
                });
            }
        }
        let mut effect = EffectTotals::default();
        principals.iter().for_each(|row| effect.add(&row.effect));
        let source = self.prepared.source(self.terms);
        let analyzer = match source {
            Source::Analyzer { analyzer, .. } => Some(analyzer),
            _ => None,
        };
        let evidence = self.prepared.evidence.as_ref().ok();
        let others = evidence.into_iter().flat_map(|evidence| &evidence.others);
        AccountSummary {
            id: self.prepared.inventory.account.id.clone(),
            name: self.prepared.inventory.account.name.clone(),
            ou_path: self.prepared.inventory.account.ou_path(),
            coverage: if failures.is_empty() {
                Coverage::Complete
            } else {
                Coverage::Partial
            },
            failures,
            evidence: EvidenceSource {
                source: match source {
                    Source::Analyzer { .. } => EvidenceKind::Analyzer,
                    Source::LastAccessed { .. } => EvidenceKind::LastAccessed,
                    Source::None | Source::Failed(_) => EvidenceKind::None,
                },
                analyzer: analyzer.map(|analyzer| analyzer.arn.clone()),
                window_days: source.window_days(),
                evaluated: self
                    .prepared
                    .known
                    .values()
                    .filter_map(|it| it.analyzed_at.clone())
                    .max(),
                findings: self.prepared.known.values().map(|known| known.findings).sum(),
                archived_findings: self.prepared.known.values().map(|known| known.archived).sum(),
                superseded_findings: self.prepared.known.values().map(|known| known.superseded).sum(),
                analyzer_created: analyzer.and_then(|analyzer| analyzer.created_at.clone()),
                last_analyzed: analyzer.and_then(|analyzer| analyzer.last_resource_analyzed_at.clone()),
                other_analyzers: others.map(|analyzer| analyzer.arn.clone()).collect(),
            },
            statuses,
            principals: principals.len(),
            recommendations: self.recommendations.len(),
            left_alone: self.left_alone.len(),
            credentials: principals.iter().map(PrincipalRow::credentials).sum(),
            effect,
        }
    }

    fn row(
        &self,
        at: usize,
        principal: &Principal,
        standing: &Standing,
        policies: Vec<String>,
        recommendations: Vec<String>,
    ) -> PrincipalRow {
        let window = self.prepared.source(self.terms).window_days().unwrap_or_default();
        let effect = self.effects.row(at);
        let emergency = self.prepared.emergencies.get(at).cloned().flatten();
        let PrincipalVerdict {
            status,
            code,
            why,
            remedy,
        } = why::verdict(
            standing,
            &Case {
                exceptions: self.terms.exceptions,
                window,
                changes: recommendations.len(),
                granted: effect.granted,
                unused: effect.unused,
                unobserved: effect.unobserved.len(),
                remains: &effect.remains,
                emergency: emergency.as_deref(),
            },
        );
        let known = self.prepared.known.get(&principal.arn);
        let evaluated = known.and_then(|known| known.oldest.clone());
        // What is too old to act on is no reason to take a credential away either, whatever else is known of its owner.
        let known =
            known.filter(|known| stale_days(known, self.terms.as_of, self.terms.oldest_days).is_none());
        let key = |key: &UnusedKey| IdleCredential {
            access_key_id: Some(key.access_key_id.clone()),
            last_accessed: key.last_accessed.clone(),
        };
        PrincipalRow {
            arn: principal.arn.clone(),
            kind: principal.kind,
            name: principal.name.clone(),
            created: principal.created.clone(),
            last_used: principal.last_used.clone(),
            evaluated,
            tags: principal
                .tags
                .iter()
                .map(|tag| (tag.key.clone(), tag.value.clone()))
                .collect(),
            groups: principal.groups.clone(),
            effect,
            rule: match standing {
                Standing::Excluded(rule) => Some(rule.to_string()),
                _ => None,
            },
            trust: match (standing, &principal.trust) {
                (Standing::Idle(_), Some(trust)) => {
                    Some(trust_row(&Trust::read(trust, self.terms.organisation)))
                }
                _ => None,
            },
            status,
            code,
            why,
            remedy: remedy.to_owned(),
            emergency,
            removals: BTreeMap::new(),
            policies,
            // Of an idle principal the one advice is to review it.
            recommendations: if status == PrincipalStatus::Reducible {
                recommendations
            } else {
                Vec::new()
            },
            unused_access_keys: known.map_or_else(Vec::new, |known| known.keys.iter().map(key).collect()),
            unused_password: known
                .and_then(|known| known.password.clone())
                .map(|last_accessed| IdleCredential {
                    access_key_id: None,
                    last_accessed,
                }),
        }
    }
}

fn trust_row(trust: &Trust) -> TrustRow {
    TrustRow {
        open: trust.is_open(),
        why: trust.sentence(),
        inside: trust.accounts_inside.clone(),
        outside: trust.accounts_outside.clone(),
        services: trust.services.clone(),
        federated: trust.federated.clone(),
    }
}
