//! Why a checkpoint was not read or written, and what a person can do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::VERSION;

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
    /// Another agent has written it, mostly a newer one.
    #[error(
        "the checkpoint {path} has version {version}, and this agent reads version {}: run the one that has written it, \
         or move all checkpoints out of the folder to begin anew from the files that are there",
        VERSION
    )]
    Version {
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
    /// From a closed set, for a metric's label.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "folder",
            Self::InUse { .. } => "in_use",
            Self::Read { .. } => "read",
            Self::Damaged { .. } => "damaged",
            Self::Version { .. } => "version",
            Self::Encode { .. } => "encode",
            Self::Write { .. } => "write",
        }
    }
}
