//! One change, laid out like a pull request: what it does, what could break, the diff, how to apply and undo it,
//! and its proof.

use std::rc::Rc;

use askama::Template;

use super::Script;
use super::sides::{self, LineBlock, Side, SideRow};
use super::text::{self, Content, Link, account_page, anchor, arn_parts, change_anchor, counted};
use super::{console, gathered, severity};
use crate::formats::Read;
use crate::formats::start::Rank;
use crate::formats::{say, weight};
use leastwise_core::decide::{HolderKind, ReasonEffect};
use leastwise_core::refine::Kind;
use leastwise_core::report::{
    Action, ActionLevel, Alternative, CatalogRow, Choice, Matched, PatternRow, Recommendation, Status,
    UnusedService,
};

/// One change.
#[derive(Template)]
#[template(path = "change.html")]
pub(super) struct Change<'r> {
    it: &'r Recommendation,
    anchor: String,
    instead: bool,
    catalog: &'r CatalogRow,
    reaches: Vec<Link>,
    sizes: Vec<String>,
    diff: Rc<str>,
    after: Option<Rc<str>>,
    alternative: Option<String>,
    /// Source of the usage data, if it is the same for all principals.
    evidence: Option<String>,
    /// Command to run, if there is a script.
    script: Option<Script>,
    /// Owner, if known.
    owner: Option<String>,
    console: Vec<Link>,
    exception: Option<String>,
    /// Path from the page to the report folder.
    root: &'static str,
}

impl<'r> Change<'r> {
    /// A change on a page that links to account pages under `accounts`. For an alternative, `instead` is its number
    /// on the page.
    pub(super) fn new(
        it: &'r Recommendation,
        catalog: &'r CatalogRow,
        accounts: &str,
        instead: Option<usize>,
        read: &Read<'_>,
    ) -> Self {
        // Nothing is left of a policy that is detached or deleted.
        let after = read.text(&it.files.after).filter(|it| it.trim() != "null");
        let diff = read.text(&it.files.diff).unwrap_or_default();
        Self {
            it,
            anchor: match instead {
                Some(number) => format!("alternative/{number}"),
                None => change_anchor(&it.id),
            },
            instead: instead.is_some(),
            catalog,
            reaches: it.reaches.iter().map(|arn| principal(arn, accounts)).collect(),
            sizes: sizes(it),
            diff,
            after,
            alternative: it.alternative.as_ref().map(alternative),
            evidence: None,
            script: None,
            owner: None,
            console: Vec::new(),
            exception: console::keep_policy(it),
            root: if accounts.is_empty() { "../" } else { "" },
        }
    }

    /// Adds the owner, and the partition for console links.
    pub(super) fn of(self, owner: Option<String>, partition: &str) -> Self {
        Self {
            owner,
            console: console::of_change(partition, self.it),
            ..self
        }
    }

    /// What it does, in a sentence.
    pub(super) fn title(&self) -> String {
        say::change_of(self.it, None, &str::to_owned)
    }

    /// Anchor on its page.
    pub(super) fn place(&self) -> &str {
        &self.anchor
    }

    /// The change itself.
    pub(super) fn it(&self) -> &'r Recommendation {
        self.it
    }

    /// Position among the changes of a page.
    pub(super) fn rank(&self) -> Rank {
        Rank::of_change(self.it)
    }

    pub(super) fn reason(&self) -> String {
        gathered::reason(self.it)
    }

    pub(super) fn word(&self) -> &'static str {
        weight::of_change(self.it).title()
    }

    pub(super) fn class(&self) -> String {
        severity::class(weight::of_change(self.it))
    }

    fn arn(&self) -> Option<&str> {
        console::arn(self.it)
    }

    fn affects(&self) -> String {
        counted(self.it.reaches.len() + self.it.others, "principal")
    }

    /// What changed since the earlier report; nothing if it is the same.
    fn news(&self) -> Option<&'static str> {
        self.it
            .since
            .filter(|since| *since != Status::Same)
            .map(Status::title)
    }

    /// Whether a reason supports the change.
    fn supports(&self, effect: &ReasonEffect) -> bool {
        *effect == ReasonEffect::Supports
    }

    /// Services that are entirely unused, those with the most sensitive actions first.
    fn whole(&self) -> Vec<&UnusedService> {
        self.sensitive_first(self.it.unused.iter().filter(|it| it.actions.is_none()).collect())
    }

    /// Services that are partly used, or with individual unused actions.
    fn named(&self) -> Vec<&UnusedService> {
        self.sensitive_first(self.it.unused.iter().filter(|it| it.actions.is_some()).collect())
    }

    fn sensitive_first<'a>(&self, mut services: Vec<&'a UnusedService>) -> Vec<&'a UnusedService> {
        let is_plain = |service: &&UnusedService| {
            let of = |action: &String| action.split(':').next() == Some(service.service_namespace.as_str());
            !self.it.impact.foremost.iter().any(of)
        };
        services.sort_by_key(is_plain);
        services
    }

    /// Services that are in use, without knowing which actions.
    fn used_services(&self) -> Vec<&str> {
        let only = self.it.used.iter().filter(|it| it.actions.is_empty());
        only.map(|it| it.service_namespace.as_str()).collect()
    }

    /// Patterns that replace the changed ones.
    fn instead_of(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self
            .it
            .patterns
            .iter()
            .flat_map(|row| row.instead.iter().map(String::as_str))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Number of individual actions in use.
    fn used_actions(&self) -> usize {
        self.it.used.iter().map(|it| it.actions.len()).sum()
    }

    /// The same, with where the evidence comes from.
    pub(super) fn by(self, evidence: String) -> Self {
        Self {
            evidence: Some(evidence),
            ..self
        }
    }

    /// Adds the script that applies it.
    pub(super) fn run(self, script: Option<Script>) -> Self {
        Self { script, ..self }
    }

    /// Number of actions that the policy no longer grants.
    fn removed(&self) -> String {
        text::counted(self.it.proof.removed, "action")
    }

    /// Number of actions that the policy still grants.
    fn kept(&self) -> String {
        text::counted(self.it.proof.kept, "action")
    }

    /// How to make the change.
    fn action(&self) -> &'static str {
        self.it.action.sentence()
    }

    /// Counts by access level, the most dangerous first.
    fn levels(&self) -> Vec<(&'static str, String)> {
        levels(&self.it.impact.by_level)
    }

    fn rows(&self) -> Vec<SideRow<'_>> {
        sides::rows(&self.diff)
    }

    /// Changed patterns for a table. Consecutive removed names of one statement share a row.
    fn patterns(&self) -> impl Iterator<Item = &[PatternRow]> {
        self.it.patterns.chunk_by(|one, next| {
            one.statement == next.statement
                && one.sid == next.sid
                && is_name_that_goes(one)
                && is_name_that_goes(next)
        })
    }

    fn is_link(&self, address: &str) -> bool {
        address.starts_with("https://")
    }
}

