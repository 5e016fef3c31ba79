//! What the injector says of a template: whether it is in force, and what the pods that it is for have of it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the injector says of a template. The leader among its replicas writes it, a few seconds after something changed.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct InjectionTemplateStatus {
    /// The generation of the template that the rest is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// The revision that pods get: a hash of the spec. While the newest spec does not compile it is that of the last one
    /// that did; absent when none serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,

    /// `Compiled` says whether the newest spec is in force, and if not, what is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,

    /// How many pods have what they should. Absent until all pods were listed once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pods: Option<PodCounts>,
}

/// How many pods the template has to do with. Not counted are pods that have ended or are being deleted, static pods, and
/// those of namespaces that the injector leaves alone.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// Pods that the template is for, or that carry it: the sum of the other three.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub matched: i32,

    /// Pods whose record, the annotation chandler.dev/injected, names the revision that serves now.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub injected: i32,

    /// Pods that a restart of their workload would bring up to date: their record names another revision, or none
    /// because the pod is older than the template, its last change, or the label or annotation that selects the pod.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub outdated: i32,

    /// Pods that should have had the template when they were made and do not: the webhook was away, or the template
    /// failed on them and was skipped.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub missed: i32,
}
