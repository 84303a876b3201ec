//! Policies that several accounts share and that get one decision: permission sets of Identity Center, and fleets
//! of roles that a template deploys to many accounts.
//!
//! There are two passes over the accounts. The first surveys each account: for every policy that may be shared, its
//! slot, the digest of its document and what can be removed, in a few bytes. Then the surveys are joined, and the
//! second pass analyses each account with the result. So memory grows with the number of policies, not with the
//! size of the accounts.

mod survey;

use std::collections::{BTreeMap, BTreeSet};

pub use self::survey::Survey;
use self::survey::{AccountVerdict, SlotUse, TextDigest, digest};
use super::codes::{FamilyKind, HolderKind, Level, PolicyKind};
use super::policy_plan::{FamilyIndex, Holder, PolicyLocation, PolicyPlan};
use super::removable::Removable;
use crate::arn::last_name;
use crate::catalog::Basis;
use crate::inventory::{Inventory, Principal};
use crate::policy::{ActionSet, Services};

/// Number of accounts from which roles with the same policy are a fleet.
pub const FLEET: usize = 3;

/// Where a policy is, independent of the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicySlot {
    /// Why it would be shared.
    pub kind: FamilyKind,
    /// What it is attached to.
    pub holder_kind: HolderKind,
    /// Name of that role, user or group, of the managed policy, or of the permission set.
    pub holder: String,
    /// Name of the policy.
    pub policy: String,
    /// Kind of policy. A copy would replace an AWS managed one.
    pub policy_kind: PolicyKind,
}

/// Largest use of each quota by the other policies of the principals a policy is attached to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaUse {
    /// Characters of other inline policies.
    pub inline: usize,
    /// Number of attached managed policies.
    pub attached: usize,
    /// Whether it is attached to a group.
    pub group: bool,
}

impl QuotaUse {
    /// Use by these principals and groups.
    pub fn of(holders: &[Holder<'_>], inventory: &Inventory) -> Self {
        let attached = holders
            .iter()
            .map(|holder| holder.attachments(inventory))
            .max()
            .unwrap_or(0);
        let group = holders.iter().any(|holder| matches!(holder, Holder::Group(_)));
        Self {
            inline: 0,
            attached,
            group,
        }
    }

    /// The larger use of both.
    fn join(self, other: Self) -> Self {
        Self {
            inline: self.inline.max(other.inline),
            attached: self.attached.max(other.attached),
            group: self.group || other.group,
        }
    }
}

/// A policy that several accounts share.
#[derive(Debug)]
pub struct Family {
    /// ID, which stays the same between runs: kind, holder and policy.
    pub id: String,
    /// Index among all families.
    pub index: FamilyIndex,
    /// Where it is in each account.
    pub slot: PolicySlot,
    /// Account IDs, sorted.
    pub accounts: Vec<String>,
    /// What can be removed in all accounts.
    pub removable: Removable,
    /// What is in use in some account.
    pub used: ActionSet,
    /// Confidence: the lowest of its accounts.
    pub level: Level,
    /// ARNs of principals without evidence, sorted.
    pub blockers: Vec<String>,
    /// Whether a rule keeps it unchanged in some account.
    pub excepted: bool,
    /// What else is attached next to it.
    pub room: QuotaUse,
    /// Whether its document differs between accounts, because not all were provisioned since the last change.
    pub drifted: bool,
}

/// All families of an organisation.
#[derive(Debug, Default)]
pub struct Families {
    all: Vec<Family>,
    by_slot: BTreeMap<(PolicySlot, TextDigest), FamilyIndex>,
    /// IDs of accounts that were not scanned and may also have the policy.
    pub unread: Vec<String>,
    /// Whether there may be accounts that are not listed.
    pub others: bool,
}

impl PolicySlot {
    /// The slot of a policy that is edited in place.
    pub(super) fn of(held: &PolicyPlan<'_>, inventory: &Inventory) -> Option<Self> {
        let holder = held.holders.first()?;
        match (held.set, held.target) {
            (None, PolicyLocation::Managed { arn }) => {
                let name = last_name(arn).to_owned();
                Some(Self {
                    kind: FamilyKind::Fleet,
                    holder_kind: HolderKind::Managed,
                    holder: name.clone(),
                    policy: name,
                    policy_kind: PolicyKind::CustomerManaged,
                })
            }
            (None, PolicyLocation::Aws { .. }) => None,
            (_, target) => Self::of_holder(target, *holder, inventory),
        }
    }

