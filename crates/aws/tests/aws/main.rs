//! The real SDK against answers that a test gives: its traps, its waits, and the list of actions that AWS publishes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "../../../../tests/fake/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the program's tests use the rest")]
mod fake;
mod fake_sdk;
mod live;
mod pace;
#[path = "../../../../tests/harness/reference.rs"]
mod reference;
mod update;
#[path = "../../../../tests/harness/wire.rs"]
#[allow(dead_code, reason = "the program's tests use the rest")]
mod wire;
