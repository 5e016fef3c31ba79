//! What the rules of a source make of one line, and why, for a person who writes rules.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::Rules;
use super::rule::{Outcome, Rule};
use super::source::{Line, Reader, Seen, Sink, Source, Told};
use super::time::date_of;
use super::value::Taken;
use crate::exposition::push_float;
use crate::metric::Metric;
use crate::observation::{Number, Observation, Observations, Reason, read_labels};
use crate::series::Scale;

/// Longest piece of a line that an explanation repeats, in characters.
const MAX_SHOWN: usize = 80;

/// What a source makes of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The source.
    pub source: String,
    /// Why the whole line is of no use, if it is.
    pub problem: Option<String>,
    /// When it happened, in the zone of the source.
    pub time: Option<String>,
    /// On which day that counts.
    pub day: Option<String>,
    /// What each rule made of it.
    pub rules: Vec<ExplainedRule>,
}

/// What a rule makes of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedRule {
    /// The metric that it feeds.
    pub metric: String,
    /// The file, line and column where it stands.
    pub place: String,
    /// Whether it counts the line, or something in it.
    pub matched: bool,
    /// A sentence that says what happened.
    pub why: String,
    /// What it counts.
    pub observations: Vec<ExplainedObservation>,
}

/// A number for a series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedObservation {
    /// The labels of the series.
    pub labels: BTreeMap<String, String>,
    /// The number, scaled, as a page shows it.
    pub value: String,
}

/// What rules saw in a line, and when it is read.
struct Sight<'r> {
    out: Observations,
    metrics: &'r [Metric],
    read_at: i64,
}

impl Rules {
    /// Says what each rule of a source, which is one of these rules, makes of a line.
    #[must_use]
    pub fn explain(&self, source: &Source, line: Line<'_>) -> Explanation {
        source.explain(line, &self.metrics)
    }
}

impl Source {
    fn explain(&self, line: Line<'_>, metrics: &[Metric]) -> Explanation {
        let mut out = Observations::default();
        let mut seen = Vec::new();
        let see = |one: &Seen<'_>| {
            if let Some(rule) = self.compiled.rules.get(one.rule) {
                seen.push((rule, why(rule, one), one.observations.clone()));
            }
        };
        let judged = self.judge(
            line,
            &mut Reader::default(),
            Told { sink: &mut Sink { out: &mut out, take: None }, see },
        );
        let problem = match judged {
            Ok(Some(_)) => None,
            Ok(None) => Some("the line is blank, which is no fault"),
            Err(reason) => Some(sentence(reason)),
        };
        let moment = judged.ok().flatten();
        let sight = Sight { out, metrics, read_at: line.read_at };
        let time = moment.and_then(|moment| Timestamp::from_millisecond(moment.time).ok());
        Explanation {
            source: self.name.clone(),
            problem: problem.map(str::to_owned),
            time: time.map(|time| time.to_zoned(self.zone.clone()).to_string()),
            day: moment.and_then(|moment| date_of(moment.day)).map(|date| date.to_string()),
            rules: seen.into_iter().map(|(rule, why, range)| sight.explain(rule, why, range)).collect(),
        }
    }
}

impl Sight<'_> {
    fn explain(&self, rule: &Rule, why: String, range: Range<usize>) -> ExplainedRule {
        let all = self.out.all.get(range).unwrap_or_default();
        // All of them have the time of the line.
        let too_old = all.first().and_then(|one| self.too_old(one));
        let counted = if too_old.is_none() { all } else { &[] };
        ExplainedRule {
            metric: rule.name.clone(),
            place: rule.place.clone(),
            matched: !counted.is_empty(),
            why: too_old.unwrap_or(why),
            observations: counted.iter().map(|one| self.observation(rule, one)).collect(),
        }
    }

    fn too_old(&self, one: &Observation) -> Option<String> {
        let metric =
            self.metrics.get(one.metric).filter(|metric| !metric.takes_time(one.time, self.read_at))?;
        let age = Duration::from_millis(self.read_at.saturating_sub(one.time).unsigned_abs());
        Some(format!("too old for its ttl of {:?}: it happened {age:?} ago", metric.ttl?))
    }

    fn observation(&self, rule: &Rule, one: &Observation) -> ExplainedObservation {
        let values = read_labels(self.out.labels.get(one.labels.clone()).unwrap_or_default());
        let labels = rule.label_names.iter().cloned().zip(values.map(str::to_owned)).collect();
        let scale = self.metrics.get(one.metric).map_or(Scale::None, |metric| Scale::new(metric.scale));
        let value = match (one.number, scale) {
            (Number::Whole(whole), Scale::None) => whole.to_string(),
            (number, scale) => spelled(scale.apply(number.to_f64())),
        };
        ExplainedObservation { labels, value }
    }
}

fn spelled(number: f64) -> String {
    let mut text = Vec::new();
    push_float(&mut text, number);
    String::from_utf8(text).unwrap_or_default()
}

fn why(rule: &Rule, seen: &Seen<'_>) -> String {
    match seen.outcome {
        Outcome::Counted if rule.each.is_some() => {
            format!("it counts {} of the elements", seen.observations.len())
        }
        Outcome::Counted => "it counts the line".to_owned(),
        Outcome::NotMeant => format!("its condition does not hold: {}", fields(rule, seen)),
        Outcome::Problem(Reason::Condition) => {
            format!("its condition compares what cannot be compared: {}", fields(rule, seen))
        }
        Outcome::NoElements => "each: leads to nothing in this line".to_owned(),
        Outcome::Problem(Reason::Negative) if rule.taken == Taken::Size => {
            "the value is below zero, and the histogram has no bucket for it".to_owned()
        }
        Outcome::NoValue => "the line has no value for it, or null".to_owned(),
        Outcome::Problem(reason) => sentence(reason).to_owned(),
    }
}

/// What the condition has read.
fn fields(rule: &Rule, seen: &Seen<'_>) -> String {
    let reads = rule.when.iter().flat_map(|when| &when.reads);
    let mut shown: Vec<String> = Vec::new();
    for (name, slot) in reads {
        let field = match seen.line.get(*slot).copied().flatten() {
            None => format!("{name} is missing"),
            Some(raw) if raw.chars().nth(MAX_SHOWN).is_some() => {
                format!("{name} is {}…", raw.chars().take(MAX_SHOWN).collect::<String>())
            }
            Some(raw) => format!("{name} is {raw}"),
        };
        if !shown.contains(&field) {
            shown.push(field);
        }
    }
    if shown.is_empty() { "it reads no field".to_owned() } else { shown.join(", ") }
}

fn sentence(reason: Reason) -> &'static str {
    match reason {
        Reason::NotJson => "the line is not JSON",
        Reason::NotAnObject => "the line is JSON, but no object",
        Reason::TrailingText => "something stands behind the object",
        Reason::TooLong => "the line is too long",
        Reason::NotUtf8 => "the line is not UTF-8",
        Reason::NulBytes => "the line has NUL bytes",
        Reason::NoTime => "the line has no time, or none that its format can read",
        Reason::NotANumber => "the value is no number",
        Reason::NotFinite => "the value is not finite, and the metric keeps a sum",
        Reason::Negative => "the value is below zero, and a counter only grows",
        Reason::NoLabel => "a label is missing that is required, or its value is an object or a list",
        Reason::Condition => "the condition compares what cannot be compared",
    }
}
