//! Estimated memory of an account that waits to be analysed.

use super::prepared::Prepared;
use crate::evidence::{Finding, LastAccessed};
use crate::inventory::Principal;
use crate::inventory::wire::{InlinePolicy, PolicyText};

/// Estimated size of a short string with its overhead. Most are kept twice: as received and as combined.
const PART: usize = 64;

impl Prepared {
    /// Estimated size in bytes.
    pub fn weight(&self) -> usize {
        let inventory = &self.inventory;
        let groups = inventory
            .groups
            .values()
            .flat_map(|group| &group.group_policy_list)
            .map(inline);
        let versions = inventory
            .managed
            .values()
            .flat_map(|policy| &policy.policy_version_list);
        let managed = versions.map(|version| 2 * PART + version.document.as_ref().map_or(0, text));
        let policies = groups.chain(managed).sum::<usize>();
        let evidence = self.evidence.iter().map(|evidence| {
            evidence.findings.iter().map(finding).sum::<usize>()
                + evidence.last_accessed.iter().map(last_accessed).sum::<usize>()
        });
        inventory.principals.iter().map(principal).sum::<usize>() + policies + evidence.sum::<usize>()
    }
}

fn text(text: &PolicyText) -> usize {
    text.0.len()
}

fn inline(policy: &InlinePolicy) -> usize {
    PART + text(&policy.policy_document)
}

fn principal(it: &Principal) -> usize {
    let parts = 8 + it.attached.len() + it.tags.len() + it.groups.len();
    PART * parts + it.inline.iter().map(inline).sum::<usize>() + it.trust.as_ref().map_or(0, text)
}

fn finding(it: &Finding) -> usize {
    let services = it
        .finding_details
        .iter()
        .flatten()
        .filter_map(|it| it.unused_permission_details.as_ref());
    let parts = services.map(|service| 2 + 2 * service.actions.as_ref().map_or(0, Vec::len));
    PART * (8 + parts.sum::<usize>())
}

fn last_accessed(it: &LastAccessed) -> usize {
    let actions = it
        .services_last_accessed
        .iter()
        .filter_map(|it| it.tracked_actions_last_accessed.as_ref());
    PART * 2 * (1 + it.services_last_accessed.len() + actions.map(Vec::len).sum::<usize>())
}
