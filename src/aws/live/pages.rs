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
    let mut all = Vec::new();
    let mut pages = Pages::default();
    loop {
        let (page, token) = ask(pages.token()).await?;
        all.extend(page);
        if !pages.next(token, operation)? {
            return Ok(all);
        }
    }
}

/// An answer that makes no sense.
pub(super) fn malformed(operation: &Operation) -> Failure {
    Failure { operation: operation.name().to_owned(), kind: FailureKind::Malformed }
}
