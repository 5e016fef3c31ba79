//! Carries a command's input, output and end over one connection to the API server.
//!
//! The connection is a WebSocket with Kubernetes' remote command protocol. Its two directions are independent of each
//! other: one that stands still holds only a few buffers, and never the other. What is written is written whole before
//! the end is told, and a connection that goes away, or falls silent, is an error and no end.

mod carry;
mod error;
mod frame;
mod input;
mod open;
mod output;
mod progress;
mod status;

use kube::Client;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use carry::carry;
pub use error::StreamError;
use open::{open, prober, request};

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
    /// What the command reads; None: nothing. Its end is the end of the command's input.
    pub stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Where its output goes.
    pub stdout: Box<dyn AsyncWrite + Send + Unpin>,
    /// Where its errors go; None with a terminal. Without both, its errors are dropped.
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

/// Opens the stream, carries everything, and says how the command ended. Dropping the future ends the connection; the
/// command is not killed by that, but finds its input ended and nobody at its output.
///
/// On a connection of version 4, which servers before 1.30 speak, the end of the input cannot be told: with a terminal
/// Ctrl-D is sent instead; without one the command keeps an open input, its output is carried as long as there is some,
/// and after a minute without any the stream ends with [`StreamError::InputEndUntold`].
///
/// containerd tells no end of a command that ends while more than a pipe's worth (64 KiB) of its input is unread, whoever
/// asks: a command that may give up early has to read the rest, as `|| { cat >/dev/null; exit 1; }` does.
///
/// A client whose `write_timeout` is set loses the stream when the command reads nothing for so long: set none.
///
/// # Errors
/// The stream cannot be opened, or is lost.
pub async fn run(client: &Client, to: &Destination, call: &Call, io: Io) -> Result<Ending, StreamError> {
    run_telling(client, (to, call), io, || ()).await
}

/// As [`run`]; `begun` is called once the command surely runs, before any of its output is written: with its first output,
/// with its end, or when the stream has been open for a second. That it is open says nothing: API servers from 1.30 on open
/// it before they ask the kubelet, and tell with [`StreamError::NotRunning`] later that the container does not run. Input is
/// read and sent before the command has begun; whoever tries again has to keep it.
///
/// # Errors
/// The stream cannot be opened, or is lost.
pub async fn run_telling(
    client: &Client,
    (to, call): (&Destination, &Call),
    io: Io,
    begun: impl FnOnce() + Send,
) -> Result<Ending, StreamError> {
    let request = request(to, call, &io)?;
    let connection = open(client, request).await?;
    carry(connection, io, prober(client.clone()), Box::new(begun)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_can_be_spawned() {
        fn spawnable(_: impl Send) {}
        let run = |client: Client, to: Destination, io: Io| {
            spawnable(async move { run(&client, &to, &Call::Attach, io).await });
        };
        // That it compiles is what counts: it is not called.
        let _ = run;
    }
}
