//! What becomes of Events.

use prometheus::{IntCounterVec, Opts, Registry};

/// The counter, registered once.
#[derive(Debug, Clone)]
pub(in crate::serve) struct EventMetrics {
    events: IntCounterVec,
}

impl EventMetrics {
    /// Registers it.
    pub(in crate::serve) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let events = Opts::new(
            "chandler_injector_events_total",
            "Events on workloads by result: sent (made or counted on), failed (tried again), or dropped.",
        );
        let metrics = Self { events: IntCounterVec::new(events, &["result"])? };
        registry.register(Box::new(metrics.events.clone()))?;
        Ok(metrics)
    }

    pub(super) fn sent(&self) {
        self.events.with_label_values(&["sent"]).inc();
    }

    pub(super) fn failed(&self) {
        self.events.with_label_values(&["failed"]).inc();
    }

    pub(super) fn dropped(&self, notices: usize) {
        self.events.with_label_values(&["dropped"]).inc_by(u64::try_from(notices).unwrap_or(u64::MAX));
    }
}
