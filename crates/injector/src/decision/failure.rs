//! Why a template fails on a pod.

use thiserror::Error;

use crate::condition::ConditionError;
use crate::parameters::ResolveError;
use crate::passes::ApplyError;
use crate::rendering::RenderPatchError;

/// Why a template fails on a pod.
#[derive(Debug, Clone, Error)]
pub enum Failure {
    /// A match condition has no answer.
    #[error("match condition {name:?}: {error}")]
    Condition {
        /// The condition.
        name: String,
        /// Why.
        error: ConditionError,
    },
    /// The pod is none that Kubernetes would know.
    #[error("the pod has {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
    /// A parameter has no value that fits.
    #[error("{error}")]
    Parameters {
        /// Why.
        error: ResolveError,
    },
    /// An expression has no value.
    #[error("{error}")]
    Render {
        /// Why.
        error: RenderPatchError,
    },
    /// A patch does not fit the pod.
    #[error("patches[{patch}]: {error}")]
    Apply {
        /// Which patch of the template.
        patch: usize,
        /// Why.
        error: ApplyError,
    },
}

impl Failure {
    /// A word for the kind of failure, from a closed set.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "PodMalformed",
            Self::Condition { .. } => "ConditionFailed",
            Self::Parameters { .. } => "ParameterInvalid",
            Self::Render { .. } => "RenderFailed",
            Self::Apply { .. } => "PatchFailed",
        }
    }
}
