//! A report's data to files: what changed since the report before, the folder and its formats.
//!
//! Depends on `leastwise-core` for the data and on `leastwise-files` for the disk. It knows nothing of AWS, of the configuration or of
//! the command line.

pub mod folder;
pub mod formats;
pub mod history;
