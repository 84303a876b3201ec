//! What one account says about each policy that other accounts may share, in a few bytes.

use super::{PolicySlot, QuotaUse};
use crate::catalog::Catalog;
use crate::decide::codes::Level;
use crate::decide::compact::Compact;
use crate::decide::policy_plan::{EditScope, Holder, Obstacle, PolicyPlan, inline_chars};
use crate::decide::removable::Removable;
use crate::digest::FileHash;
use crate::inventory::Inventory;

/// A policy of one account.
#[derive(Debug)]
pub(super) struct SurveyedPolicy {
    pub(super) slot: PolicySlot,
    pub(super) digest: TextDigest,
    pub(super) said: SlotUse,
}

/// What one account says about one slot.
#[derive(Debug)]
pub(super) struct SlotUse {
    pub(super) verdict: AccountVerdict,
    /// What else is attached next to it.
    pub(super) room: QuotaUse,
}

/// The first half of a SHA-256.
pub(super) type TextDigest = [u8; 16];

#[derive(Debug)]
pub(super) enum AccountVerdict {
    /// Its principals are idle and lose nothing that they use. The value is what rules leave of that, if they keep
    /// something.
    Idle(Option<Compact>),
    /// A rule keeps it unchanged.
    Excepted,
    /// What can be removed, with which confidence, and what is in use.
    Without {
        unused: Compact,
        used: Compact,
        level: Level,
    },
    /// All of it is used, or it must be kept for another reason.
    Used,
    /// There is no evidence about these principals, by ARN.
    Blocked(Vec<String>),
}

/// What one account contributes to the join.
#[derive(Debug)]
pub struct Survey {
    pub(super) account: String,
    pub(super) entries: Vec<SurveyedPolicy>,
}

impl Survey {
    /// Surveys the policies of one account.
    pub fn of(
        inventory: &Inventory,
        held: &[PolicyPlan<'_>],
        catalog: &Catalog,
        sure: &dyn Fn(&PolicyPlan<'_>, &EditScope<'_>) -> Level,
    ) -> Self {
        let mut entries = Vec::new();
        let taken = inline_chars(held);
        for policy in held.iter().filter(|policy| policy.document.is_ok()) {
            let digest = digest(&policy.text.0);
            let arns = |places: &[usize]| -> Vec<String> {
                places
                    .iter()
                    .filter_map(|at| inventory.principals.get(*at))
                    .map(|it| it.arn.clone())
                    .collect()
            };
            if let (Some(part), Some(slot)) = (&policy.in_place, PolicySlot::of(policy, inventory)) {
                let verdict = match policy.obstacle() {
                    Some(Obstacle::Blocked) => {
                        let groups = policy
                            .reserve_groups
                            .iter()
                            .filter_map(|name| inventory.groups.get(*name));
                        let mut all = arns(&policy.blockers);
                        all.extend(arns(&policy.reserves));
                        all.extend(groups.map(|group| group.arn.clone()));
                        AccountVerdict::Blocked(all)
                    }
                    Some(Obstacle::Excepted) => AccountVerdict::Excepted,
                    Some(_) => AccountVerdict::Used,
                    None if policy.idle.len() == policy.reaches.len() => {
                        AccountVerdict::idle(&part.removable, catalog)
                    }
                    None => AccountVerdict::of(part, catalog, || sure(policy, part)),
                };
                let inline = policy.beside(&taken);
                let room = QuotaUse {
                    inline,
                    ..QuotaUse::of(&policy.holders, inventory)
                };
                entries.push(SurveyedPolicy {
                    slot,
                    digest,
                    said: SlotUse { verdict, room },
                });
                continue;
            }
            // An AWS managed policy: each principal may lose different permissions.
            for holder in &policy.holders {
                let Some(slot) = PolicySlot::of_holder(policy.target, *holder, inventory) else {
                    continue;
                };
                let part = policy.copies.iter().find(|part| part.holders.contains(holder));
                let blind: Vec<usize> = match holder {
                    Holder::Principal(at) => policy.blockers.iter().copied().filter(|it| it == at).collect(),
                    Holder::Group(_) => policy.blockers.clone(),
                };
                let verdict = match part {
                    Some(part) => AccountVerdict::of(part, catalog, || sure(policy, part)),
                    None if !blind.is_empty() => AccountVerdict::Blocked(arns(&blind)),
                    None if policy.is_idle(*holder) => AccountVerdict::Idle(None),
                    None => AccountVerdict::Used,
                };
                let room = QuotaUse::of(&[*holder], inventory);
                entries.push(SurveyedPolicy {
                    slot,
                    digest,
                    said: SlotUse { verdict, room },
                });
            }
        }
        Self {
            account: inventory.account.id.clone(),
            entries,
        }
    }
}

impl AccountVerdict {
    fn of(part: &EditScope<'_>, catalog: &Catalog, sure: impl FnOnce() -> Level) -> Self {
        match &part.removable {
            Removable::Anything => Self::Idle(None),
            Removable::Nothing => Self::Used,
            Removable::Only(unused) => Self::Without {
                unused: Compact::pack(unused, catalog),
                used: Compact::pack(&part.used, catalog),
                level: sure(),
            },
        }
    }

    /// The verdict for idle principals.
    fn idle(removable: &Removable, catalog: &Catalog) -> Self {
        match removable {
            Removable::Only(unused) => Self::Idle(Some(Compact::pack(unused, catalog))),
            Removable::Anything | Removable::Nothing => Self::Idle(None),
        }
    }
}

pub(super) fn digest(text: &str) -> TextDigest {
    FileHash::of(text.as_bytes()).first()
}
