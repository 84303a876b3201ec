//! The core by itself: cases of the semantics, laws over generated policies, an oracle of its own and the mutants that it must find.
//! Nothing here links the AWS SDK.

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
#[path = "../../../../tests/harness/chance.rs"]
mod chance;
mod check;
mod confidence;
mod contexts;
mod documents;
mod evaluator;
#[path = "../../../../tests/harness/expand.rs"]
mod expand;
#[path = "gen.rs"]
mod generate;
mod globs;
mod languages;
mod laws;
mod mutants;
mod oracle;
mod own_proposals;
mod pairs;
mod permissions;
mod risk;
mod tables;
mod tokens;
mod trail;
mod trials;
mod trust;
