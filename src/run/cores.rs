//! Who does the work: threads that talk, and hands that work accounts out.

use std::num::NonZero;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use super::error::RunError;

/// How many cores there are.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// As many as there are cores.
pub(super) fn hands() -> Semaphore {
    Semaphore::new(cores())
}

/// Talks on every second core: one thread makes thousands of calls a second, more than AWS takes, and each more that waits for
/// answers costs time to wake. What is worked out has threads of its own.
pub(super) fn runtime() -> Result<Runtime, RunError> {
    let talking = cores().div_ceil(2);
    Builder::new_multi_thread().worker_threads(talking).enable_all().build().map_err(RunError::Runtime)
}
