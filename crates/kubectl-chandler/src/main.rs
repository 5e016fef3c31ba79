//! `kubectl-chandler`: the kubectl plugin of the suite.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kubectl_chandler::run()
}
