//! Decisions for several accounts at once: permission sets and fleets.

mod change;
mod obstacle;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use self::obstacle::obstacle;
use super::Terms;
use super::attach::Attached;
use super::denied::of_permission_set;
use super::family_path::{path_of, plain_path_of};
use super::place::inline_kind;
use super::refinement::{Attempt, KeptBecause, Original, Refinement, Smaller};
use super::why;
use crate::catalog::Basis;
use crate::decide::{Confidence, Families, Family, FamilyIndex, FamilyKind, Level, PolicyKind, PolicySlot};
use crate::policy::{Document, Services};
use crate::refine::Kind;
use crate::report::names::Spellings;
use crate::report::numbers::counted;
use crate::report::{CodeOwner, FamilyAccount, FamilyRow, ImpactRow, Note, PolicyState, Recommendation};

/// Result for each family, computed for the first account that has it, because the document is the same in all of
/// them.
#[derive(Debug, Default)]
pub struct Outcomes(Vec<OnceLock<Outcome>>);

/// Result for one family.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tried: Attempt<Refinement>,
    /// Services that the policy names.
    services: Services,
}

/// One account's part of a family.
#[derive(Debug)]
pub struct FamilyShare {
    /// Index of the family.
    pub index: FamilyIndex,
    /// ID of the family.
    pub id: String,
    /// Verdict of the account.
    pub account: FamilyAccount,
    /// Confidence in its evidence.
    pub confidence: Confidence,
    /// When the oldest of its evidence was taken.
    pub evaluated: Option<String>,
    /// What the family's change does here.
    pub impact: ImpactRow,
    /// Actions that the change of a permission set takes from its policy, and that another policy grants here too.
    pub also_granted: BTreeSet<String>,
    /// Code that defines its policy in this account.
    pub owners: Vec<CodeOwner>,
}

/// Decisions for several accounts, ready to be written.
#[derive(Debug, Default)]
pub struct FamilyAdvice {
    /// A row for each family worth reporting.
    pub families: Vec<FamilyRow>,
    /// Recommended changes.
    pub recommendations: Vec<Recommendation>,
    /// Documents and diffs, by path relative to the report folder.
    pub files: Vec<(String, String)>,
    /// The services that the policies name.
    pub services: Services,
    /// Proposals that the checker refuted.
    pub defects: Vec<(String, String)>,
}

impl Outcomes {
    /// No results yet.
    pub fn of(families: &Families) -> Self {
        Self((0..families.len()).map(|_| OnceLock::new()).collect())
    }

    /// Result for the family of this policy. `None` if its accounts are handled one by one.
    pub(super) fn get(
        &self,
        family: &Family,
        families: &Families,
        original: Original<'_>,
        terms: Terms<'_>,
    ) -> Option<&Outcome> {
        if obstacle(family, families, terms.least_sure).is_some() {
            return None;
        }
        let outcome = self.0.get(family.index.place())?.get_or_init(|| {
            let (kind, taken) = if family.moves_inline() {
                (
                    Kind::PermissionSet,
                    taken_in_set(family, families, original.document),
                )
            } else {
                (kind_of(&family.slot), family.room.inline)
            };
            let tried = match original.attempt(&family.removable, &family.used, kind, taken) {
                Attempt::Smaller(smaller) => {
                    match room(family, &smaller).or(doubted(&smaller, terms.least_sure)) {
                        Some(stays) => Attempt::Kept(stays),
                        None => {
                            let told = smaller.told(smaller.after(), &family.removable, &family.used);
                            Attempt::Smaller(Box::new(told))
                        }
                    }
                }
                Attempt::Kept(stays) => Attempt::Kept(stays),
                Attempt::Unchanged => Attempt::Unchanged,
            };
            Outcome {
                tried,
                services: original.services.clone(),
            }
        });
        Some(outcome)
    }
}

/// Whether the policy of a family is a managed one, which is detached when others replace it.
fn is_attached(family: &Family) -> bool {
    family.slot.policy_kind != PolicyKind::Inline
}

/// How many characters the name of a change takes in each statement that it adds to an inline policy.
const NAME: usize = 40;

