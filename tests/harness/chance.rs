//! How many generated cases a law is tried on, and which.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// Enough to see a law broken while its code is written.
const FEW: u32 = 250;

/// How many of so many are tried: the first few, or with `LAWS=all` all of them.
pub(crate) fn some_of(all: u32) -> u32 {
    match std::env::var("LAWS").as_deref() {
        Ok("all" | "explore") => all,
        Ok(other) => panic!("LAWS is `all` or `explore`, not `{other}`"),
        Err(_) => all.min(FEW),
    }
}

/// The same cases on every machine, so that a change fails for what it does. `LAWS=explore` rolls the dice anew, and PROPTEST_CASES says how often.
pub(crate) fn config(all: u32) -> ProptestConfig {
    let given = ProptestConfig::default();
    if std::env::var("LAWS").is_ok_and(|laws| laws == "explore") {
        return given;
    }
    ProptestConfig {
        cases: some_of(all),
        rng_seed: RngSeed::Fixed(1),
        ..given
    }
}