    /// The slot of a policy with one role, user or group.
    pub(super) fn of_holder(
        target: PolicyLocation<'_>,
        holder: Holder<'_>,
        inventory: &Inventory,
    ) -> Option<Self> {
        let policy_kind = target.kind();
        if policy_kind == PolicyKind::CustomerManaged {
            return None;
        }
        let policy = last_name(target.name()).to_owned();
        let set = match holder {
            Holder::Principal(at) => inventory.principals.get(at).and_then(Principal::permission_set),
            Holder::Group(_) => None,
        };
        let (holder_kind, holder) = holder.describe(inventory);
        Some(match set {
            Some(set) => {
                let kind = FamilyKind::PermissionSet;
                let (holder_kind, holder) = (HolderKind::PermissionSet, set.to_owned());
                Self {
                    kind,
                    holder_kind,
                    holder,
                    policy,
                    policy_kind,
                }
            }
            None => Self {
                kind: FamilyKind::Fleet,
                holder_kind,
                holder,
                policy,
                policy_kind,
            },
        })
    }

    /// Kind, holder and policy as one text.
    pub fn id(&self) -> String {
        // No name of IAM has a colon.
        let mark = if self.policy_kind == PolicyKind::AwsManaged {
            "aws:"
        } else {
            ""
        };
        match (self.kind, self.holder_kind) {
            (FamilyKind::PermissionSet, _) => format!("permission-set/{}/{mark}{}", self.holder, self.policy),
            (FamilyKind::Fleet, HolderKind::Managed) => format!("fleet/managed/{}", self.policy),
            (FamilyKind::Fleet, kind) => format!("fleet/{kind}/{}/{mark}{}", self.holder, self.policy),
        }
    }
}

impl Family {
    /// Whether its reduced form goes into the inline policy of the permission set, if it fits. This is for
    /// AWS managed policies, which cannot be edited. AWS provisions the inline policy in every account,
    /// whereas a customer managed policy that the permission set names must already exist there.
    pub fn moves_inline(&self) -> bool {
        self.slot.kind == FamilyKind::PermissionSet && self.slot.policy_kind == PolicyKind::AwsManaged
    }
}

impl Families {
    /// Joins the surveys of all scanned accounts. Their order does not matter.
    pub fn join(surveys: Vec<Survey>, mut unread: Vec<String>, basis: Basis<'_>) -> Self {
        let mut slots: BTreeMap<PolicySlot, Vec<(String, TextDigest, SlotUse)>> = BTreeMap::new();
        for survey in surveys {
            for entry in survey.entries {
                let said = (survey.account.clone(), entry.digest, entry.said);
                slots.entry(entry.slot).or_default().push(said);
            }
        }
        unread.sort();
        let mut families = Self {
            unread,
            ..Self::default()
        };
        for (slot, entries) in slots {
            families.add(&slot, entries, basis);
        }
        families
    }

