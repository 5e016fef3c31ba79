//! The metrics of all sources. Several rules may feed one, if they agree on what it is.

use std::collections::HashMap;
use std::time::Duration;

use super::fault::{Complaint, Faults, Place};
use super::fields::Placed;
use crate::metric::{Metric, MetricKind};

/// Most series of a metric, where nothing else is said.
const MAX_SERIES: u32 = 10_000;

/// A metric as one rule tells of it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) kind: MetricKind,
    /// Sorted.
    pub(super) labels: Vec<String>,
    pub(super) terms: Terms,
}

/// What need not be said again by every rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub(super) help: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) scale: Option<f64>,
    pub(super) ttl: Option<Duration>,
    pub(super) max_series: Option<u32>,
}

/// A metric that shows what a counter gained in a day.
#[derive(Debug)]
pub(super) struct DayDraft {
    pub(super) name: Placed<String>,
    pub(super) of: Placed<String>,
    pub(super) ago: u16,
    pub(super) terms: Terms,
    pub(super) days: Days,
}

/// The days of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) source: String,
    pub(super) zone: String,
    pub(super) lateness: Duration,
}

/// All that is known so far.
#[derive(Debug, Default)]
pub(super) struct Registry {
    known: Vec<Known>,
    by_name: HashMap<String, usize>,
    /// The index by every name that a family has on a page, those of its samples too.
    by_sample: HashMap<String, usize>,
    days: Vec<(String, DayDraft)>,
    /// Where each source is defined, by its name.
    sources: HashMap<String, String>,
}

#[derive(Debug)]
struct Known {
    draft: Draft,
    at: String,
    fed_by: Vec<Days>,
}

impl Registry {
    /// Registers the name of a source.
    pub(super) fn add_source(&mut self, name: &str, place: Place, faults: &mut Faults) {
        let at = position(faults.file(), place);
        if let Some(before) = self.sources.insert(name.to_owned(), at) {
            let message = format!("the source {name:?} is defined at {before} already");
            faults.add(place, Complaint::new(message, "give each source its own name"));
        }
    }

    /// The index of a metric. A rule that does not agree with the rules before it is a fault.
    pub(super) fn define(&mut self, draft: Draft, days: &Days, faults: &mut Faults) -> usize {
        let at = position(faults.file(), draft.place);
        if let Some(index) = self.by_name.get(&draft.name).copied() {
            if let Some(known) = self.known.get_mut(index) {
                let agreed = known.agree(&draft);
                faults.check(draft.place, agreed);
                known.fed_by.push(days.clone());
            }
            return index;
        }
        let names = names_on_page(&draft.name, &draft.kind);
        let checked = self.check_names(&draft.name, &names);
        faults.check(draft.place, checked);
        self.by_sample.extend(names.into_iter().map(|name| (name, self.known.len())));
        self.by_name.insert(draft.name.clone(), self.known.len());
        self.known.push(Known { draft, at, fed_by: vec![days.clone()] });
        self.known.len() - 1
    }

    /// Remembers a metric over days; its counter may come later.
    pub(super) fn define_day(&mut self, draft: DayDraft, faults: &Faults) {
        self.days.push((faults.file().to_owned(), draft));
    }

    /// All metrics.
    pub(super) fn finish(mut self, faults: &mut Faults) -> Vec<Metric> {
        for (file, draft) in std::mem::take(&mut self.days) {
            faults.enter(&file);
            self.add_day(draft, faults);
        }
        self.known.into_iter().map(Known::into_metric).collect()
    }

    fn add_day(&mut self, day: DayDraft, faults: &mut Faults) {
        let counter = self.by_name.get(&day.of.value).copied();
        let known = counter.and_then(|index| Some((index, self.known.get(index)?)));
        let Some((counter, known)) = known.filter(|(_, known)| known.draft.kind == MetricKind::Counter)
        else {
            let message = format!("of is {:?}, and no rule defines a counter of that name", day.of.value);
            faults.add(
                day.of.place,
                Complaint::new(message, "write the name of a metric whose type is counter"),
            );
            return;
        };
        if let Some(other) = known.fed_by.iter().find(|days| days.zone != day.days.zone) {
            let message = format!(
                "{} counts days of {}, but the source {:?} feeds {} with days of {}",
                day.name.value, day.days.zone, other.source, day.of.value, other.zone
            );
            faults.add(
                day.name.place,
                Complaint::new(message, "give the sources one timeZone, or each its own counter"),
            );
        }
        let lateness = known.fed_by.iter().map(|days| days.lateness).max().unwrap_or(day.days.lateness);
        let kind = MetricKind::Day { counter, ago: day.ago, zone: day.days.zone.clone(), lateness };
        let help = day.terms.help.unwrap_or_else(|| format!("What {} gained in a day.", day.of.value));
        let terms = Terms {
            help: Some(help),
            unit: None,
            scale: known.draft.terms.scale,
            ttl: None,
            max_series: known.draft.terms.max_series,
        };
        let labels = known.draft.labels.clone();
        let draft = Draft { place: day.name.place, name: day.name.value, kind, labels, terms };
        if let Some(before) = self.by_name.get(&draft.name).and_then(|index| self.known.get(*index)) {
            let message = format!("the metric {:?} is defined at {} already", draft.name, before.at);
            faults.add(
                draft.place,
                Complaint::new(message, "a metric over days is defined once: give it its own name"),
            );
            return;
        }
        self.define(draft, &day.days, faults);
    }

