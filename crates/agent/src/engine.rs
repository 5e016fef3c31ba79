//! Lines of all sources become series. How far files were read and what the series are worth go to the checkpoint
//! together, and only what is there is shown.

mod account;
mod round;
mod status;
mod tail;
mod tally;

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError, Folder};
pub(crate) use crate::files::milliseconds;
use crate::observation::Observations;
use crate::rules::{self, Parts, Rules};
use crate::series::{RestoreError, Scrapes, Snapshot, Store, ZERO_FIRST};
pub(crate) use account::Account;
use round::DailyCounter;
pub use status::{CheckpointStatus, FilesStatus, RulesStatus, Status};
use status::{Ledger, Written};
pub(crate) use tail::follow_options;
use tail::{Position, Tail, Tails};
use tally::Tally;

/// How much of a source is read before it is the turn of another: whoever else needs the state waits no longer than that.
const SLICE: usize = 1 << 20;

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
    /// Held by who takes the state next, until that is done.
    next: Mutex<()>,
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
    /// The source that is read next.
    turn: usize,
    /// Whether a checkpoint is lost whose lines are not all read again.
    is_behind: bool,
}

/// How far all files were read.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Progress {
    positions: Vec<Position>,
    is_behind: bool,
}

/// Everything at one moment, for the disk.
#[derive(Debug)]
struct Taken {
    snapshot: Arc<Snapshot>,
    progress: Progress,
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
        let checkpoint = folder.load()?;
        let before = checkpoint.as_ref().map(written);
        let mut state = State::new((rules, options), checkpoint, now)?;
        let scrapes = state.store.scrapes();
        let taken = state.take(milliseconds(now));
        let ledger = begin(&mut folder, taken, (before, now))?;
        Ok(Self {
            state: Mutex::new(state),
            next: Mutex::default(),
            disk: Mutex::new(folder),
            scrapes,
            ledger,
        })
    }

    /// Takes other rules. Series go on whose metric is the same, and files of a source are read on where they were left,
    /// also if it has another name or other paths now.
    pub fn replace_rules(&self, rules: Rules, now: SystemTime) {
        let Rules { mut metrics, sources } = rules;
        let mut state = self.state();
        state.count_exceptions(milliseconds(now));
        state.tally = Tally::define(&mut metrics);
        state.days = DailyCounter::find(&metrics, &sources);
        let max_open = state.options.max_open;
        state.tails.replace(sources, max_open, now);
        state.store.replace_metrics(metrics, milliseconds(now));
        state.hear();
        self.ledger.tell_files(state.files());
        self.tell_rules(true, now);
    }

    /// Looks for files that are new, renamed, truncated or gone.
    pub fn look(&self, now: SystemTime) {
        let mut state = self.state();
        state.tails.all.iter_mut().for_each(|tail| tail.round.look(&mut tail.follower, now));
        state.hear();
        self.ledger.tell_files(state.files());
    }

    /// Reads about so many bytes of all sources, which take turns. In between whoever waits for the state gets it.
    pub fn read(&self, budget: usize, now: SystemTime) -> Step {
        let (mut step, mut left) = (Step::default(), budget);
        let mut waiting = self.state().turns();
        while left > 0
            && let Some(place) = waiting.pop_front()
        {
            let read = self.state().read(place, SLICE.min(left), milliseconds(now));
            step.bytes += read.bytes;
            left = left.saturating_sub(usize::try_from(read.bytes).unwrap_or(usize::MAX));
            if read.more {
                waiting.push_back(place);
            }
        }
        step.more = !waiting.is_empty();
        let mut state = self.state();
        state.turn = waiting.front().copied().unwrap_or_default();
        self.ledger.tell_files(state.files());
        step
    }

    /// All that there was is read, also what a checkpoint that is lost had: the next one may be shown.
    pub fn tell_caught_up(&self, now: SystemTime) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_behind) {
            // Which of them a scrape saw before is not known any more.
            state.store.show_all(milliseconds(now));
            tracing::info!(
                "the lines of the damaged checkpoint are read again: scrapes are answered from now on"
            );
        }
    }

    /// Writes a checkpoint, and gives what it holds: a day or a time to live may be over also when nothing was read.
    ///
    /// # Errors
    /// The new one cannot be written: what [`Engine::durable`] says is then still true.
    pub fn checkpoint(&self, now: SystemTime) -> Result<Arc<Snapshot>, CheckpointError> {
        // Taken first: whoever waits for the disk finds what was written meanwhile.
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let Taken { snapshot, progress } = self.state().take(milliseconds(now));
        let bytes = disk.write(&progress, &snapshot).inspect_err(|_| self.ledger.failed())?;
        let (generation, is_behind) = (disk.generation(), progress.is_behind);
        self.ledger.wrote(&snapshot, Written { at: now, bytes, generation, is_behind });
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

    /// Whether a server may be shown this snapshot: not while lines of a checkpoint that is lost are read again, as it may
    /// have seen more.
    #[must_use]
    pub fn is_visible(&self, snapshot: &Snapshot) -> bool {
        self.ledger.is_visible(snapshot)
    }

    /// How the files of each source are doing, as of the last look or read.
    #[must_use]
    pub fn files(&self) -> Arc<Vec<FilesStatus>> {
        self.ledger.files()
    }

    /// Who waits is next: else the thread that reads would have the state again before anybody else is awake.
    fn state(&self) -> MutexGuard<'_, State> {
        let _next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first checkpoint of a run. Where it cannot be written, the one before is good, and the disk may have room again later.
fn begin(
    folder: &mut Folder,
    Taken { snapshot, progress }: Taken,
    (before, now): (Option<Written>, SystemTime),
) -> Result<Ledger, CheckpointError> {
    let is_behind = progress.is_behind;
    match (folder.write(&progress, &snapshot), before) {
        (Ok(bytes), _) => {
            let written = Written { at: now, bytes, generation: folder.generation(), is_behind };
            Ok(Ledger::new(snapshot, written, now))
        }
        (Err(error), Some(before)) => {
            let error = error.with_causes();
            tracing::error!(error, "the checkpoint cannot be written: the one before is gone on from");
            let ledger = Ledger::new(snapshot, before, now);
            ledger.failed();
            Ok(ledger)
        }
        (Err(error), None) => Err(error),
    }
}

/// What was written in another run. Lines of one that is damaged were shown, perhaps.
fn written(checkpoint: &Checkpoint<Progress>) -> Written {
    Written {
        at: checkpoint.written,
        bytes: checkpoint.bytes,
        generation: checkpoint.generation,
        is_behind: checkpoint.files.is_behind || checkpoint.damaged.is_some(),
    }
}

impl State {
    /// Goes on from a checkpoint; without one it begins.
    fn new(
        (rules, options): (Rules, EngineOptions),
        checkpoint: Option<Checkpoint<Progress>>,
        time: SystemTime,
    ) -> Result<Self, EngineError> {
        let now = milliseconds(time);
        let Rules { mut metrics, sources } = rules;
        let tally = Tally::define(&mut metrics);
        let days = DailyCounter::find(&metrics, &sources);
        let is_behind = checkpoint.as_ref().is_some_and(|checkpoint| written(checkpoint).is_behind);
        if let Some(damaged) = checkpoint.as_ref().and_then(|checkpoint| checkpoint.damaged.as_ref()) {
            let error = damaged.with_causes();
            tracing::warn!(error, "a checkpoint is damaged; the one before it is used");
        }
        let (store, positions) = match checkpoint {
            Some(before) => (Store::restore(metrics, before.series, now)?, before.files.positions),
            None => (Store::new(metrics, now), Vec::new()),
        };
        let store = store.zero_first(options.zero_first);
        let tails = Tails::open(sources, options.max_open, (positions, time));
        let (observations, turn) = (Observations::default(), 0);
        let mut state = Self { options, tails, days, store, tally, observations, turn, is_behind };
        state.hear();
        Ok(state)
    }

    /// All sources, from the one on whose turn it is.
    fn turns(&self) -> VecDeque<usize> {
        let mut turns: VecDeque<_> = (0..self.tails.all.len()).collect();
        turns.rotate_left(self.turn % turns.len().max(1));
        turns
    }

    /// Reads about so many bytes of one source.
    fn read(&mut self, place: usize, budget: usize, now: i64) -> Step {
        let Self { tails, store, tally, observations, .. } = self;
        let Some(Tail { source, follower, reader, .. }) = tails.all.get_mut(place) else {
            return Step::default();
        };
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
        Step { bytes: outcome.bytes, more: outcome.more }
    }

    /// Has no day end by more than what was heard.
    fn hear(&mut self) {
        for counter in &self.days {
            let heard = counter.heard(|source| self.tails.all.get(source).map(|tail| &tail.round));
            self.store.hear(counter.metric, heard);
        }
    }

    fn count_exceptions(&mut self, now: i64) {
        self.tally.count_exceptions(&mut self.store, now);
    }

    fn take(&mut self, now: i64) -> Taken {
        self.count_exceptions(now);
        let progress = Progress { positions: self.tails.positions(), is_behind: self.is_behind };
        Taken { snapshot: Arc::new(self.store.snapshot(now)), progress }
    }

    fn files(&self) -> Vec<FilesStatus> {
        let of_one = |Tail { source, follower, .. }: &Tail| FilesStatus {
            source: source.name.clone(),
            lag: follower.lag(),
            troubles: follower.troubles().collect(),
        };
        self.tails.all.iter().map(of_one).collect()
    }
}

#[cfg(test)]
mod tests;
