//! What there is to say about one workload, in the shape in which `--output json` prints it.

use chandler_injector::Owner;
use serde::Serialize;

use crate::live::{Finding, Renewal, Workload, kubectl_name};

/// A workload with pods that are out of date.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) namespace: String,
    /// As kubectl takes it: `deployment/web`.
    pub(crate) workload: String,
    /// Pods of it that have not ended.
    pub(crate) total: usize,
    /// How many of them are out of date in any way.
    pub(crate) stale: usize,
    pub(crate) findings: Vec<Finding>,
    /// `command` or `advice`.
    #[serde(flatten)]
    pub(crate) renewal: Renewal,
}

impl Entry {
    /// Gathers what a survey found. `flags` are those that lead kubectl to the same cluster.
    pub(crate) fn of(namespace: &str, owner: &Owner, workload: &Workload, flags: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            workload: kubectl_name(owner),
            total: workload.pods,
            stale: workload.stale,
            findings: workload.findings().cloned().collect(),
            renewal: Renewal::of(owner, namespace, flags),
        }
    }
}
