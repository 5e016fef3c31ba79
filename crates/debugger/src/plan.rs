//! Turns what there is and what somebody wishes into what is to be made in the cluster. Nothing here asks a cluster.

mod container;
mod copy;
mod environment;
mod error;
pub(crate) mod field;
mod made;
mod mounts;
mod node;
mod security;
mod session;
mod standards;
mod target;
mod user;

pub use copy::plan_copy;
pub use error::PlanError;
pub use node::{HOST_PATH, plan_node};
pub use session::plan_session;

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use serde_json::Value;

use crate::profile::{Profile, ProfileChoice};
use crate::toolbox::Toolbox;

/// A tooling container for a pod.
#[derive(Debug, Clone)]
pub struct SessionWish<'w> {
    /// The name of the container to make.
    pub name: &'w str,
    /// The container that is looked into. None: what `kubectl.kubernetes.io/default-container` says, else the first.
    pub target: Option<&'w str>,
    /// What works there.
    pub toolbox: &'w Toolbox,
    /// What it may do.
    pub profile: ProfileChoice,
    /// A partial container that is merged onto the one that is made, last.
    pub custom: Option<&'w Value>,
    /// It ends when nobody has used it for so long.
    pub idle: Duration,
    /// Which pull policy. None: the toolbox's, else the cluster's own rule.
    pub pull_policy: Option<&'w str>,
}

/// What the tool makes pods with: their name, their end and their origin.
#[derive(Debug, Clone)]
pub struct PodWish<'w> {
    /// The name of the pod to make.
    pub name: &'w str,
    /// The namespace that it is made in.
    pub namespace: &'w str,
    /// The time now.
    pub now: Timestamp,
    /// It ends after so long, and `gc` may then remove it. None: it stays until somebody removes it.
    pub lifetime: Option<Duration>,
    /// Who makes it.
    pub made_by: Option<&'w str>,
    /// Let the injector fit it out.
    pub inject: bool,
}

/// A copy of a pod, with a tooling container.
#[derive(Debug, Clone)]
pub struct CopyWish<'w> {
    /// The tooling container, and the container that it looks into.
    pub session: SessionWish<'w>,
    /// The pod to make.
    pub pod: PodWish<'w>,
    /// Other images, by container; `*` is every container.
    pub images: &'w [(String, String)],
    /// What the target runs instead of its own command. Empty: its own.
    pub command: &'w [String],
    /// Let containers see each other's processes: without it the tooling container sees none of the target's.
    pub share_processes: bool,
    /// Keep the labels, so that Services and controllers take the copy for one of theirs.
    pub keep_labels: bool,
    /// Put it on the node of the pod. A pod with a claim for a volume goes there anyway.
    pub same_node: bool,
}

/// A pod that looks into a node.
#[derive(Debug, Clone)]
pub struct NodeWish<'w> {
    /// The tooling container; it has no target.
    pub session: SessionWish<'w>,
    /// The pod to make.
    pub pod: PodWish<'w>,
}

/// What is to be made for a session in a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionPlan {
    /// The item to add to `spec.ephemeralContainers`.
    pub container: Value,
    /// The container that is looked into.
    pub target: String,
    /// What it may do.
    pub profile: Profile,
    /// What was given up or left out, each a sentence for the person.
    pub notes: Vec<String>,
}

/// A pod that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct PodPlan {
    /// The pod, as it is posted.
    pub pod: Value,
    /// The tooling container in it.
    pub container: String,
    /// The container that is looked into; None on a node.
    pub target: Option<String>,
    /// What the tooling container may do.
    pub profile: Profile,
    /// What was given up or left out, each a sentence for the person.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests;
