//! The agent's own metrics, which are not sums over lines.

use super::{Head, Type, push_label};

/// A metric of the agent itself, and its samples.
#[derive(Debug, Clone)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    unit: &'static str,
    kind: Type,
    samples: Vec<(Vec<u8>, f64)>,
}

impl Family {
    /// What only grows; its name ends with `_total`.
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, unit: "", kind: Type::Counter, samples: Vec::new() }
    }

    /// What goes up and down.
    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { kind: Type::Gauge, ..Self::counter(name, help) }
    }

    /// Its unit, with which the name ends, before `_total`.
    #[must_use]
    pub fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// One more sample: its labels by name and value, and its number.
    #[must_use]
    pub fn with(mut self, labels: &[(&str, &str)], value: f64) -> Self {
        self.push(labels, value);
        self
    }

    /// One more sample, in a loop.
    pub fn push(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut written = Vec::new();
        labels.iter().for_each(|(name, value)| push_label(&mut written, name, value));
        self.samples.push((written, value));
    }

    pub(super) fn head(&self) -> Head<'_> {
        Head { name: self.name, help: self.help, unit: self.unit, kind: self.kind }
    }

    pub(super) fn samples(&self) -> &[(Vec<u8>, f64)] {
        &self.samples
    }
}
