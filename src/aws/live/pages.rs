//! Tokens of pages. The SDK's paginators stop on a repeated token without a word, and what follows is lost.

use std::collections::BTreeSet;
use std::future::Future;

use super::operations::Operation;
use crate::evidence::{Failure, FailureKind};

/// The tokens that one list has given.
#[derive(Debug, Default)]
pub(super) struct Pages {
    seen: BTreeSet<String>,
    token: Option<String>,
}

impl Pages {
    /// The token of the page to ask for; none is the first.
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Takes the token that came with a page, and tells whether there is another page. An empty page is no end, an
    /// empty token is.
    pub(super) fn next(&mut self, token: Option<String>, operation: &Operation) -> Result<bool, Failure> {
        self.token = token.filter(|token| !token.is_empty());
        match &self.token {
            None => Ok(false),
            Some(token) if self.seen.insert(token.clone()) => Ok(true),
            Some(_) => Err(malformed(operation)),
        }
    }
}

/// All elements of a list, whose pages `ask` gives, each with the token of the next.
pub(super) async fn all<T, F>(
    operation: &Operation,
    ask: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>>,
{
    match all_or_refused(operation, ask).await? {
        List::Whole(all) => Ok(all),
        List::Refused(failure) => Err(failure),
    }
}

/// A list, or why the caller may not have it.
pub(super) enum List<T> {
    Whole(Vec<T>),
    Refused(Failure),
}

/// As [`all`], for lists that some callers may not ask for. They learn so from the first page: what is refused later is a list
/// that broke off.
pub(super) async fn all_or_refused<T, F>(
    operation: &Operation,
    ask: impl Fn(Option<String>) -> F,
) -> Result<List<T>, Failure>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>>,
{
    let mut all = Vec::new();
    let mut pages = Pages::default();
    loop {
        let (page, token) = match ask(pages.token()).await {
            Err(failure) if pages.token.is_none() && is_refusal(&failure) => {
                return Ok(List::Refused(failure));
            }
            answer => answer?,
        };
        all.extend(page);
        if !pages.next(token, operation)? {
            return Ok(List::Whole(all));
        }
    }
}

/// Whether the same question would have the same answer for the next account.
pub(super) fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Denied | FailureKind::Absent)
}

/// An answer that makes no sense.
pub(super) fn malformed(operation: &Operation) -> Failure {
    Failure::new(operation.name(), FailureKind::Malformed)
}
