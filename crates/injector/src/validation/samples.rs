//! Pods that a template is tried on: few, and different in what templates run into. All of them are legal, and nothing
//! in them is named as a template would name what it adds.

use serde_json::{Map, Value, json};

use super::read::{items, members, text};
use crate::facts::Namespace;

/// A pod to try a template on.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// What sort of pod it is, for messages.
    pub(super) sort: &'static str,
    /// The pod.
    pub(super) pod: Value,
}

/// The value of a label or annotation that may be anything.
const ANY: &str = "sample";

/// The samples, each with labels that the template's `podSelector` selects.
pub(super) fn samples(template: &Value) -> Vec<Sample> {
    let labels = labels_for(template.pointer("/spec/select/podSelector").unwrap_or(&Value::Null));
    let sorts = [
        ("a pod with one container", None, one_container()),
        (
            "a pod of a Deployment with several containers",
            Some(("ReplicaSet", "sample-5d8f7c")),
            several_containers(),
        ),
        ("a pod of a StatefulSet with volumes and probes", Some(("StatefulSet", ANY)), much_of_everything()),
        ("a pod in the network of its node", Some(("DaemonSet", ANY)), on_node()),
        ("a pod of a Job", Some(("Job", ANY)), job()),
        ("a pod for Windows", None, windows()),
    ];
    let samples =
        sorts.into_iter().map(|(sort, owner, spec)| Sample { sort, pod: pod(&labels, owner, spec) });
    samples.collect()
}

/// Pods that the Pod Security level restricted allows.
pub(super) fn restricted_samples(template: &Value) -> Vec<Sample> {
    let mut samples = samples(template);
    samples.retain(|sample| sample.sort != "a pod in the network of its node");
    for sample in &mut samples {
        restrict(&mut sample.pod);
    }
    samples
}

/// The namespace of the samples.
pub(super) fn sample_namespace(template: &Value) -> Namespace {
    let labels = labels_for(template.pointer("/spec/select/namespaceSelector").unwrap_or(&Value::Null));
    Namespace::from_metadata(ANY, &json!({"labels": labels}))
}

/// Labels that a label selector selects.
fn labels_for(selector: &Value) -> Map<String, Value> {
    let mut labels: Map<String, Value> =
        members(selector, "matchLabels").map(|(key, value)| (key.clone(), value.clone())).collect();
    for expression in items(selector, "matchExpressions") {
        let value = match text(expression, "operator") {
            "In" => items(expression, "values").next().cloned(),
            "Exists" => Some(Value::from(ANY)),
            _ => None,
        };
        if let Some(value) = value {
            labels.insert(text(expression, "key").to_owned(), value);
        }
    }
    labels
}

fn pod(labels: &Map<String, Value>, owner: Option<(&str, &str)>, spec: Value) -> Value {
    let mut labels = labels.clone();
    let hash = owner.map(|_| (chandler_api::names::POD_TEMPLATE_HASH, "5d8f7c"));
    for (key, value) in [("app", ANY), ("app.kubernetes.io/name", ANY)].into_iter().chain(hash) {
        labels.entry(key).or_insert_with(|| value.into());
    }
    let owners: Vec<Value> = owner.into_iter().map(owner_reference).collect();
    let metadata = json!({"name": ANY, "annotations": {}, "labels": labels, "ownerReferences": owners});
    // Nobody has made an account for them.
    let spec = with_fields(spec, json!({"automountServiceAccountToken": false}));
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

fn owner_reference((kind, name): (&str, &str)) -> Value {
    let version = if kind == "Job" { "batch/v1" } else { "apps/v1" };
    let uid = "00000000-0000-0000-0000-000000000000";
    json!({"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": true})
}

/// An object with more fields, or others.
fn with_fields(object: Value, fields: Value) -> Value {
    match (object, fields) {
        (Value::Object(mut object), Value::Object(fields)) => {
            object.extend(fields);
            Value::Object(object)
        }
        (object, _) => object,
    }
}

fn one_container() -> Value {
    json!({"containers": [{"name": "app", "image": "example.com/sample:1"}]})
}

fn several_containers() -> Value {
    json!({
        "initContainers": [
            {"name": "sample-setup", "image": "example.com/sample:1", "command": ["setup"]},
            {"name": "sample-helper", "image": "example.com/sample:1", "restartPolicy": "Always"},
        ],
        "containers": [
            {"name": "sample-web", "image": "example.com/sample:1", "args": ["serve"],
             "ports": [{"name": "sample-http", "containerPort": 48080}]},
            {"name": "sample-worker", "image": "example.com/sample:1", "env": [{"name": "SAMPLE", "value": "1"}]},
        ],
    })
}

fn much_of_everything() -> Value {
    let terms =
        json!([{"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}]);
    json!({
        "containers": [{
            "name": "app", "image": "example.com/sample:1", "command": ["serve"], "args": ["--quiet"],
            "env": [{"name": "SAMPLE_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            "ports": [{"name": "sample-http", "containerPort": 48080}, {"name": "sample-udp", "containerPort": 48081, "protocol": "UDP"}],
            "readinessProbe": {"httpGet": {"path": "/ready", "port": "sample-http"}},
            "livenessProbe": {"tcpSocket": {"port": 48080}},
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            "volumeMounts": [{"name": "sample-data", "mountPath": "/sample-data"}],
        }],
        "volumes": [
            {"name": "sample-data", "emptyDir": {}},
            {"name": "sample-settings", "configMap": {"name": "sample"}},
        ],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}},
        "tolerations": [{"key": "example.com/sample", "operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {"fsGroup": 2000},
        "terminationGracePeriodSeconds": 45,
    })
}

fn on_node() -> Value {
    json!({
        "hostNetwork": true, "dnsPolicy": "ClusterFirstWithHostNet",
        "containers": [{
            "name": "app", "image": "example.com/sample:1",
            "ports": [{"name": "sample-http", "containerPort": 48080, "hostPort": 48080}],
        }],
    })
}

fn job() -> Value {
    let resources = json!({"requests": {"cpu": "1"}});
    json!({
        "restartPolicy": "Never",
        "containers": [{"name": "sample-job", "image": "example.com/sample:1", "command": ["work"], "resources": resources}],
    })
}

fn windows() -> Value {
    json!({
        "os": {"name": "windows"}, "nodeSelector": {"kubernetes.io/os": "windows"},
        "containers": [{"name": "app", "image": "example.com/sample:1"}],
    })
}

/// Makes a pod one that the level restricted lets through. On Windows it wants less, and there is less to say.
fn restrict(pod: &mut Value) {
    let is_windows = pod.pointer("/spec/os").is_some();
    let of_containers = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let of_pod = match is_windows {
        true => json!({"runAsNonRoot": true}),
        false => json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}),
    };
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    spec.insert("securityContext".to_owned(), of_pod);
    for list in super::pod::CONTAINER_LISTS.into_iter().filter(|_| !is_windows) {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for container in containers.filter_map(Value::as_object_mut) {
            container.insert("securityContext".to_owned(), of_containers.clone());
        }
    }
}
