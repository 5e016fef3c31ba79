//! `kubectl chandler`: one plugin in front of the suite's libraries.
//!
//! `args` is what can be typed, `documents` streams manifests and decides about their pods, `inject` writes
//! them fitted out, `explain` tells why, `report` and `style` are what people see on the way.

mod args;
mod documents;
mod exit;
mod explain;
mod inject;
mod output;
mod progress;
mod report;
mod style;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    match Args::parse().command {
        Command::Inject(args) => inject::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completion { shell } => {
            let mut command = Args::command();
            clap_complete::generate(shell, &mut command, "kubectl-chandler", &mut std::io::stdout());
            exit::OK
        }
    }
}
