//! Which pods a template is for.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which pods a template is for. Every limit holds in each mode: asking for a template does not get around one.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Select {
    /// Whether pods have to ask for the template.
    #[serde(default)]
    pub mode: SelectionMode,

    /// Only pods of namespaces with these labels. Absent: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,

    /// Only pods with these labels. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_selector: Option<LabelSelector>,

    /// Only pods for which every expression is true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub match_conditions: Vec<MatchCondition>,

    /// What to do with pods that use the network of their node.
    #[serde(default)]
    pub host_network: HostNetwork,

    /// Only pods for these operating systems; a pod that names none is for Linux. Absent: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub os: Vec<OperatingSystem>,
}

/// Whether pods have to ask for a template.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectionMode {
    /// For pods that ask, or whose namespace asks, with the annotation chandler.dev/templates.
    #[default]
    OnRequest,
    /// For every pod within the limits, unless it or its namespace has chandler.dev/inject: "false".
    Default,
    /// For every pod within the limits; nobody can turn it off.
    Mandatory,
}

/// What to do with pods that use the network of their node.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostNetwork {
    /// They are fitted out like any other.
    #[default]
    Inject,
    /// They are left alone: what listens or redirects in their network would do so on the node.
    Skip,
}

/// An operating system that a pod can be for, as in a pod's `spec.os.name`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OperatingSystem {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

/// A CEL expression that must be true.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct MatchCondition {
    /// Name of the condition, for messages.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"))]
    pub name: String,

    /// A CEL expression over `pod`, `namespace`, `owner`, `request`, `cluster` and `params` that gives true or false.
    /// An error is a failure of the template, not a false.
    #[schemars(length(min = 1, max = 4096))]
    pub expression: String,
}
