//! A template, compiled once when its object changes, so that a decision only evaluates.

mod compile;
mod place;
mod problem;

use std::fmt;

use chandler_api::injection::{
    ContainerKind, HostNetwork, OnError, OperatingSystem, ParameterSource, SelectionMode,
};
use chandler_pod_patch::Conflicts;
use chandler_template::{Document, Parameter};
use wildmatch::WildMatch;

use crate::condition::Condition;
use crate::selector::Selector;

pub(crate) use place::find_path;
pub use problem::{Problem, Segment};
pub(crate) use problem::{at, segment};

/// A compiled `InjectionTemplate` or `ClusterInjectionTemplate`.
#[derive(Debug)]
pub struct Template {
    pub(crate) reference: TemplateReference,
    pub(crate) revision: String,
    pub(crate) mode: SelectionMode,
    pub(crate) order: i32,
    pub(crate) limits: Limits,
    pub(crate) parameters: Vec<DeclaredParameter>,
    pub(crate) patches: Vec<CompiledPatch>,
    pub(crate) conflicts: Conflicts,
    pub(crate) on_error: OnError,
    /// Whether a patch takes anything away, or writes where no merge looks: what it does may then depend on what is there.
    pub(crate) removes: bool,
}

/// Which template: its scope and its name. Printed as annotations name it: `cluster/a`, or `a` in its namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TemplateReference {
    /// The name of the object.
    pub name: String,
    /// The namespace of an `InjectionTemplate`; none for a `ClusterInjectionTemplate`.
    pub namespace: Option<String>,
}

/// Which pods a template is for.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) namespace_selector: Selector,
    pub(crate) pod_selector: Selector,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) host_network: HostNetwork,
    pub(crate) os: Vec<OperatingSystem>,
}

/// A parameter and where its value may come from, after its own annotations.
#[derive(Debug)]
pub(crate) struct DeclaredParameter {
    pub(crate) parameter: Parameter,
    pub(crate) sources: Vec<ParameterSource>,
}

/// One step of a template.
#[derive(Debug)]
pub(crate) enum CompiledPatch {
    Pod(Document),
    Containers { selector: ContainerSelector, patch: Document },
    Json(Document),
}

/// Which containers of a pod.
#[derive(Debug)]
pub(crate) struct ContainerSelector {
    names: Vec<WildMatch>,
    except: Vec<WildMatch>,
    kinds: Vec<ContainerKind>,
}

impl ContainerSelector {
    /// Whether a container of this name and kind is one of them.
    pub(crate) fn matches(&self, name: &str, kind: ContainerKind) -> bool {
        let any = |globs: &[WildMatch]| globs.iter().any(|glob| glob.matches(name));
        self.kinds.contains(&kind) && any(&self.names) && !any(&self.except)
    }
}

impl Template {
    /// Its scope and name.
    #[must_use]
    pub fn reference(&self) -> &TemplateReference {
        &self.reference
    }

    /// A hash of its spec: the first 12 hexadecimal digits of the SHA-256 of its canonical JSON, defaults filled in.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Whether pods have to ask for it.
    #[must_use]
    pub fn mode(&self) -> SelectionMode {
        self.mode
    }
}

impl fmt::Display for TemplateReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_none() {
            formatter.write_str(chandler_api::names::CLUSTER_PREFIX)?;
        }
        formatter.write_str(&self.name)
    }
}
