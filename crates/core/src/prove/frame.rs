//! Clause 3, and which statements belong together.

use super::verdict::{Counterexample, FailedClause, Refutation, Undecided};
use crate::policy::{Clause, Document, Effect, Frame};

/// Why there is no proof.
pub(super) enum NotProven {
    Refuted(Counterexample),
    Undecided(Undecided),
}

/// Allow statements that differ only in their actions.
pub(super) struct Context<'d, 'a> {
    pub(super) frame: &'d Frame<'a>,
    /// Number of its first statement, from 1.
    pub(super) number: usize,
    pub(super) before: Vec<&'d Clause<'a>>,
    pub(super) after: Vec<&'d Clause<'a>>,
}

pub(super) fn refuted(
    clause: FailedClause,
    statement: Option<usize>,
    action: Option<String>,
    reason: Refutation,
) -> NotProven {
    NotProven::Refuted(Counterexample {
        clause,
        statement,
        action,
        reason,
    })
}

/// Checks clause 3 and groups statements by context.
pub(super) fn contexts<'d, 'a>(
    before: &'d Document<'a>,
    after: &'d [Document<'a>],
) -> Result<Vec<Context<'d, 'a>>, NotProven> {
    let frame = |statement, reason| refuted(FailedClause::Frame, statement, None, reason);
    let mut contexts: Vec<Context<'d, 'a>> = Vec::new();
    // For each original statement, its context, or `None` for a Deny.
    let mut homes: Vec<Option<usize>> = Vec::with_capacity(before.statements.len());
    for (at, statement) in before.statements.iter().enumerate() {
        if statement.frame.effect == Effect::Deny {
            homes.push(None);
            continue;
        }
        let home = contexts
            .iter()
            .position(|context| *context.frame == *statement.frame)
            .unwrap_or(contexts.len());
        homes.push(Some(home));
        match contexts.get_mut(home) {
            Some(context) => context.before.push(&statement.clause),
            None => contexts.push(Context {
                frame: &statement.frame,
                number: at + 1,
                before: vec![&statement.clause],
                after: Vec::new(),
            }),
        }
    }

    let mut denied: Vec<bool> = vec![false; before.statements.len()];
    for document in after {
        if document.frame != before.frame {
            return Err(frame(None, Refutation::DocumentChanged));
        }
        if document.statements.is_empty() && !before.statements.is_empty() {
            // IAM rejects such a document; if nothing is left, there must be none.
            return Err(frame(None, Refutation::LeftEmpty));
        }
        let mut origins = before.statements.iter().zip(&homes).enumerate();
        for statement in &document.statements {
            let origin = origins.find(|(at, (origin, _))| {
                origin.frame == statement.frame
                    && (statement.frame.effect == Effect::Allow
                        || origin.clause.same_text(&statement.clause) && denied.get(*at) == Some(&false))
            });
            match origin {
                None => return Err(frame(None, Refutation::StatementChanged)),
                Some((at, (_, None))) => denied.iter_mut().skip(at).take(1).for_each(|seen| *seen = true),
                Some((at, (origin, Some(home)))) => {
                    if statement.clause.patterns.is_empty() && !origin.clause.patterns.is_empty() {
                        return Err(frame(Some(at + 1), Refutation::LeftEmpty));
                    }
                    if let Some(context) = contexts.get_mut(*home) {
                        context.after.push(&statement.clause);
                    }
                }
            }
        }
    }
    let gone = homes
        .iter()
        .zip(&denied)
        .position(|(home, seen)| home.is_none() && !seen);
    match gone {
        Some(at) => Err(frame(Some(at + 1), Refutation::DenyGone)),
        None => Ok(contexts),
    }
}
