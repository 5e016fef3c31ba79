//! Which pods a target has, and which of them is looked into.

use std::cmp::Reverse;

use serde_json::Value;

use super::target::Target;
use crate::cluster::{Cluster, ClusterError, Listing, PODS, Resource, SERVICES};
use crate::live::selector_text;

/// Pods of a target, and what is to be said of how they were found.
#[derive(Debug)]
pub(crate) struct Found {
    /// At least one.
    pub(crate) pods: Vec<Value>,
    /// Which one was picked out of how many.
    pub(crate) note: Option<String>,
}

/// Finds the pod that a target means, or all of its pods that run.
///
/// # Errors
/// There are none, or the cluster gives no answer.
pub(crate) async fn find_pods(cluster: &Cluster, target: &Target, all: bool) -> Result<Found, ClusterError> {
    let (what, labels, owner) = match target {
        Target::Pod(name) => {
            let pod = cluster.get(&PODS, Some(cluster.namespace()), name).await?;
            return Ok(Found { pods: vec![pod], note: None });
        }
        Target::Selector(labels) => (format!("the selector {labels}"), labels.clone(), None),
        Target::Workload { resource, name } => {
            let object = cluster.get(resource, Some(cluster.namespace()), name).await?;
            let labels = object.pointer("/spec/selector").and_then(selector_text);
            let labels = labels.ok_or_else(|| no_pods(resource, name))?;
            // A Service owns no pods.
            let owner = (*resource != &SERVICES).then_some((resource.kind, object));
            (format!("{}/{name}", resource.singular()), labels, owner)
        }
        Target::Node(name) => (format!("node/{name}"), String::new(), None),
    };
    let mut pods = list_pods(cluster, &labels).await?;
    if let Some((kind, object)) = &owner {
        retain_owned(&mut pods, (kind, object));
    }
    choose(pods, all, &what)
}

/// A workload's own pods, where others may have its labels too. Pods of a Deployment belong to ReplicaSets, whose names
/// start with its own.
fn retain_owned(pods: &mut Vec<Value>, (kind, object): (&str, &Value)) {
    let uid = object.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    pods.retain(|pod| {
        let owners = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.into_iter().flatten().any(|owner| {
            let text = |key| owner.get(key).and_then(Value::as_str).unwrap_or_default();
            match kind {
                "Deployment" => {
                    let set = text("name").rsplit_once('-').map_or("", |(set, _)| set);
                    text("kind") == "ReplicaSet" && set == name
                }
                _ => text("uid") == uid,
            }
        })
    });
}

fn no_pods(resource: &Resource, name: &str) -> ClusterError {
    ClusterError::NoPods { what: format!("{}/{name}, which selects none", resource.singular()) }
}

async fn list_pods(cluster: &Cluster, labels: &str) -> Result<Vec<Value>, ClusterError> {
    let mut pods = Vec::new();
    let listing = Listing {
        resource: &PODS,
        namespace: Some(cluster.namespace()),
        labels: Some(labels),
        // One that has ended can be copied, and is taken where there is no other.
        fields: None,
        metadata_only: false,
    };
    cluster.list(listing, &mut |pod| pods.push(pod)).await?;
    Ok(pods)
}

/// The best pod, or all that run, in the order of their names.
fn choose(mut pods: Vec<Value>, all: bool, what: &str) -> Result<Found, ClusterError> {
    if all {
        pods.retain(runs);
        pods.sort_by_cached_key(|pod| name_of(pod).to_owned());
    }
    let count = pods.len();
    let none = || ClusterError::NoPods { what: what.to_owned() };
    if all {
        return if pods.is_empty() { Err(none()) } else { Ok(Found { pods, note: None }) };
    }
    let best = pods.into_iter().min_by_key(rank).ok_or_else(none)?;
    let note = format!("pod {} of {what} ({count} of them)", name_of(&best));
    let note = if count == 1 { format!("pod {} of {what}", name_of(&best)) } else { note };
    Ok(Found { pods: vec![best], note: Some(note) })
}

/// How well a pod serves: the lowest is the best. One that is ready comes first, and of these the oldest: asked twice,
/// the same is found, and the session in it.
fn rank(pod: &Value) -> (bool, Reverse<bool>, Reverse<bool>, String, String) {
    let text = |pointer| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let created = text("/metadata/creationTimestamp");
    (is_leaving(pod), Reverse(runs(pod)), Reverse(is_ready(pod)), created, text("/metadata/name"))
}

fn is_leaving(pod: &Value) -> bool {
    pod.pointer("/metadata/deletionTimestamp").is_some()
}

fn runs(pod: &Value) -> bool {
    pod.pointer("/status/phase").and_then(Value::as_str) == Some("Running")
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let holds = |condition: &Value| {
        let is = |key, word| condition.get(key).and_then(Value::as_str) == Some(word);
        is("type", "Ready") && is("status", "True")
    };
    conditions.into_iter().flatten().any(holds)
}

/// The name of an object.
pub(crate) fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(name: &str, created: &str, ready: bool) -> Value {
        let status = if ready { "True" } else { "False" };
        json!({
            "metadata": {"name": name, "creationTimestamp": created},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": status}]},
        })
    }

    #[test]
    fn oldest_pod_that_is_ready_is_picked_and_named() {
        let mut leaving = pod("a", "2026-01-01T00:00:00Z", true);
        leaving["metadata"]["deletionTimestamp"] = json!("2026-02-01T00:00:00Z");
        let pods = vec![
            leaving,
            pod("b", "2026-01-02T00:00:00Z", false),
            pod("d", "2026-01-04T00:00:00Z", true),
            pod("c", "2026-01-03T00:00:00Z", true),
        ];
        let found = choose(pods, false, "deployment/web").unwrap();
        assert_eq!(name_of(&found.pods[0]), "c");
        assert_eq!(found.note.as_deref(), Some("pod c of deployment/web (4 of them)"));
    }

    #[test]
    fn all_are_those_that_run_by_name() {
        let mut pending = pod("c", "2026-01-01T00:00:00Z", false);
        pending["status"]["phase"] = json!("Pending");
        let pods = vec![pending, pod("b", "", true), pod("a", "", false)];
        let found = choose(pods, true, "the selector app=web").unwrap();
        assert_eq!(found.pods.iter().map(name_of).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn target_without_pods_is_told() {
        let error = choose(Vec::new(), false, "deployment/web").unwrap_err().to_string();
        assert_eq!(error, "there are no running pods of deployment/web");
    }

    #[test]
    fn pods_of_others_with_the_same_labels_are_not_a_workloads() {
        let owned =
            |name: &str, owner: Value| json!({"metadata": {"name": name, "ownerReferences": [owner]}});
        let mut pods = vec![
            owned("a", json!({"kind": "ReplicaSet", "name": "web-5d8f7c", "uid": "1"})),
            owned("b", json!({"kind": "ReplicaSet", "name": "web-canary-5d8f7c", "uid": "2"})),
            json!({"metadata": {"name": "copy"}}),
        ];
        retain_owned(&mut pods, ("Deployment", &json!({"metadata": {"name": "web", "uid": "9"}})));
        assert_eq!(pods.iter().map(name_of).collect::<Vec<_>>(), ["a"]);
    }
}
