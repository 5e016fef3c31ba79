//! The session container, as a place where scripts run: asked for an answer, or with a stream to and from a thread of
//! this machine that reads or writes it.

use std::io::{self, PipeReader, PipeWriter};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::unix::pipe;

use super::error::TransferError;
use super::words::{Owner, Script, words};
use crate::stream::{self, Call, Destination, Ending, Io, StreamError};

/// A longer answer is none: what would be made of a part of it looks whole. In bytes.
const LONGEST_ANSWER: usize = 256 * 1024 * 1024;

/// Of what programs complain about this much is kept, in bytes.
const LONGEST_COMPLAINT: usize = 64 * 1024;

/// Where scripts run.
pub trait Remote {
    /// Runs words with streams.
    fn run(&self, words: Vec<String>, io: Io) -> impl Future<Output = Result<Ending, StreamError>>;
}

/// A container of a pod.
#[derive(Clone)]
pub struct Container {
    /// The cluster.
    pub client: kube::Client,
    /// The container.
    pub destination: Destination,
}

impl Remote for Container {
    async fn run(&self, words: Vec<String>, io: Io) -> Result<Ending, StreamError> {
        stream::run(&self.client, &self.destination, &Call::Exec(words), io).await
    }
}

/// A session, and whose files are meant in it.
#[derive(Debug, Clone, Copy)]
pub struct Session<'s, R> {
    /// Where scripts run.
    pub remote: &'s R,
    /// Whose files are meant.
    pub owner: &'s Owner,
}

/// What a script said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u8,
    pub(super) output: Vec<u8>,
    pub(super) errors: Vec<u8>,
}

impl Answer {
    /// Its output where it went well.
    pub(super) fn good(self) -> Result<Vec<u8>, TransferError> {
        if self.code == 0 { Ok(self.output) } else { Err(TransferError::of_answer(self.code, &self.errors)) }
    }
}

impl<R: Remote> Session<'_, R> {
    /// Runs a script that reads `input`, and keeps what it says.
    pub(super) async fn ask(
        &self,
        (script, arguments): (Script, &[&[u8]]),
        input: Vec<u8>,
    ) -> Result<Answer, TransferError> {
        let output = Kept::new(LONGEST_ANSWER);
        let stdin: Box<dyn AsyncRead + Send + Unpin> = Box::new(io::Cursor::new(input));
        let (code, errors) = self.stream((script, arguments), Some(stdin), Box::new(output.clone())).await?;
        let (output, is_whole) = output.take();
        if is_whole { Ok(Answer { code, output, errors }) } else { Err(TransferError::TooMuch) }
    }

    /// The same for a line of [`super::words`].
    pub(super) async fn ask_line(
        &self,
        (script, arguments): (Script, Vec<Vec<u8>>),
        input: Vec<u8>,
    ) -> Result<Answer, TransferError> {
        self.ask((script, &borrowed(&arguments)), input).await
    }

    /// Runs a script with streams; its exit code and its complaints.
    pub(super) async fn stream(
        &self,
        (script, arguments): (Script, &[&[u8]]),
        stdin: Option<Box<dyn AsyncRead + Send + Unpin>>,
        stdout: Box<dyn AsyncWrite + Send + Unpin>,
    ) -> Result<(u8, Vec<u8>), TransferError> {
        let errors = Kept::new(LONGEST_COMPLAINT);
        let stderr: Box<dyn AsyncWrite + Send + Unpin> = Box::new(errors.clone());
        let io = Io { stdin, stdout, stderr: Some(stderr), sizes: None };
        let ending = self.remote.run(words(self.owner, script, arguments)?, io).await?;
        Ok((ending.code, errors.take().0))
    }

    /// Runs a script whose output a thread reads; what both came to. The thread sees the end of its input where the
    /// stream is lost.
    pub(super) async fn fetch<T: Send + 'static>(
        &self,
        (script, arguments): (Script, Vec<Vec<u8>>),
        input: Vec<u8>,
        read: impl FnOnce(PipeReader) -> T + Send + 'static,
    ) -> Result<(Result<(u8, Vec<u8>), TransferError>, T), TransferError> {
        let (reader, writer) = io::pipe().map_err(pipe_failed)?;
        let writer = pipe::Sender::from_owned_fd(writer.into()).map_err(pipe_failed)?;
        let thread = tokio::task::spawn_blocking(move || read(reader));
        let stdin: Box<dyn AsyncRead + Send + Unpin> = Box::new(io::Cursor::new(input));
        let ran = self.stream((script, &borrowed(&arguments)), Some(stdin), Box::new(writer)).await;
        Ok((ran, joined(thread.await)?))
    }

    /// Runs a script whose input a thread writes; what both came to.
    pub(super) async fn send<T: Send + 'static>(
        &self,
        (script, arguments): (Script, Vec<Vec<u8>>),
        write: impl FnOnce(PipeWriter) -> T + Send + 'static,
    ) -> Result<(Result<(u8, Vec<u8>), TransferError>, T), TransferError> {
        let (reader, writer) = io::pipe().map_err(pipe_failed)?;
        let reader = pipe::Receiver::from_owned_fd(reader.into()).map_err(pipe_failed)?;
        let thread = tokio::task::spawn_blocking(move || write(writer));
        let stdin: Box<dyn AsyncRead + Send + Unpin> = Box::new(reader);
        let ran =
            self.stream((script, &borrowed(&arguments)), Some(stdin), Box::new(tokio::io::sink())).await;
        Ok((ran, joined(thread.await)?))
    }
}

fn borrowed(arguments: &[Vec<u8>]) -> Vec<&[u8]> {
    arguments.iter().map(Vec::as_slice).collect()
}

fn pipe_failed(source: io::Error) -> TransferError {
    TransferError::Local { name: "a pipe".to_owned(), source }
}

fn joined<T>(thread: Result<T, tokio::task::JoinError>) -> Result<T, TransferError> {
    thread.map_err(|error| TransferError::Local {
        name: "a thread".to_owned(),
        source: io::Error::other(error),
    })
}

/// Keeps what is written to it, up to a length; what is more is dropped.
#[derive(Clone)]
struct Kept {
    bytes: Arc<Mutex<(Vec<u8>, bool)>>,
    longest: usize,
}

impl Kept {
    fn new(longest: usize) -> Self {
        Self { bytes: Arc::new(Mutex::new((Vec::new(), true))), longest }
    }

    /// What was kept, and whether that is all.
    fn take(&self) -> (Vec<u8>, bool) {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut kept.0), kept.1)
    }
}

impl AsyncWrite for Kept {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut kept = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let (kept, is_whole) = &mut *kept;
        let space = self.longest.saturating_sub(kept.len());
        *is_whole &= bytes.len() <= space;
        kept.extend_from_slice(bytes.get(..space).unwrap_or(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test]
    async fn answer_that_was_cut_is_known() {
        let mut kept = Kept::new(4);
        kept.write_all(b"abcd").await.unwrap();
        assert_eq!(kept.clone().take(), (b"abcd".to_vec(), true));
        kept.write_all(b"abcde").await.unwrap();
        assert_eq!(kept.take(), (b"abcd".to_vec(), false));
    }
}
