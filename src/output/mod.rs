//! What people and programs are told while a command runs: events, the log, progress, the summary, errors.

pub(crate) mod advice;
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
