//! Both directions at once, until the command's end.

use std::pin::pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};

use super::input::{Input, InputError};
use super::open::{Connection, Prober};
use super::output::{Begun, Output};
use super::progress::Progress;
use super::{Ending, Io, StreamError};

/// Carries everything over an open connection.
pub(super) async fn carry<S>(
    connection: Connection<S>,
    io: Io,
    is_alive: Prober,
    begun: Begun<'_>,
) -> Result<Ending, StreamError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let progress = Arc::new(Progress::default());
    let (sink, source) = connection.socket.split();
    let output = Output {
        source,
        stdout: io.stdout,
        stderr: io.stderr,
        progress: Arc::clone(&progress),
        is_alive,
        begun: Some(begun),
    };
    let input = Input {
        sink,
        stdin: io.stdin,
        sizes: io.sizes,
        has_close: connection.has_close,
        progress: Arc::clone(&progress),
    };
    let mut received = pin!(output.receive());
    tokio::select! {
        biased;
        ended = &mut received => return ended,
        error = input.send() => match error {
            InputError::Read(error) => return Err(StreamError::Input(error)),
            InputError::Send => progress.set_broken(),
        },
    }
    // What cannot be written to can still be read: a command that ended early has told so, and its output is there.
    received.await
}

#[cfg(test)]
mod tests;
