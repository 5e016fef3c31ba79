//! What a command reads, over several tries to run it. A server may take input for a container that does not run yet, so
//! what was read is kept until the command has surely begun, and the next try reads it again.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, ReadBuf};

type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// About how many bytes are kept. More is read once the command has begun.
const MOST: usize = 256 * 1024;

/// What a command reads. Clones are the same.
#[derive(Clone)]
pub(crate) struct Replay(Arc<Mutex<State>>);

struct State {
    source: Reader,
    /// A person types it: nothing is read before the command has begun.
    is_typed: bool,
    has_begun: bool,
    has_ended: bool,
    /// What was read; none once some of it is lost.
    kept: Option<Vec<u8>>,
    /// Waits for the beginning.
    waiting: Option<Waker>,
}

impl Replay {
    /// Of this source; `is_typed` where a person is at it.
    pub(crate) fn new(source: Reader, is_typed: bool) -> Self {
        let (kept, waiting) = (Some(Vec::new()), None);
        let (has_begun, has_ended) = (false, false);
        Self(Arc::new(Mutex::new(State { source, is_typed, has_begun, has_ended, kept, waiting })))
    }

    /// All of it, from the beginning. Of several, one is read.
    pub(crate) fn reader(&self) -> impl AsyncRead + Send + Unpin + use<> {
        Try { replay: self.clone(), place: 0 }
    }

    /// The command has begun: what is read from now on is not kept.
    pub(crate) fn begin(&self) {
        let mut state = self.state();
        state.has_begun = true;
        if let Some(waiting) = state.waiting.take() {
            waiting.wake();
        }
    }

    /// It has not after all.
    pub(crate) fn pause(&self) {
        self.state().has_begun = false;
    }

    /// Whether another try would read all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.state().kept.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_to_wait(&self) -> bool {
        !self.has_begun && (self.is_typed || self.kept.as_ref().is_some_and(|kept| kept.len() >= MOST))
    }

    fn keep(&mut self, piece: &[u8]) {
        match &mut self.kept {
            _ if piece.is_empty() => self.has_ended = true,
            _ if self.has_begun => self.kept = None,
            Some(kept) => kept.extend_from_slice(piece),
            None => {}
        }
    }
}

/// One try's reader.
struct Try {
    replay: Replay,
    /// How much of what is kept it has read.
    place: usize,
}

impl AsyncRead for Try {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let replay = self.replay.clone();
        let mut state = replay.state();
        let rest = state.kept.as_ref().and_then(|kept| kept.get(self.place..)).unwrap_or_default();
        let piece = rest.get(..rest.len().min(into.remaining())).unwrap_or_default();
        if !piece.is_empty() {
            into.put_slice(piece);
            self.place += piece.len();
            return Poll::Ready(Ok(()));
        }
        if state.has_ended {
            return Poll::Ready(Ok(()));
        }
        if state.has_to_wait() {
            state.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        let before = into.filled().len();
        std::task::ready!(Pin::new(&mut state.source).poll_read(context, into))?;
        let piece = into.filled().get(before..).unwrap_or_default();
        self.place += piece.len();
        state.keep(piece);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    async fn read(reader: &mut (impl AsyncRead + Unpin), count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn each_try_reads_all_of_it_and_its_end() {
        let (mut typed, source) = duplex(64);
        let replay = Replay::new(Box::new(source), false);
        typed.write_all(b"one ").await.unwrap();
        assert_eq!(read(&mut replay.reader(), 4).await, b"one ");
        typed.write_all(b"two").await.unwrap();
        drop(typed);
        for _ in 0..2 {
            let mut all = String::new();
            replay.reader().read_to_string(&mut all).await.unwrap();
            assert_eq!(all, "one two");
        }
    }

    #[tokio::test]
    async fn what_was_read_by_a_command_that_had_begun_is_not_read_again() {
        let replay = Replay::new(Box::new(tokio::io::repeat(b'y')), false);
        let mut reader = replay.reader();
        read(&mut reader, 3).await;
        replay.begin();
        assert!(replay.is_whole(), "nothing was read since");
        read(&mut reader, 1).await;
        assert!(!replay.is_whole());
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_is_kept_waits_for_the_beginning() {
        let replay = Replay::new(Box::new(tokio::io::repeat(b'y')), false);
        let mut reader = replay.reader();
        read(&mut reader, MOST).await;
        assert!(replay.is_whole());
        tokio::time::timeout(LONG, reader.read_u8()).await.unwrap_err();
        replay.begin();
        assert_eq!(reader.read_u8().await.unwrap(), b'y');
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_typed_is_left_alone_until_the_command_begins() {
        let replay = Replay::new(Box::new(tokio::io::repeat(b'y')), true);
        let mut reader = replay.reader();
        tokio::time::timeout(LONG, reader.read_u8()).await.unwrap_err();
        let reading = tokio::spawn(async move { reader.read_u8().await });
        tokio::task::yield_now().await;
        replay.begin();
        assert_eq!(reading.await.unwrap().unwrap(), b'y');
        assert!(!replay.is_whole());
    }
}
