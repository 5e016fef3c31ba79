//! All series at one moment, to be saved and shown while the next lines are added up.

use std::sync::Arc;

use super::days::Days;
use super::labels::LabelColumn;
use super::saved::Saved;
use super::sum::Scale;
use super::values::{Gauge, Total, Values};
use crate::metric::Metric;

/// All series at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) saved: Saved,
    pub(crate) time: i64,
    /// As many as saved families, in the same order.
    pub(crate) shown: Vec<Shown>,
}

/// How a metric is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) metric: Arc<Metric>,
    pub(crate) scale: Scale,
    /// The counter whose series are shown, by index, and the day.
    pub(crate) day: Option<(usize, i32)>,
}

/// A metric, as it is to be written.
pub(crate) struct View<'a> {
    pub(crate) metric: &'a Metric,
    pub(crate) scale: Scale,
    /// Names of labels, and their values by slot: for a day, those of its counter.
    pub(crate) names: &'a [String],
    pub(crate) labels: &'a LabelColumn,
    pub(crate) values: ViewValues<'a>,
}

/// Its values, by slot.
pub(crate) enum ViewValues<'a> {
    Counter(&'a [Total]),
    Gauge(&'a [Gauge]),
    Histogram(&'a [Total], &'a [u64]),
    Day(&'a Days, i32),
}

impl View<'_> {
    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        match self.values {
            ViewValues::Counter(totals) => totals.iter().all(|total| total.birth.is_over()),
            _ => self.labels.is_empty(),
        }
    }

    /// How many series it has, apart from those that only days still tell of.
    fn count(&self) -> usize {
        match self.values {
            ViewValues::Counter(totals) => totals.iter().filter(|total| !total.birth.is_over()).count(),
            _ => self.labels.len(),
        }
    }
}

impl Snapshot {
    /// Snapshots of a store have ascending numbers, across restarts too.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.saved.number
    }

    /// When it was taken, in milliseconds since 1970.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.time
    }

    /// What goes into the checkpoint.
    #[must_use]
    pub fn saved(&self) -> &Saved {
        &self.saved
    }

    /// For each metric how many series it has: one that shows days has those of its counter.
    pub fn counts(&self) -> impl Iterator<Item = (&Metric, usize)> {
        self.views().map(|view| (view.metric, view.count()))
    }

    /// The metrics in their order, apart from days of what is no counter.
    pub(crate) fn views(&self) -> impl Iterator<Item = View<'_>> {
        (0..self.shown.len()).filter_map(|index| self.view(index))
    }

    fn view(&self, index: usize) -> Option<View<'_>> {
        let shown = self.shown.get(index)?;
        let source = shown.day.map_or(index, |(counter, _)| counter);
        let (names, family) = (&self.shown.get(source)?.metric.labels, self.saved.families.get(source)?);
        let values = match (&family.values, shown.day) {
            (Values::Counter { days, .. }, Some((_, day))) => ViewValues::Day(days, day),
            (Values::Counter { totals, .. }, None) => ViewValues::Counter(totals),
            (Values::Gauge(gauges), None) => ViewValues::Gauge(gauges),
            (Values::Histogram { totals, counts, .. }, None) => ViewValues::Histogram(totals, counts),
            _ => return None,
        };
        Some(View { metric: &shown.metric, scale: shown.scale, names, labels: &family.labels, values })
    }
}
