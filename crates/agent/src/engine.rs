//! Lines of all sources become series. How far files were read and what the series are worth go to the checkpoint
//! together, and only what is there is shown.

mod account;
mod round;
mod status;
mod tail;
mod tally;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use thiserror::Error;

use crate::checkpoint::{CheckpointError, Folder};
use crate::files::{Lag, Trouble};
use crate::observation::Observations;
use crate::rules::{self, Parts, Rules};
use crate::series::{RestoreError, Scrapes, Snapshot, Store, ZERO_FIRST};
pub(crate) use account::Account;
use round::DailyCounter;
use status::Ledger;
pub use status::{CheckpointStatus, RulesStatus, Status};
pub(crate) use tail::follow_options;
use tail::{Position, Tail, Tails};
use tally::Tally;

/// What the engine is told beside its rules.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Where checkpoints are.
    pub folder: PathBuf,
    /// How long a new sum is shown as zero after its first scrape.
    pub zero_first: Option<Duration>,
    /// Most descriptors of all sources that are kept open.
    pub max_open: usize,
}

impl EngineOptions {
    /// Checkpoints in this folder, [`ZERO_FIRST`], and 4,096 descriptors.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), zero_first: Some(ZERO_FIRST), max_open: 4096 }
    }
}

/// Everything that the agent knows: one lock around what grows with lines, another around the disk.
#[derive(Debug)]
pub struct Engine {
    state: Mutex<State>,
    disk: Mutex<Folder>,
    scrapes: Scrapes,
    ledger: Ledger,
}

#[derive(Debug)]
struct State {
    options: EngineOptions,
    tails: Tails,
    days: Vec<DailyCounter>,
    store: Store,
    tally: Tally,
    observations: Observations,
}

/// Why the agent cannot begin.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The folder of checkpoints is of no use.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Its series contradict each other.
    #[error(transparent)]
    Restore(#[from] RestoreError),
}

/// What one step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether there is more to read now.
    pub more: bool,
}

impl Engine {
    /// Goes on where the checkpoint in the folder ends; begins anew where there is none, and writes the first one.
    ///
    /// # Errors
    /// The folder is of no use, or in use.
    pub fn open(rules: Rules, options: EngineOptions, now: SystemTime) -> Result<Self, EngineError> {
        let mut folder = Folder::open(&options.folder)?;
        let checkpoint = folder.load::<Vec<Position>>()?;
        if let Some(damaged) = checkpoint.as_ref().and_then(|checkpoint| checkpoint.damaged.as_ref()) {
            tracing::warn!(error = damaged.to_string(), "a checkpoint is damaged; the one before it is used");
        }
        let begins = checkpoint.is_none();
        let (positions, series) = checkpoint.map(|checkpoint| (checkpoint.files, checkpoint.series)).unzip();
        let Rules { mut metrics, sources } = rules;
        let tally = Tally::define(&mut metrics);
        let days = DailyCounter::find(&metrics, &sources);
        let time = milliseconds(now);
        let store = match series {
            Some(series) => Store::restore(metrics, series, time)?,
            None => Store::new(metrics, time),
        };
        let store = store.zero_first(options.zero_first);
        let tails = Tails::open(sources, options.max_open, (positions.unwrap_or_default(), time));
        let mut state = State { options, tails, days, store, tally, observations: Observations::default() };
        state.hear();
        let scrapes = state.store.scrapes();
        let (durable, positions) = state.snapshot(time);
        let bytes = match folder.write(&positions, durable.saved()) {
            Ok(bytes) => bytes,
            // What was there is good, and the disk may have room again later.
            Err(error) if !begins => {
                tracing::error!(%error, "the checkpoint cannot be written: the one before is gone on from");
                0
            }
            Err(error) => return Err(error.into()),
        };
        let ledger = Ledger::new(Arc::new(durable), (bytes, folder.generation()), now);
        Ok(Self { state: Mutex::new(state), disk: Mutex::new(folder), scrapes, ledger })
    }

    /// Takes other rules. Series go on whose metric is the same, and files of a source are read on where they were left,
    /// also if it has another name or other paths now.
    pub fn replace_rules(&self, rules: Rules, now: SystemTime) {
        let Rules { mut metrics, sources } = rules;
        let mut state = self.state();
        state.tally = Tally::define(&mut metrics);
        state.days = DailyCounter::find(&metrics, &sources);
        let max_open = state.options.max_open;
        state.tails.replace(sources, max_open, milliseconds(now));
        state.store.replace_metrics(metrics, milliseconds(now));
        state.hear();
        self.tell_rules(true, now);
    }

