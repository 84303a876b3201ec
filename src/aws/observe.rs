//! Who is told what happens to calls on their way to AWS: how often they go out, wait, are turned away or repeated. Knows
//! nothing of the SDK, of credentials or of what calls carry, so that nothing of these can be told.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::pace::BucketKey;
use crate::evidence::{Failure, FailureKind};

/// Who is told.
pub trait Observe: Send + Sync {
    /// A call goes out, once, and no other of its bucket did for so long.
    fn called(&self, _call: &Call<'_>, _held: Duration) {}

    /// The answer to an attempt, counted from 1, was that calls come too fast; AWS may have asked for a pause.
    fn throttled(&self, _call: &Call<'_>, _attempt: u32, _retry_after: Option<Duration>) {}

    /// An attempt, counted from 1, failed in a way that may pass, and there is another one after the pause.
    fn repeated(&self, _call: &Call<'_>, _attempt: u32, _kind: FailureKind, _pause: Duration) {}

    /// The run does not reach all that it might, as this account was refused or refuses, for that reason.
    fn limited(&self, _limit: Limit, _account: &str, _why: &Failure) {}
}

/// How far a run reaches, where it is no failure of an account that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// AWS Organizations does not tell the accounts, so that only the caller's own is read.
    OwnAccountOnly,
    /// Nobody tells which accounts administer Access Analyzer for the organisation.
    AdministratorsUnknown,
    /// The account administers Access Analyzer for the organisation, and whether it has an analyzer cannot be asked.
    AdministratorClosed,
}

/// A call, by what can be told of it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// The account that is being read. Its findings may be asked of another one.
    pub account: &'c str,
    /// As the API calls it.
    pub operation: &'c str,
    /// Whose pace it keeps to: the API, the account that is asked, the Region.
    pub bucket: &'c BucketKey,
}

/// Somebody who is told, or nobody.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Observe>>);

impl Observer {
    /// Tells this one.
    pub fn new(observe: Arc<dyn Observe>) -> Self {
        Self(Some(observe))
    }

    /// What becomes of one call. It is made for the account that is being read, or else for the one that is asked.
    pub(super) fn call<'c>(&'c self, operation: &'c str, bucket: &'c BucketKey) -> Told<'c> {
        let account = READ.try_with(Arc::clone).unwrap_or_else(|_| Arc::from(bucket.account.as_str()));
        Told { observe: self.0.as_deref(), account, operation, bucket, attempt: 0 }
    }

    /// See [`Observe::limited`].
    pub(super) fn limited(&self, limit: Limit, account: &str, why: &Failure) {
        if let Some(observe) = self.0.as_deref() {
            observe.limited(limit, account, why);
        }
    }
}

/// What becomes of one call.
pub(super) struct Told<'c> {
    observe: Option<&'c dyn Observe>,
    account: Arc<str>,
    operation: &'c str,
    bucket: &'c BucketKey,
    attempt: u32,
}

impl Told<'_> {
    /// It goes out, once more.
    pub(super) fn goes_out(&mut self, held: Duration) {
        self.attempt += 1;
        self.tell(|observe, call| observe.called(call, held));
    }

    /// It was turned away.
    pub(super) fn throttled(&self, retry_after: Option<Duration>) {
        self.tell(|observe, call| observe.throttled(call, self.attempt, retry_after));
    }

    /// It failed, and goes out again after the pause.
    pub(super) fn repeated(&self, kind: FailureKind, pause: Duration) {
        self.tell(|observe, call| observe.repeated(call, self.attempt, kind, pause));
    }

    fn tell(&self, tell: impl FnOnce(&dyn Observe, &Call<'_>)) {
        if let Some(observe) = self.observe {
            tell(observe, &Call { account: &self.account, operation: self.operation, bucket: self.bucket });
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(somebody)" } else { "Observer(nobody)" })
    }
}

tokio::task_local! {
    /// The account that is being read. A session does not know: those of the caller and of the analyzer's account work for
    /// all accounts.
    static READ: Arc<str>;
}

/// Calls that `work` makes are made for this account.
pub(super) fn for_account<F: Future>(account: &str, work: F) -> impl Future<Output = F::Output> {
    READ.scope(Arc::from(account), work)
}
