//! One operation of a JSON Patch, with its value borrowed from the document after the change.

use serde::Serialize;
use serde_json::Value;

use super::size;

/// An operation of RFC 6902; paths are JSON Pointers. It serializes to the object of the RFC.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation<'a> {
    /// Adds a field to an object, or an item to a list before the index.
    Add {
        /// Where.
        path: String,
        /// What.
        value: &'a Value,
    },
    /// Removes what is there.
    Remove {
        /// Where.
        path: String,
    },
    /// Puts another value in the place of what is there.
    Replace {
        /// Where.
        path: String,
        /// What.
        value: &'a Value,
    },
}

impl Operation<'_> {
    /// Where the operation applies.
    pub fn path(&self) -> &str {
        match self {
            Self::Add { path, .. } | Self::Remove { path } | Self::Replace { path, .. } => path,
        }
    }

    /// How many bytes the operation takes in JSON, with the comma after it.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Remove { path } => r#"{"op":"remove","path":},"#.len().saturating_add(size::of_text(path)),
            Self::Add { path, value } => Self::overhead("add", path).saturating_add(size::of(value)),
            Self::Replace { path, value } => Self::overhead("replace", path).saturating_add(size::of(value)),
        }
    }

    /// How many bytes an operation with a value takes besides the value.
    pub(super) fn overhead(name: &str, path: &str) -> usize {
        let frame = r#"{"op":"","path":,"value":},"#.len();
        frame.saturating_add(name.len()).saturating_add(size::of_text(path))
    }
}
