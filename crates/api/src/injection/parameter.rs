//! Parameters of a template: their types, limits and sources.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value that pods, namespaces and the platform may set.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("!has(self.pattern) || self.type == 'string'")
        .message("pattern is for parameters of type string"),
)]
#[serde(rename_all = "camelCase")]
pub struct ParameterSpec {
    /// Name, as in `{{ params.NAME }}` and in the annotation chandler.dev/param.NAME.
    #[schemars(length(min = 1, max = 40), regex(pattern = "^[A-Za-z][-A-Za-z0-9_]*$"))]
    pub name: String,

    /// Type of the value.
    #[serde(rename = "type", default)]
    pub kind: ParameterType,

    /// What the parameter means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,

    /// The value where no source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub default: Option<Value>,

    /// Fails the template where neither an annotation nor a source has a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,

    /// The only values allowed.
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "any_values")]
    pub allowed: Vec<Value>,

    /// A regular expression that the whole value must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub pattern: Option<String>,

    /// The smallest value allowed, written in the parameter's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub minimum: Option<Value>,

    /// The largest value allowed, written in the parameter's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_value")]
    pub maximum: Option<Value>,

    /// Where else a value may come from, first found first. The parameter's own annotations come before these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub from: Vec<ParameterSource>,
}

/// Type of a parameter.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Text.
    #[default]
    String,
    /// A whole number of up to 64 bits.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A Kubernetes quantity, like `500m` or `1Gi`.
    Quantity,
    /// A duration, like `1h30m`.
    Duration,
    /// A list; written as JSON in an annotation.
    Array,
    /// A mapping; written as JSON in an annotation.
    Object,
}

/// One place where a value may come from: exactly one field is set, to a key of that place.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[x_kube(
    validation = Rule::new("[has(self.podAnnotation), has(self.podLabel), has(self.namespaceAnnotation), has(self.namespaceLabel), has(self.clusterValue)].filter(x, x).size() == 1")
        .message("set exactly one of podAnnotation, podLabel, namespaceAnnotation, namespaceLabel and clusterValue"),
)]
#[serde(rename_all = "camelCase")]
pub struct ParameterSource {
    /// Key of an annotation of the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 317))]
    pub pod_annotation: Option<String>,

    /// Key of a label of the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 317))]
    pub pod_label: Option<String>,

    /// Key of an annotation of the pod's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 317))]
    pub namespace_annotation: Option<String>,

    /// Key of a label of the pod's namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 317))]
    pub namespace_label: Option<String>,

    /// Name of a value that the platform gave to the injector (`cluster.values`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub cluster_value: Option<String>,
}

fn any_value(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"x-kubernetes-preserve-unknown-fields": true})
}

fn any_values(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let item = any_value(generator);
    schemars::json_schema!({"type": "array", "maxItems": 64, "x-kubernetes-list-type": "atomic", "items": item})
}
