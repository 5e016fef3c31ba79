//! Runs a command: its output, its exit code, and its end by a signal.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::command::{Command, USAGE};
use crate::{client, file, names, server};

/// Any failure: nobody but a reader tells them apart.
pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// What a shell reports for a program that SIGTERM ended.
const ENDED_BY_SIGTERM: i32 = 143;

/// Does what the arguments say.
pub(crate) fn run(arguments: Vec<String>) -> ExitCode {
    let command = match Command::parse(arguments) {
        Ok(command) => command,
        Err(error) => {
            complain(&format!("{error}\n\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match end_on_signals(&command).and_then(|()| perform(command)) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The kernel drops a signal to PID 1 that has no handler, so it gets one.
fn end_on_signals(command: &Command) -> Outcome {
    let code = if command.is_endless() { 0 } else { ENDED_BY_SIGTERM };
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::new(AtomicBool::new(true)))?;
    }
    Ok(())
}

fn perform(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Help => writeln!(io::stdout(), "{USAGE}")?,
        Command::Serve { port, folder } => server::serve(port, folder)?,
        Command::Write { file, every, count } => file::write(&file, every, count)?,
        Command::WaitFor { file, text, timeout } => file::wait_for(&file, &text, timeout)?,
        Command::Get { url, timeout } => client::get(&url, timeout)?,
        Command::Print { lines, stderr: false } => print(lines, &mut io::stdout().lock())?,
        Command::Print { lines, stderr: true } => print(lines, &mut io::stderr().lock())?,
        Command::Exit { code } => return Ok(ExitCode::from(code)),
        Command::Sleep { time } => sleep(time),
        Command::Names { port, known, address } => names::serve(port, &known, address)?,
        Command::Env { name } => print_variable(&name)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(lines: u64, output: &mut dyn io::Write) -> Outcome {
    for number in 1..=lines {
        writeln!(output, "line {number}")?;
    }
    Ok(())
}

fn print_variable(name: &str) -> Outcome {
    let value = std::env::var(name).map_err(|error| format!("cannot read the variable {name}: {error}"))?;
    Ok(writeln!(io::stdout(), "{value}")?)
}

fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => thread::sleep(time),
        None => loop {
            thread::park();
        },
    }
}

fn complain(message: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(io::stderr(), "error: {message}");
}
