//! What is fuzzed: functions of bytes that panic when something does not hold. `fuzz_targets/` gives them to libFuzzer, which needs
//! a nightly compiler; `src/bin/fuzz-loop.rs` is a plain loop for the stable one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a target fails by panicking"
)]

#[path = "../../crates/core/tests/core/contexts.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod contexts;
#[path = "../../crates/core/tests/core/documents.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod documents;
#[path = "../../crates/core/tests/core/globs.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod globs;
#[path = "../../crates/core/tests/core/oracle.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod oracle;
#[path = "../../crates/core/tests/core/tables.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod tables;

mod folder;
pub mod parse;
pub mod parts;
pub mod prove;
pub mod refine;
pub mod report;
mod scene;
pub mod snapshot;
pub mod state;

/// A target: its name, what it does with bytes, and inputs to begin with.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 7] = [
    Target {
        name: "parse",
        run: parse::run,
        seeds: parse::seeds,
    },
    Target {
        name: "refine",
        run: refine::run,
        seeds: choices,
    },
    Target {
        name: "prove",
        run: prove::run,
        seeds: choices,
    },
    Target {
        name: "snapshot",
        run: snapshot::run,
        seeds: snapshot::seeds,
    },
    Target {
        name: "report",
        run: report::run,
        seeds: report::seeds,
    },
    Target {
        name: "parts",
        run: parts::run,
        seeds: parts::seeds,
    },
    Target {
        name: "state",
        run: state::run,
        seeds: state::seeds,
    },
];

/// Bytes that are choices need no form.
fn choices() -> Vec<Vec<u8>> {
    (0..64_u8)
        .map(|first| {
            (0..240)
                .map(|at: u8| at.wrapping_mul(first).wrapping_add(first >> 3))
                .collect()
        })
        .collect()
}
