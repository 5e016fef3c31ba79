//! What all metrics are worth: observations of lines are added up here, by metric and by the values of labels.
//!
//! Whoever reads lines holds the [`Store`] and a lock on it. A [`Snapshot`] is a cheap copy that is taken under the lock;
//! it is written to the checkpoint without it, and only what was written is shown to scrapes. So no scrape ever sees
//! a counter that a crash could take back.

use std::collections::HashMap;
use std::time::Duration;

use thiserror::Error;

use crate::metric::{Metric, MetricKind};
use crate::observation::Observations;

mod birth;
mod days;
mod family;
mod labels;
mod lives;
mod saved;
mod snapshot;
mod sum;
pub(crate) mod values;

pub use birth::Scrapes;
pub use days::Heard;
pub use family::Tally;
use family::{Family, Start};
pub use saved::Saved;
use saved::SavedFamily;
use snapshot::Shown;
pub use snapshot::Snapshot;
pub(crate) use snapshot::{View, ViewValues};
pub(crate) use sum::Scale;
pub(crate) use sum::Sum;

/// How long a new sum is shown as zero after its first scrape, if nobody says otherwise: longer than the usual interval
/// of one minute, so that both servers of a pair see the zero.
pub const ZERO_FIRST: Duration = Duration::from_secs(90);

/// Why series cannot be taken from a checkpoint.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// Its columns differ in length, or two of its series have the same labels.
    #[error("the checkpoint's series of metric {metric} contradict each other")]
    Inconsistent {
        /// By its name.
        metric: String,
    },
}

/// All series of all metrics.
#[derive(Debug)]
pub struct Store {
    families: Vec<Family>,
    /// The number of the last snapshot.
    taken: u64,
    zero_first: Option<Duration>,
    scrapes: Scrapes,
}

impl Store {
    /// Metrics that nobody has observed. All times are in milliseconds since 1970.
    #[must_use]
    pub fn new(metrics: Vec<Metric>, now: i64) -> Self {
        Self::after(0, metrics, now)
    }

    /// With snapshots of higher numbers than this one.
    fn after(taken: u64, metrics: Vec<Metric>, now: i64) -> Self {
        let mut store =
            Self { families: Vec::new(), taken, zero_first: Some(ZERO_FIRST), scrapes: Scrapes::default() };
        store.families = families(metrics, store.start(now));
        store
    }

    /// Goes on with the series of a checkpoint, as far as their metrics are still the same.
    ///
    /// # Errors
    /// The checkpoint contradicts itself, which none does that a store has written.
    pub fn restore(metrics: Vec<Metric>, saved: Saved, now: i64) -> Result<Self, RestoreError> {
        let mut store = Self::after(saved.number, metrics, now);
        store.resume(saved.families, now)?;
        Ok(store)
    }

    /// How long a new sum is shown as zero after its first scrape: longer than the scrape interval. Without a time it is
    /// shown at once; then `increase()` misses what a series was worth in its first sample.
    #[must_use]
    pub fn zero_first(self, window: Option<Duration>) -> Self {
        Self { zero_first: window, ..self }
    }

    /// No line of a counter, by its index, ends a day by more than what was heard. It is for reading several files: else
    /// what the first of them says of today would make late what the next one says of yesterday. Whoever says nothing
    /// gives lines in their order.
    pub fn hear(&mut self, metric: usize, heard: Heard) {
        if let Some(family) = self.families.get_mut(metric) {
            family.hear(heard);
        }
    }

    /// To be told of each scrape.
    #[must_use]
    pub fn scrapes(&self) -> Scrapes {
        self.scrapes.clone()
    }

    /// Adds up what a line says.
    pub fn apply(&mut self, observations: &Observations, now: i64) {
        let start = self.start(now);
        for observation in &observations.all {
            let labels = observations.labels.get(observation.labels.clone());
            if let (Some(family), Some(labels)) = (self.families.get_mut(observation.metric), labels) {
                family.observe(labels, observation, start);
            }
        }
    }

    /// What was not added as usual since this was asked for the last time, by metric: whoever asks counts it.
    pub fn take_tallies(&mut self) -> impl Iterator<Item = (&Metric, Tally)> {
        let taken =
            self.families.iter_mut().map(|family| (&*family.metric, std::mem::take(&mut family.tally)));
        taken.filter(|(_, tally)| *tally != Tally::default())
    }

    /// Shows all sums from now on: who lost what it knew of scrapes must not show a zero where there was more.
    pub fn show_all(&mut self, now: i64) {
        let moment = birth::Moment::new(now, None, &self.scrapes);
        self.families.iter_mut().for_each(|family| family.age(&moment));
    }

    /// Takes other metrics. Series go on where name, type, labels, scale and buckets are the same; others begin anew.
    pub fn replace_metrics(&mut self, metrics: Vec<Metric>, now: i64) {
        let start = self.start(now);
        let saved = self.families.iter().map(Family::save).collect();
        self.families = families(metrics, start);
        if let Err(error) = self.resume(saved, now) {
            tracing::error!(%error, "series were lost");
        }
    }

    /// A copy of everything, as it is to be saved and then shown.
    pub fn snapshot(&mut self, now: i64) -> Snapshot {
        self.taken = self.taken.saturating_add(1);
        let moment = birth::Moment::new(now, self.zero_first, &self.scrapes);
        self.families.iter_mut().for_each(|family| family.age(&moment));
        let families = self.families.iter().map(Family::save).collect();
        let shown = self.families.iter().map(|family| self.show(family, now)).collect();
        Snapshot { saved: Saved { number: self.taken, families }, time: now, shown }
    }

    fn start(&self, now: i64) -> Start {
        Start { now, snapshot: self.taken.saturating_add(1) }
    }

    fn resume(&mut self, saved: Vec<SavedFamily>, now: i64) -> Result<(), RestoreError> {
        let mut saved: HashMap<_, _> =
            saved.into_iter().map(|family| (family.shape.name.clone(), family)).collect();
        for family in &mut self.families {
            let same = saved.remove(&family.metric.name).filter(|saved| saved.shape == family.shape);
            if same.is_some_and(|same| !family.resume(same, now)) {
                return Err(RestoreError::Inconsistent { metric: family.metric.name.clone() });
            }
        }
        Ok(())
    }

    fn show(&self, family: &Family, now: i64) -> Shown {
        let day = match family.metric.kind {
            MetricKind::Day { counter, ago, .. } => {
                let today = self.families.get(counter).and_then(|counter| counter.today(now));
                today.map(|today| (counter, today.saturating_sub(i32::from(ago))))
            }
            _ => None,
        };
        Shown { metric: family.metric.clone(), scale: family.scale, day }
    }
}

/// Metrics without series, each counter with the days that others show of it.
fn families(metrics: Vec<Metric>, start: Start) -> Vec<Family> {
    let mut families: Vec<_> = metrics.into_iter().map(|metric| Family::new(metric, start)).collect();
    for index in 0..families.len() {
        let metric = families.get(index).map(|family| family.metric.clone());
        if let Some(MetricKind::Day { counter, ago, zone, lateness }) =
            metric.as_deref().map(|metric| &metric.kind)
            && let Some(family) = families.get_mut(*counter)
        {
            family.keep_days(zone, |calendar| calendar.extend(*ago, *lateness));
        }
    }
    families
}

#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
mod tests;
