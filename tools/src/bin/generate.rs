//! Writes an invented organisation as a snapshot: `generate --accounts A --principals P --seed S --out DIR`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "it fails by panicking"
)]

#[path = "../../../tests/fake/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it")]
mod fake;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use fake::Invented;

/// Writes an invented organisation as a snapshot.
#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    accounts: usize,
    /// Users and roles of each account.
    #[arg(long)]
    principals: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    out: PathBuf,
}

fn main() {
    let Arguments {
        accounts,
        principals,
        seed,
        out,
    } = Arguments::parse();
    assert!(accounts > 0, "an organisation has accounts");
    let start = Instant::now();
    fake::write_folder(
        &Invented {
            accounts,
            principals,
            seed,
        },
        &out,
    )
    .unwrap();
    eprintln!(
        "{accounts} accounts of {principals} principals in {:.1} s: {}",
        start.elapsed().as_secs_f64(),
        out.display()
    );
}
