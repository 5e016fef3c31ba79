//! What a copy does not take over: what the API server and controllers wrote, and what would make it serve.

use chandler_api::names;
use serde_json::{Map, Value};

use crate::plan::field::{items, items_mut, remove, set, text};

/// Fields of a pod's spec that admission, the scheduler or the kubelet set.
const SPEC: [&str; 8] = [
    "activeDeadlineSeconds",
    "ephemeralContainers",
    "preemptionPolicy",
    "priority",
    "readinessGates",
    "schedulingGates",
    "subdomain",
    "workloadRef",
];

/// Probes would end a copy that is held, and restarts would end a session.
const CONTAINER: [&str; 4] = ["livenessProbe", "readinessProbe", "startupProbe", "restartPolicyRules"];

/// Name of the volume with the token of the service account, which admission makes anew.
const TOKEN_VOLUME: &str = "kube-api-access-";

/// Annotations that others wrote about the pod as it ran, or that would have it fitted out again.
const ANNOTATIONS: [&str; 10] = [
    names::INJECTED,
    names::INJECT,
    names::TEMPLATES,
    names::EXPIRES,
    names::MADE_BY,
    "cluster-autoscaler.kubernetes.io/safe-to-evict",
    "k8s.v1.cni.cncf.io/network-status",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubectl.kubernetes.io/restartedAt",
    "kubernetes.io/limit-ranger",
];

/// What the annotations start with that only the kubelet and the network may write.
const PREFIXES: [&str; 2] = ["kubernetes.io/config.", "cni.projectcalico.org/"];

/// The annotations that a copy keeps.
pub(crate) fn kept_annotations(pod: &Value) -> Map<String, Value> {
    let is_kept =
        |name: &str| !ANNOTATIONS.contains(&name) && !PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let all = pod.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
    all.filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A spec without what a new pod may not have.
pub(crate) fn clean_spec(mut spec: Value, notes: &mut Vec<String>) -> Value {
    remove(&mut spec, &SPEC);
    if let Some(volumes) = spec.get_mut("volumes").and_then(Value::as_array_mut) {
        volumes.retain(|volume| !is_token(volume));
    }
    if !items(&spec, "/initContainers").is_empty() {
        notes.push("init containers run again in the copy".to_owned());
    }
    if super::super::field::is_true(&spec, "/hostNetwork") {
        notes.push("the copy shares its node's network, where ports of the pod may be taken".to_owned());
    }
    spec
}

/// A container without what the kubelet would act upon.
pub(crate) fn clean_container(container: &mut Value, is_init: bool) {
    remove(container, &CONTAINER);
    if !is_init {
        remove(container, &["restartPolicy"]);
    }
    for port in items_mut(container, "ports") {
        remove(port, &["hostPort", "hostIP"]);
    }
    drop_token_mounts(container);
}

/// The token's volume is made anew, and so are its mounts.
pub(crate) fn drop_token_mounts(container: &mut Value) {
    let kept: Vec<Value> =
        items(container, "/volumeMounts").iter().filter(|mount| !is_token(mount)).cloned().collect();
    if container.get("volumeMounts").is_some() {
        set(container, "volumeMounts", kept);
    }
}

fn is_token(item: &Value) -> bool {
    text(item, "/name").is_some_and(|name| name.starts_with(TOKEN_VOLUME))
}
