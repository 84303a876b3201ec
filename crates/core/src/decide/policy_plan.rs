//! An attached policy: where it is, which principals it applies to, and what prevents reducing it.

use std::collections::BTreeMap;

use super::codes::{HolderKind, PolicyKind};
use super::removable::Removable;
use crate::arn::Arn;
use crate::inventory::Inventory;
use crate::inventory::wire::{InlinePolicy, ManagedPolicyDetail, PolicyText};
use crate::policy::{ActionSet, Document, PolicyError, Services};

/// Who holds a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder<'i> {
    /// A role or a user, by its place in the inventory.
    Principal(usize),
    /// A group, by name.
    Group(&'i str),
}

/// Where a policy lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyLocation<'i> {
    /// In its holder.
    Inline {
        /// Who holds it.
        holder: Holder<'i>,
        /// Its name.
        policy: &'i str,
    },
    /// A customer-managed policy.
    Managed {
        /// Its ARN.
        arn: &'i str,
    },
    /// A policy of AWS, which nobody else can edit.
    Aws {
        /// Its ARN.
        arn: &'i str,
    },
}

/// How long a policy has been held as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantAge {
    /// Longer than the window, or the evidence has looked at that itself.
    Settled,
    /// Nobody knows.
    Unknown,
    /// For so many days, which is less than the window.
    Young(i64),
}

impl GrantAge {
    /// What is known of a grant of which both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// A family of equal policies over many accounts, by its place among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FamilyIndex(pub(super) usize);

impl FamilyIndex {
    /// The place.
    pub fn place(self) -> usize {
        self.0
    }
}

/// What can be changed as one: the holders, whom it reaches, and what all of them can do without.
#[derive(Debug, Clone)]
pub struct EditScope<'i> {
    /// Who holds it.
    pub holders: Vec<Holder<'i>>,
    /// The principals that it reaches, by place in the inventory.
    pub reaches: Vec<usize>,
    /// What may go, as far as the policy's services are concerned.
    pub removable: Removable,
    /// What they were seen to use of these services.
    pub used: ActionSet,
    /// The family of equal policies over many accounts that decides instead.
    pub family: Option<FamilyIndex>,
}

/// One policy that somebody holds.
#[derive(Debug)]
pub struct PolicyPlan<'i> {
    /// Where it lives.
    pub target: PolicyLocation<'i>,
    /// Its text.
    pub text: &'i PolicyText,
    /// The same, read.
    pub document: Result<Document<'i>, PolicyError>,
    /// The services that it names; all where it could not be read.
    pub services: Services,
    /// The characters that count against the quota for its holder's inline policies: none where it is no such policy.
    pub inline_chars: usize,
    /// When it was last changed, if AWS tells.
    pub updated: Option<&'i str>,
    /// Who holds it.
    pub holders: Vec<Holder<'i>>,
    /// The principals that it reaches, by place in the inventory.
    pub reaches: Vec<usize>,
    /// Those of them of which nothing is known: they count as using everything.
    pub blockers: Vec<usize>,
    /// Where the policy is shared, those of them that use nothing now and may need it on a bad day, and those whose name or
    /// tags say that they are used rarely. They count as using everything of it (E20).
    pub reserves: Vec<usize>,
    /// Groups that hold it and count as using everything, for what their members did says nothing about those who join later:
    /// they have no members, or their name says that they are used rarely (E20).
    pub reserve_groups: Vec<&'i str>,
    /// How long each holder has had it, in the order of the holders.
    pub ages: Vec<GrantAge>,
    /// Those of them that use nothing at all.
    pub idle: Vec<usize>,
    /// Those of them for which a rule leaves the policy as it is.
    pub excepted: Vec<usize>,
    /// The permission set that it comes from: then it is changed there and not here.
    pub set: Option<&'i str>,
    /// It bounds principals: editing it would narrow them all.
    pub bounds: bool,
    /// It is attached more often than this account shows.
    pub unseen: bool,
    /// Somebody whom it reaches does not use all that he may, and is more than idle.
    pub advises: bool,
    /// The edit in its place. None for a policy of AWS.
    pub in_place: Option<EditScope<'i>>,
    /// Copies for the holders that can do with less, one for each distinct need.
    pub copies: Vec<EditScope<'i>>,
}

