//! The series of a snapshot as lines of a page.

use super::number::{push_float, push_whole};
use super::{Head, Page, Type, base_name, push_label};
use crate::metric::MetricKind;
use crate::observation::read_labels;
use crate::series::values::Total;
use crate::series::{Scale, Snapshot, Sum, View, ViewValues};

impl Page<'_> {
    /// All metrics that have a series. Rules make sure that no two have a name in common.
    pub fn add_snapshot(&mut self, snapshot: &Snapshot) {
        for view in snapshot.views().filter(|view| !view.is_empty()) {
            self.add_view(&view);
        }
    }

    fn add_view(&mut self, view: &View<'_>) {
        let head = Head {
            name: &view.metric.name,
            help: &view.metric.help,
            unit: &view.metric.unit,
            kind: type_of(&view.metric.kind),
        };
        self.push_head(head);
        let bounds = self.bounds(&view.metric.kind);
        let mut series = Series { head, scale: view.scale, slot: 0, labels: Vec::new() };
        for (slot, values) in view.labels.iter().enumerate() {
            series.slot = slot;
            series.labels.clear();
            for (name, value) in view.names.iter().zip(read_labels(values)) {
                push_label(&mut series.labels, name, value);
            }
            self.add_series(view, &series, &bounds);
        }
    }

    fn add_series(&mut self, view: &View<'_>, series: &Series<'_>, bounds: &[Bound]) {
        match &view.values {
            ViewValues::Counter(totals) => {
                if let Some(total) = totals.get(series.slot).filter(|total| !total.birth.is_over()) {
                    let suffix = self.sample_suffix(series.head);
                    self.push_sum(series, suffix, total.shown());
                    self.push_created(series, total.birth.created);
                }
            }
            ViewValues::Gauge(gauges) => {
                if let Some(gauge) = gauges.get(series.slot) {
                    self.push_name(series.head.name, "", (&series.labels, &[]));
                    self.push_value(series.scale.apply(gauge.number));
                }
            }
            ViewValues::Histogram(totals, counts) => {
                let counts = counts.chunks(bounds.len().max(1)).nth(series.slot).unwrap_or_default();
                if let Some(total) = totals.get(series.slot) {
                    self.push_histogram(series, total, (bounds, counts));
                }
            }
            ViewValues::Day(days, day) => self.push_sum(series, "", days.sum(*day, series.slot)),
        }
    }

    fn push_histogram(&mut self, series: &Series<'_>, total: &Total, (bounds, counts): (&[Bound], &[u64])) {
        let is_shown = u64::from(total.birth.is_shown());
        let name = series.head.name;
        let mut sum = 0_u64;
        for (bound, count) in bounds.iter().zip(counts) {
            // The counts of a checkpoint may be anything.
            sum = count.saturating_mul(is_shown).saturating_add(sum);
            self.push_name(name, "_bucket", (&series.labels, &bound.label));
            self.push_count(sum);
        }
        // With observations below zero the sum is no counter, and OpenMetrics wants neither it nor the count.
        if self.is_open_metrics() && bounds.first().is_some_and(|bound| bound.is_negative) {
            return;
        }
        self.push_sum(series, "_sum", total.shown());
        self.push_name(name, "_count", (&series.labels, &[]));
        self.push_count(sum);
        self.push_created(series, total.birth.created);
    }

    /// Those of a histogram, and infinity.
    fn bounds(&self, kind: &MetricKind) -> Vec<Bound> {
        let MetricKind::Histogram { bounds } = kind else { return Vec::new() };
        bounds.iter().copied().chain([f64::INFINITY]).map(|bound| self.bound(bound)).collect()
    }

    /// OpenMetrics writes whole bounds as `1.0`.
    fn bound(&self, bound: f64) -> Bound {
        let mut label = b"le=\"".to_vec();
        let start = label.len();
        push_float(&mut label, bound);
        let is_whole = label.iter().skip(start).all(|byte| byte.is_ascii_digit() || *byte == b'-');
        if is_whole && self.is_open_metrics() {
            label.extend_from_slice(b".0");
        }
        label.push(b'"');
        Bound { label, is_negative: bound < 0.0 }
    }

    fn push_sum(&mut self, series: &Series<'_>, suffix: &str, sum: Sum) {
        self.push_name(series.head.name, suffix, (&series.labels, &[]));
        match (sum.to_whole(), series.scale) {
            (Some(whole), Scale::None) => {
                push_whole(self.out, whole);
                self.out.push(b'\n');
            }
            (_, scale) => self.push_value(scale.apply(sum.to_f64())),
        }
    }

    fn push_count(&mut self, count: u64) {
        push_whole(self.out, i128::from(count));
        self.out.push(b'\n');
    }

    #[allow(clippy::cast_precision_loss, reason = "milliseconds of any year that matters are exact")]
    fn push_created(&mut self, series: &Series<'_>, created: i64) {
        if self.is_open_metrics() && self.style.created {
            self.push_name(base_name(series.head.name), "_created", (&series.labels, &[]));
            self.push_value(created as f64 / 1000.0);
        }
    }
}

fn type_of(kind: &MetricKind) -> Type {
    match kind {
        MetricKind::Counter => Type::Counter,
        MetricKind::Gauge | MetricKind::Day { .. } => Type::Gauge,
        MetricKind::Histogram { .. } => Type::Histogram,
    }
}

/// One series, while it is written.
struct Series<'a> {
    head: Head<'a>,
    scale: Scale,
    slot: usize,
    /// As they stand between the braces.
    labels: Vec<u8>,
}

/// An upper bound of a bucket.
struct Bound {
    /// As it stands between the braces.
    label: Vec<u8>,
    is_negative: bool,
}
