//! The entry point: arguments in, an exit code out.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match leastwise::cli::parse() {
        Ok(cli) => leastwise::commands::run(cli).into(),
        Err(error) => leastwise::commands::misused(error).into(),
    }
}
