//! How checkpoints, rules and files are doing, for those who watch over the agent. It is asked while the disk may be stuck
//! and while lines are read: what is told here waits for no lock that is held meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::files::{Lag, Trouble};
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

/// How the files of a source are doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesStatus {
    /// The source.
    pub source: String,
    /// How far reading is behind.
    pub lag: Lag,
    /// How often each happened since their following began; what never did is not among them.
    pub troubles: Vec<(Trouble, u64)>,
}

/// A checkpoint that is on the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// When it was written.
    pub(super) at: SystemTime,
    /// Its size.
    pub(super) bytes: usize,
    /// Ascending, across restarts too.
    pub(super) generation: u64,
    /// Whether a scrape may have seen more: lines of a checkpoint that is lost are not all read again.
    pub(super) is_behind: bool,
}

/// Keeps the status, and what the newest checkpoint holds.
#[derive(Debug)]
pub(super) struct Ledger(Mutex<Entry>);

#[derive(Debug)]
struct Entry {
    status: Status,
    files: Arc<Vec<FilesStatus>>,
    durable: Arc<Snapshot>,
    /// The number of the first snapshot that is nowhere less than what scrapes saw before; none while there is none.
    visible_from: Option<u64>,
}

impl Ledger {
    /// A checkpoint is there, and this is what it holds.
    pub(super) fn new(durable: Arc<Snapshot>, written: Written, now: SystemTime) -> Self {
        let Written { at, bytes, generation, is_behind } = written;
        let checkpoint = CheckpointStatus { written: at, bytes, generation, failures: 0 };
        let rules = RulesStatus { loaded: now, is_newest: true };
        Self(Mutex::new(Entry {
            status: Status { checkpoint, rules },
            files: Arc::default(),
            durable,
            visible_from: (!is_behind).then_some(0),
        }))
    }

    /// Another is written.
    pub(super) fn wrote(&self, durable: &Arc<Snapshot>, written: Written) {
        let Written { at, bytes, generation, is_behind } = written;
        let mut entry = self.entry();
        entry.durable = Arc::clone(durable);
        if !is_behind {
            entry.visible_from.get_or_insert(durable.number());
        }
        let checkpoint = &mut entry.status.checkpoint;
        *checkpoint = CheckpointStatus { written: at, bytes, generation, ..*checkpoint };
    }

    /// Whether a snapshot is nowhere less than what scrapes saw before.
    pub(super) fn is_visible(&self, snapshot: &Snapshot) -> bool {
        self.entry().visible_from.is_some_and(|first| snapshot.number() >= first)
    }

    /// Files were looked at, or read.
    pub(super) fn tell_files(&self, files: Vec<FilesStatus>) {
        self.entry().files = Arc::new(files);
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

    pub(super) fn files(&self) -> Arc<Vec<FilesStatus>> {
        Arc::clone(&self.entry().files)
    }

    pub(super) fn durable(&self) -> Arc<Snapshot> {
        Arc::clone(&self.entry().durable)
    }

    fn entry(&self) -> MutexGuard<'_, Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
