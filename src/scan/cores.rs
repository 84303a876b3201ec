//! Sizes the I/O runtime and the CPU semaphore.

use std::num::NonZero;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use crate::output::error::RunError;

/// How many cores there are.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// A permit for each core.
pub(crate) fn cpu_permits() -> Semaphore {
    Semaphore::new(cores())
}

/// Talks on every second core: one thread makes thousands of calls a second, more than AWS takes, and each more that waits for
/// answers costs time to wake. What is worked out has threads of its own.
pub(crate) fn runtime() -> Result<Runtime, RunError> {
    spare_files().map_err(RunError::Runtime)?;
    let talking = cores().div_ceil(2);
    Builder::new_multi_thread()
        .worker_threads(talking)
        .enable_all()
        .build()
        .map_err(RunError::Runtime)
}

/// Reports a low limit of open files: the runtime panics if it has none left for signals.
#[cfg(unix)]
fn spare_files() -> std::io::Result<()> {
    use std::os::fd::AsFd;
    const SPARE: usize = 16;
    let stderr = std::io::stderr();
    let spare: std::io::Result<Vec<_>> = (0..SPARE).map(|_| stderr.as_fd().try_clone_to_owned()).collect();
    spare.map(drop)
}

#[cfg(not(unix))]
fn spare_files() -> std::io::Result<()> {
    Ok(())
}
