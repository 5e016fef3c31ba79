//! Finds log files, follows them through every kind of rotation, and gives each line exactly once.
//!
//! `pattern` says which names are meant, `source` reads plain and compressed files alike, `fingerprint` tells by
//! bytes what a file holds, `content` is what was read of it and is saved, `settle` decides which file holds which
//! content, `verification` whether it still does, `lines` splits bytes, `ending` says when a file is over, and `follower`
//! brings them together: look, then read.

mod backlog;
#[cfg(test)]
mod cases;
mod content;
mod ending;
mod fingerprint;
mod follower;
mod lines;
#[cfg(test)]
mod model;
mod pattern;
mod reading;
mod settle;
mod source;
mod tracked;
mod trouble;
mod verification;
mod whole;

use std::path::Path;
use std::time::{Duration, SystemTime};

pub use backlog::Backlog;
pub use content::{SavedContent, SavedFiles};
pub use follower::Follower;
pub use pattern::{PathPattern, PatternError};
pub use source::FileId;
pub use trouble::Trouble;
pub use whole::read_lines;

use crate::observation::Reason;

/// What is followed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowOptions {
    /// Names of the files.
    pub paths: Vec<PathPattern>,
    /// Longest line in bytes, without its end. A longer one is dropped and told as [`Reason::TooLong`].
    pub max_line: usize,
    /// Whether bytes that are no UTF-8 become U+FFFD; else their line is told as [`Reason::NotUtf8`].
    pub replace_invalid_utf8: bool,
    /// Where files are read from that are there at the very first start, before anything was saved.
    pub start: Start,
    /// How long a program may go on writing to a file that was renamed or deleted.
    pub grace: Duration,
    /// Most descriptors that are kept open. A deleted file that still has something to read keeps its own in any case.
    pub max_open: usize,
}

impl FollowOptions {
    /// Follows these names from the beginning, with lines of up to 1 MiB, 30 seconds of grace and 512 descriptors.
    #[must_use]
    pub fn new(paths: Vec<PathPattern>) -> Self {
        Self {
            paths,
            max_line: 1 << 20,
            replace_invalid_utf8: true,
            start: Start::Beginning,
            grace: Duration::from_secs(30),
            max_open: 512,
        }
    }
}

/// Where files are read from that are there at the very first start. Whatever appears later is read as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// From their first line.
    #[default]
    Beginning,
    /// From their end.
    End,
}

/// One line, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where its file lies now.
    pub path: &'a Path,
    /// Its text without the end of the line, never empty; or [`Reason::TooLong`], [`Reason::NotUtf8`] or
    /// [`Reason::NulBytes`], once for the line.
    pub text: Result<&'a str, Reason>,
}

/// What one call of [`Follower::read`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOutcome {
    /// Bytes that were read over, decompressed.
    pub bytes: u64,
    /// Lines that were given, those among them without a text too.
    pub lines: u64,
    /// Whether there is more to read now.
    pub more: bool,
}

/// How far reading is behind, as of the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// Bytes that were not read yet; of compressed files, their compressed size.
    pub bytes: u64,
    /// Files that have some.
    pub files: u64,
    /// When the oldest of these files was written to for the last time.
    pub oldest: Option<SystemTime>,
}

/// Milliseconds since 1970, as times are kept everywhere here.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