/// What is not to be had of the quota of a permission set's inline policy for one of its policies of AWS. Their changes do not
/// depend on each other, so each has an equal part of what the inline policy leaves.
fn taken_in_set(family: &Family, families: &Families, document: &Document<'_>) -> usize {
    let is_beside = |it: &&Family| {
        it.moves_inline() && it.slot.holder == family.slot.holder && !it.removable.is_nothing()
    };
    let quota = Kind::PermissionSet.quota();
    let part = quota.saturating_sub(family.room.inline) / families.iter().filter(is_beside).count().max(1);
    quota - part.saturating_sub(NAME * document.statements.len())
}

/// Why the policy cannot be replaced by this number of policies, if it cannot. The replacement of an inline
/// policy needs no attachment.
fn room(family: &Family, smaller: &Smaller<'_>) -> Option<KeptBecause> {
    let stays = Attached::with(family.room, is_attached(family)).refuses(smaller.documents());
    let is_attached = is_attached(family) && !family.moves_inline();
    stays.filter(|_| smaller.is_split() || is_attached)
}

/// Why the confidence in a reduced policy is too low, from what it removes.
fn doubted(smaller: &Smaller<'_>, least_sure: Level) -> Option<KeptBecause> {
    let certain = Confidence {
        level: Level::High,
        reasons: Vec::new(),
    };
    let confidence = certain.of_change(smaller.doubts.count());
    (confidence.level < least_sure).then_some(KeptBecause::NotSure(confidence))
}

/// Whether a fleet is worth reporting. If nothing is unused everywhere, its accounts are handled one by one.
pub(super) fn is_told(
    family: &Family,
    families: &Families,
    outcome: Option<&Outcome>,
    least_sure: Level,
) -> bool {
    match (obstacle(family, families, least_sure), outcome) {
        (Some((code, _)), _) => !matches!(code, PolicyState::InUse | PolicyState::Idle),
        (None, outcome) => {
            matches!(
                outcome,
                Some(Outcome {
                    tried: Attempt::Smaller(_) | Attempt::Kept(_),
                    ..
                })
            )
        }
    }
}

fn kind_of(slot: &PolicySlot) -> Kind {
    match slot.policy_kind {
        PolicyKind::Inline => inline_kind(slot.holder_kind),
        PolicyKind::CustomerManaged | PolicyKind::AwsManaged => Kind::Managed,
    }
}

/// Joins the verdicts of the accounts of each family.
pub fn organisation(
    families: &Families,
    outcomes: &Outcomes,
    shares: Vec<FamilyShare>,
    (basis, least_sure): (Basis<'_>, Level),
) -> FamilyAdvice {
    let mut by_family: BTreeMap<FamilyIndex, Vec<FamilyShare>> = BTreeMap::new();
    shares
        .into_iter()
        .for_each(|share| by_family.entry(share.index).or_default().push(share));
    let spellings = Spellings::of(families.iter().map(plain_path_of));
    let mut whole = FamilyAdvice::default();
    for family in families.iter() {
        let shares = by_family.remove(&family.index).unwrap_or_default();
        let sure = shares
            .iter()
            .map(|share| share.confidence.clone())
            .reduce(|all, one| all.join(&one));
        let impact = shares
            .iter()
            .map(|share| share.impact.clone())
            .reduce(|one, other| join(one, &other))
            .unwrap_or_default();
        let evaluated = shares
            .iter()
            .map(|share| share.evaluated.clone())
            .collect::<Option<Vec<_>>>();
        let evaluated = evaluated.and_then(|days| days.into_iter().min());
        let also_granted = shares
            .iter()
            .flat_map(|share| share.also_granted.iter().cloned())
            .collect();
        let owners: BTreeSet<CodeOwner> = shares
            .iter()
            .flat_map(|share| share.owners.iter().cloned())
            .collect();
        let owners = owners.into_iter().collect();
        let mut accounts: Vec<FamilyAccount> = shares.into_iter().map(|share| share.account).collect();
        accounts.sort();
        let (obstacle, path) = (
            obstacle(family, families, least_sure),
            path_of(family, &spellings),
        );
        let about = FamilyFacts {
            family,
            path,
            obstacle,
            accounts,
            sure,
            evaluated,
            impact,
            also_granted,
            owners,
        };
        whole.add(
            about,
            families,
            basis,
            outcomes.0.get(family.index.place()).and_then(OnceLock::get),
        );
    }
    whole.families.sort_by(|a, b| a.id.cmp(&b.id));
    whole.recommendations.sort_by(|a, b| a.id.cmp(&b.id));
    whole
}

/// A family and the verdicts of its accounts.
struct FamilyFacts<'f> {
    family: &'f Family,
    /// Path of its files, without extension.
    path: String,
    obstacle: Option<(PolicyState, String)>,
    accounts: Vec<FamilyAccount>,
    sure: Option<Confidence>,
    evaluated: Option<String>,
    impact: ImpactRow,
    also_granted: BTreeSet<String>,
    owners: Vec<CodeOwner>,
}

