//! All tests, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod cases;
mod catalog;
mod command;
mod documents;
#[path = "gen.rs"]
mod generate;
mod globs;
mod house;
mod languages;
mod laws;
mod mutants;
mod mocks;
mod oracle;
mod pairs;
mod run;
mod update;
