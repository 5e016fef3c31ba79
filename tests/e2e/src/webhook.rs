//! What leads an API server to an injector under test, and what it sends there.

use serde_json::{Value, json};

use crate::scene::TEST_LABEL;

/// A webhook of that name that fits out the pods of the namespace of that name. When it fails the request does, so that no
/// failure is missed.
#[must_use]
pub fn webhook_of(namespace: &str, client_config: &Value) -> Value {
    let key = "kubernetes.io/metadata.name";
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": namespace, "labels": {TEST_LABEL: "true"}},
        "webhooks": [{
            "name": "inject.chandler.dev",
            "clientConfig": client_config,
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            "namespaceSelector": {"matchExpressions": [{"key": key, "operator": "In", "values": [namespace]}]},
            "failurePolicy": "Fail",
            "reinvocationPolicy": "IfNeeded",
            // Events tell of skips and denials.
            "sideEffects": "NoneOnDryRun",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 10,
        }],
    })
}

/// The review that an API server sends when somebody creates a pod.
#[must_use]
pub fn review_of(pod: &Value, namespace: &str) -> Value {
    let request = json!({
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": namespace, "operation": "CREATE", "object": pod,
    });
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
}
