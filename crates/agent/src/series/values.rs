//! What the series of one metric are worth: columns by slot, which are copied in one piece.

use serde::{Deserialize, Serialize};

use super::birth::{Birth, Moment};
use super::days::Days;
use super::lives::Lives;
use super::sum::Sum;
use crate::metric::{Metric, MetricKind};

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
        lives: Lives,
        /// Empty where no metric shows days.
        days: Days,
    },
    /// By slot.
    Gauge(Vec<Gauge>),
    /// Sums, and counts by size.
    Histogram {
        /// By slot.
        totals: Vec<Total>,
        lives: Lives,
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
        let (totals, lives) = (Vec::new(), Lives::default());
        match kind {
            MetricKind::Counter => Self::Counter { totals, lives, days: Days::default() },
            MetricKind::Gauge => Self::Gauge(Vec::new()),
            MetricKind::Histogram { .. } => Self::Histogram { totals, lives, counts: Vec::new() },
            MetricKind::Day { .. } => Self::Day,
        }
    }

    /// One more series, at the end.
    pub(crate) fn push(&mut self, metric: &Metric, birth: Birth) {
        match self {
            Self::Counter { totals, lives, .. } | Self::Histogram { totals, lives, .. } => {
                totals.push(Total { sum: Sum::ZERO, birth });
                if metric.ttl.is_some() || !lives.is_empty() {
                    lives.push(birth.created);
                }
            }
            Self::Gauge(gauges) => gauges.push(Gauge { number: f64::NAN, time: i64::MIN, seen: i64::MIN }),
            Self::Day => {}
        }
        if let Self::Histogram { totals, counts, .. } = self {
            counts.resize(totals.len() * counts_of_series(&metric.kind), 0);
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

    /// Has sums that stayed for ever live from now on.
    pub(crate) fn make_mortal(&mut self, now: i64) {
        if let Self::Counter { totals, lives, .. } | Self::Histogram { totals, lives, .. } = self {
            lives.begin(totals.len(), now);
        }
    }

    /// Whether there are sums that may end.
    pub(crate) fn are_mortal(&self) -> bool {
        match self {
            Self::Counter { lives, .. } | Self::Histogram { lives, .. } => !lives.is_empty(),
            Self::Gauge(_) | Self::Day => false,
        }
    }

    /// Whether nothing was said of a series since then.
    pub(crate) fn is_over(&self, slot: usize, oldest: i64) -> bool {
        match self {
            Self::Counter { totals, lives, .. } | Self::Histogram { totals, lives, .. } => {
                lives.is_over(slot, oldest) || totals.get(slot).is_some_and(|total| total.birth.is_over())
            }
            Self::Gauge(gauges) => gauges.get(slot).is_some_and(|gauge| gauge.seen < oldest),
            Self::Day => false,
        }
    }

    /// Whether a series has gained something on this day or later.
    pub(crate) fn has_days(&self, slot: usize, first: i32) -> bool {
        matches!(self, Self::Counter { days, .. } if days.has(slot, first))
    }

    /// What a series of sums was worth is over; days keep what they have of it.
    pub(crate) fn end(&mut self, slot: usize) {
        if let Self::Counter { totals, .. } | Self::Histogram { totals, .. } = self
            && let Some(total) = totals.get_mut(slot)
        {
            *total = Total { sum: Sum::ZERO, birth: total.birth.over() };
        }
    }

    /// A series of sums begins anew.
    pub(crate) fn renew(&mut self, slot: usize, birth: Birth) {
        if let Self::Counter { totals, .. } | Self::Histogram { totals, .. } = self
            && let Some(total) = totals.get_mut(slot)
        {
            *total = Total { sum: Sum::ZERO, birth };
        }
        if let Self::Histogram { totals, counts, .. } = self {
            let width = counts.len().checked_div(totals.len()).unwrap_or_default();
            counts.iter_mut().skip(slot * width).take(width).for_each(|count| *count = 0);
        }
    }

    /// Forgets a series. The last one takes its slot, as with [`Vec::swap_remove`].
    pub(crate) fn swap_remove(&mut self, slot: usize) {
        match self {
            Self::Counter { totals, lives, days } if slot < totals.len() => {
                totals.swap_remove(slot);
                lives.swap_remove(slot);
                days.swap_remove(slot, totals.len());
            }
            Self::Histogram { totals, lives, counts } if slot < totals.len() => {
                let width = counts.len() / totals.len();
                totals.swap_remove(slot);
                lives.swap_remove(slot);
                counts.copy_within(totals.len() * width.., slot * width);
                counts.truncate(totals.len() * width);
            }
            Self::Gauge(gauges) if slot < gauges.len() => {
                gauges.swap_remove(slot);
            }
            Self::Counter { .. } | Self::Histogram { .. } | Self::Gauge(_) | Self::Day => {}
        }
    }

    /// Whether these are the values of so many series of a metric of this kind.
    pub(crate) fn fits(&self, kind: &MetricKind, series: usize) -> bool {
        match (self, kind) {
            (Self::Counter { totals, lives, days }, MetricKind::Counter) => {
                totals.len() == series && lives.fits(series) && days.fits(series)
            }
            (Self::Gauge(gauges), MetricKind::Gauge) => gauges.len() == series,
            (Self::Histogram { totals, lives, counts }, MetricKind::Histogram { .. }) => {
                let fits = totals.len() == series && lives.fits(series);
                fits && Some(counts.len()) == series.checked_mul(counts_of_series(kind))
            }
            (Self::Day, MetricKind::Day { .. }) => series == 0,
            _ => false,
        }
    }
}
