//! `chandler-workload`: what runs in the test pods. It does one small thing that a test can see from outside.

mod client;
mod command;
mod file;
mod names;
mod process;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    process::run(std::env::args().skip(1).collect())
}