fn is_name_that_goes(row: &PatternRow) -> bool {
    row.instead.is_empty() && !row.pattern.contains(['*', '?'])
}

/// Counts by access level, in words, the most dangerous first.
pub(super) fn levels(counts: &std::collections::BTreeMap<ActionLevel, usize>) -> Vec<(&'static str, String)> {
    let levels = ActionLevel::ALL.iter();
    levels
        .filter_map(|level| Some((level.title(), text::count(counts.get(level)?))))
        .collect()
}

/// A principal, with a link to its entry on the account page.
pub(super) fn principal(arn: &str, accounts: &str) -> Link {
    match arn_parts(arn) {
        Some((account, kind, name)) => Link {
            href: format!("{accounts}{}#{}", account_page(account), anchor(kind, name)),
            label: format!("{kind} {name} ({account})"),
        },
        None => Link {
            href: String::new(),
            label: arn.to_owned(),
        },
    }
}

/// What the alternative would remove.
pub(super) fn alternative(it: &Alternative) -> String {
    let way = match it.choice {
        Choice::Fork => "Copies for those who need less",
        Choice::InPlace => "Editing the shared policy in its place",
    };
    let policies = match it.policies {
        0 => "no new policy".to_owned(),
        1 => "1 new policy".to_owned(),
        many => format!("{} new policies", text::count(&many)),
    };
    format!(
        "{way} would remove {} in all, with {policies} and {} changed.",
        counted(it.removed_in_all, "permission"),
        counted(it.attachments, "attachment"),
    )
}

/// Size of the new documents against the quota.
fn sizes(it: &Recommendation) -> Vec<String> {
    // Replacements are managed policies, unless the policy is edited in place.
    let kind = match (it.action, it.holder_kind) {
        (Action::Replace, HolderKind::Role) => Kind::Role,
        (Action::Replace, HolderKind::User) => Kind::User,
        (Action::Replace, HolderKind::Group) => Kind::Group,
        (Action::Replace, HolderKind::PermissionSet) => Kind::PermissionSet,
        _ => Kind::Managed,
    };
    let beside = match kind {
        Kind::Managed | Kind::PermissionSet => "",
        Kind::Role | Kind::User | Kind::Group => " (for all inline policies of the principal together)",
    };
    let size = |chars: &usize| {
        format!(
            "{} of {} characters{beside}",
            text::count(chars),
            text::count(&kind.quota())
        )
    };
    it.sizes.iter().map(size).collect()
}

/// Number of unused actions that some patterns match.
fn unused(rows: &[PatternRow]) -> String {
    text::count(&rows.iter().map(|row| row.unused).sum::<usize>())
}

/// What a wildcard matches.
fn matched(it: &Matched) -> String {
    let names = it.names.join(", ");
    match it.count.saturating_sub(it.names.len()) {
        0 => names,
        more => format!("{names} and {} more", text::count(&more)),
    }
}

/// Services with their actions, one paragraph for each.
#[derive(Template)]
#[template(path = "services.html")]
struct ServiceParagraphs<'r> {
    services: Vec<&'r UnusedService>,
}

fn services<'r>(services: impl IntoIterator<Item = &'r UnusedService>) -> ServiceParagraphs<'r> {
    ServiceParagraphs {
        services: services.into_iter().collect(),
    }
}
