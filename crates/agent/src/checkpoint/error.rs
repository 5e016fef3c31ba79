//! Why a checkpoint was not read or written, and what a person can do.

use std::error::Error as _;
use std::io;
use std::iter::successors;
use std::path::PathBuf;

use thiserror::Error;

/// Why a checkpoint was not read or written.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The folder or its lock cannot be made or opened.
    #[error("cannot use the state folder: {path}")]
    Folder {
        /// What was opened.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Two agents would count the same lines.
    #[error("another agent uses the state folder {path}: give each agent its own")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is there, and cannot be opened or read.
    #[error("cannot read the checkpoint {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file was cut or changed.
    #[error(
        "the checkpoint {path} is damaged, as {what}: bring it back from a copy, or move all checkpoints out of its \
         folder to begin anew from the files that are there"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that shows.
        what: &'static str,
    },
    /// A newer agent has written it.
    #[error(
        "the checkpoint {path} has version {version}, which only a newer agent reads: run that one, or move all \
         checkpoints out of the folder to begin anew from the files that are there"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// An older agent has written it, in a form that this one does not read any more.
    #[error(
        "the checkpoint {path} has version {version}, which only an older agent reads: run that one, or move all \
         checkpoints out of the folder to begin anew from the files that are there"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The state of the files has a form that cannot be written.
    #[error("cannot encode a checkpoint for {path}")]
    Encode {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: postcard::Error,
    },
    /// The disk is full, or does not write.
    #[error("cannot write the checkpoint {path}; the one before it stays")]
    Write {
        /// What was written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl CheckpointError {
    /// With what lies below it, for the log: that the disk is full is said there only.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let causes = successors(self.source(), |cause| (*cause).source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }

    /// From a closed set, for a metric's label.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "folder",
            Self::InUse { .. } => "in_use",
            Self::Read { .. } => "read",
            Self::Damaged { .. } => "damaged",
            Self::Newer { .. } => "newer",
            Self::Older { .. } => "older",
            Self::Encode { .. } => "encode",
            Self::Write { .. } => "write",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_named_below_what_failed() {
        let source = io::Error::from_raw_os_error(28);
        let error = CheckpointError::Write { path: "/state/checkpoint.0".into(), source };
        let said = error.with_causes();
        assert!(said.starts_with("cannot write the checkpoint /state/checkpoint.0; "), "{said}");
        assert!(said.contains(": No space left on device"), "{said}");
    }
}
