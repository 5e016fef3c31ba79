//! How the pods of a workload come to be what a new one would be.

use chandler_injector::Owner;
use serde::Serialize;

use super::kubectl_name;
use super::standing::State;

/// How the pods of a workload are made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Renewal {
    /// A command.
    Command(String),
    /// What somebody has to do.
    Advice(String),
}

impl Renewal {
    /// For a workload in a namespace. `flags` are those that lead kubectl to the same cluster.
    pub(crate) fn of(owner: &Owner, namespace: &str, flags: &str) -> Self {
        let name = kubectl_name(owner);
        let advice = match owner.kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" => {
                return Self::Command(format!("kubectl{flags} rollout restart {name} -n {namespace}"));
            }
            "ReplicaSet" | "ReplicationController" => "delete its pods, and new ones come",
            "Job" => "its next run has new pods; this one goes on as it began",
            "Pod" => "nothing makes it anew: delete it, and create it from its manifest",
            "Node" => "its node runs it from a file; the API server has no say",
            _ => "have its controller make new pods",
        };
        Self::Advice(format!("{name}: {advice}"))
    }

    /// What has to be done first.
    pub(crate) fn obstacle(state: State) -> Option<&'static str> {
        match state {
            State::Pinned => Some("take the pin out of chandler.dev/templates first, or a new pod gets none"),
            _ => None,
        }
    }

    /// The command or the advice.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Command(text) | Self::Advice(text) => text,
        }
    }
}
