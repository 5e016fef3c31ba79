//! Workloads, as kubectl names them.

use chandler_injector::Owner;
use serde_json::Value;

use crate::cluster::{CARRIERS, Resource};

/// The workload of a pod; a pod of its own is its own.
pub(crate) fn pod_owner(pod: &Value) -> Owner {
    let owner = Owner::of_pod(pod);
    if !owner.kind.is_empty() {
        return owner;
    }
    let name = pod.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    Owner { kind: "Pod".to_owned(), name: name.to_owned() }
}

/// `deployment/web`.
pub(crate) fn kubectl_name(owner: &Owner) -> String {
    let known = CARRIERS.iter().find(|resource| resource.kind == owner.kind);
    let kind = known.map_or_else(|| owner.kind.to_ascii_lowercase(), Resource::singular);
    format!("{kind}/{}", owner.name)
}
