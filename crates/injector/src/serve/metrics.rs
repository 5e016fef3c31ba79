//! What the daemon counts.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounterVec, IntGauge, Opts, Registry};

/// Buckets of the time that an answer takes, in seconds.
const SECONDS: [f64; 9] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25];

/// The counters, each registered once.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    reviews: IntCounterVec,
    validations: IntCounterVec,
    seconds: Histogram,
    pub(super) templates: IntGauge,
    pub(super) broken_templates: IntGauge,
    pub(super) namespaces: IntGauge,
}

impl Metrics {
    /// Registers all of them.
    pub(super) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let reviews = Opts::new(
            "chandler_injector_reviews_total",
            "AdmissionReviews by what came of them: patched, unchanged, denied, or the reason for which there was no answer.",
        );
        let validations = Opts::new(
            "chandler_injector_validations_total",
            "Reviews of templates by what came of them: allowed, refused, or the reason for which there was no answer.",
        );
        let seconds = HistogramOpts::new(
            "chandler_injector_review_seconds",
            "Time from a review's last byte to its answer.",
        );
        let gauge = |name: &str, help: &str| IntGauge::new(name, help);
        let metrics = Self {
            reviews: IntCounterVec::new(reviews, &["result"])?,
            validations: IntCounterVec::new(validations, &["result"])?,
            seconds: Histogram::with_opts(seconds.buckets(SECONDS.to_vec()))?,
            templates: gauge("chandler_injector_templates", "Templates that are effective.")?,
            broken_templates: gauge(
                "chandler_injector_broken_templates",
                "Templates whose newest revision does not compile.",
            )?,
            namespaces: gauge("chandler_injector_namespaces", "Namespaces that are known.")?,
        };
        registry.register(Box::new(metrics.reviews.clone()))?;
        registry.register(Box::new(metrics.validations.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        registry.register(Box::new(metrics.templates.clone()))?;
        registry.register(Box::new(metrics.broken_templates.clone()))?;
        registry.register(Box::new(metrics.namespaces.clone()))?;
        Ok(metrics)
    }

    /// Counts a review.
    pub(super) fn count(&self, result: &str) {
        self.reviews.with_label_values(&[result]).inc();
    }

    /// Counts a review of a template by what came of it.
    pub(super) fn count_validation(&self, result: &str) {
        self.validations.with_label_values(&[result]).inc();
    }

    /// Counts the time of an answer.
    pub(super) fn observe(&self, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
    }
}
