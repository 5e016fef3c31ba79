//! `chandler-toolbox`: runs a program of the toolbox image inside the root of another container. There the toolbox's root
//! is `/proc/PID/root`, and nothing of the program's own is where it expects it: neither its loader, nor its libraries, nor
//! what it reads. This program, linked statically, stands in `/usr/lib/chandler/bin` under the name of each such program,
//! and becomes the one of that name with its own loader.

#[cfg(unix)]
mod launch;

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    launch::launch(std::env::args_os())
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    ExitCode::FAILURE
}
