//! Pages of a list: their tokens and limits. The SDK's paginators silently stop at a repeated token and lose the
//! rest, and never stop if tokens never end.

use std::collections::BTreeSet;
use std::future::Future;

use super::body::Room;
use super::operations::{Api, Operation};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_files as files;

/// Ten times the pages of the longest list that there is, that of ten thousand accounts, twenty a page.
const MOST_PAGES: usize = 5_000;

/// How many elements and bytes a list may have: ten times what the quotas of AWS let it have.
fn bounds(operation: &Operation) -> (usize, u64) {
    const MIB: u64 = 1 << 20;
    match operation.api() {
        // Up to 10,000 users and roles, 500 groups and 10,000 policies, and those of AWS.
        Api::Authorization => (300_000, files::ANSWERS),
        // A few of each principal.
        Api::FindingList => (300_000, 256 * MIB),
        // A service each. Of these lists many are read at a time.
        Api::Finding | Api::LastAccessed => (5_000, 16 * MIB),
        Api::Organizations => (100_000, 128 * MIB),
        Api::Analyzers => (1_000, 16 * MIB),
        // A policy that is all wrong has a finding for each of its parts.
        Api::Validation => (20_000, 64 * MIB),
        // A hundred actions on one resource.
        Api::Simulation => (1_000, 16 * MIB),
        // A step for each policy of a principal.
        Api::Recommendation => (1_000, 16 * MIB),
        Api::Sts | Api::CustomCheck => (0, MIB),
    }
}

/// What one list has given so far.
#[derive(Debug)]
pub(super) struct Pages<'o> {
    operation: &'o Operation,
    seen: BTreeSet<String>,
    token: Option<String>,
    elements: usize,
    most: usize,
    room: Room,
}

impl<'o> Pages<'o> {
    /// A list of which there is nothing yet.
    pub(super) fn of(operation: &'o Operation) -> Self {
        let (most, bytes) = bounds(operation);
        Self {
            operation,
            seen: BTreeSet::new(),
            token: None,
            elements: 0,
            most,
            room: Room::of(bytes),
        }
    }

    /// The token of the page to ask for; none is the first.
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Asks for a page: what comes of it counts among the bytes of the list.
    pub(super) fn ask<F: Future>(&self, call: F) -> impl Future<Output = F::Output> + use<F> {
        self.room.within(call)
    }

    /// Takes the token of a page with `elements` elements, and returns whether there is another page. An
    /// empty token ends the list; an empty page does not.
    pub(super) fn next(&mut self, token: Option<String>, elements: usize) -> Result<bool, Failure> {
        let wrong = |why: &str| Err(malformed(self.operation).because(why));
        self.elements = self.elements.saturating_add(elements);
        if self.elements > self.most {
            return wrong(&format!(
                "the list has more than {} elements, which no list of AWS has",
                self.most
            ));
        }
        self.token = token.filter(|token| !token.is_empty());
        match &self.token {
            None => Ok(false),
            Some(token) if self.seen.contains(token) => wrong("the list comes back to a page that it had"),
            Some(_) if self.seen.len() + 1 >= MOST_PAGES => wrong(&format!(
                "the list has more than {MOST_PAGES} pages, which no list of AWS has"
            )),
            Some(token) => Ok(self.seen.insert(token.clone())),
        }
    }
}

/// All elements of a list. `ask` returns each page with the token of the next.
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

/// As [`all`], for lists that some callers may not read. Only the first page can be denied; a later denial
/// means that the list broke off.
pub(super) async fn all_or_refused<T, F>(
    operation: &Operation,
    ask: impl Fn(Option<String>) -> F,
) -> Result<List<T>, Failure>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>>,
{
    let mut all = Vec::new();
    let mut pages = Pages::of(operation);
    loop {
        let (page, token) = match pages.ask(ask(pages.token())).await {
            Err(failure) if pages.token.is_none() && is_refusal(&failure) => {
                return Ok(List::Refused(failure));
            }
            answer => answer?,
        };
        let elements = page.len();
        all.extend(page);
        if !pages.next(token, elements)? {
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
