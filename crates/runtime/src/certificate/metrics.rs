//! What is counted of certificates.

use k8s_openapi::jiff::Timestamp;
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// Counters and gauges, each registered once.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    expiry: IntGaugeVec,
    changes: IntCounterVec,
}

/// What expires.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// The certificate that this replica serves with.
    Serving,
    /// The authority that signed it.
    Authority,
}

impl Metrics {
    /// Registers all of them.
    pub(super) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let expiry = Opts::new(
            "chandler_certificate_expiry_seconds",
            "When the certificate that is served, and the authority that signed it, are good no more: seconds since 1970.",
        );
        let changes = Opts::new(
            "chandler_certificate_changes_total",
            "Changes that this replica made, as the leader, to the Secret and to caBundle, by reason.",
        );
        let metrics = Self {
            expiry: IntGaugeVec::new(expiry, &["kind"])?,
            changes: IntCounterVec::new(changes, &["reason"])?,
        };
        registry.register(Box::new(metrics.expiry.clone()))?;
        registry.register(Box::new(metrics.changes.clone()))?;
        Ok(metrics)
    }

    /// Something is served with that is good until then.
    pub(super) fn expires(&self, kind: Kind, time: Timestamp) {
        let kind = match kind {
            Kind::Serving => "serving",
            Kind::Authority => "authority",
        };
        self.expiry.with_label_values(&[kind]).set(time.as_second());
    }

    /// Counts a change.
    pub(super) fn count(&self, reason: &str) {
        self.changes.with_label_values(&[reason]).inc();
    }
}
