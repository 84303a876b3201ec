//! What takes minutes, or needs programs that not everybody has: `cargo test --test slow` runs what needs nothing, and
//! `.ci/run` all of it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "../fake/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the programs in tools use the rest")]
mod fake;
#[path = "../harness/mod.rs"]
#[allow(dead_code, reason = "the other binary uses the rest")]
mod harness;

use harness::{hostile, run, scan};

// What the evaluator knows of the embedded catalog, and what that is read with.
#[path = "../../crates/core/tests/core/globs.rs"]
#[allow(dead_code, reason = "the evaluator uses the rest")]
mod globs;
#[path = "../../crates/core/tests/core/tables.rs"]
#[allow(dead_code, reason = "the evaluator uses the rest")]
mod tables;

mod adversity;
mod browser;
mod bucket;
mod changes;
mod infrastructure;
mod kills;
mod matrix;
mod memory;
mod moto;
mod organisations;
mod packs;
mod soak;
