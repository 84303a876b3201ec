//! One change as an entry of a ticket.

use std::fmt::Write as _;

use super::markdown::{code, one_line, prose};
use super::ticket::Share;
use crate::decide::{HolderKind, ReasonEffect};
use crate::report::account::AccountSummary;
use crate::report::effect::Removal;
use crate::report::owner::Own;
use crate::report::recommendation::{Files, Recommendation};
use crate::report::render::numbers::{count, counted};

/// Trackers cut longer titles.
const LONGEST_TITLE: usize = 250;

/// So many holders are named; a policy that half an organisation has would fill the ticket.
const MOST_HOLDERS: usize = 10;

/// An entry of a ticket, as Markdown but for the plain title.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) plain: String,
    pub(super) title: String,
    pub(super) line: String,
    pub(super) text: String,
}

/// What a change reaches, as one owner sees it.
pub(super) struct Reached<'c> {
    own: usize,
    others: usize,
    holders: Vec<(HolderKind, &'c str)>,
    files: &'c Files,
    removal: Removal,
}

impl<'c> Reached<'c> {
    /// A change in one account.
    pub(super) fn of(change: &'c Recommendation, own: &Own<'_>, removal: Removal) -> Self {
        let hands = own.hands(change);
        let mut holders: Vec<_> = hands.iter().map(|it| (it.kind, it.name.as_str())).collect();
        if change.holders.is_empty() {
            holders.push((change.holder_kind, &change.holder));
        }
        let reached = own.count(&change.reaches);
        Self {
            own: reached,
            others: change.reaches.len() + change.others - reached,
            holders,
            files: own.files(change),
            removal,
        }
    }

    /// The owner's share of a change in many accounts.
    pub(super) fn of_family(change: &'c Recommendation, share: &Share) -> Self {
        let own = share.own;
        Self {
            own,
            others: (change.reaches.len() + change.others).saturating_sub(own),
            holders: vec![(change.holder_kind, &change.holder)],
            files: &change.files,
            removal: share.removal,
        }
    }
}

/// Where an account's changes are.
pub(super) fn place(account: &AccountSummary) -> String {
    match account.name.as_str() {
        "" => format!("account {}", code(&account.id)),
        name => format!("account {} ({})", code(&account.id), code(name)),
    }
}

/// Where those of a family are.
pub(super) fn family_place(accounts: usize) -> String {
    format!("{} of yours, decided once for all that have it", counted(accounts, "account"))
}

/// A title for trackers that show it as it is.
pub(super) fn title(text: &str) -> String {
    one_line(text).chars().take(LONGEST_TITLE).collect()
}

/// The change.
pub(super) fn of_change(change: &Recommendation, place: &str, reached: &Reached<'_>) -> Entry {
    let holder = |set: &str, show: &dyn Fn(&str) -> String| {
        let named = reached.holders.iter().take(MOST_HOLDERS).map(|(kind, name)| match kind {
            HolderKind::Managed => "a managed policy".to_owned(),
            HolderKind::PermissionSet => format!("{} {}", set, show(name)),
            HolderKind::Role | HolderKind::User | HolderKind::Group => format!("{kind} {}", show(name)),
        });
        let named = named.collect::<Vec<_>>().join(", ");
        match reached.holders.len().saturating_sub(MOST_HOLDERS) {
            0 => named,
            more => format!("{named} and {} more", count(&more)),
        }
    };
    let holders = holder("permission set", &code);
    let removed = counted(reached.removal.permissions, "permission");
    let risk = count(&reached.removal.risk);
    let mut text = String::new();
    let mut say = |what: &str, told: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "- {what}: {told}");
    };
    say("To do", change.action.sentence());
    if !change.creates.is_empty() {
        say("Creates", &change.creates.iter().map(|it| code(it)).collect::<Vec<_>>().join(", "));
    }
    say("Policy", &change.policy_arn.as_deref().map_or_else(|| code(&change.policy), code));
    say("Holder", &holders);
    say("Where", place);
    say("Removes", &format!("{removed} of yours, {risk} points of risk"));
    // All that keeps it from being higher; where nothing does, what speaks for it most.
    let (lowers, supports): (Vec<_>, Vec<_>) =
        change.confidence.reasons.iter().partition(|it| it.effect != ReasonEffect::Supports);
    let reasons = if lowers.is_empty() { supports.into_iter().take(1).collect() } else { lowers };
    let why: Vec<String> = reasons.iter().map(|it| prose(&it.why)).collect();
    let colon = if why.is_empty() { "" } else { ": " };
    say("Confidence", &format!("{}{colon}{}", change.confidence.level, why.join("; ")));
    say(
        "Proof",
        &format!(
            "{}: the policy grants nothing new, no longer {}, and still {}",
            change.proof.verdict,
            counted(change.proof.removed, "action"),
            count(&change.proof.kept)
        ),
    );
    let others = match reached.others {
        0 => String::new(),
        more => format!(" and {} of other owners: agree on it with them", count(&more)),
    };
    say("Reaches", &format!("{} of yours{others}", counted(reached.own, "principal")));
    for note in &change.notes {
        say("Note", &prose(note.sentence()));
    }
    if let Some(since) = change.since {
        say("Since the last report", since.title());
    }
    if let (Some(is_ready), Some(nights)) = (change.ready, change.nights_stable) {
        let nights = counted(usize::try_from(nights).unwrap_or_default(), "night");
        say("Ready", &format!("{}, the same for {nights}", if is_ready { "yes" } else { "not yet" }));
    }
    if !change.flapping.is_empty() {
        let names: Vec<String> = change.flapping.iter().map(|it| code(&it.action)).collect();
        say("Used every so often", &names.join(", "));
    }
    let Files { before, after, diff } = reached.files;
    say("Files", &[before, after, diff].map(|path| code(path)).join(", "));
    say("Known as", &code(&change.id));
    let name = code(&change.policy);
    Entry {
        plain: title(&format!(
            "{}: {} less in {}",
            change.policy,
            removed,
            holder("permission-set", &str::to_owned)
        )),
        title: format!("{name}: {removed} less"),
        line: format!(
            "{name} of {holders}, {place}: {removed}, {risk} points of risk, confidence {}",
            change.confidence.level
        ),
        text,
    }
}
