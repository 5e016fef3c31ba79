//! A namespace with pods that run, a folder of this machine, and runs of the program that copy between them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chandler_e2e::{NO_HOME, Needs, Objects, Scene, Wait, wait_for};
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// A run that takes longer hangs.
const BOUND: Duration = Duration::from_secs(180);

/// How long pods may take to run.
const START: Duration = Duration::from_secs(60);

/// The scene of a test.
pub(crate) struct Place {
    pub(crate) scene: Scene,
    objects: Objects,
    folder: tempfile::TempDir,
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Output {
    /// The object of `--output json`.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
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
        Some(Self { scene, objects, folder: tempfile::tempdir().unwrap() })
    }

    /// A path of this machine, below a folder of this test.
    pub(crate) fn here(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A run of `cp` in that folder.
    pub(crate) async fn cp(&self, words: &str) -> Output {
        self.cp_with_input(words, &[]).await
    }

    pub(crate) async fn cp_with_input(&self, words: &str, input: &[u8]) -> Output {
        self.run(&format!("cp --image chandler.dev/toolbox:test {words}"), self.scene.kubeconfig(), input)
            .await
    }

    /// A run of the program, led to the cluster by that kubeconfig.
    pub(crate) async fn run(&self, words: &str, kubeconfig: &Path, input: &[u8]) -> Output {
        let mut child = self.start(words, kubeconfig);
        let mut stdin = child.stdin.take().unwrap();
        let feed = async move {
            // A program that ends early does not read it all.
            let _ = stdin.write_all(input).await;
        };
        let ended = async { tokio::join!(feed, child.wait_with_output()).1 };
        let output = tokio::time::timeout(BOUND, ended).await.unwrap().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        Output { code: output.status.code().unwrap(), stdout: output.stdout, stderr }
    }

    /// A run of it that goes on.
    pub(crate) fn start(&self, words: &str, kubeconfig: &Path) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-chandler"));
        let (verb, rest) = words.split_once(' ').unwrap();
        command.arg(verb).args(["--namespace", &self.scene.namespace]).args(rest.split_whitespace());
        command.current_dir(self.folder.path()).env("HOME", NO_HOME).env_remove("XDG_CONFIG_HOME");
        command.env("KUBECONFIG", kubeconfig).env("USER", "tester").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// What a command says in the container that a pod has by itself.
    pub(crate) async fn in_pod(&self, pod: &str, script: &str) -> String {
        let words = ["exec", pod, "--", "sh", "-c", script];
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-chandler"));
        command.args([
            "debug",
            "-q",
            "--namespace",
            &self.scene.namespace,
            "--image",
            "chandler.dev/toolbox:test",
        ]);
        command.args(words.iter().skip(1)).env("HOME", NO_HOME).env("KUBECONFIG", self.scene.kubeconfig());
        let output = command.stdin(Stdio::null()).output().await.unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }

    /// A pod of one container, ready; `change` is merged onto its spec.
    pub(crate) async fn pod(&self, name: &str, image: &str, change: impl FnOnce(&mut Value)) {
        let container = json!({
            "name": "app", "image": format!("chandler.dev/{image}:test"), "imagePullPolicy": "IfNotPresent",
        });
        let mut spec = json!({
            "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0, "containers": [container],
        });
        change(&mut spec);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec});
        self.objects.apply(&pod, &self.scene.namespace).await.unwrap().object().unwrap();
        let pods = self.scene.api::<Pod>();
        wait_for(&format!("pod {name} to be ready"), START, async || {
            let pod = pods.get(name).await?;
            let status = pod.status.unwrap_or_default();
            let ready =
                status.conditions.iter().flatten().any(|it| it.type_ == "Ready" && it.status == "True");
            Ok(if ready { Wait::Done(()) } else { Wait::NotYet(format!("{:?}", status.container_statuses)) })
        })
        .await
        .unwrap();
    }
}

/// A folder on a volume, which the container's own user may write to.
pub(crate) fn with_volume(spec: &mut Value) {
    spec["volumes"] = json!([{"name": "data", "emptyDir": {}}]);
    spec["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    spec["securityContext"] = json!({"fsGroup": 65532});
}

/// Bytes that no two places share.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}
