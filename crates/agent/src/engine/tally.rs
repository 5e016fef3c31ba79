//! What the agent counts of its own reading. These are metrics like those of rules: in the checkpoint, and so as exact.

use std::collections::{BTreeMap, HashMap};

use crate::files::Line;
use crate::metric::{Metric, MetricKind};
use crate::observation::{Number, Observation, Observations, Problem, Reason, push_label};
use crate::rules::Source;
use crate::series::{self, Store};

/// Longest piece of a line that the log repeats, in characters.
const MAX_SHOWN: usize = 256;

/// Where the agent's own metrics stand among all, and what the last reads have brought.
#[derive(Debug)]
pub(super) struct Tally {
    lines: usize,
    faults: usize,
    exceptions: usize,
    /// By rule, none for the whole line.
    counts: BTreeMap<(Option<usize>, Reason), i64>,
    /// The source that is being read.
    source: String,
    /// How often each was met since the start, by source, metric and reason: for the log, which gives examples.
    met: HashMap<(String, String, Reason), u64>,
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
        let help = "Numbers that were not added as usual: overflow has them in the series overflow, late counts them for no \
                    day, stale were too old for a gauge, refused are none for a sum.";
        let exceptions = add("chandler_agent_exceptions_total", help, &["metric", "reason"]);
        Self {
            lines,
            faults,
            exceptions,
            counts: BTreeMap::new(),
            source: String::new(),
            met: HashMap::new(),
        }
    }

    pub(super) fn begin(&mut self, source: &Source) {
        self.counts.clear();
        self.source.clone_from(&source.name);
    }

    pub(super) fn count_line(&mut self, reason: Reason, line: Line<'_>) {
        *self.counts.entry((None, reason)).or_default() += 1;
        self.show(String::new(), reason, line);
    }

    #[cold]
    pub(super) fn count_problems(&mut self, problems: &[Problem], (source, line): (&Source, Line<'_>)) {
        for Problem { rule, reason } in problems {
            *self.counts.entry((*rule, *reason)).or_default() += 1;
            let rule = rule.and_then(|rule| source.rule(rule)).unwrap_or_default();
            self.show(rule.to_owned(), *reason, line);
        }
    }

    /// The first lines of a kind are shown, and then ever fewer: who looks at the log finds an example.
    fn show(&mut self, rule: String, reason: Reason, line: Line<'_>) {
        let met = self.met.entry((self.source.clone(), rule.clone(), reason)).or_default();
        *met += 1;
        if *met > 3 && !met.is_power_of_two() {
            return;
        }
        let text: String = line.text.unwrap_or_default().chars().take(MAX_SHOWN).collect();
        tracing::warn!(
            source = self.source,
            metric = rule,
            reason = reason.as_str(),
            path = %line.path.display(),
            line = text,
            count = *met,
            "a line was not counted as its rules want"
        );
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

    /// Adds what the store did not add as usual since it was asked before. To be called before it is copied, and before its
    /// metrics are others.
    pub(super) fn count_exceptions(&self, store: &mut Store, now: i64) {
        let mut all = Observations::default();
        for (metric, tally) in store.take_tallies() {
            let series::Tally { overflowed, late, stale, refused } = tally;
            let reasons = [("overflow", overflowed), ("late", late), ("stale", stale), ("refused", refused)];
            for (reason, count) in reasons.into_iter().filter(|(_, count)| *count > 0) {
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                push(&mut all, (self.exceptions, count, now), &[&metric.name, reason]);
            }
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
