//! What a contributor runs, in one binary: a few minutes on two cores, offline. What takes longer, or needs programs that not
//! everybody has, is in tests/slow.

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

mod bounds;
mod callers;
mod check;
mod chosen;
mod code;
mod command;
mod compare;
mod complete;
mod config;
mod csv;
mod decisions;
mod deploy;
mod docs;
mod exceptions;
mod exits;
#[cfg(unix)]
mod eyes;
mod fabrikam;
mod fake_aws;
mod fake_faults;
mod fake_mocks;
mod house;
mod html;
mod init;
mod invented;
mod logs;
mod machines;
mod manual;
mod mocks;
mod nothing;
mod older;
#[cfg(unix)]
mod places;
mod privilege;
mod profiles;
mod raw;
#[cfg(unix)]
mod readers;
mod regions;
mod resume;
mod scanning;
mod shards;
mod spot_check;
mod stability;
mod state;
mod summary_page;
#[cfg(unix)]
mod terminals;
mod tickets;
mod trend;
mod trial;
mod twins;
mod update;
mod verify;
mod watch;
mod ways;
mod words;
