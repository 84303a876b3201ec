//! Splits a policy into several (F2), and limits the work on one policy.

use std::collections::VecDeque;

use crate::policy::{Document, Effect, Pattern, Statement};

/// Default limit of managed policies attached to a role, user or group.
pub const USUALLY_ATTACHED: usize = 10;
/// The highest limit that AWS grants.
pub const MOST_ATTACHED: usize = 20;

/// Maximum number of patterns generated for one policy, over all attempts to make it fit. A policy that grants
/// everything and is hardly used needs about sixty thousand; twenty managed policies hold at most twenty thousand.
pub const MOST_PATTERNS: usize = 1 << 18;

/// Number of patterns that may still be generated for a policy.
#[derive(Debug)]
pub(crate) struct Budget(usize);

/// The budget is used up, so no result could fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedUp;

impl Budget {
    /// For a policy with a quota.
    pub(crate) fn usual() -> Self {
        Self(MOST_PATTERNS)
    }

    /// For a policy without a quota.
    pub(crate) fn endless() -> Self {
        Self(usize::MAX)
    }

    /// Subtracts generated patterns.
    pub(super) fn pay(&mut self, patterns: usize) -> Result<(), UsedUp> {
        self.0 = self.0.checked_sub(patterns).ok_or(UsedUp)?;
        Ok(())
    }
}

/// Result of a split.
#[derive(Debug)]
pub(super) enum Split<'a> {
    /// The documents.
    Into(Vec<Document<'a>>),
    /// More documents than can be attached. Only their number is known.
    TooMany(usize),
    /// The statement with this number, from 1, cannot be split far enough.
    Stuck(usize),
}

/// The documents of a split, up to the number that can be attached, and the total number.
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

/// Splits a document into several of at most `quota` characters. A statement that does not fit into the rest of a
/// document continues in the next one under the same Sid, so Sids stay unique within each document.
pub(super) fn split<'a>(
    document: &Document<'a>,
    statements: impl IntoIterator<Item = Result<Statement<'a>, UsedUp>>,
    quota: usize,
) -> Result<Split<'a>, UsedUp> {
    let frame = document.with(Vec::new()).quota_chars();
    let chars = |statement: &Statement<'a>| document.with(vec![statement.clone()]).quota_chars() - frame + 1;
    let room = quota.saturating_sub(frame);
    let mut parts = SplitDocuments {
        room,
        left: room,
        open: Vec::new(),
        made: Vec::new(),
        count: 0,
    };
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
        // The brackets of a list count once, each pattern with its comma.
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
                parts
                    .open
                    .push(statement.with(false, rest.drain(..fitting).collect()));
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
        _ => Split::Into(
            parts
                .made
                .into_iter()
                .map(|statements| document.with(statements))
                .collect(),
        ),
    })
}

/// How many patterns of a statement fit into `room` characters, and how many characters they take.
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
