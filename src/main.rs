//! The doorway: arguments in, an exit code out.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match leastwise::cli::parse() {
        Ok(cli) => leastwise::run::run(cli).into(),
        Err(error) => leastwise::run::misused(error).into(),
    }
}
