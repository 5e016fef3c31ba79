//! What goes wrong, told on standard error and counted for the exit code.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use chandler_injector::catalog::FileProblem;

use crate::args::Color;
use crate::progress::Progress;
use crate::{exit, style};

/// Tells problems as they come, and knows the exit code in the end.
#[derive(Debug)]
pub(crate) struct Reporter {
    color: Color,
    progress: Progress,
    failed: usize,
    denied: usize,
}

impl Reporter {
    /// A reporter that has nothing to tell yet, for a run that goes through documents.
    pub(crate) fn new(color: Color) -> Self {
        Self::counting("documents", color)
    }

    /// The same for a run that goes through something else.
    pub(crate) fn counting(what: &'static str, color: Color) -> Self {
        Self { color, progress: Progress::start(what), failed: 0, denied: 0 }
    }

    /// A file, template or document has an error.
    pub(crate) fn problem(&mut self, problem: &FileProblem) {
        self.failed += 1;
        self.tell(style::BAD, "error", problem);
    }

    /// Something that is no file's fault went wrong.
    pub(crate) fn failure(&mut self, message: impl fmt::Display) {
        self.failed += 1;
        self.tell(style::BAD, "error", message);
    }

    /// The output was written, or not.
    pub(crate) fn written(&mut self, result: io::Result<()>) {
        match result {
            // The reader went away, as `head` does: it has what it wanted.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => self.failure(format_args!("cannot write the output: {error}")),
            Ok(()) => {}
        }
    }

    /// A template refused a pod.
    pub(crate) fn denial(&mut self, problem: &FileProblem) {
        self.denied += 1;
        self.tell(style::BAD, "denied", problem);
    }

    /// A template refused a pod, which is told elsewhere.
    pub(crate) fn count_denial(&mut self) {
        self.denied += 1;
    }

    /// Something that somebody should know.
    pub(crate) fn warning(&mut self, problem: impl fmt::Display) {
        self.tell(style::ATTENTION, "warning", problem);
    }

    /// One more is done of what the run goes through.
    pub(crate) fn advance(&mut self) {
        self.progress.advance();
    }

    /// The exit code for all that was told.
    pub(crate) fn finish(mut self) -> ExitCode {
        self.progress.clear();
        match (self.failed, self.denied) {
            (0, 0) => exit::OK,
            (0, _) => ExitCode::from(exit::DENIED),
            _ => ExitCode::from(exit::FAILED),
        }
    }

    /// The same, with another code where all went well and `applies`.
    pub(crate) fn finish_with(self, code: u8, applies: bool) -> ExitCode {
        let is_well = (self.failed, self.denied) == (0, 0);
        let finished = self.finish();
        if is_well && applies { ExitCode::from(code) } else { finished }
    }

    /// Something that is neither wrong nor what was asked for.
    pub(crate) fn remark(&mut self, message: impl fmt::Display) {
        self.progress.clear();
        let _ = writeln!(style::styled_errors(self.color), "{message}");
    }

    fn tell(&mut self, style: anstyle::Style, what: &str, message: impl fmt::Display) {
        self.progress.clear();
        // A closed standard error leaves nobody to tell; the exit code still does.
        let _ = writeln!(style::styled_errors(self.color), "{style}{what}:{style:#} {message}");
    }
}

/// Tells wrong usage that the argument parser cannot see.
pub(crate) fn usage(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}\n\nFor more information, try '--help'.");
    ExitCode::from(exit::USAGE)
}
