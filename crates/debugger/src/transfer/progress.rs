//! How far a transfer is, for whoever watches it from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of content that were carried, and how many there are.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// So many bytes more.
    pub fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// From the beginning again.
    pub fn restart(&self) {
        self.done.store(0, Ordering::Relaxed);
    }

    /// So many there are in all, as far as is known.
    pub fn expect(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// Bytes that were carried.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Bytes in all; None where nobody knows.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total > 0)
    }
}
