//! The command line of `chandler-agent`.

mod bench;
mod check;
mod explain;
mod input;
mod output;
mod progress;
mod replay;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::run::{self, RunArgs};
use bench::BenchArgs;
use check::CheckArgs;
use explain::ExplainArgs;
use replay::ReplayArgs;

/// Turns JSON lines in logs into Prometheus metrics, exactly, by rules.
#[derive(Debug, Parser)]
#[command(name = "chandler-agent", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Follow logs and serve what they say as metrics.
    ///
    /// SIGTERM ends it with a last checkpoint, SIGHUP has the rules read again at once. Exit codes: 0 it was ended;
    /// 1 it could not go on; 2 wrong usage.
    Run(Box<RunArgs>),
    /// Say what is wrong with rules, with file, line and column.
    ///
    /// Exit codes: 0 they are good; 1 they are not; 2 wrong usage.
    Check(CheckArgs),
    /// Print the metrics that files give.
    ///
    /// Exit codes: 0 they were read as a whole; 1 rules or a file are of no use; 2 wrong usage.
    Replay(ReplayArgs),
    /// Say what each rule makes of a line, and why.
    ///
    /// Exit codes: 0 a rule counts the line; 3 none does; 1 the rules are of no use; 2 wrong usage.
    Explain(ExplainArgs),
    /// Measure how many lines a second rules take on this machine.
    ///
    /// Exit codes: 0 it was measured; 1 rules or files are of no use; 2 wrong usage.
    Bench(BenchArgs),
    /// Print a completion script for a shell.
    Completion {
        /// The shell.
        shell: Shell,
    },
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Args::parse().command {
        Command::Run(arguments) => run::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Check(arguments) => check::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Completion { shell } => complete(shell).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        let is_closed = |cause: &(dyn std::error::Error + 'static)| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        };
        // Whoever reads has enough: `| head` is no error.
        if error.chain().any(is_closed) {
            return ExitCode::SUCCESS;
        }
        // A closed standard error leaves nobody to tell.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn complete(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "chandler-agent", &mut script);
    output::write(&script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_contradicts_itself_nowhere() {
        Args::command().debug_assert();
    }

    #[test]
    fn help_speaks_of_no_other_program() {
        for command in Args::command().get_subcommands_mut() {
            let help = command.render_long_help().to_string();
            assert!(!help.contains("injector") && !help.contains("kubectl"), "{help}");
        }
    }
}
