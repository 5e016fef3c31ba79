//! Why a transfer did not come to its end, in words that say what to do about it.

use std::io;

use thiserror::Error;

use super::name::printable;
use super::pack::PackError;
use super::place::PlaceFault;
use super::unpack::UnpackError;
use crate::stream::StreamError;

/// Why a transfer did not come to its end.
#[derive(Debug, Error)]
pub enum TransferError {
    /// The connection, or the way to it.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The toolbox lacks programs.
    #[error(
        "the image of the session lacks {tools}: use one that has them, as busybox does (--toolbox, --image)"
    )]
    Tools {
        /// Their names.
        tools: String,
    },
    /// The session sees nothing of the container's files.
    #[error("{said}")]
    NoView {
        /// What the session says.
        said: String,
    },
    /// There is nothing of that name.
    #[error("there is no {path} in the container")]
    Missing {
        /// What was asked for.
        path: String,
    },
    /// It is neither a file nor a folder.
    #[error("{path} is neither a file nor a folder")]
    Special {
        /// What was asked for.
        path: String,
    },
    /// The path cannot be said in an exec.
    #[error("{path} is not UTF-8, as the words of an exec have to be: name the folder that it is in")]
    NotText {
        /// What was asked for.
        path: String,
    },
    /// Something in the container cannot be read.
    #[error("cannot read in the container: {said}")]
    Read {
        /// What the program there says.
        said: String,
    },
    /// The file system there takes no writes.
    #[error("{said}{}", writable(.mounts))]
    ReadOnly {
        /// What the program there says.
        said: String,
        /// Where it may be written.
        mounts: Vec<String>,
    },
    /// Something in the container cannot be written.
    #[error("cannot write in the container: {said}")]
    Write {
        /// What the program there says.
        said: String,
    },
    /// Something else stands in the way.
    #[error("cannot write over what is there: {said}")]
    Exists {
        /// What, and what it is.
        said: String,
    },
    /// Somebody in the container changed the way to it.
    #[error("the way to {path} changed in the container while it was gone: try again")]
    Moved {
        /// The path.
        path: String,
    },
    /// A program there failed.
    #[error("{said} (code {code})")]
    Failed {
        /// What it says.
        said: String,
        /// Its exit code.
        code: u8,
    },
    /// It says more than is kept.
    #[error("the container has too many names for one copy (256 MiB of them): copy its folders one by one")]
    TooMuch,
    /// The names do not fit together.
    #[error("{name}: {fault}")]
    Place {
        /// The destination.
        name: String,
        /// What does not fit.
        fault: PlaceFault,
    },
    /// Something of this machine cannot be read or written.
    #[error("{name}: {source}")]
    Local {
        /// What.
        name: String,
        /// Why not.
        source: io::Error,
    },
    /// What came cannot be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// What is to go cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl TransferError {
    /// One of a closed set.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Stream(_) => "Stream",
            Self::Tools { .. } => "ToolMissing",
            Self::NoView { .. } => "NoView",
            Self::Missing { .. } => "NotFound",
            Self::Special { .. } => "NoFile",
            Self::NotText { .. } => "NotText",
            Self::Read { .. } => "ReadFailed",
            Self::ReadOnly { .. } => "ReadOnly",
            Self::Write { .. } => "WriteFailed",
            Self::Exists { .. } => "Exists",
            Self::Moved { .. } => "Changed",
            Self::Failed { .. } => "CommandFailed",
            Self::TooMuch => "TooMuch",
            Self::Place { .. } => "Destination",
            Self::Local { .. } => "LocalFile",
            Self::Unpack(_) => "Archive",
            Self::Pack(_) => "Archive",
        }
    }

    /// Something of this machine.
    pub(super) fn local(name: &std::path::Path, source: io::Error) -> Self {
        Self::Local { name: name.display().to_string(), source }
    }

    /// What a script's exit code and its words on standard error mean.
    pub(super) fn of_answer(code: u8, errors: &[u8]) -> Self {
        let lines = errors.split(|byte| *byte == b'\n');
        let told = lines.filter_map(|line| line.strip_prefix(b"chandler:")).next_back();
        let whole = printable(errors.trim_ascii());
        match (code, told) {
            (90, Some(told)) => Self::of_told(&printable(told.trim_ascii())),
            (125, Some(told)) => Self::NoView { said: printable(told.trim_ascii()) },
            _ if whole.is_empty() => {
                Self::Failed { said: "a program in the session failed".to_owned(), code }
            }
            _ => Self::Failed { said: whole, code },
        }
    }

    fn of_told(told: &str) -> Self {
        let (reason, said) = told.split_once(':').unwrap_or((told, ""));
        let said = plain(said);
        match reason {
            "Tools" => Self::Tools { tools: said.split_whitespace().collect::<Vec<_>>().join(", ") },
            "Write" if said.contains("Read-only file system") => Self::ReadOnly { said, mounts: Vec::new() },
            "Write" => Self::Write { said },
            "Exists" => Self::Exists { said },
            "Moved" => Self::Moved { path: said },
            "Loop" => Self::Read { said: format!("{said}: too many links") },
            _ => Self::Read { said },
        }
    }
}

/// Without our own names for things.
fn plain(said: &str) -> String {
    let words = said.split(' ').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn writable(mounts: &[String]) -> String {
    match mounts {
        [] => String::new(),
        mounts => format!("; what may be written there is below {}", mounts.join(", ")),
    }
}
