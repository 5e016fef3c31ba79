//! A pod with a session container, and commands in it.

use std::time::Duration;

use chandler_debugger::script::{self, Entry, ViewChoice};
use chandler_e2e::{Scene, Wait, wait_for};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How long a pod or a command may take on a machine with much else to do.
pub(crate) const BOUND: Duration = Duration::from_secs(90);

/// Long enough not to matter.
pub(crate) const LONG: u32 = 3_600;

/// The container that is looked into.
pub(crate) const TARGET: &str = "app";

/// What a command left.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// What was printed by a command that ended well and said nothing else.
    pub(crate) fn clean(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }
}

/// One of our images, as a container.
pub(crate) fn container(name: &str, image: &str) -> Value {
    let image = format!("chandler.dev/{image}:test");
    json!({"name": name, "image": image, "imagePullPolicy": "IfNotPresent"})
}

/// As the profile `general` has it.
pub(crate) fn general() -> Value {
    json!({"runAsUser": 0, "runAsNonRoot": false, "capabilities": {"add": ["SYS_PTRACE"]}})
}

/// As the profile `restricted` has it, for a user who is also the group.
pub(crate) fn restricted(user: u32) -> Value {
    json!({
        "runAsUser": user, "runAsGroup": user, "runAsNonRoot": true, "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
    })
}

/// Creates a pod, and waits until it is ready.
pub(crate) async fn run_pod(scene: &Scene, name: &str, spec: Value) {
    for image in ["toolbox", "workload", "distroless"] {
        scene.load_image(image).unwrap();
    }
    let pods: Api<Pod> = scene.api();
    let pod = json!({"metadata": {"name": name}, "spec": spec});
    pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
    wait_in(scene, name, "is ready", |pod| {
        let conditions = pod["status"]["conditions"].as_array()?;
        let is_ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
        conditions.iter().any(is_ready).then_some(())
    })
    .await;
}

/// Waits until a pod shows something.
pub(crate) async fn wait_in<T>(
    scene: &Scene,
    name: &str,
    what: &str,
    find: impl Fn(&Value) -> Option<T>,
) -> T {
    let pods: Api<Pod> = scene.api();
    let what = format!("pod {name}: {what}");
    let found = wait_for(&what, BOUND, async || {
        let pod = serde_json::to_value(pods.get(name).await?)?;
        Ok(find(&pod).map_or_else(|| Wait::NotYet(pod["status"].to_string()), Wait::Done))
    });
    found.await.unwrap()
}

/// The state of an ephemeral container.
pub(crate) fn state_of<'p>(pod: &'p Value, container: &str) -> Option<&'p Value> {
    let statuses = pod["status"]["ephemeralContainerStatuses"].as_array()?;
    statuses.iter().find(|status| status["name"] == container).map(|status| &status["state"])
}

/// A session in a pod.
pub(crate) struct Session<'s> {
    pub(crate) scene: &'s Scene,
    pub(crate) pod: &'s str,
    pub(crate) name: &'s str,
    pub(crate) target_id: Option<String>,
}

impl<'s> Session<'s> {
    /// Adds a session container of our toolbox to the first container of a pod.
    pub(crate) async fn open(scene: &'s Scene, (pod, name): (&'s str, &'s str), security: Value) -> Self {
        let mut made = container(name, "toolbox");
        made["securityContext"] = security;
        Self::open_as(scene, (pod, TARGET), (name, LONG), made).await
    }

    /// Adds a session container, with what a partial container says.
    pub(crate) async fn open_as(
        scene: &'s Scene,
        (pod, target): (&'s str, &str),
        (name, idle): (&'s str, u32),
        mut made: Value,
    ) -> Self {
        made["name"] = json!(name);
        made["command"] = json!(script::sleeper());
        made["targetContainerName"] = json!(target);
        made["env"] = json!([
            {"name": "CHANDLER_SESSION", "value": name},
            {"name": "CHANDLER_TARGET", "value": target},
            {"name": "CHANDLER_IDLE_SECONDS", "value": idle.to_string()},
        ]);
        let pods: Api<Pod> = scene.api();
        let patch = Patch::Strategic(json!({"spec": {"ephemeralContainers": [made]}}));
        pods.patch_ephemeral_containers(pod, &PatchParams::default(), &patch).await.unwrap();
        wait_in(scene, pod, &format!("{name} runs"), |pod| state_of(pod, name)?.get("running").map(drop))
            .await;
        let id = wait_in(scene, pod, "has an ID", |pod| {
            let statuses = pod["status"]["containerStatuses"].as_array()?;
            let status = statuses.iter().find(|status| status["name"] == target)?;
            status["containerID"].as_str().map(str::to_owned)
        })
        .await;
        Self { scene, pod, name, target_id: Some(id) }
    }

    /// Runs a command in the target's view.
    pub(crate) async fn run(&self, command: &[&str]) -> Outcome {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        self.exec(&script::enter(&self.entry(&command)), None).await
    }

    /// Runs a script of the shell there.
    pub(crate) async fn sh(&self, script: &str) -> Outcome {
        self.run(&["sh", "-c", script]).await
    }

    /// What is asked for by default.
    pub(crate) fn entry<'e>(&'e self, command: &'e [String]) -> Entry<'e> {
        Entry {
            view: ViewChoice::Target,
            target_id: self.target_id.as_deref(),
            shares_pod_processes: false,
            quiet: false,
            command,
            shell: None,
        }
    }

    /// Runs these words in the session's container, with an input or none.
    pub(crate) async fn exec(&self, words: &[String], input: Option<&str>) -> Outcome {
        exec(self.scene, (self.pod, self.name), words, input).await
    }
}

/// Runs these words in a container.
pub(crate) async fn exec(
    scene: &Scene,
    (pod, container): (&str, &str),
    words: &[String],
    input: Option<&str>,
) -> Outcome {
    let pods: Api<Pod> = scene.api();
    let parameters = AttachParams::default().container(container).stdin(input.is_some());
    let run = async {
        let mut process = pods.exec(pod, words, &parameters).await.unwrap();
        let status = process.take_status().unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let (mut out, mut err) = (process.stdout().unwrap(), process.stderr().unwrap());
        if let (Some(text), Some(mut stdin)) = (input, process.stdin()) {
            stdin.write_all(text.as_bytes()).await.unwrap();
            stdin.shutdown().await.unwrap();
        }
        let (one, other) = tokio::join!(out.read_to_string(&mut stdout), err.read_to_string(&mut stderr));
        one.and(other).unwrap();
        Outcome { code: code_of(status.await.unwrap()), stdout, stderr }
    };
    tokio::time::timeout(BOUND, run).await.unwrap()
}

/// The exit code in the status at the end of an exec.
pub(crate) fn code_of(status: k8s_openapi::apimachinery::pkg::apis::meta::v1::Status) -> i32 {
    let causes = status.details.and_then(|details| details.causes).unwrap_or_default();
    let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    code.and_then(|cause| cause.message.as_deref()).map_or(0, |code| code.parse().unwrap())
}
