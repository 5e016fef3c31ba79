//! What a metric is, apart from what it is worth: a name, a type, names of labels. Rules define it, series belong to it.

use std::time::Duration;

/// A metric, as `# HELP` and `# TYPE` tell of it. Those of all sources stand in one list; others refer to it by index.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// As it is exposed; a counter's ends with `_total`.
    pub name: String,
    /// One sentence.
    pub help: String,
    /// Empty where there is none. OpenMetrics wants the name to end with it, before `_total`.
    pub unit: String,
    /// Its type.
    pub kind: MetricKind,
    /// Names of its labels, sorted. Values of an observation come in this order.
    pub labels: Vec<String>,
    /// Every number is multiplied by it when it is shown; sums are kept unscaled, so that they stay exact.
    pub scale: f64,
    /// How long after its last observation a series is shown; for ever without it.
    pub ttl: Option<Duration>,
    /// Most series. What comes beyond them is counted in one more, whose labels all say `overflow`.
    pub max_series: usize,
}

/// The type of a metric.
#[derive(Debug, Clone, PartialEq)]
pub enum MetricKind {
    /// Sums what is observed.
    Counter,
    /// Shows the newest that is observed.
    Gauge,
    /// Counts what is observed by size.
    Histogram {
        /// Upper bounds, scaled, ascending, finite; `+Inf` is not among them.
        bounds: Vec<f64>,
    },
    /// Shows what a counter gained in one day.
    Day {
        /// The counter, by index.
        counter: usize,
        /// How many days ago that day is: 0 is today.
        ago: u16,
        /// Whose days they are: the zone of the source, by its name in the tz database.
        zone: String,
        /// How long after its end a day still grows.
        lateness: Duration,
    },
}

impl Metric {
    /// Whether a number of this time is young enough for its time to live when it is read, both in milliseconds since 1970.
    /// What catches up with yesterday's lines must not fill the gauges with what is over.
    #[must_use]
    pub fn takes_time(&self, time: i64, now: i64) -> bool {
        let age = u128::from(now.saturating_sub(time).max(0).unsigned_abs());
        self.kind != MetricKind::Gauge || self.ttl.is_none_or(|ttl| age <= ttl.as_millis())
    }
}

impl MetricKind {
    /// Whether numbers below zero are for it. A histogram takes them if it has a bucket for them: otherwise its sum is
    /// scraped as one that only grows.
    #[must_use]
    pub fn takes_negative(&self) -> bool {
        match self {
            Self::Counter | Self::Day { .. } => false,
            Self::Gauge => true,
            Self::Histogram { bounds } => bounds.first().is_some_and(|bound| *bound < 0.0),
        }
    }
}

/// Value of every label of the series that takes what is beyond [`Metric::max_series`].
pub const OVERFLOW: &str = "overflow";
