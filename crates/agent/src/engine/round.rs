//! Up to which moment everything was heard that programs had written: no day of a counter ends by more than that.
//!
//! A round begins with a look, and is over when all that this look found was read. What is written meanwhile belongs to
//! the next one: so rounds come to their end although files never do, and a line that was there before the round is read
//! before a day ends by it, whatever other files say already.

use std::time::SystemTime;

use crate::files::{Backlog, Follower};
use crate::metric::{Metric, MetricKind};
use crate::rules::Source;
use crate::series::Heard;

/// The round in which the files of a source are read.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// What is to be read until it is over; none before the first look.
    backlog: Option<Backlog>,
    /// Files with something to read, as of the last look.
    unread: usize,
    /// When the last round began that is over, in milliseconds since 1970.
    heard: Option<i64>,
}

impl Round {
    /// Has the follower look, and begins the next round if this one is over.
    pub(super) fn look(&mut self, follower: &mut Follower, now: SystemTime) {
        let over = self.backlog.take_if(|backlog| follower.has_read(backlog));
        self.heard = over.map(|backlog| backlog.since()).or(self.heard);
        follower.look(now);
        let found = follower.backlog();
        self.unread = found.len();
        match &mut self.backlog {
            Some(backlog) => backlog.add_older(&found),
            None if found.is_empty() => self.heard = Some(found.since()),
            None => self.backlog = Some(found),
        }
    }
}

/// A counter of which days are shown, and the sources that feed it; both by index.
#[derive(Debug)]
pub(super) struct DailyCounter {
    pub(super) metric: usize,
    sources: Vec<usize>,
}

impl DailyCounter {
    /// All of them.
    pub(super) fn find(metrics: &[Metric], sources: &[Source]) -> Vec<Self> {
        let mut counters: Vec<_> = metrics.iter().filter_map(|metric| counter_of(&metric.kind)).collect();
        counters.sort_unstable();
        counters.dedup();
        let feeding = |metric| {
            let sources = sources.iter().enumerate().filter(|(_, source)| source.feeds(metric));
            sources.map(|(index, _)| index).collect()
        };
        counters.into_iter().map(|metric| Self { metric, sources: feeding(metric) }).collect()
    }

    /// What was heard of it. Where one file alone has something to read, its lines follow each other as they were written,
    /// and there is nobody else to wait for.
    pub(super) fn heard<'r>(&self, round: impl Fn(usize) -> Option<&'r Round>) -> Heard {
        let rounds: Vec<_> = self.sources.iter().filter_map(|source| round(*source)).collect();
        let has_looked = rounds.iter().all(|round| round.backlog.is_some() || round.heard.is_some());
        let is_alone = rounds.iter().map(|round| round.unread).sum::<usize>() <= 1;
        let until = rounds.iter().map(|round| round.heard.unwrap_or(i64::MIN)).min();
        Heard { until: until.unwrap_or(i64::MIN), in_order: has_looked && is_alone }
    }
}

fn counter_of(kind: &MetricKind) -> Option<usize> {
    match kind {
        MetricKind::Day { counter, .. } => Some(*counter),
        MetricKind::Counter | MetricKind::Gauge | MetricKind::Histogram { .. } => None,
    }
}
