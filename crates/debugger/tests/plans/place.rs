//! A namespace of a real API server, with pods that look as if they ran: there is no kubelet, so the test says so.

use chandler_e2e::{Answer, Needs, Scene, send};
use http::Method;
use serde_json::{Value, json};

/// Nothing is stored, and every unknown field is an error.
const STRICT: &str = "dryRun=All&fieldValidation=Strict";

/// A namespace of a test's own.
pub(crate) struct Place {
    scene: Scene,
}

impl Place {
    /// None where this machine cannot have an API server.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        Scene::open(Needs::ApiServer, test).await.unwrap().map(|scene| Self { scene })
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.scene.namespace
    }

    /// Makes a pod and says that its containers run.
    pub(crate) async fn run(&self, pod: &Value) -> Value {
        let made = self.send(Method::POST, &self.pods(""), ("application/json", pod)).await.object().unwrap();
        let status = json!({"status": {
            "phase": "Running",
            "containerStatuses": statuses(&made["spec"]["containers"]),
            "initContainerStatuses": statuses(&made["spec"]["initContainers"]),
        }});
        let path = self.pods("/pod/status");
        let merge = ("application/merge-patch+json", &status);
        self.send(Method::PATCH, &path, merge).await.object().unwrap()
    }

    pub(crate) async fn read_namespace(&self) -> Value {
        self.patch_namespace(&json!({})).await
    }

    /// Has the namespace enforce a level of Pod Security.
    pub(crate) async fn enforce(&self, level: &str) -> Value {
        self.patch_namespace(&json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}}))
            .await
    }

    async fn patch_namespace(&self, patch: &Value) -> Value {
        let path = format!("/api/v1/namespaces/{}", self.namespace());
        self.send(Method::PATCH, &path, ("application/merge-patch+json", patch)).await.object().unwrap()
    }

    /// What the API server says of the pod with one more container.
    pub(crate) async fn add(&self, pod: &Value, container: &Value) -> Answer {
        let patch = json!({"spec": {"ephemeralContainers": [container]}});
        let name = pod["metadata"]["name"].as_str().unwrap();
        let path = format!("{}?{STRICT}", self.pods(&format!("/{name}/ephemeralcontainers")));
        self.send(Method::PATCH, &path, ("application/strategic-merge-patch+json", &patch)).await
    }

    pub(crate) async fn assert_added(&self, pod: &Value, container: &Value) {
        assert_taken(&self.add(pod, container).await, container);
    }

    pub(crate) async fn assert_made(&self, pod: &Value) {
        let path = format!("{}?{STRICT}", self.pods(""));
        assert_taken(&self.send(Method::POST, &path, ("application/json", pod)).await, pod);
    }

    fn pods(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/pods{rest}", self.namespace())
    }

    async fn send(&self, method: Method, uri: &str, content: (&str, &Value)) -> Answer {
        send(&self.scene.client, method, uri, content).await.unwrap()
    }
}

fn assert_taken(answer: &Answer, object: &Value) {
    assert!(answer.status < 300, "{}: {object:#}", answer.message());
    let warnings = answer.warnings.iter().filter(|warning| !warning.contains("would violate PodSecurity"));
    assert_eq!(warnings.collect::<Vec<_>>(), Vec::<&String>::new(), "{object:#}");
}

fn statuses(containers: &Value) -> Value {
    let status = |container: &Value| {
        json!({
            "name": container["name"], "image": container["image"], "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
        })
    };
    containers.as_array().into_iter().flatten().map(status).collect()
}

/// A pod that has about all that a container can refer to.
pub(crate) fn full_pod() -> Value {
    let reference = |kind: &str| json!({kind: {"name": "a", "key": "b"}});
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "labels": {"app": "shop"}, "annotations": {"example.com/a": "b"}},
        "spec": {
            "nodeName": "node",
            "hostname": "shop",
            "subdomain": "shops",
            "volumes": [
                {"name": "data", "persistentVolumeClaim": {"claimName": "c"}},
                {"name": "empty", "emptyDir": {}},
            ],
            "initContainers": [
                {"name": "setup", "image": "setup:1"},
                {"name": "sidecar", "image": "sidecar:1", "restartPolicy": "Always", "startupProbe": {"exec": {"command": ["a"]}}},
            ],
            "containers": [
                {
                    "name": "app", "image": "app:1", "command": ["serve"], "args": ["$(A)"], "workingDir": "/app",
                    "ports": [{"name": "http", "containerPort": 80, "hostPort": 8080}],
                    "resources": {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}},
                    "envFrom": [{"prefix": "P_", "secretRef": {"name": "s"}}, {"configMapRef": {"name": "c"}}],
                    "env": [
                        {"name": "A", "value": "b"},
                        {"name": "B", "valueFrom": reference("secretKeyRef")},
                        {"name": "C", "valueFrom": reference("configMapKeyRef")},
                        {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                        {"name": "E", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
                    ],
                    "volumeMounts": [
                        {"name": "data", "mountPath": "/data", "readOnly": true, "recursiveReadOnly": "IfPossible"},
                        {"name": "data", "mountPath": "/part", "subPath": "part"},
                        {"name": "empty", "mountPath": "/expanded", "subPathExpr": "$(A)"},
                    ],
                    "livenessProbe": {"httpGet": {"port": "http"}},
                    "lifecycle": {"preStop": {"exec": {"command": ["a"]}}},
                },
                {
                    "name": "side", "image": "side:1",
                    "securityContext": {
                        "privileged": true, "runAsUser": 7, "seLinuxOptions": {"type": "container_t"},
                    },
                    "volumeMounts": [{"name": "empty", "mountPath": "/empty", "mountPropagation": "Bidirectional"}],
                },
            ],
        },
    })
}

/// A pod that meets every level of Pod Security.
pub(crate) fn modest_pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod"},
        "spec": {
            "nodeName": "node",
            "securityContext": {"runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "app", "image": "app:1",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            }],
        },
    })
}
