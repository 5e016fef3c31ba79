//! What a template adds or changes.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// One step: exactly one field is set.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[x_kube(
    validation = Rule::new("[has(self.pod), has(self.containers), has(self.json)].filter(x, x).size() == 1")
        .message("set exactly one of pod, containers and json"),
)]
pub struct Patch {
    /// A partial pod (`metadata` and `spec`), merged onto the pod by the rules of Kubernetes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "partial_object")]
    pub pod: Option<Map<String, Value>>,

    /// A partial container for each container that matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<ContainersPatch>,

    /// A JSON Patch (RFC 6902) of the pod, for what the others cannot say. It must change nothing when applied again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub json: Option<Vec<JsonOperation>>,
}

/// A partial container for each container that matches.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct ContainersPatch {
    /// Which containers. Absent: all regular containers.
    #[serde(rename = "match", default)]
    pub selector: ContainerMatch,

    /// A partial container, merged by the rules of Kubernetes.
    #[schemars(schema_with = "partial_object")]
    pub patch: Map<String, Value>,
}

/// Which containers of a pod.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct ContainerMatch {
    /// Names, or globs with `*` and `?`. Default: all.
    #[serde(default = "any_name")]
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub names: Vec<String>,

    /// Names or globs that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub except: Vec<String>,

    /// Kinds of containers. Default: Container.
    #[serde(default = "regular_containers")]
    #[schemars(length(min = 1, max = 3))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub kinds: Vec<ContainerKind>,
}

/// What a container is to its pod.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// One of `containers`.
    Container,
    /// One of `initContainers` that ends before the next one starts.
    InitContainer,
    /// One of `initContainers` with `restartPolicy: Always`: it runs beside the containers.
    Sidecar,
}

/// One operation of a JSON Patch.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("has(self.from) == (self.op in ['move', 'copy'])")
        .message("from is for the operations move and copy, and they need it"),
    validation = Rule::new("!self.path.contains('{{')")
        .message("path holds no expression: a value must not choose which field is written"),
    validation = Rule::new("self.op == 'test' || self.path.startsWith('/spec/') || self.path.startsWith('/metadata/labels') || self.path.startsWith('/metadata/annotations') || self.path.startsWith('/metadata/finalizers')")
        .message("a template reaches /spec/…, and labels, annotations and finalizers in /metadata"),
)]
pub struct JsonOperation {
    /// What to do.
    pub op: JsonOperationKind,

    /// JSON Pointer (RFC 6901) into the pod, like `/spec/hostname`.
    #[schemars(length(max = 1024), regex(pattern = "^/"))]
    pub path: String,

    /// JSON Pointer of the source of a move or copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024), regex(pattern = "^/"))]
    pub from: Option<String>,

    /// The value of an add, replace or test. It may be null.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present_value")]
    #[schemars(schema_with = "any_value")]
    pub value: Option<Value>,
}

/// What an operation of a JSON Patch does.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum JsonOperationKind {
    /// Adds a member to an object, or an item to a list.
    Add,
    /// Removes a value that is there.
    Remove,
    /// Replaces a value that is there.
    Replace,
    /// Moves a value.
    Move,
    /// Copies a value.
    Copy,
    /// Fails unless the value is there and equal.
    Test,
}

impl Default for ContainerMatch {
    fn default() -> Self {
        Self { names: any_name(), except: Vec::new(), kinds: regular_containers() }
    }
}

fn any_name() -> Vec<String> {
    vec!["*".to_owned()]
}

fn regular_containers() -> Vec<ContainerKind> {
    vec![ContainerKind::Container]
}

/// Tells `value: null` from no value.
fn present_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn partial_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}

fn any_value(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"nullable": true, "x-kubernetes-preserve-unknown-fields": true})
}
