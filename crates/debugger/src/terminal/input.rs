//! Standard input that can be left alone: a thread reads a piece only when one is wanted, and stops waiting, without having
//! read anything, when nobody wants it any more. So the program can end, and what was not wanted is left for the next.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::mpsc as std_mpsc;
use std::task::{Context, Poll, ready};
use std::thread;

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// Most bytes of a piece.
const PIECE: usize = 64 * 1024;

/// Standard input, or another file, pipe or terminal.
#[derive(Debug)]
pub struct Input {
    wishes: std_mpsc::Sender<()>,
    pieces: mpsc::UnboundedReceiver<io::Result<Bytes>>,
    rest: Bytes,
    is_asked: bool,
    /// Its end is what the thread waits for beside the input.
    _wanted: OwnedFd,
}

impl Input {
    /// Standard input.
    ///
    /// # Errors
    /// It is closed, or there is no thread.
    pub fn standard() -> io::Result<Self> {
        Self::of(io::stdin().as_fd().try_clone_to_owned()?)
    }

    /// Another file, pipe or terminal.
    ///
    /// # Errors
    /// There is no thread, or no pipe.
    pub fn of(file: OwnedFd) -> io::Result<Self> {
        let (abandoned, wanted) = pipe_with(PipeFlags::CLOEXEC)?;
        let (wishes, wished) = std_mpsc::channel();
        let (given, pieces) = mpsc::unbounded_channel();
        let reader = Reader { file, abandoned, wished, given };
        thread::Builder::new().name("input".to_owned()).spawn(move || reader.read_all())?;
        Ok(Self { wishes, pieces, rest: Bytes::new(), is_asked: false, _wanted: wanted })
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            if !self.is_asked {
                // A thread that has gone has seen the end.
                self.is_asked = self.wishes.send(()).is_ok();
            }
            let piece = ready!(self.pieces.poll_recv(context));
            self.is_asked = false;
            self.rest = piece.transpose()?.unwrap_or_default();
        }
        let count = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest.split_to(count));
        Poll::Ready(Ok(()))
    }
}

/// The thread's side.
struct Reader {
    file: OwnedFd,
    abandoned: OwnedFd,
    wished: std_mpsc::Receiver<()>,
    given: mpsc::UnboundedSender<io::Result<Bytes>>,
}

impl Reader {
    fn read_all(self) {
        let mut buffer = vec![0; PIECE];
        for () in &self.wished {
            let piece = match self.read(&mut buffer) {
                Ok(Some(count)) => Ok(Bytes::copy_from_slice(buffer.get(..count).unwrap_or_default())),
                Ok(None) => return,
                Err(error) => Err(error.into()),
            };
            let is_last = piece.as_ref().map_or(true, Bytes::is_empty);
            if self.given.send(piece).is_err() || is_last {
                return;
            }
        }
    }

    /// How much was read; None when nobody wants it any more.
    fn read(&self, buffer: &mut [u8]) -> rustix::io::Result<Option<usize>> {
        loop {
            if !self.is_wanted_and_ready()? {
                return Ok(None);
            }
            match rustix::io::read(&self.file, &mut *buffer) {
                // Others may have made it non-blocking, and may read it too.
                Err(Errno::INTR | Errno::AGAIN) => {}
                read => return read.map(Some),
            }
        }
    }

    fn is_wanted_and_ready(&self) -> rustix::io::Result<bool> {
        let mut files = [PollFd::new(&self.abandoned, PollFlags::IN), PollFd::new(&self.file, PollFlags::IN)];
        loop {
            match poll(&mut files, None) {
                Err(Errno::INTR) => {}
                polled => {
                    polled?;
                    let [abandoned, _] = &files;
                    return Ok(abandoned.revents().is_empty());
                }
            }
        }
    }
}
