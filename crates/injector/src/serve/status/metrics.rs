//! What the duty counts.

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use crate::census::Tally;

/// The metrics of the duty, each registered once.
#[derive(Debug, Clone)]
pub(in crate::serve) struct StatusMetrics {
    template_pods: IntGaugeVec,
    writes: IntCounterVec,
    pods: IntGauge,
    undecided: IntGauge,
}

/// What is counted, as long as this replica counts.
#[derive(Debug)]
pub(super) struct Gauges {
    metrics: StatusMetrics,
}

impl StatusMetrics {
    /// Registers all of them.
    pub(in crate::serve) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let template_pods = Opts::new(
            "chandler_template_pods",
            "Pods of a template by state: injected, outdated or missed. Only the leader has them; no namespace: of the cluster.",
        );
        let writes = Opts::new(
            "chandler_injector_status_writes_total",
            "Writes of the status of a template by result: written, gone or failed.",
        );
        let metrics = Self {
            template_pods: IntGaugeVec::new(template_pods, &["template", "namespace", "state"])?,
            writes: IntCounterVec::new(writes, &["result"])?,
            pods: IntGauge::new("chandler_injector_counted_pods", "Pods that the leader counts.")?,
            undecided: IntGauge::new(
                "chandler_injector_undecided_pods",
                "Pods that the leader has to look at before they count for every template.",
            )?,
        };
        registry.register(Box::new(metrics.template_pods.clone()))?;
        registry.register(Box::new(metrics.writes.clone()))?;
        registry.register(Box::new(metrics.pods.clone()))?;
        registry.register(Box::new(metrics.undecided.clone()))?;
        Ok(metrics)
    }

    /// Counts a write: `written`, `gone` or `failed`.
    pub(super) fn count(&self, result: &str) {
        self.writes.with_label_values(&[result]).inc();
    }

    /// Takes over the gauges.
    pub(super) fn gauges(&self) -> Gauges {
        Gauges { metrics: self.clone() }
    }
}

impl Gauges {
    /// Says how it stands; what is not among it is gone.
    pub(super) fn set(&self, tally: &Tally, pods: usize) {
        let StatusMetrics { template_pods, pods: counted, undecided, .. } = &self.metrics;
        counted.set(i64::try_from(pods).unwrap_or(i64::MAX));
        undecided.set(i64::try_from(tally.undecided).unwrap_or(i64::MAX));
        template_pods.reset();
        for (reference, counts) in &tally.counts {
            let namespace = reference.namespace.as_deref().unwrap_or_default();
            let states =
                [("injected", counts.injected), ("outdated", counts.outdated), ("missed", counts.missed)];
            for (state, pods) in states {
                template_pods
                    .with_label_values(&[reference.name.as_str(), namespace, state])
                    .set(pods.into());
            }
        }
    }
}

impl Drop for Gauges {
    /// Another replica counts from here on.
    fn drop(&mut self) {
        self.set(&Tally::default(), 0);
    }
}
