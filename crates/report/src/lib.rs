//! Turns the data of a report into files: changes since the earlier report, the folder and its formats.
//!
//! Depends on `leastwise-core` for the data and on `leastwise-files` for the disk. It knows nothing about AWS, the
//! configuration or the command line.

pub mod folder;
pub mod formats;
pub mod history;
