//! The recommended change of a permission set or a fleet, and its files.

use super::{FamilyAdvice, is_attached};
use crate::advise::attach::Attached;
use crate::advise::place::names_everywhere;
use crate::advise::publish::confidence_row;
use crate::advise::refinement::Refinement;
use crate::decide::{Confidence, Family, FamilyKind, Level, PolicyKind};
use crate::report::{Action, FamilyAccount, ImpactRow, Note, Recommendation};

impl FamilyAdvice {
    pub(super) fn publish(
        &mut self,
        (family, path): (&Family, &str),
        smaller: &Refinement,
        accounts: &[FamilyAccount],
        (sure, impact): (Option<&Confidence>, ImpactRow),
    ) -> Recommendation {
        let files = Refinement::places(path);
        self.files.extend(smaller.texts(&files));
        let slot = &family.slot;
        let reaches: Vec<String> = accounts
            .iter()
            .flat_map(|it| it.principals.iter().cloned())
            .collect();
        let action = match (smaller.documents, slot.policy_kind) {
            (0, PolicyKind::Inline) => Action::Delete,
            (0, PolicyKind::CustomerManaged | PolicyKind::AwsManaged) => Action::Detach,
            _ if smaller.split => Action::Split,
            (_, PolicyKind::AwsManaged) => Action::Substitute,
            (_, PolicyKind::CustomerManaged) => Action::NewVersion,
            (_, PolicyKind::Inline) => Action::Replace,
        };
        let of_aws = slot.policy_kind == PolicyKind::AwsManaged;
        let is_copied = (of_aws && !family.moves_inline()) || smaller.split;
        let mut notes = Vec::new();
        if slot.kind == FamilyKind::PermissionSet {
            notes.push(Note::EditThePermissionSet);
        } else {
            notes.push(Note::EditTheTemplate);
        }
        if is_copied {
            let room = Attached::with(family.room, is_attached(family));
            notes.extend(room.note(smaller.documents));
        }
        if of_aws && smaller.documents > 0 {
            notes.push(Note::NoLongerFollowsAws);
        }
        if slot.kind == FamilyKind::PermissionSet && is_copied {
            notes.push(Note::PoliciesInEveryAccount);
        }
        if !smaller.proof.undecided.is_empty() {
            notes.push(Note::ServiceNotInCatalog);
        }
        let certain = Confidence {
            level: Level::High,
            reasons: Vec::new(),
        };
        let sure = sure.cloned().unwrap_or(certain).of_change(smaller.doubts.count());
        let creates = match smaller.documents {
            count if count > 0 && is_copied => names_everywhere(&slot.policy, &smaller.after, count),
            _ => Vec::new(),
        };
        Recommendation {
            since: None,
            id: family.id.clone(),
            holder_kind: slot.holder_kind,
            holder: slot.holder.clone(),
            policy_kind: Some(slot.policy_kind),
            policy: slot.policy.clone(),
            policy_arn: None,
            action,
            holders: Vec::new(),
            creates,
            permissions_removed: accounts.iter().map(|it| it.removal.permissions).sum(),
            alternative: None,
            reaches,
            others: 0,
            evaluated: None,
            confidence: confidence_row(&sure),
            impact,
            kept: None,
            patterns: smaller.patterns.clone(),
            unused: smaller.unused.clone(),
            used: smaller.used.clone(),
            catalog_behind: smaller.doubts.behind.clone(),
            rare_actions: smaller.doubts.rare.clone(),
            proof: smaller.proof.clone(),
            sizes: smaller.sizes.clone(),
            files,
            notes,
            code_owners: Vec::new(),
            code: None,
            ready: None,
            nights_stable: None,
            flapping: Vec::new(),
        }
    }
}
