//! What a toolbox says of the containers that are made from it: variables and mounts, as Kubernetes has them. Fields that
//! Kubernetes adds later are kept as they are.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An environment variable, as a container has it in `env`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("!(has(self.value) && has(self.valueFrom))")
        .message("a variable has a value or valueFrom, not both"),
    validation = Rule::new("!self.name.startsWith('CHANDLER_')")
        .message("names that start with CHANDLER_ are the debugger's own"),
)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentVariable {
    /// Name of the variable.
    #[schemars(length(min = 1, max = 253), regex(pattern = "^[^=]+$"))]
    pub name: String,

    /// Its value. `$(NAME)` stands for another variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub value: Option<String>,

    /// Where its value comes from, as a container has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "free_object")]
    pub value_from: Option<Value>,
}

/// Where a volume of the pod is mounted, as a container has it in `volumeMounts`.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(
    validation = Rule::new("!has(self.subPath) && !has(self.subPathExpr)")
        .message("Kubernetes allows no subPath in the containers that are added to a pod"),
)]
#[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
#[serde(rename_all = "camelCase")]
pub struct VolumeMountReference {
    /// Name of the pod's volume.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,

    /// Where it is mounted.
    #[schemars(length(min = 1, max = 1024), regex(pattern = "^/[^:]*$"))]
    pub mount_path: String,

    /// Not allowed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub sub_path: Option<String>,

    /// Not allowed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub sub_path_expr: Option<String>,

    /// All other fields of a mount.
    #[serde(flatten)]
    #[schemars(skip)]
    pub rest: Map<String, Value>,
}

fn free_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
