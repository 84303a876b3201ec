//! An attached policy: where it is, which principals it applies to, and what prevents reducing it.

use std::collections::BTreeMap;

use super::codes::{HolderKind, PolicyKind};
use super::removable::Removable;
use crate::arn::Arn;
use crate::inventory::Inventory;
use crate::inventory::wire::{InlinePolicy, ManagedPolicyDetail, PolicyText};
use crate::policy::{ActionSet, Document, PolicyError, Services};

/// What a policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder<'i> {
    /// A role or user, by index in the inventory.
    Principal(usize),
    /// A group, by name.
    Group(&'i str),
}

/// Where a policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyLocation<'i> {
    /// Embedded in a role, user or group.
    Inline {
        /// That role, user or group.
        holder: Holder<'i>,
        /// Name.
        policy: &'i str,
    },
    /// A customer-managed policy.
    Managed {
        /// ARN.
        arn: &'i str,
    },
    /// An AWS managed policy, which only AWS can edit.
    Aws {
        /// ARN.
        arn: &'i str,
    },
}

/// How long a policy has been attached in its current form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantAge {
    /// Longer than the window, or the evidence considers it.
    Settled,
    /// Unknown.
    Unknown,
    /// This many days, which is less than the window.
    Young(i64),
}

impl GrantAge {
    /// The age of a grant for which both are known.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Index of a family of policies that several accounts share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FamilyIndex(pub(super) usize);

impl FamilyIndex {
    /// The index.
    pub fn place(self) -> usize {
        self.0
    }
}

/// What is edited as one: principals and groups, the principals affected, and what all of them can lose.
#[derive(Debug, Clone)]
pub struct EditScope<'i> {
    /// What the policy is attached to.
    pub holders: Vec<Holder<'i>>,
    /// Affected principals, by index in the inventory.
    pub reaches: Vec<usize>,
    /// What can be removed, limited to the policy's services.
    pub removable: Removable,
    /// What they use of these services.
    pub used: ActionSet,
    /// The family that decides instead, if several accounts share the policy.
    pub family: Option<FamilyIndex>,
}

/// An attached policy.
#[derive(Debug)]
pub struct PolicyPlan<'i> {
    /// Where it is.
    pub target: PolicyLocation<'i>,
    /// Document as text.
    pub text: &'i PolicyText,
    /// Parsed document.
    pub document: Result<Document<'i>, PolicyError>,
    /// Services that it names; all if it could not be parsed.
    pub services: Services,
    /// Characters that count towards the quota for inline policies; 0 for other policies.
    pub inline_chars: usize,
    /// When it last changed, if IAM returns it.
    pub updated: Option<&'i str>,
    /// What it is attached to.
    pub holders: Vec<Holder<'i>>,
    /// Principals that it applies to, by index in the inventory.
    pub reaches: Vec<usize>,
    /// Those without evidence, which count as using everything.
    pub blockers: Vec<usize>,
    /// If the policy is shared: unused principals, which may need it later, and those whose name or tags suggest
    /// rare use. They count as using all of it (E20).
    pub reserves: Vec<usize>,
    /// Groups that count as using everything, because their members' use says nothing about later members: they are
    /// empty, or their name suggests rare use (E20).
    pub reserve_groups: Vec<&'i str>,
    /// How long it has been attached to each, in the order of `holders`.
    pub ages: Vec<GrantAge>,
    /// Principals that use nothing at all.
    pub idle: Vec<usize>,
    /// Principals for which a rule keeps the policy unchanged.
    pub excepted: Vec<usize>,
    /// Permission set that it comes from, where it must be changed.
    pub set: Option<&'i str>,
    /// Whether it is a permissions boundary, so that an edit would restrict everyone it bounds.
    pub bounds: bool,
    /// Whether it has more attachments than this account shows.
    pub unseen: bool,
    /// Whether some principal has unused permissions without being entirely idle.
    pub advises: bool,
    /// The edit in place; `None` for an AWS managed policy.
    pub in_place: Option<EditScope<'i>>,
    /// Reduced copies, one for each different need.
    pub copies: Vec<EditScope<'i>>,
}

