//! What a command reports while it runs, to people and to programs: events, the log, progress, the summary, errors.

pub(crate) mod advice;
pub(crate) mod check_summary;
pub(crate) mod colour;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod log;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod progress;
pub(crate) mod summary;
pub(crate) mod terminal;
pub(crate) mod words;
