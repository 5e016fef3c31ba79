//! `InjectionTemplate` and `ClusterInjectionTemplate`: what is added to a pod, and to which pods.

mod parameter;
mod patch;
mod select;
mod status;

pub use parameter::{ParameterSource, ParameterSpec, ParameterType};
pub use patch::{ContainerKind, ContainerMatch, ContainersPatch, JsonOperation, JsonOperationKind, Patch};
pub use select::{HostNetwork, MatchCondition, OperatingSystem, Select, SelectionMode};
pub use status::{InjectionTemplateStatus, PodCounts};

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to add to a pod, and which pods it is for.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "chandler.dev",
    version = "v1alpha1",
    kind = "InjectionTemplate",
    namespaced,
    shortname = "itpl",
    category = "chandler",
    doc = "Fits out pods of its own namespace: what to add, to which pods, with which parameters.",
    derive = "PartialEq",
    status = "InjectionTemplateStatus",
    printcolumn = r#"{"name":"Mode","type":"string","jsonPath":".spec.select.mode"}"#,
    printcolumn = r#"{"name":"Compiled","type":"string","jsonPath":".status.conditions[?(@.type==\"Compiled\")].status"}"#,
    printcolumn = r#"{"name":"Injected","type":"integer","jsonPath":".status.pods.injected"}"#,
    printcolumn = r#"{"name":"Outdated","type":"integer","jsonPath":".status.pods.outdated"}"#,
    printcolumn = r#"{"name":"Missed","type":"integer","jsonPath":".status.pods.missed"}"#,
    printcolumn = r#"{"name":"Revision","type":"string","jsonPath":".status.revision","priority":1}"#,
    printcolumn = r#"{"name":"Order","type":"integer","jsonPath":".spec.order","priority":1}"#,
    printcolumn = r#"{"name":"On error","type":"string","jsonPath":".spec.onError","priority":1}"#,
    printcolumn = r#"{"name":"Description","type":"string","jsonPath":".spec.description","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    validation = Rule::new(NAME_RULE).message(NAME_MESSAGE),
    validation = Rule::new(PARAMETER_ANNOTATION_RULE).message(PARAMETER_ANNOTATION_MESSAGE)
)]
#[serde(rename_all = "camelCase")]
pub struct InjectionTemplateSpec {
    /// What the template is for, in a sentence that application teams understand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,

    /// Which pods it is for, and whether they have to ask for it.
    #[serde(default)]
    pub select: Select,

    /// Place among the templates with mode Default and Mandatory, lowest first; ties go by name.
    /// Templates that a pod asks for come after those, in the order in which it asks.
    #[serde(default = "default_order")]
    #[schemars(range(min = -10000, max = 10000))]
    pub order: i32,

    /// Values that pods, namespaces and the platform may set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub parameters: Vec<ParameterSpec>,

    /// What is added or changed, in order.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub patches: Vec<Patch>,

    /// Who wins where the pod and the template set one field differently.
    #[serde(default)]
    pub conflicts: ConflictPolicy,

    /// What happens to a pod for which this template fails.
    #[serde(default)]
    pub on_error: OnError,
}

/// What to add to a pod, and which pods it is for; the same as in an InjectionTemplate, for pods of every namespace.
#[derive(CustomResource, JsonSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "chandler.dev",
    version = "v1alpha1",
    kind = "ClusterInjectionTemplate",
    shortname = "citpl",
    category = "chandler",
    doc = "Fits out pods of every namespace: what to add, to which pods, with which parameters.",
    derive = "PartialEq",
    status = "InjectionTemplateStatus",
    printcolumn = r#"{"name":"Mode","type":"string","jsonPath":".spec.select.mode"}"#,
    printcolumn = r#"{"name":"Compiled","type":"string","jsonPath":".status.conditions[?(@.type==\"Compiled\")].status"}"#,
    printcolumn = r#"{"name":"Injected","type":"integer","jsonPath":".status.pods.injected"}"#,
    printcolumn = r#"{"name":"Outdated","type":"integer","jsonPath":".status.pods.outdated"}"#,
    printcolumn = r#"{"name":"Missed","type":"integer","jsonPath":".status.pods.missed"}"#,
    printcolumn = r#"{"name":"Revision","type":"string","jsonPath":".status.revision","priority":1}"#,
    printcolumn = r#"{"name":"Order","type":"integer","jsonPath":".spec.order","priority":1}"#,
    printcolumn = r#"{"name":"On error","type":"string","jsonPath":".spec.onError","priority":1}"#,
    printcolumn = r#"{"name":"Description","type":"string","jsonPath":".spec.description","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    validation = Rule::new(NAME_RULE).message(NAME_MESSAGE),
    validation = Rule::new(PARAMETER_ANNOTATION_RULE).message(PARAMETER_ANNOTATION_MESSAGE)
)]
#[serde(transparent)]
pub struct ClusterInjectionTemplateSpec(pub InjectionTemplateSpec);

/// Who wins where the pod and the template set one field differently.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConflictPolicy {
    /// The template wins, with a warning.
    #[default]
    Override,
    /// The pod wins, with a warning.
    Keep,
    /// The template fails, and `onError` decides.
    Fail,
}

/// What happens to a pod for which a template fails.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// The pod goes on without this template, with a warning.
    #[default]
    Skip,
    /// The pod is refused.
    Deny,
}

fn default_order() -> i32 {
    100
}

/// Annotations name templates between commas, `@` and dots, so only a DNS label can be said there.
const NAME_RULE: &str =
    "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 63";
const NAME_MESSAGE: &str =
    "metadata.name must be a DNS label (lower case letters, digits and '-'), so that annotations can name it";

/// The API server allows 63 characters after the `/` of an annotation, of which `param.` and a dot are 7.
const PARAMETER_ANNOTATION_RULE: &str = "!has(self.spec.parameters) || self.spec.parameters.all(p, size(self.metadata.name) + size(p.name) <= 56)";
const PARAMETER_ANNOTATION_MESSAGE: &str = "the names of the template and of a parameter must not exceed 56 characters together, so that the annotation chandler.dev/param.TEMPLATE.NAME is a legal one";

#[cfg(test)]
mod tests;
