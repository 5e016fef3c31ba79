//! When series of sums were added to last, for metrics whose series may end.

use serde::{Deserialize, Serialize};

/// By slot, in milliseconds since 1970 by the clock of the machine: what is read counts as new, however old it is, so that
/// none of it is left out. Empty where series stay for ever.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lives(Vec<i64>);

impl Lives {
    /// Whether series stay for ever.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Has so many series live from now on, if they stayed for ever until now.
    pub(crate) fn begin(&mut self, series: usize, now: i64) {
        if self.0.is_empty() {
            self.0.resize(series, now);
        }
    }

    /// One more, at the end.
    pub(crate) fn push(&mut self, now: i64) {
        self.0.push(now);
    }

    /// Something was added.
    pub(crate) fn feed(&mut self, slot: usize, now: i64) {
        if let Some(fed) = self.0.get_mut(slot) {
            *fed = now.max(*fed);
        }
    }

    /// Whether nothing was added since then.
    pub(crate) fn is_over(&self, slot: usize, oldest: i64) -> bool {
        self.0.get(slot).is_some_and(|fed| *fed < oldest)
    }

    /// The last one takes the slot.
    pub(crate) fn swap_remove(&mut self, slot: usize) {
        if slot < self.0.len() {
            self.0.swap_remove(slot);
        }
    }

    /// As many as series, or none.
    pub(crate) fn fits(&self, series: usize) -> bool {
        self.0.is_empty() || self.0.len() == series
    }
}
