//! One metric with its series: takes observations, bounds the number of series, and lets those go that are over.

use std::sync::Arc;

use super::birth::{Birth, Moment};
use super::days::{Calendar, Days, Heard, When};
use super::labels::Labels;
use super::saved::{SavedFamily, Shape};
use super::sum::Scale;
use super::values::{Values, counts_of_series};
use crate::metric::{Metric, MetricKind, OVERFLOW};
use crate::observation::{Number, Observation, push_label, read_labels};

/// What did not become a series, a sum or a day of its own, since it was asked for the last time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Observations for the series `overflow`, as there were too many others.
    pub overflowed: u64,
    /// Observations that count for no day, as theirs was over, or lies too far ahead.
    pub late: u64,
    /// Observations of gauges that were older than the time to live when they were read.
    pub stale: u64,
    /// Numbers that no sum takes: below zero where it only grows, or not finite. Rules let none through.
    pub refused: u64,
}

/// A metric and its series.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) metric: Arc<Metric>,
    pub(crate) scale: Scale,
    pub(crate) tally: Tally,
    pub(crate) shape: Arc<Shape>,
    labels: Labels,
    values: Values,
    /// Of a counter that another metric shows by day.
    calendar: Option<Calendar>,
    /// Whose days they are; empty where there are none.
    zone: String,
    /// Labels of the series for what is too much.
    overflow: Vec<u8>,
}

/// The moment in which something is observed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// By the clock of the machine, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The next snapshot.
    pub(crate) snapshot: u64,
}

impl Family {
    /// A metric that nobody has observed. Without labels its sum is known: it is zero.
    pub(crate) fn new(metric: Metric, start: Start) -> Self {
        let mut overflow = Vec::new();
        metric.labels.iter().for_each(|_| push_label(&mut overflow, OVERFLOW));
        let mut family = Self {
            scale: Scale::new(metric.scale),
            tally: Tally::default(),
            shape: Arc::new(Shape::of(&metric)),
            labels: Labels::default(),
            values: Values::new(&metric.kind),
            calendar: None,
            zone: String::new(),
            overflow,
            metric: Arc::new(metric),
        };
        let is_sum = matches!(family.metric.kind, MetricKind::Counter | MetricKind::Histogram { .. });
        if is_sum && family.metric.labels.is_empty() {
            family.push(&[], start);
        }
        family
    }

    /// Has its sums kept by day too.
    pub(crate) fn keep_days(&mut self, zone: &str, extend: impl FnOnce(&mut Calendar)) {
        extend(self.calendar.get_or_insert_with(|| Calendar::new(zone)));
        zone.clone_into(&mut self.zone);
    }

    /// No line ends a day by more than what was heard.
    pub(crate) fn hear(&mut self, heard: Heard) {
        if let (Values::Counter { days, .. }, Some(calendar)) = (&mut self.values, &mut self.calendar) {
            days.hear(calendar, heard);
        }
    }

    /// What day a moment belongs to, for the metric that shows days.
    pub(crate) fn today(&self, now: i64) -> Option<i32> {
        self.calendar.as_ref().map(|calendar| calendar.today(now))
    }

    /// Goes on with the series of an earlier time. False where these are no series of this metric.
    pub(crate) fn resume(&mut self, saved: SavedFamily, now: i64) -> bool {
        let names = self.metric.labels.len();
        let legible = |values: &Arc<[u8]>| is_legible(values, names);
        if !saved.values.fits(&self.metric.kind, saved.labels.len()) || !saved.labels.iter().all(legible) {
            return false;
        }
        let Some(labels) = Labels::restore(saved.labels) else { return false };
        (self.labels, self.values) = (labels, saved.values);
        if self.metric.ttl.is_some() {
            self.values.make_mortal(now);
        }
        if let Values::Counter { days, .. } = &mut self.values {
            match &mut self.calendar {
                // Days of another zone begin and end at other times.
                Some(calendar) if saved.zone == self.zone => days.wake(calendar),
                _ => *days = Days::default(),
            }
        }
        true
    }

    /// A copy of everything.
    pub(crate) fn save(&self) -> SavedFamily {
        SavedFamily {
            shape: Arc::clone(&self.shape),
            zone: self.zone.clone(),
            labels: self.labels.column(),
            values: self.values.clone(),
        }
    }

    /// Lets new series be shown, and those go whose time to live is over.
    pub(crate) fn age(&mut self, moment: &Moment) {
        self.values.grow(moment);
        if self.metric.ttl.is_none() && !self.values.are_mortal() {
            return;
        }
        let oldest = self.oldest(moment.now);
        let first_day = self.calendar.as_ref().map(|calendar| calendar.first_shown(moment.now));
        for slot in (0..self.labels.len()).rev() {
            if !self.values.is_over(slot, oldest) {
                continue;
            }
            if first_day.is_some_and(|day| self.values.has_days(slot, day)) {
                self.values.end(slot);
            } else {
                self.values.swap_remove(slot);
                self.labels.swap_remove(slot);
            }
        }
    }

