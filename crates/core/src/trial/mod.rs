//! The trial of a change: a Deny on exactly what the change takes from a principal, which one detach undoes.
//!
//! What is tried is what applying the change does, and nothing else. An action is denied to a principal if and only if the
//! policy that is changed allows it, on whatever resource and under whatever condition, and after the change no policy of
//! the principal does. So the Deny stands for all resources and needs no condition. An action that another policy also
//! allows, or the same policy through another group, is left out: the change does not take it, and a Deny would.
//!
//! A wildcard is written only to save characters, and only where everything that it matches is taken, also of what the
//! catalog lacks. The maker goes by sets of permissions; `check` holds what it made against the documents and shares the
//! parser, the matcher and the catalog with it.

mod check;
mod patterns;

pub use self::check::{Excess, excess};
pub use self::patterns::names;
use serde::Serialize;

use crate::catalog::{Harvest, Permissions};
use crate::digest::FileHash;

/// How many characters a customer managed policy takes, and the inline policy of a permission set.
const MANAGED: usize = 6_144;
const PERMISSION_SET: usize = 32_768;

/// What the names of all policies and statements of trials begin with.
pub const POLICY: &str = "leastwise-trial";
/// See [`POLICY`]: a Sid takes letters and digits only.
pub const SID: &str = "LeastwiseTrial";

/// Where a trial's Deny goes, and what fits there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialRoom {
    chars: usize,
    policies: usize,
}

/// It takes more policies than there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialDoesNotFit {
    /// So many.
    pub policies: usize,
    /// For so many there is room.
    pub room: usize,
}

impl TrialRoom {
    /// So many policies of so many characters.
    pub fn of(chars: usize, policies: usize) -> Self {
        Self { chars, policies }
    }

    /// Managed policies of their own, for a principal that can have so many more attached.
    pub fn attached(policies: usize) -> Self {
        Self {
            chars: MANAGED,
            policies,
        }
    }

    /// One statement of the inline policy of a permission set that has so many characters already.
    pub fn in_permission_set(taken: usize) -> Self {
        Self {
            chars: PERMISSION_SET.saturating_sub(taken),
            policies: 1,
        }
    }
}

/// The actions to deny for what is lost, a list for each policy: name by name if one policy has the room.
///
/// # Errors
/// When they do not fit.
pub fn deny(
    lost: &Permissions<'_>,
    harvest: &Harvest,
    room: TrialRoom,
) -> Result<Vec<Vec<String>>, TrialDoesNotFit> {
    let policies = split(names(lost, harvest), room.chars);
    let policies = match policies.len() {
        0 | 1 => policies,
        _ => split(patterns::shortened(lost, harvest), room.chars),
    };
    fitting(policies, room)
}

/// The same for some names, each written out.
///
/// # Errors
/// When they do not fit.
pub fn deny_names(names: Vec<String>, room: TrialRoom) -> Result<Vec<Vec<String>>, TrialDoesNotFit> {
    fitting(split(names, room.chars), room)
}

fn fitting(policies: Vec<Vec<String>>, room: TrialRoom) -> Result<Vec<Vec<String>>, TrialDoesNotFit> {
    if policies.len() <= room.policies {
        Ok(policies)
    } else {
        Err(TrialDoesNotFit {
            policies: policies.len(),
            room: room.policies,
        })
    }
}

/// Shares names out to policies of at most so many characters, in their order.
fn split(names: Vec<String>, chars: usize) -> Vec<Vec<String>> {
    let empty = DenyPolicy::of(&mark("", &[]), &[]).chars();
    let (mut policies, mut left): (Vec<Vec<String>>, usize) = (Vec::new(), 0);
    for name in names {
        // With its quotes, and a comma.
        let more = serde_json::json!(name).to_string().chars().count() + 1;
        match policies.last_mut().filter(|_| left >= more) {
            Some(policy) => {
                left -= more;
                policy.push(name);
            }
            None => {
                // The first has no comma.
                left = chars.saturating_sub(empty + more - 1);
                policies.push(vec![name]);
            }
        }
    }
    policies
}

/// The policy of a trial.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DenyPolicy<'a> {
    version: &'static str,
    statement: [DenyStatement<'a>; 1],
}

/// Its statement.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DenyStatement<'a> {
    sid: String,
    effect: &'static str,
    action: &'a [String],
    resource: &'static str,
}

impl<'a> DenyPolicy<'a> {
    /// With the mark of its trial.
    pub fn of(mark: &str, actions: &'a [String]) -> Self {
        Self {
            version: "2012-10-17",
            statement: [DenyStatement::of(mark, actions)],
        }
    }

    fn chars(&self) -> usize {
        serde_json::to_string(self).map_or(usize::MAX, |text| text.chars().count())
    }
}

impl<'a> DenyStatement<'a> {
    /// With the mark of its trial.
    pub fn of(mark: &str, actions: &'a [String]) -> Self {
        Self {
            sid: format!("{SID}{mark}"),
            effect: "Deny",
            action: actions,
            resource: "*",
        }
    }
}

/// Tells the trial of a change that denies these actions from all others: in the name of its policy, and in its Sid.
pub fn mark(change: &str, actions: &[String]) -> String {
    let text = format!("{change}\n{}", actions.join("\n"));
    FileHash::of(text.as_bytes())
        .first::<6>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests;
