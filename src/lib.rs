//! The program `leastwise`: arguments, configuration, commands, the pipeline of a scan, and its output.
//!
//! The engine is `leastwise-core`, the files of a report `leastwise-report`, AWS and its recorded answers `leastwise-aws`. Nothing
//! depends on this crate but its `main`, its tests and the fuzzer.

pub mod cli;
pub mod commands;
pub mod config;
mod output;
mod scan;