    /// A name on a page belongs to one family: a histogram `a` has `a_count`, and so has a counter `a_count_total`.
    fn check_names(&self, name: &str, names: &[String]) -> Result<(), Complaint> {
        let clash = names.iter().find_map(|one| Some((one, self.known.get(*self.by_sample.get(one)?)?)));
        let Some((clash, Known { draft, at, .. })) = clash else { return Ok(()) };
        let message =
            format!("{name} and {}, defined at {at}, both have the name {clash} in OpenMetrics", draft.name);
        Err(Complaint::new(message, "rename one of them"))
    }
}

/// The name of a family in OpenMetrics, and those of its samples.
fn names_on_page(name: &str, kind: &MetricKind) -> Vec<String> {
    let (base, ends): (_, &[&str]) = match kind {
        MetricKind::Counter => (name.strip_suffix("_total").unwrap_or(name), &["", "_total", "_created"]),
        MetricKind::Histogram { .. } => (name, &["", "_bucket", "_count", "_sum", "_created"]),
        MetricKind::Gauge | MetricKind::Day { .. } => (name, &[""]),
    };
    ends.iter().map(|end| format!("{base}{end}")).collect()
}

impl Known {
    /// Takes over what the rules before have not said; complains of what they have said otherwise.
    fn agree(&mut self, other: &Draft) -> Result<(), Complaint> {
        let differs = |what: &str, one: String, other: String| {
            let message =
                format!("the {what} of {} is {other} here, and {one} at {}", self.draft.name, self.at);
            Err(Complaint::new(message, "make them equal, or give the metric another name"))
        };
        let draft = &self.draft;
        if word(&draft.kind) != word(&other.kind) {
            return differs("type", word(&draft.kind).to_owned(), word(&other.kind).to_owned());
        }
        if draft.labels != other.labels {
            return differs("set of labels", format!("{:?}", draft.labels), format!("{:?}", other.labels));
        }
        if draft.kind != other.kind {
            return differs("set of buckets", buckets(&draft.kind), buckets(&other.kind));
        }
        let (one, terms) = (&draft.terms, &other.terms);
        let mut all = [
            difference("help", &one.help, &terms.help),
            difference("unit", &one.unit, &terms.unit),
            difference("scale", &one.scale, &terms.scale),
            difference("ttl", &one.ttl, &terms.ttl),
            difference("maxSeries", &one.max_series, &terms.max_series),
        ]
        .into_iter()
        .flatten();
        if let Some((what, one, other)) = all.next() {
            return differs(what, one, other);
        }
        self.draft.terms.take_over(terms);
        Ok(())
    }

    fn into_metric(self) -> Metric {
        let Draft { name, kind, labels, terms, .. } = self.draft;
        let source = self.fed_by.first().map(|days| days.source.as_str()).unwrap_or_default();
        Metric {
            help: terms.help.unwrap_or_else(|| format!("Read from the logs of {source}.")),
            name,
            unit: terms.unit.unwrap_or_default(),
            kind,
            labels,
            scale: terms.scale.unwrap_or(1.0),
            ttl: terms.ttl,
            max_series: usize::try_from(terms.max_series.unwrap_or(MAX_SERIES)).unwrap_or(usize::MAX),
        }
    }
}

impl Terms {
    fn take_over(&mut self, other: &Self) {
        self.help = self.help.take().or_else(|| other.help.clone());
        self.unit = self.unit.take().or_else(|| other.unit.clone());
        self.scale = self.scale.or(other.scale);
        self.ttl = self.ttl.or(other.ttl);
        self.max_series = self.max_series.or(other.max_series);
    }
}

/// Both as text, if both are there and they differ.
fn difference<T: PartialEq + std::fmt::Debug>(
    what: &'static str,
    one: &Option<T>,
    other: &Option<T>,
) -> Option<(&'static str, String, String)> {
    let (one, other) = (one.as_ref()?, other.as_ref()?);
    (one != other).then(|| (what, format!("{one:?}"), format!("{other:?}")))
}

fn word(kind: &MetricKind) -> &'static str {
    match kind {
        MetricKind::Counter => "counter",
        MetricKind::Gauge => "gauge",
        MetricKind::Histogram { .. } => "histogram",
        MetricKind::Day { .. } => "gauge over days",
    }
}

fn buckets(kind: &MetricKind) -> String {
    if let MetricKind::Histogram { bounds } = kind { format!("{bounds:?}") } else { String::new() }
}

fn position(file: &str, place: Place) -> String {
    format!("{file}:{}:{}", place.line, place.column)
}