    /// Looks for files that are new, renamed, truncated or gone.
    pub fn look(&self, now: SystemTime) {
        let mut state = self.state();
        state.tails.all.iter_mut().for_each(|tail| tail.round.look(&mut tail.follower, now));
        state.hear();
    }

    /// Reads about so many bytes of each source.
    pub fn read(&self, budget: usize, now: SystemTime) -> Step {
        self.state().read(budget, milliseconds(now))
    }

    /// Writes a checkpoint, and gives what it holds: a day or a time to live may be over also when nothing was read.
    ///
    /// # Errors
    /// The new one cannot be written: what [`Engine::durable`] says is then still true.
    pub fn checkpoint(&self, now: SystemTime) -> Result<Arc<Snapshot>, CheckpointError> {
        // Taken first: whoever waits for the disk finds what was written meanwhile.
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let (snapshot, positions) = self.state().snapshot(milliseconds(now));
        let bytes = disk.write(&positions, snapshot.saved()).inspect_err(|_| self.ledger.failed())?;
        let snapshot = Arc::new(snapshot);
        self.ledger.wrote(&snapshot, (bytes, disk.generation()), now);
        Ok(snapshot)
    }

    /// What the newest checkpoint holds.
    #[must_use]
    pub fn durable(&self) -> Arc<Snapshot> {
        self.ledger.durable()
    }

    /// How checkpoints and rules are doing.
    #[must_use]
    pub fn status(&self) -> Status {
        self.ledger.status()
    }

    /// Rules were read again, and taken or refused.
    pub fn tell_rules(&self, are_taken: bool, now: SystemTime) {
        self.ledger.tell_rules(are_taken, now);
    }

    /// Folders in which followed files lie.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<PathBuf> {
        let state = self.state();
        let folders: BTreeSet<_> = state.tails.all.iter().flat_map(|tail| tail.follower.folders()).collect();
        folders.into_iter().map(Path::to_owned).collect()
    }

    /// A server is shown this snapshot.
    pub fn tell_scraped(&self, snapshot: &Snapshot, now: SystemTime) {
        self.scrapes.tell(snapshot.number(), milliseconds(now));
    }

    /// How far reading is behind, by source.
    #[must_use]
    pub fn lags(&self) -> Vec<(String, Lag)> {
        self.state().tails.all.iter().map(|tail| (tail.source.name.clone(), tail.follower.lag())).collect()
    }

    /// How often files were in trouble since their following began, by source.
    #[must_use]
    pub fn troubles(&self) -> Vec<(String, Trouble, u64)> {
        let state = self.state();
        let troubles = state.tails.all.iter().flat_map(|tail| {
            tail.follower.troubles().map(|(trouble, count)| (tail.source.name.clone(), trouble, count))
        });
        troubles.collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn read(&mut self, budget: usize, now: i64) -> Step {
        let mut step = Step::default();
        let Self { tails, store, tally, observations, .. } = self;
        for Tail { source, follower, reader, .. } in &mut tails.all {
            tally.begin(source);
            let outcome = follower.read(budget, &mut |line| {
                let text = match line.text {
                    Ok(text) => text,
                    Err(reason) => return tally.count_line(reason, line),
                };
                let text = rules::Line { text, read_at: now };
                let parts = Parts { memory: observations, take: &mut |part| store.apply(part, now) };
                source.observe_in_parts(text, reader, parts);
                if !observations.problems.is_empty() {
                    tally.count_problems(&observations.problems, (source, line));
                }
            });
            tally.end(source, outcome.lines, (store, now));
            step.bytes += outcome.bytes;
            step.more |= outcome.more;
        }
        step
    }

    /// Has no day end by more than what was heard.
    fn hear(&mut self) {
        for counter in &self.days {
            let heard = counter.heard(|source| self.tails.all.get(source).map(|tail| &tail.round));
            self.store.hear(counter.metric, heard);
        }
    }

    fn snapshot(&mut self, now: i64) -> (Snapshot, Vec<Position>) {
        (self.store.snapshot(now), self.tails.positions())
    }
}

pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
