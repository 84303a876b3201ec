//! A file a command.

pub(super) mod compare;
pub(super) mod scan;
mod trend;
pub(super) mod verify;
