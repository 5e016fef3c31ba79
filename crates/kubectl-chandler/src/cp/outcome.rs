//! What a copy came to, and how that is told to people and programs.

use std::io::{self, Write};
use std::time::Duration;

use chandler_debugger::transfer::{Carried, Progress, Remark, Report, TransferError};
use serde::Serialize;

use super::args::{CpArgs, CpOutput};
use super::ends::{Direction, Ends};
use super::rate::{bytes, rate};
use crate::debug::{Failure, Reached, Voice};
use crate::exit;

/// What a copy came to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    direction: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pod: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    session: String,
    /// Where things landed.
    destination: String,
    files: Vec<File>,
    folders: usize,
    links: usize,
    /// Of the files.
    bytes: u64,
    /// Of them those that were there from a run before.
    resumed_bytes: u64,
    seconds: f64,
    mismatched: Vec<Line>,
    refused: Vec<Line>,
    notes: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
    exit_code: u8,
    #[serde(skip)]
    is_stream_out: bool,
}

#[derive(Debug, Serialize)]
struct File {
    name: String,
    bytes: u64,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    reason: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Error {
    reason: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_step: Option<String>,
}

impl Outcome {
    /// Nothing yet.
    pub(crate) fn of(ends: &Ends) -> Self {
        let is_out = ends.direction == Direction::Out;
        Self {
            direction: if is_out { "out" } else { "in" },
            namespace: String::new(),
            pod: String::new(),
            session: String::new(),
            destination: String::new(),
            files: Vec::new(),
            folders: 0,
            links: 0,
            bytes: 0,
            resumed_bytes: 0,
            seconds: 0.0,
            mismatched: Vec::new(),
            refused: Vec::new(),
            notes: Vec::new(),
            error: None,
            exit_code: exit::SUCCESS,
            is_stream_out: is_out && ends.is_stream(),
        }
    }

    /// In that session, in that time.
    pub(crate) fn with(mut self, reached: &Reached, progress: &Progress, elapsed: Duration) -> Self {
        let to = &reached.destination;
        (self.namespace, self.pod, self.session) =
            (to.namespace.clone(), to.pod.clone(), to.container.clone());
        self.bytes = progress.done();
        self.seconds = (elapsed.as_secs_f64() * 1000.0).round() / 1000.0;
        self
    }

    /// There is no session.
    pub(crate) fn failed(mut self, failure: &Failure) -> Self {
        self.exit_code = failure.code();
        self.error = Some(Error {
            reason: failure.reason().to_owned(),
            message: failure.message(),
            next_step: failure.next_step(),
        });
        self
    }

    /// A signal ended it.
    pub(crate) fn ended_by(mut self, code: u8, is_kept: bool) -> Self {
        self.exit_code = code;
        let kept = if is_kept { "; what was carried is kept for another run" } else { "" };
        let message = format!("ended by a signal{kept}");
        self.error = Some(Error { reason: "Signal".to_owned(), message, next_step: None });
        self
    }

    /// It came to its end.
    pub(crate) fn carried(mut self, report: Report) -> Self {
        self.exit_code = if report.is_whole() { exit::SUCCESS } else { exit::FAILED };
        self.bytes = report.size();
        self.resumed_bytes = report.resumed;
        self.destination = report.destination;
        self.files = report.files.iter().map(File::of).collect();
        (self.folders, self.links) = (report.folders, report.links);
        self.mismatched = lines(report.mismatched);
        self.refused = lines(report.refused);
        self.notes = lines(report.notes);
        self
    }

    /// It did not.
    pub(crate) fn broke_off(mut self, error: &TransferError, is_kept: bool) -> Self {
        let (code, reason) = match error {
            TransferError::Stream(stream) => (stream.exit_code(), stream.reason()),
            TransferError::NoView { .. } => (exit::NO_SESSION, error.reason()),
            other => (exit::FAILED, other.reason()),
        };
        let step = "the same again goes on with what was carried; with --no-resume it begins anew".to_owned();
        let next_step = (is_kept && code == exit::LOST).then_some(step);
        self.exit_code = code;
        self.error = Some(Error { reason: reason.to_owned(), message: error.to_string(), next_step });
        self
    }

    /// Tells it; the exit code.
    pub(crate) fn tell(mut self, args: &CpArgs, voice: &Voice) -> u8 {
        voice.clear();
        if args.output != CpOutput::Json {
            self.complain(voice);
        }
        let told = match self.is_stream_out {
            true => self.write(args, &mut io::stderr().lock()),
            false => self.write(args, &mut io::stdout().lock()),
        };
        if let Err(error) = told
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            voice.complain(format_args!("cannot write the output: {error}"));
            self.exit_code = self.exit_code.max(exit::FAILED);
        }
        self.exit_code
    }

    fn complain(&self, voice: &Voice) {
        self.notes.iter().for_each(|line| voice.note(format_args!("{} {}", line.name, line.reason)));
        self.refused.iter().for_each(|line| voice.complain(format_args!("{}: {}", line.name, line.reason)));
        for line in &self.mismatched {
            voice.complain(format_args!("{}: the SHA-256 differs: {}", line.name, line.reason));
        }
        if let Some(error) = &self.error {
            voice.complain(&error.message);
            error.next_step.iter().for_each(|step| voice.say_plainly(format_args!("  {step}")));
        }
    }

    fn write(&self, args: &CpArgs, output: &mut dyn Write) -> io::Result<()> {
        match args.output {
            CpOutput::Json => {
                serde_json::to_writer(&mut *output, self)?;
                writeln!(output)
            }
            CpOutput::Sums => {
                self.files.iter().try_for_each(|file| writeln!(output, "{}  {}", file.sha256, file.name))
            }
            CpOutput::Text if args.quiet || self.error.is_some() => Ok(()),
            CpOutput::Text => writeln!(output, "{}", self.line()),
        }
    }

    fn line(&self) -> String {
        let Self { bytes: count, resumed_bytes, seconds, .. } = self;
        let what = match self.files.as_slice() {
            [file] if self.folders == 0 => format!("{}, SHA-256 {}", bytes(*count), file.sha256),
            files => {
                let sums =
                    if self.mismatched.is_empty() { "SHA-256 of each verified" } else { "SHA-256 differs" };
                format!("{} files, {}, {sums}", files.len(), bytes(*count))
            }
        };
        let carried = count.saturating_sub(*resumed_bytes);
        let rate = rate(carried, Duration::from_secs_f64(seconds.max(0.001)));
        let resumed = match resumed_bytes {
            0 => String::new(),
            there => format!(", {} of it were there", bytes(*there)),
        };
        format!("{}: {what}{resumed}, {seconds:.1} s, {rate}", self.destination)
    }
}

impl File {
    fn of(file: &Carried) -> Self {
        Self { name: file.name.to_string(), bytes: file.size, sha256: file.sum.to_string() }
    }
}

fn lines(remarks: Vec<Remark>) -> Vec<Line> {
    remarks.into_iter().map(|Remark { name, reason }| Line { name, reason }).collect()
}
