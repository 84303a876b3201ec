//! One change as an entry of a ticket.

use std::fmt::Write as _;

use crate::folder::owner::Own;
use crate::formats::changes::Steps;
use crate::formats::markdown::{code, one_line, prose};
use crate::formats::{reserve, say};
use leastwise_core::decide::{HolderKind, ReasonEffect, impersonal};
use leastwise_core::report::numbers::{count, counted};
use leastwise_core::report::{AccountSummary, ConfidenceReason, Files, Recommendation, Removal};

/// What a change to several accounts affects of one owner.
#[derive(Debug, Default)]
pub(super) struct TicketShare {
    pub(super) own: usize,
    pub(super) accounts: usize,
    pub(super) removal: Removal,
}

/// Maximum length of a title; trackers cut longer ones.
const LONGEST_TITLE: usize = 250;

/// Maximum number of roles, users and groups to name, so that a widely attached policy does not fill the ticket.
const MOST_HOLDERS: usize = 10;

/// An entry of a ticket, as Markdown except for the plain title.
#[derive(Debug, Default)]
pub(super) struct TicketEntry {
    pub(super) plain: String,
    pub(super) title: String,
    pub(super) line: String,
    pub(super) text: String,
}

/// What a change affects, from the view of one owner.
pub(super) struct Reached<'c> {
    own: usize,
    pub(super) others: usize,
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

    /// The owner's part of a change to several accounts.
    pub(super) fn of_family(change: &'c Recommendation, share: &TicketShare) -> Self {
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

/// Folder of an account's changes.
pub(super) fn place(account: &AccountSummary) -> String {
    match account.name.as_str() {
        "" => format!("account {}", code(&account.id)),
        name => format!("{} ({})", code(name), code(&account.id)),
    }
}

/// Folder of the changes to several accounts.
pub(super) fn family_place(accounts: usize) -> String {
    format!(
        "{} of yours; one change covers every account that has the policy",
        counted(accounts, "account")
    )
}

/// A title for trackers, without markup.
pub(super) fn title(text: &str) -> String {
    one_line(text).chars().take(LONGEST_TITLE).collect()
}

/// How to apply a change.
#[derive(Debug, Clone, Default)]
pub(super) enum HowTo {
    /// The report has no scripts.
    #[default]
    None,
    /// By scripts.
    Script(Steps),
    /// No script can: why.
    ByHand(&'static str),
    /// Run the script once for each account, with these names.
    Several,
}

/// Maximum number of escalation paths to name.
const MOST_PATHS: usize = 3;

/// The entry of a change.
pub(super) fn of_change(
    change: &Recommendation,
    place: &str,
    account: Option<&str>,
    reached: &Reached<'_>,
    steps: &HowTo,
) -> TicketEntry {
    let holder = |set: &str, show: &dyn Fn(&str) -> String| {
        let named = reached
            .holders
            .iter()
            .take(MOST_HOLDERS)
            .map(|(kind, name)| match kind {
                HolderKind::Managed => counted(reached.own + reached.others, "principal"),
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
    say("What", change.action.sentence());
    if !change.creates.is_empty() {
        say(
            "Creates",
            &change
                .creates
                .iter()
                .map(|it| code(it))
                .collect::<Vec<_>>()
                .join(", "),
        );
    }
    say(
        "Policy",
        &change
            .policy_arn
            .as_deref()
            .map_or_else(|| code(&change.policy), code),
    );
    say("Attached to", &holders);
    say("Where", place);
    say(
        "Removes",
        &format!("{removed} from your principals; lowers their risk score by {risk}"),
    );
    let paths = &change.impact.escalations;
    if !paths.is_empty() {
        let named: Vec<String> = paths
            .iter()
            .take(MOST_PATHS)
            .map(|it| code(&it.actions))
            .collect();
        let more = match paths.len().saturating_sub(MOST_PATHS) {
            0 => String::new(),
            more => format!(" and {} more", count(&more)),
        };
        say(
            "Closes privilege escalation paths",
            &format!("{}{more}", named.join(", ")),
        );
    }
    // Every reason that lowers it; if there is none, the strongest supporting one.
    let (lowers, supports): (Vec<_>, Vec<_>) = change
        .confidence
        .reasons
        .iter()
        .partition(|it| it.effect != ReasonEffect::Supports);
    let reasons = if lowers.is_empty() {
        supports.into_iter().take(1).collect()
    } else {
        lowers
    };
    // A reason may contain a tag or a date of another owner's principal.
    let told = |it: &&ConfidenceReason| {
        if reached.others > 0 {
            impersonal(it.code)
        } else {
            it.why.clone()
        }
    };
    let why: Vec<String> = reasons.iter().map(|it| prose(&told(it))).collect();
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(" ({})", why.join("; "))
    };
    say("Confidence", &format!("{}{why}", change.confidence.level));
    say(
        "Proof",
        &format!(
            "{}: nothing added, {} removed, {} kept",
            change.proof.verdict,
            counted(change.proof.removed, "action"),
            count(&change.proof.kept)
        ),
    );
    let others = match reached.others {
        0 => String::new(),
        more => format!(
            " and {} of other owners; agree on the change with them first",
            count(&more)
        ),
    };
    say(
        "Affects",
        &format!("{} of yours{others}", counted(reached.own, "principal")),
    );
    for note in &change.notes {
        say("Note", &prose(note.sentence()));
    }
    if let Some(owned) = change.owned_by() {
        say("Code", &prose(&owned));
    }
    if let Some(code_of) = &change.code {
        let places: Vec<String> = code_of.places.iter().map(|it| code(it)).collect();
        let places = if places.is_empty() {
            String::new()
        } else {
            format!(" ({})", places.join(", "))
        };
        say(
            "In the checkout",
            &format!("{}{places}", prose(code_of.state.sentence())),
        );
        if let Some(patch) = &code_of.patch {
            say("Patch", &code(patch));
        }
    }
    if let Some(since) = change.since {
        say("Since the last report", since.title());
    }
    if let (Some(is_ready), Some(nights)) = (change.ready, change.nights_stable) {
        let runs = counted(usize::try_from(nights).unwrap_or_default(), "run");
        say(
            "Ready",
            &format!(
                "{}, the same for {runs}",
                if is_ready { "yes" } else { "not yet" }
            ),
        );
    }
    if !change.flapping.is_empty() {
        let names: Vec<String> = change.flapping.iter().map(|it| code(&it.action)).collect();
        say("Used occasionally", &names.join(", "));
    }
    let Files { before, after, diff } = reached.files;
    say("Files", &[before, after, diff].map(|path| code(path)).join(", "));
    say("ID", &code(&change.id));
    text.push_str(&steps.text(diff));
    // Each of several principals needs its own exception.
    let kept = match reached.holders.as_slice() {
        [(HolderKind::Role | HolderKind::User, name)] => {
            account.and_then(|account| reserve::keep(account, &[name], Some(&change.policy)))
        }
        _ => None,
    };
    if let Some(exception) = kept {
        let _ = write!(
            text,
            "\nTo keep the policy as it is, add this exception to the configuration and fill it in:\n\n```toml\n{exception}```\n"
        );
    }
    let is_named = reached
        .holders
        .iter()
        .any(|(kind, _)| *kind != HolderKind::Managed);
    let heading = |show: &dyn Fn(&str) -> String| {
        let on = is_named.then(|| holder("permission set", show));
        say::change(change, on.as_deref(), None, show)
    };
    let heading_in_markdown = heading(&code);
    TicketEntry {
        plain: title(&heading(&str::to_owned)),
        line: format!(
            "{heading_in_markdown} in {place}, confidence {}",
            change.confidence.level
        ),
        title: heading_in_markdown,
        text,
    }
}

impl HowTo {
    /// What to do, in order, and how to take it back.
    fn text(&self, diff: &str) -> String {
        let steps = match self {
            Self::None => return String::new(),
            Self::ByHand(why) => return format!("\nNo script applies this change: {}.\n", prose(why)),
            Self::Several => {
                return "\nTo apply it, run `bash changes/apply.sh` from the report folder: it lists the change of each account.\n"
                    .to_owned();
            }
            Self::Script(steps) => steps,
        };
        let mut text = format!(
            "\nSteps, from the report folder:\n\n1. Read the diff: {}\n",
            code(diff)
        );
        for (number, step) in (2..).zip(steps.in_order()) {
            let lines: Vec<String> = step.lines.iter().map(|line| code(line)).collect();
            let sign = if lines.is_empty() { "" } else { ": " };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{number}. {}{sign}{}", prose(&step.what), lines.join(", "));
        }
        text
    }
}