impl PolicyPlan<'_> {
    /// Whether it is attached to a principal that uses nothing at all.
    pub fn is_idle(&self, holder: Holder<'_>) -> bool {
        matches!(holder, Holder::Principal(at) if self.idle.contains(&at))
    }

    /// How long it has been attached to some of them: the age of the newest attachment.
    pub fn age(&self, holders: &[Holder<'_>]) -> GrantAge {
        let ages = self
            .holders
            .iter()
            .zip(&self.ages)
            .filter(|(holder, _)| holders.contains(holder));
        ages.map(|(_, age)| *age).max().unwrap_or(GrantAge::Settled)
    }

    /// Why it cannot be edited in place, if it cannot.
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

/// Why a policy with unused permissions cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A rule keeps it unchanged.
    Excepted,
    /// It is a permissions boundary.
    Bounds,
    /// It has more attachments than the account shows.
    Unseen,
    /// Someone who shares it counts as using everything.
    Blocked,
    /// It was attached this many days ago, which is less than the window.
    Young(i64),
    /// Each unused permission is used by another principal.
    InUse,
}

impl<'i> EditScope<'i> {
    /// Adds a role, user or group with the same removable permissions.
    pub(super) fn add(&mut self, holder: Holder<'i>, reaches: &[usize], used: &ActionSet) {
        self.holders.push(holder);
        self.used.extend(used, &Services::All);
        self.reaches.extend(reaches);
        self.reaches.sort_unstable();
        self.reaches.dedup();
    }
}

impl<'i> PolicyLocation<'i> {
    /// Kind of policy.
    pub fn kind(self) -> PolicyKind {
        match self {
            Self::Inline { .. } => PolicyKind::Inline,
            Self::Managed { .. } => PolicyKind::CustomerManaged,
            Self::Aws { .. } => PolicyKind::AwsManaged,
        }
    }

    /// Name of an inline policy, ARN of a managed one.
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
    /// Kind and name, as in paths.
    pub fn describe(&self, inventory: &Inventory) -> (HolderKind, String) {
        match self {
            Self::Group(name) => (HolderKind::Group, (*name).to_owned()),
            Self::Principal(at) => match inventory.principals.get(*at) {
                Some(principal) => (principal.kind.into(), principal.name.clone()),
                None => (HolderKind::Role, String::new()),
            },
        }
    }

    /// Inline policies.
    pub fn inline<'i>(&self, inventory: &'i Inventory) -> &'i [InlinePolicy] {
        match self {
            Self::Group(name) => inventory
                .groups
                .get(*name)
                .map_or(&[], |group| &group.group_policy_list),
            Self::Principal(at) => inventory.principals.get(*at).map_or(&[], |it| &it.inline),
        }
    }

    /// Number of attached managed policies.
    pub fn attachments(&self, inventory: &Inventory) -> usize {
        match self {
            Self::Group(name) => inventory
                .groups
                .get(*name)
                .map_or(0, |group| group.attached_managed_policies.len()),
            Self::Principal(at) => inventory.principals.get(*at).map_or(0, |it| it.attached.len()),
        }
    }
}

/// Document of a principal's permissions boundary, if the account shows it.
pub fn boundary_of<'i>(inventory: &'i Inventory, arn: &str) -> Option<&'i PolicyText> {
    inventory.managed.get(arn).and_then(ManagedPolicyDetail::document)
}

/// Characters of all inline policies, for each role, user and group.
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
    /// Characters of the other inline policies. The policy of a permission set has its own quota.
    pub(super) fn beside(&self, taken: &BTreeMap<Holder<'_>, usize>) -> usize {
        let of = |holder: &Holder<'_>| taken.get(holder).copied().unwrap_or_default();
        match self.target {
            PolicyLocation::Inline { holder, .. } if self.set.is_none() => {
                of(&holder).saturating_sub(self.inline_chars)
            }
            // Its smaller form goes there.
            PolicyLocation::Aws { .. } if self.set.is_some() => {
                self.holders.iter().map(of).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}
