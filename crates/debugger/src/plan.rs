//! Turns what there is and what somebody wishes into what is to be made in the cluster. Nothing here asks a cluster.

use std::time::Duration;

use serde_json::Value;
use thiserror::Error;

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
    /// Which pull policy. None: the cluster's own rule.
    pub pull_policy: Option<&'w str>,
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

/// Why nothing can be planned.
#[derive(Debug, Error)]
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
}

/// Plans a session: each profile that may be allowed, the strongest first; the API server's answer decides.
///
/// # Errors
/// The pod can have no such session.
pub fn plan_session(
    _pod: &Value,
    _namespace: &Value,
    _wish: &SessionWish<'_>,
) -> Result<Vec<SessionPlan>, PlanError> {
    Ok(Vec::new())
}
