//! Metrics and lines for tests, and what a page says of them.

use std::time::Duration;

use super::Store;
use crate::exposition::{Format, Page, Style};
use crate::metric::{Metric, MetricKind};
use crate::observation::{Number, Observation, Observations, push_label};

/// 2026-05-01, noon in UTC.
pub(crate) const NOON: i64 = 1_777_636_800_000;

/// Its day.
pub(crate) const DAY: i32 = 20_574;

pub(crate) fn metric(name: &str, kind: MetricKind, labels: &[&str]) -> Metric {
    Metric {
        name: name.to_owned(),
        help: String::new(),
        unit: String::new(),
        kind,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        scale: 1.0,
        ttl: None,
        max_series: 1000,
    }
}

pub(crate) fn histogram(bounds: &[f64]) -> MetricKind {
    MetricKind::Histogram { bounds: bounds.to_vec() }
}

pub(crate) fn day_of(counter: usize, ago: u16) -> MetricKind {
    MetricKind::Day { counter, ago, zone: "UTC".to_owned(), lateness: Duration::from_secs(600) }
}

/// A store that shows everything at once.
pub(crate) fn store(metrics: Vec<Metric>) -> Store {
    Store::new(metrics, NOON).zero_first(None)
}

/// One observation of a line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) metric: usize,
    pub(crate) labels: Vec<String>,
    pub(crate) number: Number,
    pub(crate) time: i64,
}

pub(crate) fn line(metric: usize, labels: &[&str], number: Number) -> Line {
    Line { metric, labels: labels.iter().map(|label| (*label).to_owned()).collect(), number, time: NOON }
}

pub(crate) fn whole(metric: usize, labels: &[&str], number: i64) -> Line {
    line(metric, labels, Number::Whole(number))
}

impl Line {
    pub(crate) fn at(self, time: i64) -> Self {
        Self { time, ..self }
    }

    pub(crate) fn observations(&self) -> Observations {
        let mut observations = Observations::default();
        self.labels.iter().for_each(|label| push_label(&mut observations.labels, label));
        observations.all.push(Observation {
            metric: self.metric,
            labels: 0..observations.labels.len(),
            number: self.number,
            time: self.time,
            day: i32::try_from(self.time.div_euclid(86_400_000)).unwrap(),
        });
        observations
    }
}

/// Reads lines at a time.
pub(crate) fn read(store: &mut Store, now: i64, lines: &[Line]) {
    lines.iter().for_each(|line| store.apply(&line.observations(), now));
}

/// The next snapshot as text, without comments, sorted.
pub(crate) fn shown(store: &mut Store, now: i64) -> Vec<String> {
    let mut page = Vec::new();
    Page::new(&mut page, Style { format: Format::Text, created: false }).add_snapshot(&store.snapshot(now));
    let page = String::from_utf8(page).unwrap();
    let mut lines: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    lines.sort();
    lines
}
