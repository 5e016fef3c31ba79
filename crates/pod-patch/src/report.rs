//! What a merge has to say besides its result: where patch and pod disagreed, and what did not go as asked.

use std::fmt;

/// What happens where the patch and the pod hold different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Conflicts {
    /// The patch wins, and the overwritten place is reported.
    #[default]
    Override,
    /// The pod wins, and the place that was kept is reported.
    Keep,
    /// The merge fails, and its error lists every such place.
    Fail,
}

/// The places that a merge reports, in the order of the patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What did not go as the patch asked.
    pub warnings: Vec<Warning>,
    /// Where patch and pod held different values.
    pub conflicts: Vec<Conflict>,
}

/// A place where the patch and the pod held different values. Values are not repeated: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Where, as `spec.containers[app].env[A].value`.
    pub path: String,
    /// What the merge did about it.
    pub policy: Conflicts,
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match self.policy {
            Conflicts::Override => "the pod's value was replaced",
            Conflicts::Keep => "the pod's value was kept",
            Conflicts::Fail => "the pod has another value",
        };
        write!(formatter, "{}: {outcome}", self.path)
    }
}

/// Something that did not go as the patch asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where, as `spec.initContainers[proxy]`.
    pub path: String,
    /// What it was.
    pub cause: Cause,
}

/// What did not go as the patch asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// `$position` names a container that is not in the list: the new one stands last.
    AnchorAbsent {
        /// The container that is not there.
        anchor: String,
    },
    /// The pod has a container of that name with another image, which was kept.
    ContainerKept,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::AnchorAbsent { anchor } => {
                write!(
                    formatter,
                    "{}: placed last, as there is no container {anchor:?} in the list",
                    self.path
                )
            }
            Cause::ContainerKept => {
                write!(
                    formatter,
                    "{}: the pod's container of that name, with another image, was kept",
                    self.path
                )
            }
        }
    }
}
