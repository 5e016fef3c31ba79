//! What the series of one metric are worth: columns by slot, which are copied in one piece.

use serde::{Deserialize, Serialize};

use super::birth::{Birth, Moment};
use super::days::Days;
use super::sum::Sum;
use crate::metric::MetricKind;

/// A sum that only grows, or that of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Total {
    pub(crate) sum: Sum,
    pub(crate) birth: Birth,
}

impl Total {
    /// What may be seen of the sum.
    pub(crate) fn shown(&self) -> Sum {
        if self.birth.is_shown() { self.sum } else { Sum::ZERO }
    }
}

/// The newest number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gauge {
    /// Unscaled.
    pub(crate) number: f64,
    /// When it happened; both in milliseconds since 1970.
    pub(crate) time: i64,
    /// The same, but no later than it was read: what the time to live counts from.
    pub(crate) seen: i64,
}

impl Gauge {
    /// Takes a number that is not older than this one. A number from the future is of no time that is known: it is newer than
    /// what was read before, and older than what is read then, so that a wrong clock lasts for one line.
    pub(crate) fn take(&mut self, number: f64, time: i64, now: i64) {
        let is_from_the_future = self.time > self.seen;
        if time >= self.time || is_from_the_future {
            *self = Self { number, time, seen: time.min(now) };
        }
    }
}

/// All series of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Values {
    /// Sums, and shares of them by day where a metric shows these.
    Counter {
        /// By slot.
        totals: Vec<Total>,
        /// Empty where no metric shows days.
        days: Days,
    },
    /// By slot.
    Gauge(Vec<Gauge>),
    /// Sums, and counts by size.
    Histogram {
        /// By slot.
        totals: Vec<Total>,
        /// As many for each slot as there are buckets, and one more; none includes another.
        counts: Vec<u64>,
    },
    /// What a counter keeps.
    Day,
}

/// How many counts a series of a histogram has: one more than bounds.
pub(crate) fn counts_of_series(kind: &MetricKind) -> usize {
    match kind {
        MetricKind::Histogram { bounds } => bounds.len() + 1,
        MetricKind::Counter | MetricKind::Gauge | MetricKind::Day { .. } => 0,
    }
}

impl Values {
    /// Without a series.
    pub(crate) fn new(kind: &MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::Counter { totals: Vec::new(), days: Days::default() },
            MetricKind::Gauge => Self::Gauge(Vec::new()),
            MetricKind::Histogram { .. } => Self::Histogram { totals: Vec::new(), counts: Vec::new() },
            MetricKind::Day { .. } => Self::Day,
        }
    }

    /// One more series, at the end.
    pub(crate) fn push(&mut self, kind: &MetricKind, birth: Birth) {
        let total = Total { sum: Sum::ZERO, birth };
        match self {
            Self::Counter { totals, .. } => totals.push(total),
            Self::Gauge(gauges) => gauges.push(Gauge { number: f64::NAN, time: i64::MIN, seen: i64::MIN }),
            Self::Histogram { totals, counts } => {
                totals.push(total);
                counts.resize(totals.len() * counts_of_series(kind), 0);
            }
            Self::Day => {}
        }
    }

    /// Lets new series be shown when it is time.
    pub(crate) fn grow(&mut self, moment: &Moment) {
        match self {
            Self::Counter { totals, .. } | Self::Histogram { totals, .. } => {
                totals.iter_mut().for_each(|total| total.birth.grow(moment));
            }
            Self::Gauge(_) | Self::Day => {}
        }
    }

    /// Whether these are the values of so many series of a metric of this kind.
    pub(crate) fn fits(&self, kind: &MetricKind, series: usize) -> bool {
        match (self, kind) {
            (Self::Counter { totals, days }, MetricKind::Counter) => {
                totals.len() == series && days.fits(series)
            }
            (Self::Gauge(gauges), MetricKind::Gauge) => gauges.len() == series,
            (Self::Histogram { totals, counts }, MetricKind::Histogram { .. }) => {
                totals.len() == series && Some(counts.len()) == series.checked_mul(counts_of_series(kind))
            }
            (Self::Day, MetricKind::Day { .. }) => series == 0,
            _ => false,
        }
    }
}
