//! Why a stream did not come to its end.

use std::io;

use thiserror::Error;

/// 128 and SIGPIPE: what a shell sees of a program whose reader went away.
const READER_GONE: u8 = 141;

/// Why a stream did not come to its end.
#[derive(Debug, Error)]
pub enum StreamError {
    /// No connection to the API server, or no answer in time.
    #[error("the API server cannot be reached: {message}")]
    Unreachable {
        /// What went wrong.
        message: String,
    },
    /// The API server does not know who asks.
    #[error("the API server does not accept the credentials: {message}")]
    Unauthorized {
        /// The API server's words.
        message: String,
    },
    /// Whoever asks may not.
    #[error("not allowed: {message}")]
    Forbidden {
        /// The API server's words.
        message: String,
    },
    /// There is no such pod.
    #[error("not found: {message}")]
    NotFound {
        /// The API server's words.
        message: String,
    },
    /// The kubelet knows no such running container: not yet, or not any more.
    #[error("the container does not run: {message}")]
    NotRunning {
        /// The kubelet's words.
        message: String,
    },
    /// Another refusal of the API server, the kubelet or the container runtime.
    #[error("refused: {message}")]
    Refused {
        /// Their words.
        message: String,
    },
    /// The container runs, the command cannot.
    #[error("cannot run the command: {message}")]
    CannotRun {
        /// The container runtime's words.
        message: String,
        /// 127 where there is no such program, else 126, as shells have it.
        code: u8,
    },
    /// What the command is to read cannot be read.
    #[error("cannot read the command's input")]
    Input(#[source] io::Error),
    /// What the command wrote cannot be written.
    #[error("cannot write the command's output")]
    Output(#[source] io::Error),
    /// Nobody reads what the command writes any more.
    #[error("nobody reads the command's output")]
    OutputGone,
    /// The server speaks version 4 of the protocol, the input has ended, and the command may wait for that for ever.
    #[error("the server cannot tell the command that its input has ended, and the command has fallen silent")]
    InputEndUntold,
    /// The connection went away before the command's end was told.
    #[error("the connection was lost before the command ended")]
    Lost,
    /// The connection is there, and nobody answers.
    #[error("the connection was lost: nothing was heard from the API server, not even an answer to a ping")]
    Silent,
}

impl StreamError {
    /// A word of a closed set.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "Unreachable",
            Self::Unauthorized { .. } => "Unauthorized",
            Self::Forbidden { .. } => "Forbidden",
            Self::NotFound { .. } => "NotFound",
            Self::NotRunning { .. } => "NotRunning",
            Self::Refused { .. } => "Refused",
            Self::CannotRun { .. } => "CannotRun",
            Self::Input(_) => "Input",
            Self::Output(_) => "Output",
            Self::OutputGone => "OutputGone",
            Self::InputEndUntold => "InputEndUntold",
            Self::Lost => "Lost",
            Self::Silent => "Silent",
        }
    }

    /// What a program exits with because of it: 125 where no session could be had, 126 and 127 as shells have them,
    /// 141 where the reader of the output went away, and 255 where a session was lost.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::CannotRun { code, .. } => *code,
            Self::OutputGone => READER_GONE,
            Self::Input(_) | Self::Output(_) | Self::InputEndUntold | Self::Lost | Self::Silent => 255,
            Self::Unreachable { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::NotRunning { .. }
            | Self::Refused { .. } => 125,
        }
    }

    /// What a failed write means: that nobody reads, or something else.
    pub(super) fn of_output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputGone,
            _ => Self::Output(error),
        }
    }
}
