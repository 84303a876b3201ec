//! The SDK's traps, each with a test that falls into it when the way around is taken out.

mod analyzers;
mod evidence;
mod faults;
mod inventory;
mod recorded;
mod sessions;
mod units;
