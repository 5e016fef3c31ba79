//! What the two directions of a stream know of each other: how much was sent, how much of it was surely taken, and whether
//! more can be sent.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use tokio::time::Instant;

/// Input that a server has surely taken even while the command reads nothing: it and the pipes behind it have at least so
/// much room. Beyond that, a server that waits for the command does not answer pings, which stand behind the input.
const SURELY_TAKEN: u64 = 32 * 1024;

/// Each ping carries how much input was sent before it, and its answer brings that back.
#[derive(Debug, Default)]
pub(super) struct Progress {
    sent: AtomicU64,
    answered: AtomicU64,
    broken: AtomicBool,
    input_ended: OnceLock<Instant>,
}

impl Progress {
    /// So many bytes were sent.
    pub(super) fn add_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What the next ping carries.
    pub(super) fn ping(&self) -> Bytes {
        Bytes::copy_from_slice(&self.sent.load(Ordering::Relaxed).to_be_bytes())
    }

    /// A ping was answered.
    pub(super) fn take_pong(&self, payload: &[u8]) {
        if let Ok(bytes) = payload.try_into() {
            self.answered.fetch_max(u64::from_be_bytes(bytes), Ordering::Relaxed);
        }
    }

    /// Whether a server that is well may be unable to answer, since the command does not read what it was sent.
    pub(super) fn may_wait_for_the_command(&self) -> bool {
        let sent = self.sent.load(Ordering::Relaxed);
        sent.saturating_sub(self.answered.load(Ordering::Relaxed)) > SURELY_TAKEN
    }

    /// Nothing can be sent any more.
    pub(super) fn set_broken(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// Whether nothing can be sent any more.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// The input has ended, and the command cannot be told.
    pub(super) fn set_input_ended(&self) {
        // It ends once.
        let _ = self.input_ended.set(Instant::now());
    }

    /// When the input ended, if the command could not be told.
    pub(super) fn input_ended(&self) -> Option<Instant> {
        self.input_ended.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_wait_only_while_much_input_is_unanswered() {
        let progress = Progress::default();
        progress.add_sent(32 * 1024);
        assert!(!progress.may_wait_for_the_command());
        progress.add_sent(1);
        let ping = progress.ping();
        assert!(progress.may_wait_for_the_command());
        progress.take_pong(&ping);
        assert!(!progress.may_wait_for_the_command());
    }

    #[test]
    fn a_pong_that_nobody_asked_for_changes_nothing() {
        let progress = Progress::default();
        progress.add_sent(100_000);
        progress.take_pong(b"hello");
        assert!(progress.may_wait_for_the_command());
    }
}
