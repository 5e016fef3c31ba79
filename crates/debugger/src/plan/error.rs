//! Why nothing can be planned, and what to do about it.

use thiserror::Error;

use crate::standing::Diagnosis;

/// Why nothing can be planned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The pod has no such container.
    #[error("pod {pod} has no container {name:?}; it has {there}")]
    NoContainer {
        /// The pod.
        pod: String,
        /// What was asked for.
        name: String,
        /// The names that there are.
        there: String,
    },
    /// What is meant to be a pod or a node is none.
    #[error("{what} is not {expected}")]
    NotAnObject {
        /// What it is about.
        what: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// The kubelet of Windows nodes cannot add such a container.
    #[error("{what} is for Windows, and tooling containers are for Linux")]
    Windows {
        /// The pod or node.
        what: String,
    },
    /// The kubelet runs the pod from a file; nothing can be added to it.
    #[error("pod {pod} is a static pod of node {node}: nothing can be added to it")]
    StaticPod {
        /// The pod.
        pod: String,
        /// Its node.
        node: String,
    },
    /// The pod has ended.
    #[error("pod {pod} has ended ({phase}{detail})")]
    Finished {
        /// The pod.
        pod: String,
        /// Its phase.
        phase: String,
        /// Its reason, after a colon and a space, where it has one.
        detail: String,
    },
    /// The pod is being deleted.
    #[error("pod {pod} is being deleted")]
    Deleting {
        /// The pod.
        pod: String,
    },
    /// The pod is on no node.
    #[error("pod {pod} is on no node yet{detail}")]
    Unscheduled {
        /// The pod.
        pod: String,
        /// What the scheduler says, after a colon and a space.
        detail: String,
    },
    /// The target has not run yet and may soon.
    #[error("container {target:?} of pod {pod} has not started{detail}")]
    NotStarted {
        /// The pod.
        pod: String,
        /// The container.
        target: String,
        /// What the kubelet says, after a colon and a space.
        detail: String,
    },
    /// The target does not start.
    #[error("container {target:?} of pod {pod} does not start{detail}")]
    Broken {
        /// The pod.
        pod: String,
        /// The container.
        target: String,
        /// What the kubelet says, after a colon and a space.
        detail: String,
    },
    /// The target crashes again and again, and is not running now.
    #[error("container {target:?} of pod {pod} crashes and is not running now{detail}")]
    Crashing {
        /// The pod.
        pod: String,
        /// The container.
        target: String,
        /// How it ended last, after a colon and a space.
        detail: String,
    },
    /// The target has ended and will not run again.
    #[error("container {target:?} of pod {pod} has ended{detail}")]
    Ended {
        /// The pod.
        pod: String,
        /// The container.
        target: String,
        /// How it ended, after a colon and a space.
        detail: String,
    },
    /// No container that sees the node is allowed in that namespace.
    #[error("namespace {namespace} enforces Pod Security {level}, under which no pod sees its node")]
    NodeForbidden {
        /// The namespace.
        namespace: String,
        /// Its level.
        level: String,
    },
    /// The partial container does not fit.
    #[error("the custom container does not fit: {problem}")]
    Custom {
        /// What is wrong with it.
        problem: String,
    },
}

impl PlanError {
    /// The kind of the error, from a closed set.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoContainer { .. } => "NoContainer",
            Self::NotAnObject { .. } => "NotAnObject",
            Self::Windows { .. } => "Windows",
            Self::StaticPod { .. } => "StaticPod",
            Self::Finished { .. } => "PodFinished",
            Self::Deleting { .. } => "PodDeleting",
            Self::Unscheduled { .. } => "Unscheduled",
            Self::NotStarted { .. } => "TargetNotStarted",
            Self::Broken { .. } => "TargetBroken",
            Self::Crashing { .. } => "TargetCrashing",
            Self::Ended { .. } => "TargetEnded",
            Self::NodeForbidden { .. } => "PodSecurity",
            Self::Custom { .. } => "CustomContainer",
        }
    }

    /// Whether it may pass without anybody doing something, so that asking again is worth while.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unscheduled { .. } | Self::NotStarted { .. } | Self::Crashing { .. })
    }

    /// What to do about it.
    #[must_use]
    pub fn next_step(&self) -> String {
        match self {
            Self::NoContainer { .. } => "name one of them with -c".to_owned(),
            Self::NotAnObject { .. } => "this is a defect: please report it".to_owned(),
            Self::Windows { .. } => "use kubectl exec".to_owned(),
            Self::StaticPod { node, .. } => {
                format!("debug a copy of it with --copy, or its node: node/{node}")
            }
            Self::Finished { .. } => "debug a copy of it: --copy, and --command to hold it".to_owned(),
            Self::Deleting { .. } => "debug another pod of its workload: TYPE/NAME".to_owned(),
            Self::Unscheduled { pod, .. } => format!("see what it waits for: kubectl describe pod {pod}"),
            Self::NotStarted { .. } => "wait until it runs, or debug a copy of it: --copy".to_owned(),
            Self::Broken { .. } => {
                "debug a copy of it that starts: --copy with --set-image or --command".to_owned()
            }
            Self::Crashing { target, .. } => {
                format!(
                    "debug a copy of it that does not crash: --copy --command sleep --command 1d (in place of what {target} runs)"
                )
            }
            Self::Ended { .. } => {
                "debug a copy of it: --copy, and --command to hold it; or another container with -c"
                    .to_owned()
            }
            Self::NodeForbidden { .. } => {
                "make the pod in a namespace that allows privileged pods, with -n".to_owned()
            }
            Self::Custom { .. } => {
                "see the fields of a container: kubectl explain pod.spec.ephemeralContainers".to_owned()
            }
        }
    }

    /// The same, as everything that does not work is told.
    #[must_use]
    pub fn diagnosis(&self) -> Diagnosis {
        Diagnosis { reason: self.reason(), message: self.to_string(), next_step: self.next_step() }
    }
}
