//! Says from a pod whether a container runs, will run, or why it never will.

use serde_json::Value;

/// How a container stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not yet, and there is hope; why it is waiting.
    Waiting(String),
    /// It runs.
    Running,
    /// It ran.
    Ended {
        /// Its exit code.
        code: i32,
        /// What the kubelet says.
        reason: String,
    },
    /// It will not run unless somebody does something.
    Stuck(Diagnosis),
}

/// Why something does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// One of a closed set, like `ImagePull`.
    pub reason: &'static str,
    /// What is wrong, with the words of the cluster.
    pub message: String,
    /// What to do about it.
    pub next_step: String,
}

/// Judges a container of a pod; Events of the pod help where its status says little.
#[must_use]
pub fn judge(_pod: &Value, _container: &str, _events: &[Value]) -> Standing {
    Standing::Waiting(String::new())
}
