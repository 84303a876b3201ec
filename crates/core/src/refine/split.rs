//! Dividing a policy among several (F2), and the bound on what is made of one.

use std::collections::VecDeque;

use crate::policy::{Document, Effect, Pattern, Statement};

/// How many managed policies a role, user or group may have attached.
pub const USUALLY_ATTACHED: usize = 10;
/// The same after AWS has raised the quota as far as it goes.
pub const MOST_ATTACHED: usize = 20;

/// The most patterns that are made for one policy, over all that is tried to make it fit. A policy that may do everything and
/// hardly uses it needs some sixty thousand; twenty managed policies hold no more than twenty thousand.
pub const MOST_PATTERNS: usize = 1 << 18;

/// How many more patterns may be made for a policy.
#[derive(Debug)]
pub(crate) struct Budget(usize);

/// The budget is used up: whatever is made of the policy is too long by far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedUp;

impl Budget {
    /// That of a policy with a quota to keep to.
    pub(crate) fn usual() -> Self {
        Self(MOST_PATTERNS)
    }

    /// Nobody says how long the result may be.
    pub(crate) fn endless() -> Self {
        Self(usize::MAX)
    }

    /// Pays for patterns that were made.
    pub(super) fn pay(&mut self, patterns: usize) -> Result<(), UsedUp> {
        self.0 = self.0.checked_sub(patterns).ok_or(UsedUp)?;
        Ok(())
    }
}

/// What a split comes to.
#[derive(Debug)]
pub(super) enum Split<'a> {
    /// These documents.
    Into(Vec<Document<'a>>),
    /// So many, which are more than can be attached: they were counted only.
    TooMany(usize),
    /// The statement of this number, counted from 1, cannot be split far enough.
    Stuck(usize),
}

/// The documents of a split, as many as can be attached; of further ones only the number.
struct SplitDocuments<'a> {
    room: usize,
    left: usize,
    open: Vec<Statement<'a>>,
    made: Vec<Vec<Statement<'a>>>,
    count: usize,
}

impl<'a> SplitDocuments<'a> {
    fn close(&mut self) {
        self.left = self.room;
        self.count += 1;
        let closed = std::mem::take(&mut self.open);
        if self.count <= MOST_ATTACHED {
            self.made.push(closed);
        } else {
            self.made.clear();
        }
    }
}

/// Splits statements of a document into several documents of at most `quota` characters. A statement whose actions do not fit
/// beside what is there goes on in the next document, under the same Sid: within one document Sids stay unique.
pub(super) fn split<'a>(
    document: &Document<'a>,
    statements: impl IntoIterator<Item = Result<Statement<'a>, UsedUp>>,
    quota: usize,
) -> Result<Split<'a>, UsedUp> {
    let frame = document.with(Vec::new()).quota_chars();
    let chars = |statement: &Statement<'a>| document.with(vec![statement.clone()]).quota_chars() - frame + 1;
    let room = quota.saturating_sub(frame);
    let mut parts = SplitDocuments { room, left: room, open: Vec::new(), made: Vec::new(), count: 0 };
    for (at, statement) in statements.into_iter().enumerate() {
        let statement = statement?;
        let mut size = chars(&statement);
        let clause = &statement.clause;
        let can_split = statement.frame.effect == Effect::Allow && !clause.negated;
        if size <= parts.left {
            parts.left -= size;
            parts.open.push(statement);
            continue;
        }
        // Of a list the brackets count once, each pattern with its comma.
        let bare = chars(&statement.with(clause.negated, Vec::new()));
        let mut rest = VecDeque::from(clause.patterns.clone());
        while size > parts.left {
            let (fitting, used) = if can_split && rest.len() > 1 {
                how_many_fit(&rest, parts.left.saturating_sub(bare))
            } else {
                (0, 0)
            };
            if fitting > 0 {
                size -= used;
                parts.open.push(statement.with(false, rest.drain(..fitting).collect()));
            } else if parts.open.is_empty() {
                return Ok(Split::Stuck(at + 1));
            }
            parts.close();
        }
        parts.left -= size;
        parts.open.push(statement.with(clause.negated, rest.into()));
    }
    if !parts.open.is_empty() {
        parts.close();
    }
    Ok(match parts.count {
        many if many > MOST_ATTACHED => Split::TooMany(many),
        _ => Split::Into(parts.made.into_iter().map(|statements| document.with(statements)).collect()),
    })
}

/// How many of a statement's patterns fit into `room` characters, and how many of them they take.
fn how_many_fit(patterns: &VecDeque<Pattern<'_>>, room: usize) -> (usize, usize) {
    let (mut fitting, mut used) = (0, 0);
    for pattern in patterns {
        let more = pattern.printed_len() + 1;
        if used + more > room {
            break;
        }
        fitting += 1;
        used += more;
    }
    (fitting, used)
}
