//! How the end is told, of one pod and of several.

use std::io::{self, Write as _};

use super::args::DebugOutput;
use super::outcome::Outcome;
use super::request::Request;
use super::voice::Voice;
use crate::exit;
use crate::forms::{write_json, write_yaml};

/// Tells how it went.
#[derive(Debug)]
pub(crate) struct Printer {
    form: DebugOutput,
    dry_run: bool,
}

impl Printer {
    /// In the form that was asked for.
    pub(crate) fn new(request: &Request) -> Self {
        Self { form: request.form, dry_run: request.dry_run }
    }

    /// How it went with one pod. The code is that of the outcome, unless nobody can be told of it.
    pub(crate) fn print(&self, outcome: &Outcome, voice: &Voice) -> u8 {
        if self.form == DebugOutput::Text || self.dry_run {
            // Whoever stopped reading, as `head` does, has what they wanted.
            let complaint = outcome.complaint().filter(|_| outcome.reason != Some("OutputGone"));
            complaint.into_iter().for_each(|complaint| voice.complain(complaint));
        }
        let written = match (self.dry_run, &outcome.sent) {
            (true, Some(sent)) => told(self.write(sent), voice),
            (false, _) if self.form != DebugOutput::Text => told(self.write(outcome), voice),
            _ => true,
        };
        if !written && outcome.exit_code == exit::SUCCESS { exit::LOST } else { outcome.exit_code }
    }

    /// How it went with all of them.
    pub(crate) fn summarize(&self, outcomes: &[Outcome], voice: &Voice) {
        if self.form != DebugOutput::Text || self.dry_run {
            return;
        }
        let bad: Vec<_> = outcomes.iter().filter(|outcome| outcome.exit_code != exit::SUCCESS).collect();
        if bad.is_empty() {
            return voice.remark(format_args!("{} pods, every command ended with 0", outcomes.len()));
        }
        voice.complain(format_args!("{} of {} pods did not end with 0:", bad.len(), outcomes.len()));
        for outcome in bad {
            let why = outcome.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            voice.say_plainly(format_args!("  {}: {}{why}", outcome.pod, outcome.exit_code));
        }
    }

    fn write(&self, value: &impl serde::Serialize) -> io::Result<()> {
        let mut output = io::stdout().lock();
        match self.form {
            DebugOutput::Json => write_json(value, &mut output)?,
            DebugOutput::Yaml | DebugOutput::Text => write_yaml(value, &mut output)?,
        }
        output.flush()
    }
}

/// Whether it was written, or nobody wants it any more.
fn told(written: io::Result<()>, voice: &Voice) -> bool {
    let failure = written.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
    failure.iter().for_each(|error| voice.complain(format_args!("cannot write the output: {error}")));
    failure.is_none()
}
