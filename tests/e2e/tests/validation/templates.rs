//! Templates to ask about.

use serde_json::{Value, json};

pub(crate) fn own(name: &str, spec: Value) -> Value {
    template("InjectionTemplate", name, spec)
}

pub(crate) fn cluster(name: &str, spec: Value) -> Value {
    template("ClusterInjectionTemplate", name, spec)
}

fn template(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "chandler.dev/v1alpha1", "kind": kind, "metadata": {"name": name, "labels": {}}, "spec": spec})
}

/// A template with one partial pod.
pub(crate) fn with_pod(spec: Value) -> Value {
    json!({"patches": [{"pod": {"spec": spec}}]})
}

/// A template that adds a container to a list of the pod.
pub(crate) fn adding(list: &str, mut container: Value) -> Value {
    let fields = container.as_object_mut().unwrap();
    fields.entry("name").or_insert_with(|| json!("agent"));
    fields.entry("image").or_insert_with(|| json!("example.com/agent:1"));
    with_pod(json!({list: [container]}))
}

/// A template with one partial container, for containers of every kind.
pub(crate) fn with_containers(patch: Value) -> Value {
    let kinds = json!(["Container", "InitContainer", "Sidecar"]);
    json!({"patches": [{"containers": {"match": {"kinds": kinds}, "patch": patch}}]})
}