    fn add(&mut self, slot: &PolicySlot, entries: Vec<(String, TextDigest, SlotUse)>, basis: Basis<'_>) {
        let mut by_text: BTreeMap<TextDigest, Vec<(String, SlotUse)>> = BTreeMap::new();
        for (account, digest, said) in entries {
            by_text.entry(digest).or_default().push((account, said));
        }
        match slot.kind {
            FamilyKind::PermissionSet => {
                let texts: Vec<TextDigest> = by_text.keys().copied().collect();
                let entries = by_text.into_values().flatten().collect();
                let id = slot.id();
                self.push(id, slot, entries, &texts, basis);
            }
            FamilyKind::Fleet => {
                let is_fleet = |entries: &Vec<(String, SlotUse)>| {
                    let accounts: BTreeSet<&String> = entries.iter().map(|(account, _)| account).collect();
                    accounts.len() >= FLEET
                        && entries
                            .iter()
                            .any(|(_, it)| matches!(it.verdict, AccountVerdict::Without { .. }))
                };
                by_text.retain(|_, entries| is_fleet(entries));
                let several = by_text.len() > 1;
                for (text, entries) in by_text {
                    // Two templates with the same name are distinguished by their text.
                    let id = if several {
                        format!(
                            "{}~{:02x}{:02x}{:02x}{:02x}",
                            slot.id(),
                            text[0],
                            text[1],
                            text[2],
                            text[3]
                        )
                    } else {
                        slot.id()
                    };
                    self.push(id, slot, entries, &[text], basis);
                }
            }
        }
    }

    fn push(
        &mut self,
        id: String,
        slot: &PolicySlot,
        entries: Vec<(String, SlotUse)>,
        texts: &[TextDigest],
        basis: Basis<'_>,
    ) {
        let Basis {
            catalog, unobserved, ..
        } = basis;
        let mut accounts: Vec<String> = entries.iter().map(|(account, _)| account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        let (mut removable, mut blockers, mut level): (Option<Removable>, _, _) =
            (None, Vec::new(), Level::High);
        let (mut excepted, mut in_use, mut room) = (false, false, QuotaUse::default());
        let mut used = ActionSet::new();
        for (_, SlotUse { verdict, room: own }) in entries {
            in_use |= !matches!(verdict, AccountVerdict::Idle(_));
            room = room.join(own);
            let one = match verdict {
                AccountVerdict::Idle(None) => Removable::Anything,
                AccountVerdict::Idle(Some(unused)) => Removable::Only(unused.unpack(catalog)),
                AccountVerdict::Without {
                    unused,
                    used: own,
                    level: sure,
                } => {
                    level = level.min(sure);
                    used.extend(&own.unpack(catalog), &Services::All);
                    Removable::Only(unused.unpack(catalog))
                }
                AccountVerdict::Used => Removable::Nothing,
                AccountVerdict::Excepted => {
                    excepted = true;
                    Removable::Nothing
                }
                AccountVerdict::Blocked(arns) => {
                    blockers.extend(arns);
                    Removable::Nothing
                }
            };
            removable = Some(match removable {
                Some(removable) => removable.and(&one, unobserved),
                None => one,
            });
        }
        // If nobody uses it at all, the recommendation is to remove it, whatever an exception keeps.
        let removable = removable.filter(|_| in_use).unwrap_or(Removable::Anything);
        blockers.sort();
        let index = FamilyIndex(self.all.len());
        for text in texts {
            self.by_slot.insert((slot.clone(), *text), index);
        }
        let (slot, drifted) = (slot.clone(), texts.len() > 1);
        let family = Family {
            id,
            index,
            slot,
            accounts,
            removable,
            used,
            level,
            blockers,
            excepted,
            room,
            drifted,
        };
        self.all.push(family);
    }

    /// All families, by kind and ID.
    pub fn iter(&self) -> impl Iterator<Item = &Family> {
        self.all.iter()
    }

    /// Number of families.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The family of a policy, by document and slot.
    pub(super) fn of(&self, slot: &PolicySlot, text: &str) -> Option<FamilyIndex> {
        if self.all.is_empty() {
            return None;
        }
        self.by_slot.get(&(slot.clone(), digest(text))).copied()
    }

    /// The family with this index.
    pub fn get(&self, index: FamilyIndex) -> Option<&Family> {
        self.all.get(index.0)
    }
}
