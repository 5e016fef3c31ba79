//! `metrics`: one rule, from its fields to a compiled rule and the metric that it feeds.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::label::{self, LabelDocument};
use super::{Shared, names, reach};
use crate::metric::MetricKind;
use crate::observation::Number;
use crate::rules::condition::Condition;
use crate::rules::fault::{Complaint, Faults};
use crate::rules::fields::{Fields, Placed, number_of};
use crate::rules::node::{Node, Value};
use crate::rules::path::{Path, Root};
use crate::rules::registry::{DayDraft, Draft, Terms};
use crate::rules::rule::Rule;
use crate::rules::scope::Places;
use crate::rules::slots::Slots;
use crate::rules::suffix::Unit;
use crate::rules::value::{Taken, ValueReader};

/// Most buckets of a histogram.
const MAX_BUCKETS: usize = 200;

/// Most words that can be worth a number.
const MAX_WORDS: usize = 1_000;

/// Most days that are looked back.
const MAX_AGO: u32 = 31;

/// Beyond these factors the greatest sum would not be finite when it is shown, or would vanish.
const SCALES: RangeInclusive<f64> = 1e-30..=1e30;

/// Longest help, in bytes.
const MAX_HELP: usize = 1024;

/// The paths of one rule.
pub(super) struct Paths {
    pub(super) each: Option<Placed<Path>>,
    pub(super) value: Option<Placed<Path>>,
    pub(super) labels: Vec<LabelDocument>,
}

/// A rule; none where it is not for lines, or so wrong that none can be made.
pub(super) fn compile(
    node: &Node,
    shared: &mut Shared<'_>,
    slots: &mut Slots,
    faults: &mut Faults,
) -> Option<Rule> {
    let mut fields = Fields::of(node, "a metric", faults)?;
    if fields.has("period").is_some() || fields.has("of").is_some() {
        let fields = Fields::of(node, "a metric with a period", faults)?;
        compile_day(fields, shared, faults);
        return None;
    }
    let before = faults.count();
    let name = fields.needed_text("name", faults);
    let taken = read_type(&mut fields, faults);
    let paths = read_paths(&mut fields, taken, shared, faults);
    reach::check(&paths, shared.time.as_ref(), faults);
    let kind = taken.and_then(|taken| read_kind(&mut fields, taken, faults));
    let terms = read_terms(&mut fields, taken, faults);
    if let (Some(name), Some(taken)) = (&name, taken) {
        check_name(name, taken, &terms, faults);
    }
    let words = read_words(&mut fields, faults);
    let unit = fields.choice("coerce", &Unit::WORDS, faults).map(|unit| unit.value);
    let when = fields.text("when", faults);
    let when = when.and_then(|when| faults.check(when.place, Condition::compile(when.value, slots)));
    fields.finish(faults);

    let mut places = Places::new(slots, paths.each.as_ref().map(|each| &each.value));
    let value = paths.value.as_ref().and_then(|path| faults.check(path.place, places.origin(&path.value)));
    let value = value.map(|origin| ValueReader { origin, words, unit });
    let labels =
        paths.labels.iter().filter_map(|label| faults.check(label.place, label.resolve(&mut places)));
    let labels: Vec<_> = labels.collect();
    let each = places.into_each();
    let label_names: Vec<_> = paths.labels.iter().map(|label| label.name.clone()).collect();
    let (name, kind) = (name?.value.to_owned(), kind?);
    let taken = if kind.takes_negative() && taken == Some(Taken::Size) { Taken::SignedSize } else { taken? };
    if faults.count() > before {
        // Others may still refer to it by its name.
        let draft = Draft { place: node.place, name, kind, labels: label_names, terms };
        shared.registry.define(draft, &shared.days, faults);
        return None;
    }
    let draft = Draft { place: node.place, name: name.clone(), kind, labels: label_names.clone(), terms };
    let metric = shared.registry.define(draft, &shared.days, faults);
    let place = format!("{}:{}:{}", faults.file(), node.place.line, node.place.column);
    Some(Rule { metric, name, place, taken, when, each, value, label_names, labels })
}

