//! How long a connection may take: little for the header of a request that has begun, much for being idle between two, as
//! long as there is room for others.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long the header of a request may take, and the first byte of the first one.
const HEADER: Duration = Duration::from_secs(10);

/// How long a connection may be idle. Longer than the API server keeps one, which is 90 seconds: it does not repeat a
/// request that it sends while we hang up.
const IDLE: Duration = Duration::from_secs(120);

/// How often a connection is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How long a connection may take to begin, or to send the rest of a request, before its place is given to another.
const GRACE: Duration = Duration::from_secs(1);

/// What a connection does, and since when.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    state: Arc<Mutex<State>>,
    /// Told when another needs the place.
    hang_up: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    since: Instant,
    /// Bytes of a header have come, or should have come by now.
    begun: bool,
    /// Requests that are being answered.
    answering: usize,
    /// Those of them whose bodies have not come whole.
    receiving: usize,
    /// Whether another needs the place.
    ended: bool,
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Answering {
    pace: Pace,
}

/// A request whose body comes in.
#[derive(Debug)]
pub(super) struct Receiving {
    pace: Pace,
}

/// A stream whose reads are noted.
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    pace: Pace,
}

impl Default for Pace {
    fn default() -> Self {
        let state = State { since: Instant::now(), begun: true, answering: 0, receiving: 0, ended: false };
        Self { state: Arc::new(Mutex::new(state)), hang_up: Arc::default() }
    }
}

impl Pace {
    /// A request has come and is answered until that is dropped.
    pub(super) fn answer(&self) -> Answering {
        let mut state = self.state();
        if state.answering == 0 {
            state.since = Instant::now();
        }
        state.answering += 1;
        Answering { pace: self.clone() }
    }

    /// The body of a request that is being answered comes in until that is dropped.
    pub(super) fn receive(&self) -> Receiving {
        self.state().receiving += 1;
        Receiving { pace: self.clone() }
    }

    /// The connection is open: from now on there is time for a header.
    pub(super) fn open(&self) {
        self.state().since = Instant::now();
    }

    /// Waits until the other side takes too long, or another needs the place.
    pub(super) async fn until_too_slow(&self) {
        while !self.state().is_too_slow() {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {},
                () = self.hang_up.notified() => return,
            }
        }
    }

    /// Hangs up.
    pub(super) fn hang_up(&self) {
        self.state().ended = true;
        self.hang_up.notify_one();
    }

    /// Whether it is about to give its place up.
    pub(super) fn is_ended(&self) -> bool {
        self.state().ended
    }

    /// Since when it only takes a place: nothing is being answered, or no more than what does not arrive.
    pub(super) fn useless_since(&self) -> Option<Instant> {
        let state = self.state();
        let (is_idle, is_busy) = (state.answering == 0, state.receiving < state.answering);
        let has_grace = (state.begun || !is_idle) && state.since.elapsed() < GRACE;
        (!is_busy && !has_grace).then_some(state.since)
    }

    fn note_read(&self) {
        let mut state = self.state();
        if state.answering == 0 && !state.begun {
            (state.begun, state.since) = (true, Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_too_slow(&self) -> bool {
        let bound = if self.begun { HEADER } else { IDLE };
        self.answering == 0 && self.since.elapsed() > bound
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.answering = state.answering.saturating_sub(1);
        (state.begun, state.since) = (false, Instant::now());
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.receiving = state.receiving.saturating_sub(1);
    }
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Pace) -> Self {
        Self { stream, pace }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pace.note_read();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    async fn is_ended_within(pace: &Pace, bound: Duration) -> bool {
        timeout(bound, pace.until_too_slow()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn connection_that_never_speaks_is_ended_soon() {
        assert!(is_ended_within(&Pace::default(), HEADER + LOOK).await);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connection_outlives_the_patience_of_the_api_server() {
        let pace = Pace::default();
        drop(pace.answer());
        assert!(!is_ended_within(&pace, Duration::from_secs(100)).await);
        assert!(is_ended_within(&pace, IDLE).await);
    }

    #[tokio::test(start_paused = true)]
    async fn header_that_comes_slowly_is_given_up_and_an_answer_may_take_its_time() {
        let pace = Pace::default();
        let answering = pace.answer();
        assert!(!is_ended_within(&pace, Duration::from_secs(600)).await);
        drop(answering);
        advance(Duration::from_secs(60)).await;
        pace.note_read();
        advance(HEADER / 2).await;
        pace.note_read();
        assert!(is_ended_within(&pace, HEADER / 2 + LOOK).await, "another byte gives no more time");
    }
    #[tokio::test(start_paused = true)]
    async fn place_is_given_up_by_who_is_idle_and_who_sends_no_more_but_not_while_an_answer_is_awaited() {
        let pace = Pace::default();
        assert_eq!(pace.useless_since(), None, "it has just come");
        advance(GRACE).await;
        assert!(pace.useless_since().is_some(), "it says nothing");
        let (answering, receiving) = (pace.answer(), pace.receive());
        assert_eq!(pace.useless_since(), None, "the body is on its way");
        advance(GRACE).await;
        assert!(pace.useless_since().is_some(), "it does not come");
        drop(receiving);
        assert_eq!(pace.useless_since(), None, "it is being answered");
        drop(answering);
        assert_eq!(pace.useless_since(), Some(Instant::now()), "it is idle");
        pace.hang_up();
        assert!(is_ended_within(&pace, Duration::from_millis(1)).await);
    }
}
