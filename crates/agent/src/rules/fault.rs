//! What is wrong with a rules file: where, what, and what to do about it. All of it is told at once.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

/// Most faults that are told at once.
const MAX_FAULTS: usize = 100;

/// A position in a file; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Its line, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// Its column in characters, from 1; 0 where the whole file is meant.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}:", self.file)?;
        if self.line > 0 {
            write!(to, "{}:{}:", self.line, self.column)?;
        }
        write!(to, " {}\n    {}", self.message, self.advice)
    }
}

/// Rules that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct RulesError {
    /// Everything that is wrong, at most a hundred things, by file and line.
    pub faults: Vec<Fault>,
}

/// A message and an advice that have no place yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) advice: String,
}

impl Complaint {
    pub(super) fn new(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { message: message.into(), advice: advice.into() }
    }
}

/// Gathers faults of files that are read one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Faults {
    file: String,
    all: Vec<Fault>,
}

impl Faults {
    /// What comes now is about this file.
    pub(super) fn enter(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// The file that is being read.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn add(&mut self, place: Place, complaint: Complaint) {
        if self.all.len() < MAX_FAULTS {
            let Complaint { message, advice } = complaint;
            let file = self.file.clone();
            self.all.push(Fault { file, line: place.line, column: place.column, message, advice });
        }
    }

    /// What it says if it is one, otherwise nothing, and the fault is added.
    pub(super) fn check<T>(&mut self, place: Place, checked: Result<T, Complaint>) -> Option<T> {
        checked.map_err(|complaint| self.add(place, complaint)).ok()
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// `made`, unless something was wrong.
    pub(super) fn into_result<T>(mut self, made: T) -> Result<T, RulesError> {
        if self.all.is_empty() {
            return Ok(made);
        }
        self.all.sort_by(|one, other| {
            (&one.file, one.line, one.column).cmp(&(&other.file, other.line, other.column))
        });
        Err(RulesError { faults: self.all })
    }
}