    /// What was last said of a series before this moment, in milliseconds since 1970, is over.
    fn oldest(&self, now: i64) -> i64 {
        let ttl = self.metric.ttl.map(|ttl| i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
        ttl.map_or(i64::MIN, |ttl| now.saturating_sub(ttl))
    }

    /// Adds one observation.
    pub(crate) fn observe(&mut self, labels: &[u8], observation: &Observation, start: Start) {
        if !self.takes(observation, start.now) {
            return;
        }
        let known = if labels.is_empty() { self.labels.first() } else { self.labels.find(labels) };
        let slot = match known {
            Some(slot) => slot,
            None => self.make_room(labels, start),
        };
        // It may be over, and no snapshot was taken since.
        if self.values.are_mortal() && self.values.is_over(slot, self.oldest(start.now)) {
            self.values.renew(slot, Birth::new(start.now, start.snapshot));
        }
        self.add(slot, observation, start);
    }

    fn takes(&mut self, observation: &Observation, now: i64) -> bool {
        let number = observation.number;
        let is_finite = !matches!(number, Number::Real(real) if !real.is_finite());
        let is_negative =
            matches!(number, Number::Whole(..0)) || matches!(number, Number::Real(real) if real < 0.0);
        let takes = match self.metric.kind {
            MetricKind::Counter | MetricKind::Histogram { .. } => {
                is_finite && (!is_negative || self.metric.kind.takes_negative())
            }
            MetricKind::Gauge => return self.is_fresh(observation.time, now),
            MetricKind::Day { .. } => false,
        };
        add_one(&mut self.tally.refused, !takes);
        takes
    }

    fn is_fresh(&mut self, time: i64, now: i64) -> bool {
        let fresh = self.metric.takes_time(time, now);
        add_one(&mut self.tally.stale, !fresh);
        fresh
    }

    /// The slot for a series that is not known: its own, or that for what is too much.
    fn make_room(&mut self, labels: &[u8], start: Start) -> usize {
        let overflow = self.labels.find(&self.overflow);
        let own = self.labels.len() - usize::from(overflow.is_some());
        if own < self.metric.max_series || *labels == *self.overflow {
            return self.push(labels, start);
        }
        add_one(&mut self.tally.overflowed, true);
        overflow.unwrap_or_else(|| {
            let labels = self.overflow.clone();
            self.push(&labels, start)
        })
    }

    fn push(&mut self, labels: &[u8], start: Start) -> usize {
        self.values.push(&self.metric, Birth::new(start.now, start.snapshot));
        self.labels.push(labels)
    }

    fn add(&mut self, slot: usize, observation: &Observation, Start { now, .. }: Start) {
        let Observation { number, time, day, .. } = *observation;
        match &mut self.values {
            Values::Counter { totals, lives, days } => {
                lives.feed(slot, now);
                if let Some(total) = totals.get_mut(slot) {
                    total.sum += number;
                }
                if let Some(calendar) = &mut self.calendar {
                    let counted = days.add(calendar, When { time, day, now }, (slot, number));
                    add_one(&mut self.tally.late, !counted);
                }
            }
            Values::Gauge(gauges) => {
                if let Some(gauge) = gauges.get_mut(slot) {
                    gauge.take(number.to_f64(), time, now);
                }
            }
            Values::Histogram { totals, lives, counts } => {
                lives.feed(slot, now);
                if let Some(total) = totals.get_mut(slot) {
                    total.sum += number;
                }
                let bucket = bucket_of(&self.metric.kind, self.scale.apply(number.to_f64()));
                if let Some(count) = counts.get_mut(slot * counts_of_series(&self.metric.kind) + bucket) {
                    add_one(count, true);
                }
            }
            Values::Day => {}
        }
    }
}

/// What a checkpoint says may be anything.
fn add_one(count: &mut u64, condition: bool) {
    *count = count.saturating_add(u64::from(condition));
}

/// The first bucket that a number fits in: an upper bound belongs to its bucket.
fn bucket_of(kind: &MetricKind, number: f64) -> usize {
    match kind {
        MetricKind::Histogram { bounds } => bounds.partition_point(|bound| *bound < number),
        MetricKind::Counter | MetricKind::Gauge | MetricKind::Day { .. } => 0,
    }
}

/// Whether these bytes are as many values as there are names, and nothing else.
fn is_legible(values: &[u8], names: usize) -> bool {
    let (mut count, mut length) = (0, 0);
    for value in read_labels(values) {
        count += 1;
        length += 4 + value.len();
    }
    count == names && length == values.len()
}
