//! Counts what a run has seen, and refuses one that has not seen every difference.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

use chandler_pod_patch::DIFFERENCES;

use crate::oracle::Answer;
use crate::verdict::Verdict;

/// The counts of a run.
pub(crate) struct Tally {
    started: Instant,
    pairs: usize,
    same: usize,
    refused: usize,
    pub(crate) wrong: usize,
    explained: BTreeMap<&'static str, usize>,
    /// Pairs that one difference alone explains.
    alone: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            pairs: 0,
            same: 0,
            refused: 0,
            wrong: 0,
            explained: BTreeMap::new(),
            alone: BTreeMap::new(),
        }
    }

    /// Counts one pair.
    pub(crate) fn add(&mut self, verdict: &Verdict, go: &[Answer]) {
        self.pairs += 1;
        self.refused += usize::from(go.iter().all(Result::is_err));
        match verdict {
            Verdict::Same { reordered: true } => self.explain(&["order"]),
            Verdict::Same { reordered: false } => self.same += 1,
            // Counted by name when it is known which differences it needs.
            Verdict::Explained => {}
            Verdict::Wrong => self.wrong += 1,
        }
    }

    /// Counts the differences that explain a pair.
    pub(crate) fn explain(&mut self, names: &[&'static str]) {
        for name in names {
            *self.explained.entry(name).or_default() += 1;
        }
        if let [name] = names {
            *self.alone.entry(name).or_default() += 1;
        }
    }

    /// The counts on one line.
    pub(crate) fn summary(&self) -> String {
        let mut summary = format!(
            "differential: {} pairs, {} the same ({} refused by both), {} wrong",
            self.pairs, self.same, self.refused, self.wrong
        );
        for (name, count) in &self.explained {
            write!(summary, ", {name} {count} (alone {})", self.alone.get(name).unwrap_or(&0)).unwrap();
        }
        write!(summary, ", {:.1} s", self.started.elapsed().as_secs_f64()).unwrap();
        summary
    }

    /// A difference that no pair shows by itself is none, or is not tested.
    pub(crate) fn assert_each_difference_shows(&self) {
        for difference in DIFFERENCES {
            assert!(self.alone.contains_key(difference.name), "no pair shows {:?} alone", difference.name);
        }
    }
}
