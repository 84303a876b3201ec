//! What delayed work that ran out of time. To say `unreachable` for a call that AWS throttled, or to name an
//! operation that completed long before, would mislead the reader.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::operations::Operation;
use crate::pace::{Leave, Pacer};
use leastwise_core::evidence::{Failure, FailureKind};

/// The latest call that went wrong, or waits for its turn, and has not been answered since.
#[derive(Debug, Clone, Default)]
pub(super) struct InTheWay(Arc<Mutex<Option<DeadlineCause>>>);

#[derive(Debug, Clone)]
enum DeadlineCause {
    Failed(Failure),
    /// Others may be throttled before it has its turn.
    Waits(&'static str, Arc<Pacer>),
}

tokio::task_local! {
    static IN_THE_WAY: InTheWay;
}

impl InTheWay {
    /// What calls that `work` makes meet is kept here.
    pub(super) fn of<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        IN_THE_WAY.scope(self.clone(), work)
    }

    fn latest(&self) -> Option<Failure> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(DeadlineCause::Failed(failure)) => Some(failure.clone()),
            Some(DeadlineCause::Waits(operation, pacer)) if pacer.is_slowed() => {
                Some(Failure::new(*operation, FailureKind::Throttled))
            }
            _ => None,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Option<DeadlineCause>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// An attempt of a call failed, and there will be another.
pub(super) fn met(failure: Failure) {
    let _nobody_waits =
        IN_THE_WAY.try_with(|it| it.change(|latest| *latest = Some(DeadlineCause::Failed(failure))));
}

/// Waits for one's turn.
pub(super) async fn leave(operation: &Operation, pacer: &Arc<Pacer>) -> Leave {
    let waits = || DeadlineCause::Waits(operation.name(), Arc::clone(pacer));
    let _nobody_waits = IN_THE_WAY.try_with(|it| {
        it.change(|latest| {
            latest.get_or_insert_with(waits);
        });
    });
    pacer.leave().await
}

/// A call was answered.
pub(super) fn passed(operation: &Operation) {
    let is_it = |obstacle: &mut DeadlineCause| match obstacle {
        DeadlineCause::Failed(failure) => failure.operation == operation.name(),
        DeadlineCause::Waits(waits, _) => *waits == operation.name(),
    };
    let _nobody_waits = IN_THE_WAY.try_with(|it| {
        it.change(|latest| {
            latest.take_if(is_it);
        });
    });
}

/// Why there is no answer in time: what this work met, else what those met that it waited for, else nothing but silence.
pub(super) fn late(operation: &Operation, others: &[&InTheWay]) -> Failure {
    let own = IN_THE_WAY.try_with(InTheWay::latest).ok().flatten();
    let met = own.or_else(|| others.iter().find_map(|other| other.latest()));
    met.unwrap_or_else(|| Failure::new(operation.name(), FailureKind::Unreachable))
}
