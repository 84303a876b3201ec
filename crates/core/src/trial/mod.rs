//! The trial of a change: a Deny on exactly what the change takes from a principal, which one detach undoes.
//!
//! What is tried is what applying the change does, and nothing else. An action is denied to a principal if and only if the
//! policy that is changed allows it, on whatever resource and under whatever condition, and after the change no policy of
//! the principal does. So the Deny stands for all resources and needs no condition. An action that another policy also
//! allows, or the same policy through another group, is left out: the change does not take it, and a Deny would.
//!
//! A wildcard is written only to save characters, and only where everything that it matches is taken, also of
//! what the catalog lacks. The trial is built from sets of permissions; `check` compares it with the
//! documents themselves. They share only the parser, the matcher and the catalog.

mod check;
mod patterns;

pub use self::check::{Excess, excess};
pub use self::patterns::names;
use self::patterns::{TakenName, taken_names};
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

/// It needs more policies than can be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialDoesNotFit {
    /// So many.
    pub policies: usize,
    /// Number of policies that can be attached.
    pub room: usize,
}

impl TrialRoom {
    /// Room for `policies` policies of `chars` characters each.
    pub fn of(chars: usize, policies: usize) -> Self {
        Self { chars, policies }
    }

    /// Separate managed policies, for a principal that can have `policies` more attached.
    pub fn attached(policies: usize) -> Self {
        Self {
            chars: MANAGED,
            policies,
        }
    }

    /// One statement in the inline policy of a permission set that already has `taken` characters.
    pub fn in_permission_set(taken: usize) -> Self {
        Self {
            chars: PERMISSION_SET.saturating_sub(taken),
            policies: 1,
        }
    }
}

/// The actions to deny for what is lost, one list per policy. Lists every name if they fit into one policy.
///
/// # Errors
/// When they do not fit.
pub fn deny(
    lost: &Permissions<'_>,
    harvest: &Harvest,
    room: TrialRoom,
) -> Result<Vec<Vec<String>>, TrialDoesNotFit> {
    deny_taken(lost, harvest, &taken_names(lost, harvest), room)
}

/// The same, with the number of names.
///
/// # Errors
/// When they do not fit.
pub fn deny_counted(
    lost: &Permissions<'_>,
    harvest: &Harvest,
    room: TrialRoom,
) -> (Result<Vec<Vec<String>>, TrialDoesNotFit>, usize) {
    let taken = taken_names(lost, harvest);
    (deny_taken(lost, harvest, &taken, room), taken.len())
}

fn deny_taken(
    lost: &Permissions<'_>,
    harvest: &Harvest,
    taken: &[TakenName<'_>],
    room: TrialRoom,
) -> Result<Vec<Vec<String>>, TrialDoesNotFit> {
    let least: usize = taken
        .iter()
        .map(|(service, name)| service.len() + name.len())
        .sum();
    // A character has four bytes at most.
    if least <= room.chars * 4 {
        let names = taken.iter().map(|(service, name)| format!("{service}:{name}"));
        let policies = split(names.collect(), room.chars);
        if policies.len() <= 1 {
            return fitting(policies, room);
        }
    }
    fitting(split(patterns::shortened(lost, harvest, taken), room.chars), room)
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

/// Distributes names, in order, over policies of at most `chars` characters.
fn split(names: Vec<String>, chars: usize) -> Vec<Vec<String>> {
    let empty = DenyPolicy::of(&mark("", &[]), &[]).chars();
    let (mut policies, mut left): (Vec<Vec<String>>, usize) = (Vec::new(), 0);
    for name in names {
        // With its quotes, and a comma.
        let more = quoted_chars(&name) + 1;
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

/// How many characters a name has in JSON.
fn quoted_chars(name: &str) -> usize {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if name.bytes().all(is_plain) {
        name.chars().count() + 2
    } else {
        serde_json::json!(name).to_string().chars().count()
    }
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

/// Identifies the trial of a change that denies these actions. Used in the name of its policy and in its Sid.
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
