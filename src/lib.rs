//! The program `leastwise`: arguments, configuration, commands, the pipeline of a scan, and its output.
//!
//! `leastwise-core` is the engine, `leastwise-report` writes the report, and `leastwise-aws` reads AWS or a
//! recording. Nothing depends on this crate except its `main`, its tests and the fuzzer.

pub mod cli;
pub mod commands;
pub mod config;
mod output;
mod scan;
