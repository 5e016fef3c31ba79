//! A namespace with templates and pods, and runs of the program that see it.

use std::process::Stdio;
use std::time::Duration;

use chandler_e2e::{NO_HOME, Needs, Objects, Scene, install_definitions};
use serde_json::{Value, json};
use tokio::process::Command;

/// A run that takes longer hangs.
const BOUND: Duration = Duration::from_secs(60);

/// The scene of a test.
pub(crate) struct Place {
    pub(crate) scene: Scene,
    pub(crate) objects: Objects,
}

/// What a run left behind.
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The lines of `--output json`.
    pub(crate) fn values(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs the program with a kubeconfig, or with none.
pub(crate) async fn run(kubeconfig: Option<&std::path::Path>, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-chandler"));
    command.args(arguments.split_whitespace()).stdin(Stdio::null()).kill_on_drop(true);
    // Whoever runs the tests has a home.
    command.env("HOME", NO_HOME).env_remove("KUBECONFIG").env_remove("KUBERNETES_SERVICE_HOST");
    if let Some(path) = kubeconfig {
        command.env("KUBECONFIG", path);
    }
    let output = tokio::time::timeout(BOUND, command.output()).await.unwrap().unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A template that adds a label.
pub(crate) fn label(value: &str) -> Value {
    json!({"description": "Adds a label.", "patches": [{"pod": {"metadata": {"labels": {"fitted": value}}}}]})
}

impl Place {
    /// None where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let objects = Objects::discover(&scene.client).await.unwrap();
        Some(Self { scene, objects })
    }

    /// Runs a verb in the namespace of this test.
    pub(crate) async fn run(&self, arguments: &str) -> Output {
        let arguments = format!("{arguments} --namespace {}", self.scene.namespace);
        run(Some(self.scene.kubeconfig()), &arguments).await
    }

    /// Applies any object to the namespace of this test.
    pub(crate) async fn apply(&self, object: &Value) -> Value {
        self.objects.apply(object, &self.scene.namespace).await.unwrap().object().unwrap()
    }

    /// Applies a template to the namespace of this test.
    pub(crate) async fn template(&self, name: &str, spec: Value) {
        let kind = "InjectionTemplate";
        let metadata = json!({"name": name});
        let version = "chandler.dev/v1alpha1";
        self.apply(&json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})).await;
    }

    /// The revision that the program itself computes of a template.
    pub(crate) async fn revision(&self, name: &str) -> String {
        let listed = self.run("templates -o json").await.values();
        let template = listed.iter().find(|template| template["template"] == name).unwrap();
        template["revision"].as_str().unwrap().to_owned()
    }

    /// Creates a pod with those annotations; `owner` is the ReplicaSet of a Deployment of that name.
    pub(crate) async fn pod(&self, name: &str, owner: Option<&str>, annotations: Value) {
        self.apply(&pod(name, owner, annotations)).await;
    }
}

/// A pod with those annotations; `owner` is the Deployment that it looks to be of.
pub(crate) fn pod(name: &str, owner: Option<&str>, annotations: Value) -> Value {
    let mut metadata = json!({"name": name, "annotations": annotations});
    if let Some(owner) = owner {
        metadata["labels"] = json!({"app": owner, "pod-template-hash": "5d8f7c"});
        metadata["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("{owner}-5d8f7c"),
            "uid": "0f8a4c9e-0000-4000-8000-000000000000", "controller": true,
        }]);
    }
    let containers = json!([{"name": "app", "image": "example.com/app:1"}]);
    let spec = json!({"automountServiceAccountToken": false, "containers": containers});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

/// A Deployment whose pods have those annotations.
pub(crate) fn deployment(name: &str, annotations: Value) -> Value {
    let mut template = pod(name, None, annotations);
    template["metadata"]["labels"] = json!({"app": name});
    let template = json!({"metadata": template["metadata"], "spec": template["spec"]});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template},
    })
}
