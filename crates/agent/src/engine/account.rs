//! What lines of the past come to, without files that are followed and without a checkpoint: time is that of the lines.

use std::time::SystemTime;

use super::milliseconds;
use super::tally::Tally;
use crate::files::Line;
use crate::observation::Observations;
use crate::rules::{self, Parts, Reader, Rules, Source};
use crate::series::{Snapshot, Store};

/// Series, and what went wrong on the way to them.
#[derive(Debug)]
pub(crate) struct Account {
    store: Store,
    tally: Tally,
    observations: Observations,
    /// When lines are read, for sources without a time of their own.
    now: i64,
    /// The latest time of a line.
    latest: i64,
}

impl Account {
    pub(crate) fn new(rules: &Rules, now: SystemTime) -> Self {
        let mut metrics = rules.metrics.clone();
        let tally = Tally::define(&mut metrics);
        let now = milliseconds(now);
        // Nobody scrapes it: there is no sample before.
        let store = Store::new(metrics, now).zero_first(None);
        Self { store, tally, observations: Observations::default(), now, latest: i64::MIN }
    }

    /// Adds up the lines that `read` gives to its sink.
    pub(crate) fn read<E>(
        &mut self,
        source: &Source,
        read: impl FnOnce(&mut dyn FnMut(Line<'_>)) -> Result<u64, E>,
    ) -> Result<(), E> {
        let Self { store, tally, observations, latest, now } = self;
        let mut reader = Reader::default();
        tally.begin(source);
        let lines = read(&mut |line| {
            let text = match line.text {
                Ok(text) => text,
                Err(reason) => return tally.count_line(reason, line),
            };
            let text = rules::Line { text, read_at: *now };
            let take = &mut |part: &Observations| {
                // Lines may come out of order, and the clock of the past does not go back.
                let time = part.all.iter().map(|observation| observation.time).max();
                *latest = (*latest).max(time.unwrap_or(i64::MIN));
                store.apply(part, if *latest == i64::MIN { *now } else { *latest });
            };
            source.observe_in_parts(text, &mut reader, Parts { memory: observations, take });
            if !observations.problems.is_empty() {
                tally.count_problems(&observations.problems, (source, line));
            }
        })?;
        let end = self.end();
        self.tally.end(source, lines, (&mut self.store, end));
        Ok(())
    }

    /// Everything as it was at the time of the last line.
    pub(crate) fn snapshot(&mut self) -> Snapshot {
        let end = self.end();
        self.tally.count_exceptions(&mut self.store, end);
        self.store.snapshot(end)
    }

    fn end(&self) -> i64 {
        if self.latest == i64::MIN { self.now } else { self.latest }
    }
}
