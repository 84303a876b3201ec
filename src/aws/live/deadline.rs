//! What was in the way of work whose time ran out. A row that says `unreachable` for what AWS throttled, or names an operation
//! that had long been answered, would send its reader looking in the wrong place.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::operations::Operation;
use crate::evidence::{Failure, FailureKind};

/// The latest call that went wrong and has not been answered since.
#[derive(Debug, Clone, Default)]
pub(super) struct InTheWay(Arc<Mutex<Option<Failure>>>);

tokio::task_local! {
    static IN_THE_WAY: InTheWay;
}

impl InTheWay {
    /// What calls that `work` makes meet is kept here.
    pub(super) fn of<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        IN_THE_WAY.scope(self.clone(), work)
    }

    fn latest(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Option<Failure>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// An attempt of a call failed, and there will be another.
pub(super) fn met(operation: &Operation, kind: FailureKind) {
    let failure = Failure { operation: operation.name().to_owned(), kind };
    let _nobody_waits = IN_THE_WAY.try_with(|it| it.change(|latest| *latest = Some(failure)));
}

/// A call was answered.
pub(super) fn passed(operation: &Operation) {
    let _nobody_waits = IN_THE_WAY.try_with(|it| {
        it.change(|latest| {
            latest.take_if(|failure| failure.operation == operation.name());
        });
    });
}

/// Why there is no answer in time: what this work met, else what those met that it waited for, else nothing but silence.
pub(super) fn late(operation: &Operation, others: &[&InTheWay]) -> Failure {
    let own = IN_THE_WAY.try_with(InTheWay::latest).ok().flatten();
    let met = own.or_else(|| others.iter().find_map(|other| other.latest()));
    met.unwrap_or_else(|| Failure { operation: operation.name().to_owned(), kind: FailureKind::Unreachable })
}
