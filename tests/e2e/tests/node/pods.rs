//! What a test does with a pod that runs.

use std::time::Duration;

use chandler_e2e::{Scene, Wait, wait_for};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, PostParams};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

/// How long a pod may take on a machine with much else to do.
const BOUND: Duration = Duration::from_secs(90);

/// Creates a pod.
pub(crate) async fn create(scene: &Scene, pod: &Value) -> String {
    let pods: Api<Pod> = scene.api();
    let pod = serde_json::from_value(pod.clone()).unwrap();
    pods.create(&PostParams::default(), &pod).await.unwrap().metadata.name.unwrap()
}

/// Waits until a pod is ready, and gives it.
pub(crate) async fn until_ready(scene: &Scene, name: &str) -> Value {
    let pods: Api<Pod> = scene.api();
    wait_for(&format!("pod {name} to be ready"), BOUND, async || {
        let pod = serde_json::to_value(pods.get(name).await?)?;
        let conditions = pod["status"]["conditions"].as_array();
        let is_ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
        if conditions.is_some_and(|conditions| conditions.iter().any(is_ready)) {
            return Ok(Wait::Done(pod));
        }
        Ok(Wait::NotYet(pod["status"].to_string()))
    })
    .await
    .unwrap()
}

/// Runs a command in a container: its exit code and its output.
pub(crate) async fn exec(scene: &Scene, (pod, container): (&str, &str), command: &[&str]) -> (i32, String) {
    let pods: Api<Pod> = scene.api();
    let parameters = AttachParams::default().container(container).stderr(false);
    let run = async {
        let mut process = pods.exec(pod, command.to_vec(), &parameters).await.unwrap();
        let status = process.take_status().unwrap();
        let mut output = String::new();
        process.stdout().unwrap().read_to_string(&mut output).await.unwrap();
        (status.await.unwrap(), output)
    };
    let (status, output) = tokio::time::timeout(BOUND, run).await.unwrap();
    let causes = status.details.and_then(|details| details.causes).unwrap_or_default();
    let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    let code = code.and_then(|cause| cause.message.as_deref()).map_or(0, |code| code.parse().unwrap());
    (code, output)
}
