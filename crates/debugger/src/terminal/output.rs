//! Standard output that holds nobody up: a thread writes, and takes all that there is at once. It has room for a while, and
//! then whoever writes has to wait.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::io::AsyncWrite;

/// Most bytes that wait to be written.
const ROOM: usize = 256 * 1024;

/// Standard output or standard error, or another file, pipe or terminal. What is not flushed when it is dropped is still
/// written if the program lives so long.
#[derive(Debug)]
pub struct Output {
    shared: Arc<Shared>,
}

impl Output {
    /// Standard output.
    ///
    /// # Errors
    /// It is closed, or there is no thread.
    pub fn standard() -> io::Result<Self> {
        Self::of(io::stdout().as_fd().try_clone_to_owned()?)
    }

    /// Standard error.
    ///
    /// # Errors
    /// It is closed, or there is no thread.
    pub fn errors() -> io::Result<Self> {
        Self::of(io::stderr().as_fd().try_clone_to_owned()?)
    }

    /// Another file, pipe or terminal.
    ///
    /// # Errors
    /// There is no thread.
    pub fn of(file: OwnedFd) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("output".to_owned()).spawn(move || theirs.write_all(&file))?;
        Ok(Self { shared })
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock();
        state.check()?;
        let count = bytes.len().min(ROOM.saturating_sub(state.waiting.len()));
        if count == 0 && !bytes.is_empty() {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.waiting.extend_from_slice(bytes.get(..count).unwrap_or_default());
        self.shared.changed.notify_one();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        state.check()?;
        if state.waiting.is_empty() && !state.is_writing {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_one();
    }
}

/// Between whoever writes and the thread.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    is_writing: bool,
    is_closed: bool,
    error: Option<Errno>,
    writer: Option<Waker>,
}

impl State {
    fn check(&self) -> io::Result<()> {
        self.error.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: until nobody writes any more, or nothing can be written.
    fn write_all(&self, file: &OwnedFd) {
        let mut bytes = Vec::new();
        while self.take(&mut bytes) {
            let error = write(file, &bytes).err();
            self.tell(error);
            if error.is_some() {
                return;
            }
        }
    }

    /// Waits for bytes and takes them all; false when there will be none.
    fn take(&self, bytes: &mut Vec<u8>) -> bool {
        bytes.clear();
        let is_idle = |state: &mut State| state.waiting.is_empty() && !state.is_closed;
        let mut state = self.changed.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut state.waiting, bytes);
        state.is_writing = !bytes.is_empty();
        if let Some(writer) = state.writer.take_if(|_| !bytes.is_empty()) {
            writer.wake();
        }
        state.is_writing
    }

    fn tell(&self, error: Option<Errno>) {
        let mut state = self.lock();
        state.is_writing = false;
        state.error = error;
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
    }
}

/// Writes everything, also where others have made the file non-blocking.
fn write(file: &OwnedFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(file, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_for_room(file)?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn wait_for_room(file: &OwnedFd) -> rustix::io::Result<()> {
    match poll(&mut [PollFd::new(file, PollFlags::OUT)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error),
    }
}
