//! Says from a pod whether a container runs, will run, or why it never will.

mod container;
mod event;
mod image;
mod pod;
mod start;

pub use start::read_log;

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
    /// One of a closed set: `ContainerConfig`, `ContainerCreation`, `ContainerStart`, `CrashLoop`, `EndedAtOnce`, `Evicted`,
    /// `ImageDenied`, `ImageMissing`, `ImageName`, `ImageNotFound`, `ImagePull`, `ImageSignature`, `InitContainer`,
    /// `MissingReference`, `NoShell`, `PodDeleting`, `PodExpired`, `PodFinished`, `PodRejected`, `RegistryUnavailable`,
    /// `RootForbidden`, `Sandbox`, `SchedulingGated`, `TargetNotRunning`, `Unschedulable`, `Volume`, `WrongArchitecture`; or
    /// those of [`PlanError`](crate::plan::PlanError).
    pub reason: &'static str,
    /// What is wrong, with the words of the cluster.
    pub message: String,
    /// What to do about it.
    pub next_step: String,
}

/// Judges a container of a pod; Events of the pod help where its status says little.
///
/// What may pass by itself within seconds, as a registry that is busy, is `Stuck` only when the kubelet has begun to wait
/// longer between its tries.
#[must_use]
pub fn judge(pod: &Value, container: &str, events: &[Value]) -> Standing {
    let subject = container::Subject::find(pod, container);
    if subject.is_running() {
        return Standing::Running;
    }
    let diagnosis = pod::diagnose(pod, &subject).or_else(|| container::diagnose(&subject));
    if let Some(diagnosis) = diagnosis {
        return Standing::Stuck(diagnosis);
    }
    if let Some(ended) = subject.ended() {
        return ended;
    }
    let said = event::diagnose(pod, &subject, events);
    said.map_or_else(|| Standing::Waiting(pod::waiting_for(pod, &subject)), Standing::Stuck)
}

impl Diagnosis {
    fn new(reason: &'static str, message: String, next_step: impl Into<String>) -> Self {
        Self { reason, message, next_step: next_step.into() }
    }
}
