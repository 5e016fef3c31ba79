//! How checkpoints and rules are doing, for those who watch over the agent. It is asked while the disk may be stuck: what
//! is told here waits for no lock that is held while something is written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::series::Snapshot;

/// How checkpoints and rules are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The newest checkpoint.
    pub checkpoint: CheckpointStatus,
    /// The rules in force.
    pub rules: RulesStatus,
}

/// The newest checkpoint, and those that came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointStatus {
    /// When it was on the disk.
    pub written: SystemTime,
    /// Its size.
    pub bytes: usize,
    /// Ascending, across restarts too.
    pub generation: u64,
    /// Checkpoints that could not be written since the agent began.
    pub failures: u64,
}

/// The rules in force, and whether newer ones were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RulesStatus {
    /// When they were taken.
    pub loaded: SystemTime,
    /// Whether the newest rules are in force: if not, they were refused.
    pub is_newest: bool,
}

/// Keeps the status, and what the newest checkpoint holds.
#[derive(Debug)]
pub(super) struct Ledger(Mutex<Entry>);

#[derive(Debug)]
struct Entry {
    status: Status,
    durable: Arc<Snapshot>,
}

impl Ledger {
    /// The first checkpoint is written: this is what it holds, with so many bytes and of this generation.
    pub(super) fn new(durable: Arc<Snapshot>, (bytes, generation): (usize, u64), now: SystemTime) -> Self {
        let checkpoint = CheckpointStatus { written: now, bytes, generation, failures: 0 };
        let rules = RulesStatus { loaded: now, is_newest: true };
        Self(Mutex::new(Entry { status: Status { checkpoint, rules }, durable }))
    }

    /// Another is written.
    pub(super) fn wrote(&self, durable: &Arc<Snapshot>, (bytes, generation): (usize, u64), now: SystemTime) {
        let mut entry = self.entry();
        entry.durable = Arc::clone(durable);
        let checkpoint = &mut entry.status.checkpoint;
        *checkpoint = CheckpointStatus { written: now, bytes, generation, ..*checkpoint };
    }

    /// Another could not be written.
    pub(super) fn failed(&self) {
        self.entry().status.checkpoint.failures += 1;
    }

    /// Rules were taken, or refused.
    pub(super) fn tell_rules(&self, are_taken: bool, now: SystemTime) {
        let rules = &mut self.entry().status.rules;
        rules.is_newest = are_taken;
        if are_taken {
            rules.loaded = now;
        }
    }

    pub(super) fn status(&self) -> Status {
        self.entry().status
    }

    pub(super) fn durable(&self) -> Arc<Snapshot> {
        Arc::clone(&self.entry().durable)
    }

    fn entry(&self) -> MutexGuard<'_, Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