impl FamilyAdvice {
    fn add(
        &mut self,
        about: FamilyFacts<'_>,
        families: &Families,
        basis: Basis<'_>,
        outcome: Option<&Outcome>,
    ) {
        let FamilyFacts {
            family,
            path,
            obstacle,
            accounts,
            sure,
            evaluated,
            impact,
            also_granted,
            owners,
        } = about;
        let set = family.slot.kind == FamilyKind::PermissionSet;
        let mut blockers = family.blockers.clone();
        let mut trial = None;
        let (code, why, recommendation) = match (obstacle, outcome) {
            // If no permission is unused in every account of a fleet, each account is decided separately.
            (Some((PolicyState::InUse | PolicyState::Idle, _)), _) if !set => return,
            (Some((code, why)), _) => {
                if code == PolicyState::AccountsUnread {
                    blockers.extend(families.unread.iter().cloned());
                }
                (code, why, None)
            }
            (
                None,
                Some(Outcome {
                    tried: Attempt::Smaller(smaller),
                    services,
                }),
            ) => {
                self.services.extend(services);
                trial = set.then(|| of_permission_set(smaller, &family.slot, &also_granted, basis));
                let mut recommendation =
                    self.publish((family, &path), smaller, &accounts, (sure.as_ref(), impact));
                recommendation.evaluated = evaluated;
                recommendation.code_owners = owners;
                if !families.unread.is_empty() || families.others {
                    // The template may have put it there as well.
                    recommendation.notes.push(Note::AccountsUnread);
                }
                let (code, many) = (PolicyState::Smaller, counted(accounts.len(), "account"));
                (
                    code,
                    format!("one change for {many}: removes what none of them uses"),
                    Some(recommendation),
                )
            }
            (
                None,
                Some(Outcome {
                    tried: Attempt::Kept(stays),
                    ..
                }),
            ) => {
                if let KeptBecause::Refuted(case) = stays {
                    self.defects.push((format!("{path}.json"), case.clone()));
                }
                let (code, why) = why::stays(stays);
                (code, why, None)
            }
            (None, _) if !set => return,
            (None, _) => (
                PolicyState::InUse,
                "the policy grants no unused permission".to_owned(),
                None,
            ),
        };
        let id = recommendation.as_ref().map(|it| it.id.clone());
        self.recommendations.extend(recommendation);
        self.families.push(FamilyRow {
            id: family.id.clone(),
            kind: family.slot.kind,
            name: family.slot.holder.clone(),
            policy: family.slot.policy.clone(),
            code,
            why,
            accounts,
            blockers,
            others: 0,
            recommendation: id,
            trial,
        });
    }
}

/// What one change removes in two accounts: the sum of the risk, the worse severity, and what is already blocked in
/// both.
fn join(mut one: ImpactRow, other: &ImpactRow) -> ImpactRow {
    one.risk += other.risk;
    one.severity = one.severity.max(other.severity);
    for escalation in &other.escalations {
        if !one.escalations.contains(escalation) {
            one.escalations.push(escalation.clone());
        }
    }
    one.ineffective.retain_mut(|service| {
        let same = other
            .ineffective
            .iter()
            .find(|it| it.service_namespace == service.service_namespace);
        let both = same.and_then(|it| it.actions.as_ref());
        match (&mut service.actions, both) {
            (Some(actions), Some(both)) => {
                actions.retain(|action| both.contains(action));
                !actions.is_empty()
            }
            _ => false,
        }
    });
    one
}
