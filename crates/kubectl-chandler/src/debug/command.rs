//! This side of a command: what it reads, where its output goes, and the terminal, whatever the number of tries.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use chandler_debugger::record::Recording;
use chandler_debugger::stream::{Io, Size};
use chandler_debugger::terminal::{self, Input, Output, RawTerminal, TerminalError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use super::failure::Failure;
use super::lines::{Kept, PrefixedLines};
use super::replay::Replay;
use super::request::Manner;

type Reader = Box<dyn AsyncRead + Send + Unpin>;
type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// This side of a command.
pub(crate) struct Channels {
    stdin: Option<Replay>,
    stdout: Shared<Writer>,
    stderr: Option<Shared<Writer>>,
    recording: Option<Recording>,
    has_terminal: bool,
    /// Raw from when the command begins.
    raw: Mutex<Option<Result<RawTerminal, TerminalError>>>,
}

/// Where a command's output goes.
#[derive(Debug, Clone)]
pub(crate) enum Outlet {
    /// To our own standard output and error.
    Own,
    /// The same, each line with this ahead.
    Prefixed(String),
    /// Nowhere: it is kept.
    Kept(Kept, Kept),
}

impl Channels {
    /// Nothing is read of a terminal, and nothing is written, before the command begins.
    ///
    /// # Errors
    /// Standard input or output is closed.
    pub(crate) fn new(
        manner: Manner,
        outlet: &Outlet,
        recording: Option<Recording>,
    ) -> Result<Self, Failure> {
        let opened = outlet.open().map_err(|source| Failure::Streams { source });
        let (stdout, stderr) = opened?;
        let (stdout, stderr) = match &recording {
            Some(recording) => (recorded(recording, stdout), recorded(recording, stderr)),
            None => (stdout, stderr),
        };
        let stdin = manner.stdin.then(Input::standard).transpose();
        let stdin = stdin.map_err(|source| Failure::Streams { source })?;
        Ok(Self {
            stdin: stdin.map(|stdin| Replay::new(Box::new(stdin), manner.terminal)),
            stdout: Shared::new(stdout),
            stderr: (!manner.terminal).then(|| Shared::new(stderr)),
            recording,
            has_terminal: manner.terminal,
            raw: Mutex::default(),
        })
    }

    /// For one try.
    ///
    /// # Errors
    /// The size of the terminal cannot be watched.
    pub(crate) fn io(&self) -> Result<Io, Failure> {
        Ok(Io {
            stdin: self.stdin.as_ref().map(|stdin| Box::new(stdin.reader()) as Reader),
            stdout: Box::new(self.stdout.clone()),
            stderr: self.stderr.clone().map(|stderr| Box::new(stderr) as Writer),
            sizes: if self.has_terminal { Some(self.sizes()?) } else { None },
        })
    }

    fn sizes(&self) -> Result<mpsc::Receiver<Size>, Failure> {
        let sizes = terminal::sizes()?;
        Ok(match &self.recording {
            Some(recording) => recording.sizes(sizes),
            None => sizes,
        })
    }

    /// Whether another try would read what this one has read.
    pub(crate) fn is_whole(&self) -> bool {
        self.stdin.as_ref().is_none_or(Replay::is_whole)
    }

    /// The command begins.
    pub(crate) fn begin(&self) {
        if self.has_terminal {
            *self.raw() = Some(RawTerminal::enter());
        }
        self.stdin.iter().for_each(Replay::begin);
    }

    /// It has not begun after all: the terminal is as it was until it does.
    pub(crate) fn pause(&self) {
        *self.raw() = None;
        self.stdin.iter().for_each(Replay::pause);
    }

    fn raw(&self) -> MutexGuard<'_, Option<Result<RawTerminal, TerminalError>>> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the command's output goes, for output that comes another way.
    pub(crate) fn output(&self) -> impl AsyncWrite + Send + Unpin + use<> {
        self.stdout.clone()
    }

    /// The command has ended: the terminal is as it was.
    ///
    /// # Errors
    /// The terminal could not be made raw, or the recording is not whole.
    pub(crate) fn end(&self) -> Result<(), Failure> {
        self.raw().take().transpose()?;
        self.recording.as_ref().map_or(Ok(()), Recording::check)?;
        Ok(())
    }
}

impl Outlet {
    fn open(&self) -> io::Result<(Writer, Writer)> {
        Ok(match self {
            Self::Own => (Box::new(Output::standard()?), Box::new(Output::errors()?)),
            Self::Prefixed(prefix) => (prefixed(prefix, io::stdout()), prefixed(prefix, io::stderr())),
            Self::Kept(stdout, stderr) => (Box::new(stdout.clone()), Box::new(stderr.clone())),
        })
    }
}

fn recorded(recording: &Recording, output: Writer) -> Writer {
    Box::new(recording.output(output))
}

fn prefixed<W: io::Write + Send + 'static>(prefix: &str, output: W) -> Writer {
    Box::new(PrefixedLines::new(prefix, Arc::new(Mutex::new(output))))
}

/// One end for several tries, of which only one uses it.
struct Shared<T>(Arc<Mutex<T>>);

impl<T> Shared<T> {
    fn new(inner: T) -> Self {
        Self(Arc::new(Mutex::new(inner)))
    }

    fn with<R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Shared<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|inner| Pin::new(inner).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| Pin::new(inner).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|inner| Pin::new(inner).poll_shutdown(context))
    }
}
