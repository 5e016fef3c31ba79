//! `DebugToolbox`: the image with which an engineer looks into pods, and how it is used.

mod reference;

pub use reference::{EnvironmentVariable, VolumeMountReference};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The image with which an engineer looks into pods, and how it is used.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "chandler.dev",
    version = "v1alpha1",
    kind = "DebugToolbox",
    shortname = "dtb",
    category = "chandler",
    doc = "What engineers look into pods with: an image, its shell, its rights and commands with a name.",
    derive = "PartialEq",
    printcolumn = r#"{"name":"Image","type":"string","jsonPath":".spec.image"}"#,
    printcolumn = r#"{"name":"Default","type":"boolean","jsonPath":".spec.default"}"#,
    printcolumn = r#"{"name":"Profile","type":"string","jsonPath":".spec.profile"}"#,
    printcolumn = r#"{"name":"Recipes","type":"string","jsonPath":".spec.recipes[*].name","priority":1}"#,
    printcolumn = r#"{"name":"Description","type":"string","jsonPath":".spec.description","priority":1}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    validation = Rule::new(NAME_RULE).message(NAME_MESSAGE)
)]
#[serde(rename_all = "camelCase")]
pub struct DebugToolboxSpec {
    /// What the toolbox is for, in a sentence that application teams understand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,

    /// The image with the tools.
    #[schemars(length(min = 1, max = 1024), regex(pattern = r"^\S+$"))]
    pub image: String,

    /// When nodes pull the image. Absent: the cluster's own rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_pull_policy: Option<ImagePullPolicy>,

    /// The program that an interactive session runs, looked up on the image's PATH. Absent: the best of bash and sh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub shell: Option<String>,

    /// What its containers may do, where the command line does not say.
    #[serde(default)]
    pub profile: DebugProfile,

    /// Environment variables, as a container has them. Values may come from the pod's namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub env: Vec<EnvironmentVariable>,

    /// Volume mounts, as a container has them. The volumes are the pod's; where it has none of that name, the mount is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["mountPath".into()]))]
    pub volume_mounts: Vec<VolumeMountReference>,

    /// Commands with a name. They come to those that every toolbox has, and replace one of the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub recipes: Vec<DebugRecipe>,

    /// Only for pods of namespaces with these labels. Absent: for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,

    /// Whether it is what those namespaces get where nobody names a toolbox. One with a namespaceSelector goes before one
    /// without; among equals the first by name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
}

/// A command with a name.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[x_kube(
    validation = Rule::new("self.command.size() == 0 || self.command[0].size() > 0").message("the first word of command names a program"),
)]
pub struct DebugRecipe {
    /// What people call it.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,

    /// What it does, in a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,

    /// The words of the command. Words from the command line are added.
    #[schemars(length(min = 1, max = 64), inner(length(max = 16384)))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub command: Vec<String>,

    /// Whether it wants a terminal where there is one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub terminal: bool,

    /// What it needs. Absent: what the toolbox says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<DebugProfile>,

    /// Whose file system it works in.
    #[serde(default)]
    pub view: RecipeView,
}

/// Whose file system a command works in.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecipeView {
    /// The target's, with the tools on PATH.
    #[default]
    Target,
    /// The toolbox's own; the target's is below $CHANDLER_TARGET_ROOT.
    Toolbox,
}

/// What a tooling container may do, in the words of `kubectl debug`.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum DebugProfile {
    /// The strongest that is allowed, up to general.
    #[default]
    Auto,
    /// As Pod Security's level restricted wants it: no root, no capability, no privilege to be gained.
    Restricted,
    /// As Pod Security's level baseline allows: what a container gets that asks for nothing.
    Baseline,
    /// To look into other processes too: root with SYS_PTRACE.
    General,
    /// To look into and change networking too: NET_ADMIN and NET_RAW.
    Netadmin,
    /// Everything: a privileged container.
    Sysadmin,
}

/// When nodes pull an image.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImagePullPolicy {
    /// Each time a container starts.
    Always,
    /// When the node has none of that name.
    IfNotPresent,
    /// Never: the node has it.
    Never,
}

impl ImagePullPolicy {
    /// As a container has it in `imagePullPolicy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}

/// The command line names toolboxes.
const NAME_RULE: &str =
    "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 63";
const NAME_MESSAGE: &str = "metadata.name must be a DNS label (lower case letters, digits and '-'), so that a command line can name it";

#[cfg(test)]
mod tests;
