//! `chandler-cluster`: a real Kubernetes on this machine, for people and for tests.

#[cfg(target_os = "linux")]
mod program;

use std::process::ExitCode;

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    anstream::eprintln!(
        "error: a cluster of this kind needs Linux; tests/e2e/README.md says how to use another one"
    );
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    program::run(&<program::Program as clap::Parser>::parse())
}
