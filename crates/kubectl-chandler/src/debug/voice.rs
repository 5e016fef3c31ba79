//! What is said to the person while a session is had: on standard error, never among a command's output.

use std::fmt;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::args::Color;
use crate::style;

/// Says things, or keeps them for the outcome.
#[derive(Debug)]
pub(crate) struct Voice {
    color: Color,
    /// Notes are not said.
    quiet: bool,
    /// Ahead of each line, where several pods speak.
    prefix: String,
    notes: Mutex<Vec<String>>,
    /// Whether a line is on the terminal that the next takes the place of.
    shows_progress: Mutex<bool>,
}

impl Voice {
    /// A voice that has said nothing.
    pub(crate) fn new(color: Color, quiet: bool, prefix: &str) -> Self {
        let (notes, shows_progress) = (Mutex::default(), Mutex::new(false));
        Self { color, quiet, prefix: prefix.to_owned(), notes, shows_progress }
    }

    /// Something that somebody should know.
    pub(crate) fn note(&self, message: impl fmt::Display) {
        let message = message.to_string();
        if !self.quiet {
            self.say(style::ATTENTION, "note: ", &message);
        }
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    /// What goes on, of no use later.
    pub(crate) fn remark(&self, message: impl fmt::Display) {
        if !self.quiet {
            self.say(style::FAINT, "", &message.to_string());
        }
    }

    /// What did not work.
    pub(crate) fn complain(&self, message: impl fmt::Display) {
        self.say(style::BAD, "error: ", &message.to_string());
    }

    /// A line that belongs to what did not work.
    pub(crate) fn say_plainly(&self, message: impl fmt::Display) {
        self.say(anstyle::Style::new(), "", &message.to_string());
    }

    /// All notes.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a line can take the place of the one before.
    pub(crate) fn is_watched(&self) -> bool {
        style::is_watched() && self.prefix.is_empty()
    }

    /// What is being waited for: a line that the next takes the place of.
    pub(crate) fn progress(&self, message: impl fmt::Display) {
        if self.quiet {
            return;
        }
        let message = style::printable(&message.to_string());
        if !self.is_watched() {
            return self.say(style::FAINT, "", &message);
        }
        *self.shows_progress.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let faint = style::FAINT;
        // A terminal that has gone away needs no progress.
        let _ = write!(style::styled_errors(self.color), "\r\x1b[K{faint}{message}{faint:#}");
    }

    /// Takes that line off the terminal.
    pub(crate) fn clear(&self) {
        if std::mem::take(&mut *self.shows_progress.lock().unwrap_or_else(PoisonError::into_inner)) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    /// A message may quote what the cluster says: only its ends of lines do something on a terminal.
    fn say(&self, style: anstyle::Style, what: &str, message: &str) {
        self.clear();
        let prefix = &self.prefix;
        let lines: Vec<_> = message.lines().map(style::printable).collect();
        let message = lines.join("\n");
        let _ = writeln!(style::styled_errors(self.color), "{prefix}{style}{what}{style:#}{message}");
    }
}
