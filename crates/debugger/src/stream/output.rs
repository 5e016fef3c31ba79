//! The way from the command: its output, its errors, and its end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, Message};

use super::frame::{self, Received};
use super::open::Prober;
use super::progress::Progress;
use super::{Ending, StreamError, status};

/// How long the connection may be silent before it is doubted: a server answers a ping every few seconds. Time in which
/// nobody takes the output does not count, since nothing is read then.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a server may take to close a connection after it has told the end.
const GOODBYE: Duration = Duration::from_secs(2);

/// How long a command may say nothing that was not told that its input has ended.
const UNTOLD: Duration = Duration::from_secs(60);

/// How long an open stream may take to say that there is no container. A kubelet says so at once.
const SETTLED: Duration = Duration::from_secs(1);

/// What is done once the command surely runs.
pub(super) type Begun<'b> = Box<dyn FnOnce() + Send + 'b>;

type Writer = Box<dyn AsyncWrite + Send + Unpin>;
type Answer = Option<Result<Message, tungstenite::Error>>;

/// Receives until the end.
pub(super) struct Output<'b, S> {
    /// Where it comes from.
    pub(super) source: S,
    /// Where output goes.
    pub(super) stdout: Writer,
    /// Where errors go.
    pub(super) stderr: Option<Writer>,
    /// What was sent.
    pub(super) progress: Arc<Progress>,
    /// Whether the server answers at all.
    pub(super) is_alive: Prober,
    /// Called once.
    pub(super) begun: Option<Begun<'b>>,
}

/// How far it is.
struct State {
    status: Option<Bytes>,
    has_output: bool,
    is_dirty: bool,
    heard: Option<Instant>,
    settles: Instant,
}

impl<S> Output<'_, S>
where
    S: Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
{
    /// Receives everything, and says how the command ended.
    pub(super) async fn receive(mut self) -> Result<Ending, StreamError> {
        let settles = Instant::now() + SETTLED;
        let (status, heard) = (None, None);
        let mut state = State { status, has_output: false, is_dirty: false, heard, settles };
        while let Some(message) = self.next(&mut state).await? {
            self.take(message, &mut state).await?;
            self.check_input_end(&state)?;
        }
        self.flush().await.map_err(StreamError::of_output)?;
        match state.status.map(|status| status::read(&status)) {
            // It ran, so that nobody may run it again.
            Some(Err(StreamError::NotRunning { .. })) if state.has_output => Err(StreamError::Lost),
            Some(ended) => ended,
            None => Err(StreamError::Lost),
        }
    }

    /// The next message; None: there are no more. Output is flushed as soon as there is nothing to read at once.
    async fn next(&mut self, state: &mut State) -> Result<Option<Message>, StreamError> {
        loop {
            let patience = if state.status.is_some() { GOODBYE } else { SILENCE };
            let answer = tokio::select! {
                biased;
                answer = timeout(patience, self.source.next()) => answer,
                flushed = flush(&mut self.stdout, &mut self.stderr), if state.is_dirty => {
                    flushed.map_err(StreamError::of_output)?;
                    state.is_dirty = false;
                    continue;
                }
                () = sleep_until(state.settles), if self.begun.is_some() && state.status.is_none() => {
                    self.begin();
                    continue;
                }
            };
            match answer {
                Ok(answer) => return Ok(message_of(answer)),
                Err(_) if state.status.is_some() => return Ok(None),
                Err(_) => self.doubt().await?,
            }
        }
    }

    /// Silence is the end of the connection, except where the server may be unable to answer and answers elsewhere.
    async fn doubt(&mut self) -> Result<(), StreamError> {
        if self.progress.is_broken() {
            return Err(StreamError::Lost);
        }
        if self.progress.may_wait_for_the_command() && (self.is_alive)().await {
            return Ok(());
        }
        Err(StreamError::Silent)
    }

    async fn take(&mut self, message: Message, state: &mut State) -> Result<(), StreamError> {
        if let Message::Pong(payload) = message {
            self.progress.take_pong(&payload);
            return Ok(());
        }
        if !matches!(message, Message::Binary(_) | Message::Text(_)) {
            return Ok(());
        }
        state.heard = Some(Instant::now());
        let received = frame::decode(&message.into_data());
        state.has_output |= matches!(received, Received::Output(_) | Received::Errors(_));
        if tells_of_a_command(&received) {
            self.begin();
        }
        match received {
            Received::Output(bytes) => self.stdout.write_all(&bytes).await.map_err(StreamError::of_output)?,
            Received::Errors(bytes) => self.write_errors(&bytes).await.map_err(StreamError::of_output)?,
            Received::Status(bytes) => state.status = Some(bytes),
            Received::Nothing => return Ok(()),
        }
        state.is_dirty = true;
        Ok(())
    }

    fn begin(&mut self) {
        if let Some(begun) = self.begun.take() {
            begun();
        }
    }

    async fn write_errors(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match &mut self.stderr {
            Some(stderr) => stderr.write_all(bytes).await,
            None => Ok(()),
        }
    }

    /// Gives up on a command that waits for what it cannot be told.
    fn check_input_end(&self, state: &State) -> Result<(), StreamError> {
        let Some(ended) = self.progress.input_ended() else { return Ok(()) };
        let quiet_since = state.heard.map_or(ended, |heard| heard.max(ended));
        if state.status.is_none() && quiet_since.elapsed() > UNTOLD {
            return Err(StreamError::InputEndUntold);
        }
        Ok(())
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        flush(&mut self.stdout, &mut self.stderr).await
    }
}

/// Whether there is a container for the command to run in.
fn tells_of_a_command(received: &Received) -> bool {
    match received {
        Received::Output(_) | Received::Errors(_) => true,
        Received::Status(bytes) => {
            matches!(status::read(bytes), Ok(_) | Err(StreamError::CannotRun { .. }))
        }
        Received::Nothing => false,
    }
}

/// A connection that breaks has no more messages, like one that is closed: what counts is whether the end was told.
fn message_of(answer: Answer) -> Option<Message> {
    match answer {
        Some(Ok(Message::Close(_)) | Err(_)) | None => None,
        Some(Ok(message)) => Some(message),
    }
}

async fn flush(stdout: &mut Writer, stderr: &mut Option<Writer>) -> std::io::Result<()> {
    if let Some(stderr) = stderr {
        stderr.flush().await?;
    }
    stdout.flush().await
}
