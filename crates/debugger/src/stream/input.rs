//! The way to the command: its input, the sizes of its terminal, and pings.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::{Sink, SinkExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::{self, Message};

use super::Size;
use super::frame::{self, MOST_INPUT};
use super::progress::Progress;

/// How often the server is asked for a sign of life. Also keeps what is on the way from forgetting the connection.
const PING: Duration = Duration::from_secs(5);

/// Why nothing more is sent.
pub(super) enum InputError {
    /// What is to be sent cannot be read.
    Read(io::Error),
    /// The connection takes nothing more.
    Send,
}

impl From<tungstenite::Error> for InputError {
    fn from(_: tungstenite::Error) -> Self {
        Self::Send
    }
}

/// Sends, for as long as it is polled.
pub(super) struct Input<S> {
    /// Where it is sent.
    pub(super) sink: S,
    /// What the command reads, until it has ended.
    pub(super) stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// The sizes of its terminal.
    pub(super) sizes: Option<Receiver<Size>>,
    /// Whether the end of the input can be told.
    pub(super) has_close: bool,
    /// What was sent.
    pub(super) progress: Arc<Progress>,
}

/// What there is to do next.
enum Next {
    Size(Option<Size>),
    Ping,
    Read(io::Result<usize>),
    Flushed(Result<(), tungstenite::Error>),
}

impl<S> Input<S>
where
    S: Sink<Message, Error = tungstenite::Error> + Unpin,
{
    /// Sends everything. Ends only by an error.
    pub(super) async fn send(mut self) -> InputError {
        let Err(error) = self.send_all().await;
        error
    }

    /// Messages go out when there is nothing more to send at once, or when the buffer of the sink is full.
    async fn send_all(&mut self) -> Result<Infallible, InputError> {
        let has_terminal = self.sizes.is_some();
        let mut pings = pings();
        let mut buffer = BytesMut::new();
        let mut is_dirty = false;
        loop {
            let next = tokio::select! {
                biased;
                size = next_size(&mut self.sizes) => Next::Size(size),
                _ = pings.tick() => Next::Ping,
                read = read(&mut self.stdin, &mut buffer) => Next::Read(read),
                flushed = self.sink.flush(), if is_dirty => Next::Flushed(flushed),
            };
            is_dirty = !matches!(next, Next::Flushed(_));
            match next {
                Next::Size(Some(size)) => self.feed(frame::resize(size)).await?,
                Next::Size(None) => self.sizes = None,
                Next::Ping => self.sink.feed(Message::Ping(self.progress.ping())).await?,
                Next::Read(Ok(0)) => self.end_input(has_terminal).await?,
                Next::Read(Ok(bytes)) => {
                    self.progress.add_sent(bytes);
                    self.feed(frame::take_input(&mut buffer)).await?;
                }
                Next::Read(Err(error)) => return Err(InputError::Read(error)),
                Next::Flushed(flushed) => flushed?,
            }
        }
    }

    async fn feed(&mut self, message: Bytes) -> Result<(), tungstenite::Error> {
        self.sink.feed(Message::Binary(message)).await
    }

    /// Tells the command that its input has ended, if that can be told: version 4 has no word for it, but a terminal has.
    async fn end_input(&mut self, has_terminal: bool) -> Result<(), InputError> {
        self.stdin = None;
        if self.has_close || has_terminal {
            self.feed(frame::end_of_input(self.has_close)).await?;
        } else {
            self.progress.set_input_ended();
        }
        Ok(())
    }
}

fn pings() -> Interval {
    let mut pings = interval(PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, and nothing is doubtful yet.
    pings.reset();
    pings
}

async fn next_size(sizes: &mut Option<Receiver<Size>>) -> Option<Size> {
    match sizes {
        Some(sizes) => sizes.recv().await,
        None => std::future::pending().await,
    }
}

/// Adds what can be read to the message in the buffer. Nothing is lost when it is not awaited to its end.
async fn read(
    stdin: &mut Option<Box<dyn AsyncRead + Send + Unpin>>,
    buffer: &mut BytesMut,
) -> io::Result<usize> {
    match stdin {
        Some(stdin) => {
            frame::begin_input(buffer);
            stdin.read_buf(&mut buffer.limit(MOST_INPUT)).await
        }
        None => std::future::pending().await,
    }
}
