//! What the agent counts of its own reading. These are metrics like those of rules: in the checkpoint, and so as exact.

use std::collections::BTreeMap;

use crate::metric::{Metric, MetricKind};
use crate::observation::{Number, Observation, Observations, Problem, Reason, push_label};
use crate::rules::Source;
use crate::series::Store;

/// Where the agent's own metrics stand among all, and what the last reads have brought.
#[derive(Debug)]
pub(super) struct Tally {
    lines: usize,
    faults: usize,
    /// By rule, none for the whole line.
    counts: BTreeMap<(Option<usize>, Reason), i64>,
}

impl Tally {
    /// Adds the metrics to those of the rules.
    pub(super) fn define(metrics: &mut Vec<Metric>) -> Self {
        let mut add = |name: &str, help: &str, labels: &[&str]| {
            metrics.push(Metric {
                name: name.to_owned(),
                help: help.to_owned(),
                unit: String::new(),
                kind: MetricKind::Counter,
                labels: labels.iter().map(|label| (*label).to_owned()).collect(),
                scale: 1.0,
                ttl: None,
                max_series: usize::MAX,
            });
            metrics.len() - 1
        };
        let lines = add("chandler_agent_lines_total", "Lines that were read.", &["source"]);
        let help = "Lines, or what one rule wanted of them, that could not be counted.";
        let faults = add("chandler_agent_faults_total", help, &["reason", "rule", "source"]);
        Self { lines, faults, counts: BTreeMap::new() }
    }

    pub(super) fn begin(&mut self) {
        self.counts.clear();
    }

    pub(super) fn count_line(&mut self, reason: Reason) {
        *self.counts.entry((None, reason)).or_default() += 1;
    }

    pub(super) fn count_problems(&mut self, problems: &[Problem]) {
        for problem in problems {
            *self.counts.entry((problem.rule, problem.reason)).or_default() += 1;
        }
    }

    /// Adds what was counted since [`Tally::begin`] to the store.
    pub(super) fn end(&mut self, source: &Source, lines: u64, (store, now): (&mut Store, i64)) {
        let mut all = Observations::default();
        let lines = i64::try_from(lines).unwrap_or(i64::MAX);
        if lines > 0 {
            push(&mut all, (self.lines, lines, now), &[&source.name]);
        }
        for ((rule, reason), count) in &self.counts {
            let rule = rule.and_then(|rule| source.rule(rule)).unwrap_or_default();
            push(&mut all, (self.faults, *count, now), &[reason.as_str(), rule, &source.name]);
        }
        store.apply(&all, now);
    }
}

fn push(all: &mut Observations, (metric, count, now): (usize, i64, i64), labels: &[&str]) {
    let start = all.labels.len();
    labels.iter().for_each(|label| push_label(&mut all.labels, label));
    let labels = start..all.labels.len();
    all.all.push(Observation { metric, labels, number: Number::Whole(count), time: now, day: 0 });
}
