//! `chandler-cluster`: a real Kubernetes on this machine, for people and for tests.

mod program;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    program::run(&program::Program::parse())
}
