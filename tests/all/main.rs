//! All tests, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "../fake/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the programs in benches use the rest")]
mod fake;

mod adversity;
mod bounds;
mod callers;
mod cases;
mod catalog;
mod changes;
mod chosen;
mod command;
mod compare;
mod complete;
mod confidence;
mod config;
mod contexts;
mod csv;
mod decisions;
mod deploy;
mod documents;
mod exceptions;
mod exits;
#[cfg(unix)]
mod eyes;
mod fabrikam;
mod fake_aws;
mod fake_faults;
mod fake_mocks;
mod fake_sdk;
#[path = "gen.rs"]
mod generate;
mod globs;
mod hostile;
mod house;
mod html;
mod infrastructure;
mod init;
mod invented;
#[cfg(unix)]
mod kills;
mod languages;
mod laws;
mod live;
mod logs;
mod machines;
mod manual;
mod matrix;
mod memory;
mod mocks;
mod moto;
mod mutants;
mod nothing;
mod older;
mod oracle;
mod organisations;
mod own_proposals;
mod pace;
mod packs;
mod pairs;
mod permissions;
#[cfg(unix)]
mod places;
mod privilege;
mod profiles;
mod raw;
#[cfg(unix)]
mod readers;
mod regions;
mod resume;
mod risk;
mod run;
mod scan;
mod shards;
mod soak;
mod spot_check;
mod stability;
mod state;
mod tables;
#[cfg(unix)]
mod terminals;
mod tickets;
mod trend;
mod trust;
mod twins;
mod update;
mod verify;
mod ways;
