//! What is wrong with a template, and where in its document.

use std::fmt;

pub use chandler_template::Segment;

/// One thing that is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the template's document, from its root: `spec`, `patches`, `0`, …
    pub path: Vec<Segment>,
    /// What is wrong, in words.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(path: &[Segment], message: impl fmt::Display) -> Self {
        Self { path: path.to_vec(), message: message.to_string() }
    }

    /// The same problem, of a part that stands at `prefix` in the document.
    pub(crate) fn under(mut self, prefix: &[Segment]) -> Self {
        self.path.splice(0..0, prefix.iter().cloned());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = chandler_template::format_path(&self.path);
        write!(formatter, "{path}: {}", self.message)
    }
}

/// A path in a document, from keys and indices: `at!["spec", "patches", 0]`.
macro_rules! at {
    ($($segment:expr),* $(,)?) => { [$($crate::template::segment($segment)),*] };
}
pub(crate) use at;

/// Makes a segment of a key or an index.
pub(crate) fn segment(from: impl Into<Place>) -> Segment {
    match from.into() {
        Place::Key(key) => Segment::Key(key),
        Place::Index(index) => Segment::Index(index),
    }
}

/// What a segment is made of.
pub(crate) enum Place {
    Key(String),
    Index(usize),
}

impl From<&str> for Place {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Place {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}
