//! One change as it stands on a page: what to do, why, what was proven, and the difference.

use std::rc::Rc;

use askama::Template;

use super::Script;
use super::sides::{self, Block, Row, Side};
use super::text::{self, Content, account_page, anchor, arn_parts, change_anchor, counted};
use crate::decide::HolderKind;
use crate::refine::Kind;
use crate::report::render::Read;
use crate::report::whole::CatalogRow;
use crate::report::{
    Action, ActionLevel, Alternative, Choice, Matched, PatternRow, Recommendation, UnusedService,
};

/// A link within the report.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) label: String,
}

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
    /// Where the evidence comes from, if that is the same for all.
    evidence: Option<String>,
    /// What to run, where there is a script.
    script: Option<Script>,
}

impl<'r> Change<'r> {
    /// The change, on a page that finds the accounts' pages under `accounts`. One of the other way is `instead` of the
    /// recommendation of its id, and that many of them came before it.
    pub(super) fn new(
        it: &'r Recommendation,
        catalog: &'r CatalogRow,
        accounts: &str,
        instead: Option<usize>,
        read: &Read<'_>,
    ) -> Self {
        let after = read.text(&it.files.after);
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
        }
    }

    /// The same, with where the evidence comes from.
    pub(super) fn by(self, evidence: String) -> Self {
        Self { evidence: Some(evidence), ..self }
    }

    /// The same, with the script that makes it.
    pub(super) fn run(self, script: Option<Script>) -> Self {
        Self { script, ..self }
    }

    /// How many actions the policy no longer grants.
    fn removed(&self) -> String {
        text::counted(self.it.proof.removed, "action")
    }

    fn action(&self) -> &'static str {
        self.it.action.sentence()
    }

    /// Levels with their counts, the weightiest first.
    fn levels(&self) -> Vec<(&'static str, String)> {
        levels(&self.it.impact.by_level)
    }

    fn rows(&self) -> Vec<Row<'_>> {
        sides::rows(&self.diff)
    }

    /// Its patterns for a table: names of one statement that go, one after another, have a row together.
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

/// Counts by level, in words, the weightiest level first.
pub(super) fn levels(counts: &std::collections::BTreeMap<ActionLevel, usize>) -> Vec<(&'static str, String)> {
    let levels = ActionLevel::ALL.iter();
    levels.filter_map(|level| Some((level.title(), text::count(counts.get(level)?)))).collect()
}

/// A principal by its ARN, with its place on its account's page.
pub(super) fn principal(arn: &str, accounts: &str) -> Link {
    match arn_parts(arn) {
        Some((account, kind, name)) => Link {
            href: format!("{accounts}{}#{}", account_page(account), anchor(kind, name)),
            label: format!("{account} {kind} {name}"),
        },
        None => Link { href: String::new(), label: arn.to_owned() },
    }
}

/// What the other way would bring.
pub(super) fn alternative(it: &Alternative) -> String {
    let way = match it.choice {
        Choice::Fork => "Copies for those who need less",
        Choice::InPlace => "Editing the shared policy in its place",
    };
    format!(
        "{way} would remove {} in all, with {} more and {} changed.",
        counted(it.removed_in_all, "permission"),
        match it.policies {
            1 => "1 policy".to_owned(),
            many => format!("{} policies", text::count(&many)),
        },
        counted(it.attachments, "attachment"),
    )
}

/// How long the new documents are, against the quota.
fn sizes(it: &Recommendation) -> Vec<String> {
    // Whatever takes the place of a policy is a managed one, unless it is edited where it is.
    let kind = match (it.action, it.holder_kind) {
        (Action::Replace, HolderKind::Role) => Kind::Role,
        (Action::Replace, HolderKind::User) => Kind::User,
        (Action::Replace, HolderKind::Group) => Kind::Group,
        (Action::Replace, HolderKind::PermissionSet) => Kind::PermissionSet,
        _ => Kind::Managed,
    };
    let beside = match kind {
        Kind::Managed | Kind::PermissionSet => "",
        Kind::Role | Kind::User | Kind::Group => " (for all inline policies of the holder together)",
    };
    let size = |chars: &usize| {
        format!("{} of {} characters{beside}", text::count(chars), text::count(&kind.quota()))
    };
    it.sizes.iter().map(size).collect()
}

/// How many actions of some patterns are unused.
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

/// Services with their actions, a paragraph each.
#[derive(Template)]
#[template(path = "services.html")]
struct Services<'r> {
    services: &'r [UnusedService],
}

fn services(services: &[UnusedService]) -> Services<'_> {
    Services { services }
}
