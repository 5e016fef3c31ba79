//! A namespace with pods that run, and runs of the program that look into them.

use std::process::Stdio;
use std::time::Duration;

use chandler_e2e::{NO_HOME, Needs, Objects, Scene, Wait, wait_for};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::DynamicObject;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// A run that takes longer hangs.
pub(crate) const BOUND: Duration = Duration::from_secs(120);

/// How long pods may take to run.
const START: Duration = Duration::from_secs(60);

const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-chandler");

/// What every session works with.
pub(crate) const TOOLBOX: &str = "chandler.dev/toolbox:test";

/// The scene of a test.
pub(crate) struct Place {
    pub(crate) scene: Scene,
    objects: Objects,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The one object of `--output json`.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Place {
    /// None where this machine cannot have a node.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let scene = Scene::open(Needs::Node, test).await.unwrap()?;
        for image in ["toolbox", "workload", "distroless"] {
            scene.load_image(image).unwrap();
        }
        let objects = Objects::discover(&scene.client).await.unwrap();
        Some(Self { scene, objects })
    }

    /// A run of `debug` in the namespace of this test with the suite's image; words are split at blanks, and `command`
    /// follows as it is.
    pub(crate) async fn debug(&self, words: &str, command: &[&str]) -> Output {
        self.debug_with_input(words, command, None).await
    }

    /// The same with something to read.
    pub(crate) async fn debug_with_input(
        &self,
        words: &str,
        command: &[&str],
        input: Option<&str>,
    ) -> Output {
        let image = if words.contains("--image") { "" } else { "--image chandler.dev/toolbox:test" };
        let words = format!("debug {words} {image}");
        let mut words: Vec<&str> = words.split_whitespace().collect();
        if !command.is_empty() {
            words.push("--");
            words.extend(command);
        }
        self.run_with_input(&words, input).await
    }

    /// A run of the program in the namespace of this test.
    pub(crate) async fn run(&self, words: &str) -> Output {
        self.run_with_input(&words.split_whitespace().collect::<Vec<_>>(), None).await
    }

    async fn run_with_input(&self, words: &[&str], input: Option<&str>) -> Output {
        Self::finish(self.command(words), input).await
    }

    /// Runs a command to its end.
    pub(crate) async fn finish(mut command: Command, input: Option<&str>) -> Output {
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(input) = input {
            child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        }
        let output = tokio::time::timeout(BOUND, child.wait_with_output()).await.unwrap().unwrap();
        Output {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The program, ready to be run; it ends with the test.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        self.dress(Command::new(PROGRAM), words)
    }

    /// The same where its standard input is to be a terminal: that is its own, as it is under a person's shell.
    pub(crate) fn command_at_terminal(&self, words: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(PROGRAM);
        self.dress(command, words)
    }

    fn dress(&self, mut command: Command, words: &[&str]) -> Command {
        let (verb, rest) = words.split_first().unwrap();
        command.arg(verb).args(["--namespace", &self.scene.namespace]).args(rest);
        // Whoever runs the tests may have toolboxes.
        command.env("HOME", NO_HOME).env_remove("XDG_CONFIG_HOME").env_remove("CHANDLER_TOOLBOXES");
        command.env("KUBECONFIG", self.scene.kubeconfig()).env("USER", "tester").kill_on_drop(true);
        command
    }

    /// Applies any object.
    pub(crate) async fn apply(&self, object: &Value) -> Value {
        self.objects.apply(object, &self.scene.namespace).await.unwrap().object().unwrap()
    }

    /// What the API server says to an object, without keeping it.
    pub(crate) async fn try_create(&self, object: &Value) -> Result<Value, String> {
        let answer = self.objects.create(object, &self.scene.namespace, "dryRun=All").await.unwrap();
        answer.object().map_err(|error| error.to_string())
    }

    /// A pod that runs the workload with a shell, ready.
    pub(crate) async fn pod(&self, name: &str) {
        self.apply(&pod(name)).await;
        self.until_ready(name).await;
    }

    /// Waits until all containers of a pod are ready.
    pub(crate) async fn until_ready(&self, name: &str) {
        self.until(name, "ready", |pod| {
            let conditions = pod["status"]["conditions"].as_array();
            conditions.into_iter().flatten().any(|it| it["type"] == "Ready" && it["status"] == "True")
        })
        .await;
    }

    /// Waits until something holds of a pod.
    pub(crate) async fn until(&self, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("pod {name} to be {what}"), START, async || {
            let pod = self.get_pod(name).await.unwrap_or_default();
            Ok(if holds(&pod) { Wait::Done(pod) } else { Wait::NotYet(pod["status"].to_string()) })
        })
        .await
        .unwrap()
    }

    /// A pod as it is; none where there is none.
    pub(crate) async fn get_pod(&self, name: &str) -> Option<Value> {
        let pods: Api<DynamicObject> = Api::namespaced_with(
            self.scene.client.clone(),
            &self.scene.namespace,
            &kube::discovery::ApiResource::erase::<Pod>(&()),
        );
        pods.get_opt(name).await.unwrap().map(|pod| serde_json::to_value(pod).unwrap())
    }

    /// Names of all pods.
    pub(crate) async fn pod_names(&self) -> Vec<String> {
        let pods: Api<Pod> = self.scene.api();
        let list = pods.list(&kube::api::ListParams::default()).await.unwrap();
        list.items.into_iter().filter_map(|pod| pod.metadata.name).collect()
    }

    /// How many tooling containers a pod has.
    pub(crate) async fn session_count(&self, name: &str) -> usize {
        let pod = self.get_pod(name).await.unwrap();
        pod["spec"]["ephemeralContainers"].as_array().map_or(0, Vec::len)
    }
}

/// A container that serves until it is told to end.
pub(crate) fn container(name: &str) -> Value {
    json!({"name": name, "image": "chandler.dev/workload:test", "imagePullPolicy": "IfNotPresent"})
}

/// A pod with one.
pub(crate) fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container("app")], "terminationGracePeriodSeconds": 0},
    })
}

/// A Deployment with so many of them.
pub(crate) fn deployment(name: &str, replicas: u32) -> Value {
    let labels = json!({"app": name});
    let spec = pod(name)["spec"].clone();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    })
}