fn read_type(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Taken> {
    if fields.node("type").is_none() {
        let advice = "add type: counter, gauge or histogram";
        faults.add(fields.place, Complaint::new("a metric has no type", advice));
    }
    let words = [("counter", Taken::Increase), ("gauge", Taken::Level), ("histogram", Taken::Size)];
    fields.choice("type", &words, faults).map(|choice| choice.value)
}

fn read_paths(
    fields: &mut Fields<'_>,
    taken: Option<Taken>,
    shared: &Shared<'_>,
    faults: &mut Faults,
) -> Paths {
    let each = fields.text("each", faults).and_then(|text| {
        let value = faults.check(text.place, each_path(text.value))?;
        Some(Placed { place: text.place, value })
    });
    let value = fields.text("value", faults).and_then(|text| {
        let value = faults.check(text.place, Path::parse_constant(text.value))?;
        Some(Placed { place: text.place, value })
    });
    if taken.is_some_and(|taken| taken != Taken::Increase) && fields.node("value").is_none() {
        let advice = "add value: with a path, such as pay.amount; only counters can count lines";
        faults.add(fields.place, Complaint::new("a gauge or histogram has no value", advice));
    }
    for name in ["values", "coerce"] {
        if let (Some(place), None) = (fields.has(name), fields.node("value")) {
            let message = format!("{name} says how a value is read, and the metric has none");
            faults.add(place, Complaint::new(message, "add value: with a path, or leave it out"));
        }
    }
    let labels = label::merge(&shared.labels, label::read_all(fields, faults));
    Paths { each, value, labels }
}

/// A path from the line on, with wildcards.
fn each_path(text: &str) -> Result<Path, Complaint> {
    let path = Path::parse(text)?;
    let wildcards = path.steps.iter().filter(|step| !step.is_constant()).count();
    if path.root == Root::Line && (1..=4).contains(&wildcards) {
        return Ok(path);
    }
    Err(Complaint::new(
        format!("each is {text:?}, which has {wildcards} wildcards"),
        "write a path of the line with one to four: queues.*, list[*], queues./^q-/",
    ))
}

fn read_kind(fields: &mut Fields<'_>, taken: Taken, faults: &mut Faults) -> Option<MetricKind> {
    let place = fields.has("buckets");
    let items = fields.list("buckets", faults);
    match (taken, place) {
        (Taken::Increase, None) => return Some(MetricKind::Counter),
        (Taken::Level, None) => return Some(MetricKind::Gauge),
        (Taken::Increase | Taken::Level, Some(place)) => {
            let advice = "leave buckets out, or write type: histogram";
            faults.add(place, Complaint::new("only a histogram has buckets", advice));
            return None;
        }
        (Taken::Size | Taken::SignedSize, _) => {}
    }
    let bounds: Vec<_> = items.iter().filter_map(|item| number_of(item, "a bucket", faults)).collect();
    let ascending = bounds.iter().zip(bounds.iter().skip(1)).all(|(one, next)| one < next);
    if ascending && bounds.iter().all(|bound| bound.is_finite()) && (1..=MAX_BUCKETS).contains(&bounds.len())
    {
        return Some(MetricKind::Histogram { bounds });
    }
    let message = format!("the buckets of a histogram are from 1 to {MAX_BUCKETS} finite, ascending numbers");
    let advice = "write buckets: [0.1, 0.5, 1, 5]; +Inf comes by itself";
    faults.add(place.unwrap_or(fields.place), Complaint::new(message, advice));
    None
}

fn read_terms(fields: &mut Fields<'_>, taken: Option<Taken>, faults: &mut Faults) -> Terms {
    let help = read_help(fields, faults);
    let unit = fields.text("unit", faults).map(|unit| unit.value.to_owned());
    let scale = fields.number("scale", faults);
    if let Some(scale) = scale.as_ref().filter(|scale| !SCALES.contains(&scale.value)) {
        let (least, most) = (SCALES.start(), SCALES.end());
        let message = format!("scale is {:?}, and has to be from {least:e} to {most:e}", scale.value);
        faults.add(
            scale.place,
            Complaint::new(message, "write the factor to the unit: 0.001 makes seconds of ms"),
        );
    }
    let ttl = fields.duration("ttl", faults);
    let may_reset = fields.flag("mayReset", faults).unwrap_or(false);
    if let Some(ttl) = &ttl {
        if ttl.value == Duration::ZERO {
            faults.add(
                ttl.place,
                Complaint::new("ttl is 0", "leave it out, or write how long a series is shown"),
            );
        }
        if taken.is_some_and(|taken| taken != Taken::Level) && !may_reset {
            let message = "a ttl makes a counter or histogram begin again at 0";
            let advice = "leave ttl out, or add mayReset: true if that is wanted";
            faults.add(ttl.place, Complaint::new(message, advice));
        }
    }
    Terms {
        help,
        unit,
        scale: scale.map(|scale| scale.value),
        ttl: ttl.map(|ttl| ttl.value),
        max_series: fields.count("maxSeries", 1, faults).map(|count| count.value),
    }
}

fn read_help(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<String> {
    let help = fields.text("help", faults)?;
    if help.value.len() > MAX_HELP {
        let message = format!("help has {} bytes; {MAX_HELP} are allowed", help.value.len());
        faults.add(help.place, Complaint::new(message, "write one sentence"));
    }
    Some(help.value.trim().to_owned())
}

fn check_name(name: &Placed<&str>, taken: Taken, terms: &Terms, faults: &mut Faults) {
    let good = faults.check(name.place, names::check_metric(name.value, taken == Taken::Increase));
    if let (Some(()), Some(unit)) = (good, &terms.unit) {
        faults.check(name.place, names::check_unit(name.value, unit));
    }
}

/// `values`: what words are worth.
fn read_words(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<(Box<str>, Number)> {
    let members = fields.map("values", faults);
    if let Some(beyond) = members.get(MAX_WORDS) {
        let message = format!("there are {} values; {MAX_WORDS} are allowed", members.len());
        faults.add(beyond.place, Complaint::new(message, "leave some out"));
    }
    let read = members.iter().take(MAX_WORDS).filter_map(|member| {
        let number = match member.node.value {
            Value::Whole(whole) => Number::Whole(whole),
            _ => Number::Real(number_of(&member.node, "a value", faults).filter(|real| real.is_finite())?),
        };
        Some((member.key.as_str().into(), number))
    });
    read.collect()
}

/// A metric that shows what a counter gained in a day.
fn compile_day(mut fields: Fields<'_>, shared: &mut Shared<'_>, faults: &mut Faults) {
    let name = fields.needed_text("name", faults);
    if let Some(name) = &name {
        faults.check(name.place, names::check_metric(name.value, false));
    }
    fields.choice("type", &[("gauge", ())], faults);
    fields.needed_text("period", faults);
    fields.choice("period", &[("day", ())], faults);
    let of = fields.needed_text("of", faults);
    let ago = fields.count("ago", 0, faults);
    if let Some(ago) = ago.as_ref().filter(|ago| ago.value > MAX_AGO) {
        let message = format!("ago is {}; {MAX_AGO} days are kept at most", ago.value);
        faults.add(ago.place, Complaint::new(message, "ask Prometheus for older days"));
    }
    let help = read_help(&mut fields, faults);
    if let Some(place) = fields.has("maxSeries") {
        let message = "a metric with a period has no series of its own";
        faults.add(place, Complaint::new(message, "leave maxSeries out, or set it at the counter"));
    }
    fields.finish(faults);
    if let (Some(name), Some(of)) = (name, of) {
        let owned = |text: Placed<&str>| Placed { place: text.place, value: text.value.to_owned() };
        let ago = ago.and_then(|ago| u16::try_from(ago.value).ok()).unwrap_or(0);
        let terms = Terms { help, ..Terms::default() };
        let days = shared.days.clone();
        shared.registry.define_day(DayDraft { name: owned(name), of: owned(of), ago, terms, days }, faults);
    }
}
