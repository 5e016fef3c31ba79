//! `chandler-agent`: turns JSON lines in logs into Prometheus metrics.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chandler_agent::program::run()
}
