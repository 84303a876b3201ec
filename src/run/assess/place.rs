//! Where a recommendation and its files go, and under which quota it falls.

use crate::decide::{Edit, Target};
use crate::inventory::Inventory;
use crate::refine::Kind;
use crate::report::Action;
use crate::report::names::file_part;

/// Where a recommendation and its files go.
pub(super) struct Place {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) holder_kind: &'static str,
    pub(super) holder: String,
    pub(super) policy: String,
    pub(super) arn: Option<String>,
    pub(super) kind: Kind,
    inline: bool,
    substitute: bool,
}

impl Place {
    pub(super) fn of(edit: &Edit<'_>, inventory: &Inventory) -> Self {
        let name_of = |arn: &str| arn.rsplit('/').next().unwrap_or(arn).to_owned();
        let (holder_kind, holder, policy, arn, inline, substitute) = match &edit.target {
            Target::Inline { holder, policy } => {
                let (kind, name) = holder.describe(inventory);
                (kind, name, (*policy).to_owned(), None, true, false)
            }
            Target::Managed { arn } => {
                ("managed", name_of(arn), name_of(arn), Some((*arn).to_owned()), false, false)
            }
            Target::Replacement { arn, holder } => {
                let (kind, name) = holder.describe(inventory);
                (kind, name, name_of(arn), Some((*arn).to_owned()), false, true)
            }
        };
        let kind = match (inline, holder_kind) {
            (true, "role") => Kind::Role,
            (true, "user") => Kind::User,
            (true, _) => Kind::Group,
            (false, _) => Kind::Managed,
        };
        let account = &inventory.account.id;
        let (id, path) = if holder_kind == "managed" {
            (
                format!("{account}/managed/{policy}"),
                format!("policies/{account}/managed/{}", file_part(&policy)),
            )
        } else {
            let (name, file) = (file_part(&holder), file_part(&policy));
            // An attached policy may bear the name of an inline one.
            let mark = if substitute { "@" } else { "" };
            let id = format!("{account}/{holder_kind}/{holder}/{policy}{mark}");
            (id, format!("policies/{account}/{holder_kind}/{name}/{file}{mark}"))
        };
        Self { id, path, holder_kind, holder, policy, arn, kind, inline, substitute }
    }

    pub(super) fn action(&self, documents: usize) -> Action {
        match documents {
            0 if self.inline => Action::Delete,
            0 => Action::Detach,
            1 if self.inline => Action::Replace,
            1 if self.substitute => Action::Substitute,
            1 => Action::NewVersion,
            _ => Action::Split,
        }
    }
}
