//! One rule: whether a line is for it, and what it makes of it.

use super::condition::{Answer, Condition};
use super::label::LabelReader;
use super::scope::{Each, Scope};
use super::slots::Values;
use super::source::Sink;
use super::time::Moment;
use super::value::{Taken, ValueReader};
use crate::observation::{Number, Observation, Observations, Reason};

/// A compiled rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// By index in the list of metrics.
    pub(super) metric: usize,
    /// Its name.
    pub(super) name: String,
    /// The file, line and column where it stands.
    pub(super) place: String,
    pub(super) taken: Taken,
    pub(super) when: Option<Condition>,
    pub(super) each: Option<Each>,
    /// Without it every line, or every element, counts 1.
    pub(super) value: Option<ValueReader>,
    pub(super) label_names: Vec<String>,
    /// In the order of their names.
    pub(super) labels: Vec<LabelReader>,
}

/// What a rule made of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Counted,
    /// Its condition does not hold.
    NotMeant,
    /// What `each` walks through is missing or empty.
    NoElements,
    /// The line has no value.
    NoValue,
    /// The line was for it, and it could not count it, or not all of it.
    Problem(Reason),
}

impl Outcome {
    /// Of two elements: a problem is told whatever else was counted.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Problem(_), _) => self,
            (_, Self::Problem(_)) => other,
            (Self::Counted, _) => self,
            _ => other,
        }
    }
}

impl Rule {
    /// Tells the sink what the rule says to a line. `scratch` is a buffer without a meaning.
    #[inline]
    pub(super) fn observe(&self, line: &Scope<'_>, scratch: &mut String, sink: &mut Sink<'_>) -> Outcome {
        match self.when.as_ref().map_or(Answer::Yes, |when| when.judge(line.line)) {
            Answer::Yes => {}
            Answer::No => return Outcome::NotMeant,
            Answer::Unclear => return Outcome::Problem(Reason::Condition),
        }
        let Some(each) = &self.each else { return self.add(line, scratch, sink.out) };
        let Some(raw) = line.line.get(each.slot).copied().flatten() else { return Outcome::NoElements };
        let mut outcome = Outcome::NoElements;
        let mut element = Values::new();
        each.walk(raw, &mut |raw, keys| {
            each.elements.fill(raw, &mut element);
            let scope = Scope { element: &element, keys, ..*line };
            outcome = outcome.and(self.add(&scope, scratch, sink.out));
            sink.hand_on_if_full();
        });
        outcome
    }

    #[inline]
    fn add(&self, scope: &Scope<'_>, scratch: &mut String, out: &mut Observations) -> Outcome {
        let number = match &self.value {
            None => Number::Whole(1),
            Some(value) => match value.read(scope.find(value.origin), self.taken) {
                Ok(Some(number)) => number,
                Ok(None) => return Outcome::NoValue,
                Err(reason) => return Outcome::Problem(reason),
            },
        };
        let from = out.labels.len();
        for label in &self.labels {
            if let Err(reason) = label.push(scope, scratch, &mut out.labels) {
                out.labels.truncate(from);
                return Outcome::Problem(reason);
            }
        }
        let labels = from..out.labels.len();
        let Moment { time, day } = scope.moment;
        out.all.push(Observation { metric: self.metric, labels, number, time, day });
        Outcome::Counted
    }
}