impl PolicyPlan<'_> {
    /// Whether a holder is a principal that uses nothing at all.
    pub fn is_idle(&self, holder: Holder<'_>) -> bool {
        matches!(holder, Holder::Principal(at) if self.idle.contains(&at))
    }

    /// How long some of its holders have had it: as long as the newest of them.
    pub fn age(&self, holders: &[Holder<'_>]) -> GrantAge {
        let ages = self.holders.iter().zip(&self.ages).filter(|(holder, _)| holders.contains(holder));
        ages.map(|(_, age)| *age).max().unwrap_or(GrantAge::Settled)
    }

    /// Why it cannot be edited in its place, if it cannot.
    pub fn obstacle(&self) -> Option<Obstacle> {
        let part = self.in_place.as_ref()?;
        if !self.excepted.is_empty() {
            Some(Obstacle::Excepted)
        } else if self.bounds {
            Some(Obstacle::Bounds)
        } else if self.unseen {
            Some(Obstacle::Unseen)
        } else if !self.blockers.is_empty() || !self.reserves.is_empty() || !self.reserve_groups.is_empty() {
            Some(Obstacle::Blocked)
        } else if let GrantAge::Young(days) = self.age(&self.holders) {
            Some(Obstacle::Young(days))
        } else {
            part.removable.is_nothing().then_some(Obstacle::InUse)
        }
    }
}

/// Why a policy has to stay as it is although somebody does not use all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A rule leaves it as it is.
    Excepted,
    /// It bounds principals.
    Bounds,
    /// It is attached to more than the account shows.
    Unseen,
    /// Somebody who shares it counts as using everything.
    Blocked,
    /// Somebody has had it for so many days only, which is less than the window.
    Young(i64),
    /// What one does not use, another does.
    InUse,
}

impl<'i> EditScope<'i> {
    /// Joins a holder from whom the same may be taken.
    pub(super) fn add(&mut self, holder: Holder<'i>, reaches: &[usize], used: &ActionSet) {
        self.holders.push(holder);
        self.used.extend(used, &Services::All);
        self.reaches.extend(reaches);
        self.reaches.sort_unstable();
        self.reaches.dedup();
    }
}

impl<'i> PolicyLocation<'i> {
    /// What the policy is.
    pub fn kind(self) -> PolicyKind {
        match self {
            Self::Inline { .. } => PolicyKind::Inline,
            Self::Managed { .. } => PolicyKind::CustomerManaged,
            Self::Aws { .. } => PolicyKind::AwsManaged,
        }
    }

    /// The name of an inline policy, the ARN of a managed one.
    pub fn name(self) -> &'i str {
        match self {
            Self::Inline { policy, .. } => policy,
            Self::Managed { arn } | Self::Aws { arn } => arn,
        }
    }
}

/// `arn:aws:iam::aws:policy/...`
pub fn is_aws_managed(arn: &str) -> bool {
    Arn::of(arn).account == "aws"
}

impl Holder<'_> {
    /// As it stands in paths: the kind and the name.
    pub fn describe(&self, inventory: &Inventory) -> (HolderKind, String) {
        match self {
            Self::Group(name) => (HolderKind::Group, (*name).to_owned()),
            Self::Principal(at) => match inventory.principals.get(*at) {
                Some(principal) => (principal.kind.into(), principal.name.clone()),
                None => (HolderKind::Role, String::new()),
            },
        }
    }

    /// Its inline policies.
    pub fn inline<'i>(&self, inventory: &'i Inventory) -> &'i [InlinePolicy] {
        match self {
            Self::Group(name) => inventory.groups.get(*name).map_or(&[], |group| &group.group_policy_list),
            Self::Principal(at) => inventory.principals.get(*at).map_or(&[], |it| &it.inline),
        }
    }

    /// How many managed policies it has.
    pub fn attachments(&self, inventory: &Inventory) -> usize {
        match self {
            Self::Group(name) => {
                inventory.groups.get(*name).map_or(0, |group| group.attached_managed_policies.len())
            }
            Self::Principal(at) => inventory.principals.get(*at).map_or(0, |it| it.attached.len()),
        }
    }
}

/// The document of a principal's boundary, as far as the account shows it.
pub fn boundary_of<'i>(inventory: &'i Inventory, arn: &str) -> Option<&'i PolicyText> {
    inventory.managed.get(arn).and_then(ManagedPolicyDetail::document)
}

/// The characters of all inline policies of each holder.
pub(super) fn inline_chars<'i>(held: &[PolicyPlan<'i>]) -> BTreeMap<Holder<'i>, usize> {
    let mut taken: BTreeMap<Holder<'i>, usize> = BTreeMap::new();
    for policy in held {
        if let PolicyLocation::Inline { holder, .. } = policy.target {
            *taken.entry(holder).or_default() += policy.inline_chars;
        }
    }
    taken
}

impl PolicyPlan<'_> {
    /// Those of its neighbours. The policy of a permission set has a quota of its own.
    pub(super) fn beside(&self, taken: &BTreeMap<Holder<'_>, usize>) -> usize {
        match self.target {
            PolicyLocation::Inline { holder, .. } if self.set.is_none() => {
                taken.get(&holder).copied().unwrap_or_default().saturating_sub(self.inline_chars)
            }
            _ => 0,
        }
    }
}
