//! A pod that runs, and streams to it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use chandler_debugger::stream::{Call, Destination, Ending, Io, StreamError, run};
use chandler_e2e::{Needs, Scene, Wait, wait_for};
use k8s_openapi::api::core::v1::Pod;
use kube::api::PostParams;
use kube::{Api, Client};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};

/// How long a pod may take on a machine with much else to do, and a command too.
pub(crate) const BOUND: Duration = Duration::from_secs(120);

const POD: &str = "target";

/// A pod with a container that sleeps, and one that has ended.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) to: Destination,
}

impl Stage {
    /// None where this machine cannot have such a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let scene = Scene::open(Needs::Node, test).await.unwrap()?;
        scene.load_image("workload").unwrap();
        create(&scene).await;
        let to = Destination {
            namespace: scene.namespace.clone(),
            pod: POD.to_owned(),
            container: "sleeper".to_owned(),
        };
        let stage = Self { scene, to };
        stage.until_it_runs().await;
        Some(stage)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.scene.client
    }

    /// The same pod, another container.
    pub(crate) fn container(&self, name: &str) -> Destination {
        Destination { container: name.to_owned(), ..self.to.clone() }
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, command: &[&str], io: Io) -> Result<Ending, StreamError> {
        let call = exec(command);
        tokio::time::timeout(BOUND, run(self.client(), &self.to, &call, io))
            .await
            .expect("the stream has no end")
    }

    /// Runs a command without input: its code and its output.
    pub(crate) async fn output(&self, command: &[&str]) -> (u8, Vec<u8>) {
        let kept = Kept::default();
        let ending = self.run(command, output_to(kept.clone())).await.unwrap();
        (ending.code, kept.take())
    }

    /// As people do who begin a session: until the container runs.
    async fn until_it_runs(&self) {
        wait_for("the container to run a command", BOUND, async || {
            match run(self.client(), &self.to, &exec(&["true"]), output_to(tokio::io::sink())).await {
                Ok(_) => Ok(Wait::Done(())),
                Err(error @ StreamError::NotRunning { .. }) => Ok(Wait::NotYet(error.to_string())),
                Err(error) => Err(error.into()),
            }
        })
        .await
        .unwrap();
    }
}

async fn create(scene: &Scene) {
    let container = |name: &str, command: &[&str]| json!({"name": name, "image": "chandler.dev/workload:test", "imagePullPolicy": "IfNotPresent", "command": command});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD}, "spec": {
        "restartPolicy": "Never", "terminationGracePeriodSeconds": 1,
        "containers": [container("sleeper", &["sleep", "3600"]), container("ended", &["true"])]}});
    let pods: Api<Pod> = scene.api();
    pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
}

/// A call of these words.
pub(crate) fn exec(command: &[&str]) -> Call {
    Call::Exec(command.iter().map(|word| (*word).to_owned()).collect())
}

/// No input, no errors.
pub(crate) fn output_to(stdout: impl AsyncWrite + Send + Unpin + 'static) -> Io {
    Io { stdin: None, stdout: Box::new(stdout), stderr: None, sizes: None }
}

/// Input and output, no errors.
pub(crate) fn both(
    stdin: impl AsyncRead + Send + Unpin + 'static,
    stdout: impl AsyncWrite + Send + Unpin + 'static,
) -> Io {
    Io { stdin: Some(Box::new(stdin)), ..output_to(stdout) }
}

/// Keeps what is written; clones are the same.
#[derive(Debug, Default, Clone)]
pub(crate) struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl AsyncWrite for Kept {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
