//! Pods in manifests: which kinds carry one, and where.

use serde_json::Value;

use crate::facts::Owner;

/// A pod, or a pod template, in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodLocation {
    /// JSON Pointer of the pod in the document: its `metadata` and `spec` are below.
    pub pointer: String,
    /// Kind of the object that carries it.
    pub kind: String,
    /// Name of that object, or its `generateName`.
    pub name: String,
    /// Namespace that the object names.
    pub namespace: Option<String>,
    /// The workload that the pod belongs to.
    pub owner: Owner,
}

/// Kinds that carry a pod: API group, kind, and where the pod is.
const CARRIERS: [(&str, &str, &str); 9] = [
    ("", "Pod", ""),
    ("", "PodTemplate", "/template"),
    ("", "ReplicationController", "/spec/template"),
    ("apps", "Deployment", "/spec/template"),
    ("apps", "StatefulSet", "/spec/template"),
    ("apps", "DaemonSet", "/spec/template"),
    ("apps", "ReplicaSet", "/spec/template"),
    ("batch", "Job", "/spec/template"),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template"),
];

/// Lists deeper inside each other than this hold no pods.
const MAX_LIST_DEPTH: usize = 16;

/// Finds every pod of a document, also in a `List` or a typed list such as `PodList`.
#[must_use]
pub fn locate_pods(document: &Value) -> Vec<PodLocation> {
    let mut locations = Vec::new();
    visit(document, &Parent::default(), &mut locations);
    locations
}

/// What an item of a list inherits from it.
#[derive(Debug, Default)]
struct Parent {
    pointer: String,
    api_version: String,
    kind: String,
    depth: usize,
}

fn visit(object: &Value, parent: &Parent, locations: &mut Vec<PodLocation>) {
    let api_version = text(object, "/apiVersion").unwrap_or(&parent.api_version);
    let kind = text(object, "/kind").unwrap_or(&parent.kind);
    let items = object.get("items").and_then(Value::as_array);
    match (kind.strip_suffix("List"), items) {
        (Some(item_kind), Some(items)) if parent.depth < MAX_LIST_DEPTH => {
            for (index, item) in items.iter().enumerate() {
                let parent = Parent {
                    pointer: format!("{}/items/{index}", parent.pointer),
                    api_version: api_version.to_owned(),
                    kind: item_kind.to_owned(),
                    depth: parent.depth + 1,
                };
                visit(item, &parent, locations);
            }
        }
        _ => locations.extend(locate_in(object, &parent.pointer, (api_version, kind))),
    }
}

fn locate_in(object: &Value, prefix: &str, (api_version, kind): (&str, &str)) -> Option<PodLocation> {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let (_, _, pointer) = CARRIERS.into_iter().find(|carrier| (carrier.0, carrier.1) == (group, kind))?;
    let pod = object.pointer(pointer)?;
    pod.is_object().then(|| PodLocation {
        pointer: format!("{prefix}{pointer}"),
        kind: kind.to_owned(),
        name: text(object, "/metadata/name")
            .or(text(object, "/metadata/generateName"))
            .unwrap_or_default()
            .to_owned(),
        namespace: text(object, "/metadata/namespace").filter(|name| !name.is_empty()).map(str::to_owned),
        owner: owner_of(object, kind),
    })
}

/// The workload that the pods of an object will belong to, as far as the object tells.
fn owner_of(object: &Value, kind: &str) -> Owner {
    let controller = Owner::of_pod(object);
    match (kind, controller.kind.as_str()) {
        ("Pod", _) | ("ReplicaSet", "Deployment") => controller,
        _ => Owner {
            kind: kind.to_owned(),
            name: text(object, "/metadata/name").unwrap_or_default().to_owned(),
        },
    }
}

fn text<'v>(object: &'v Value, pointer: &str) -> Option<&'v str> {
    object.pointer(pointer)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(document: Value) -> Vec<String> {
        locate_pods(&document).into_iter().map(|location| location.pointer).collect()
    }

    #[test]
    fn every_carrier_is_found_where_its_pod_is() {
        for (group, kind, pointer) in CARRIERS {
            let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            let pod = json!({"spec": {"containers": []}});
            let object = json!({
                "apiVersion": api_version, "kind": kind, "template": pod,
                "spec": {"template": pod, "jobTemplate": {"spec": {"template": pod}}},
            });
            assert_eq!(pointers(object), [pointer], "{kind}");
        }
    }

    #[test]
    fn kinds_of_other_groups_and_unknown_kinds_are_left_alone() {
        let template = json!({"template": {"spec": {"containers": []}}});
        assert!(
            pointers(json!({"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": template}))
                .is_empty()
        );
        assert!(
            pointers(json!({"apiVersion": "example.com/v1", "kind": "Robot", "spec": template})).is_empty()
        );
    }

    #[test]
    fn list_in_a_list_is_searched() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {}});
        let inner = json!({"apiVersion": "v1", "kind": "List", "items": [pod, {"kind": "ConfigMap"}]});
        let outer = json!({"apiVersion": "v1", "kind": "List", "items": [{"kind": "Service"}, inner]});
        assert_eq!(pointers(outer), ["/items/1/items/0"]);
    }

    #[test]
    fn items_of_a_typed_list_have_its_kind() {
        let list =
            json!({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"spec": {"template": {}}}]});
        assert_eq!(pointers(list), ["/items/0/spec/template"]);
    }

    #[test]
    fn malformed_objects_carry_no_pod() {
        for object in [json!(null), json!([]), json!({"kind": "Pod"}), json!({"apiVersion": 1, "kind": []})] {
            assert!(locate_pods(&object).len() <= 1);
        }
        assert!(
            pointers(json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": null}}))
                .is_empty()
        );
        assert!(pointers(json!({"apiVersion": "v1", "kind": "List", "items": null})).is_empty());
    }
}
