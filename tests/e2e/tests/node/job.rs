//! A Job ends although a sidecar that never does was injected into its pod.

use std::time::Duration;

use chandler_e2e::{Needs, Objects, Scene, Wait, examples, wait_for};
use k8s_openapi::api::batch::v1::Job;
use kube::Api;
use serde_json::{Value, json};

use crate::local::{make_local, run};

#[tokio::test]
async fn job_with_an_injected_sidecar_completes() {
    let Some(scene) = Scene::open(Needs::Node, "job_with_an_injected_sidecar_completes").await.unwrap()
    else {
        return;
    };
    scene.load_image("distroless").unwrap();
    let mut job = job_with_sidecar();
    let spec = &mut job["spec"]["template"]["spec"];
    make_local(spec);
    spec["containers"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(|container| run(container, &json!(["print"])));
    let objects = Objects::discover(&scene.client).await.unwrap();
    objects.create(&job, &scene.namespace, "").await.unwrap().object().unwrap();

    let jobs: Api<Job> = scene.api();
    wait_for("the job to complete", Duration::from_secs(90), async || {
        let status = serde_json::to_value(jobs.get("report").await?.status)?;
        let is_complete =
            |condition: &Value| condition["type"] == "Complete" && condition["status"] == "True";
        let conditions = status["conditions"].as_array();
        if conditions.is_some_and(|conditions| conditions.iter().any(is_complete)) {
            return Ok(Wait::Done(()));
        }
        Ok(Wait::NotYet(status.to_string()))
    })
    .await
    .unwrap();
}

/// A Job whose pod got a container that stays from a template.
fn job_with_sidecar() -> Value {
    let mut pods = examples("expected.yaml").unwrap().into_iter().flat_map(|example| example.pods());
    let has_sidecar = |pod: &Value| {
        let containers = pod["spec"]["initContainers"].as_array();
        containers.into_iter().flatten().any(|container| container["restartPolicy"] == "Always")
    };
    let mut pod = pods.find(has_sidecar).unwrap();
    pod["spec"]["restartPolicy"] = json!("Never");
    let template = json!({"metadata": {"annotations": pod["metadata"]["annotations"]}, "spec": pod["spec"]});
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "report"}, "spec": {"template": template}})
}
