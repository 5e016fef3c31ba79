//! A pod of each example runs with the containers that its template gave it.

use std::collections::BTreeSet;

use chandler_api::names;
use chandler_e2e::{Needs, Scene, examples};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use serde_json::{Value, json};

use crate::local::{PROGRAM, make_local, run};
use crate::pods::{create, exec, until_ready};

#[tokio::test]
async fn pod_of_each_example_runs_with_its_injected_containers() {
    let test = "pod_of_each_example_runs_with_its_injected_containers";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    scene.load_image("distroless").unwrap();
    let mut started = Vec::new();
    for (example, mut pod) in fitted_pods() {
        make_local(&mut pod["spec"]);
        pod["metadata"]["name"] = json!(example);
        started.push((create(&scene, &pod).await, pod));
    }
    let folders: BTreeSet<String> =
        examples("template.yaml").unwrap().into_iter().map(|example| example.name).collect();
    assert_eq!(started.len(), folders.len(), "a pod of each example");
    for (name, pod) in started {
        let running = until_ready(&scene, &name).await;
        assert_eq!(
            running["metadata"]["annotations"][names::INJECTED],
            pod["metadata"]["annotations"][names::INJECTED],
            "{name}"
        );
        for list in ["initContainers", "containers"] {
            let wanted: Vec<&Value> =
                pod["spec"][list].as_array().into_iter().flatten().map(|c| &c["name"]).collect();
            let statuses = running["status"][format!("{}Statuses", list.trim_end_matches('s'))].as_array();
            let mut ready: Vec<&Value> = statuses
                .into_iter()
                .flatten()
                .filter(|status| status["ready"] == true)
                .map(|s| &s["name"])
                .collect();
            ready.sort_by_key(|name| wanted.iter().position(|other| other == name));
            assert_eq!(ready, wanted, "{name}: {list}: {:#}", running["status"]);
        }
    }
}

#[tokio::test]
async fn shared_volume_carries_data_from_the_application_to_its_sidecar() {
    let test = "shared_volume_carries_data_from_the_application_to_its_sidecar";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    scene.load_image("distroless").unwrap();
    let (_, mut pod) = fitted_pods().into_iter().find(|(example, _)| example == "log-shipper").unwrap();
    make_local(&mut pod["spec"]);
    pod["metadata"]["name"] = json!("log-shipper");
    // The folder of the template's volume, in the application and in the sidecar that the template adds.
    let sidecar = pod["spec"]["initContainers"][0].clone();
    let application = &mut pod["spec"]["containers"][0];
    let (there, here) = shared_folder(&sidecar, application);
    run(application, &json!(["write", format!("{here}/access.log")]));
    let application = application["name"].as_str().unwrap().to_owned();
    create(&scene, &pod).await;
    until_ready(&scene, "log-shipper").await;

    let wait = [PROGRAM, "wait-for", &format!("{there}/access.log"), "--text", "2"];
    let (code, output) = exec(&scene, ("log-shipper", sidecar["name"].as_str().unwrap()), &wait).await;
    assert_eq!(code, 0, "{output}");
    let pods: Api<Pod> = scene.api();
    let logs = LogParams { container: Some(application), ..LogParams::default() };
    assert!(pods.logs("log-shipper", &logs).await.unwrap().lines().count() >= 2);
}

#[tokio::test]
async fn exec_passes_output_and_exit_code() {
    let Some(scene) = Scene::open(Needs::Node, "exec_passes_output_and_exit_code").await.unwrap() else {
        return;
    };
    scene.load_image("workload").unwrap();
    let container =
        json!({"name": "shell", "image": "chandler.dev/workload:test", "imagePullPolicy": "IfNotPresent"});
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "shell"}, "spec": {"containers": [container]},
    });
    create(&scene, &pod).await;
    until_ready(&scene, "shell").await;
    let (code, output) = exec(&scene, ("shell", "shell"), &["sh", "-c", "echo $((6 * 7)); exit 3"]).await;
    assert_eq!((code, output.as_str()), (3, "42\n"));
}

/// The first pod of each example that has a record of what was injected.
pub(crate) fn fitted_pods() -> Vec<(String, Value)> {
    let mut fitted: Vec<(String, Value)> = Vec::new();
    for example in examples("expected.yaml").unwrap() {
        let pod =
            example.pods().into_iter().find(|pod| !pod["metadata"]["annotations"][names::INJECTED].is_null());
        let is_new = fitted.last().is_none_or(|(name, _)| *name != example.name);
        fitted.extend(pod.filter(|_| is_new).map(|pod| (example.name.clone(), without_names(pod))));
    }
    fitted
}

fn without_names(mut pod: Value) -> Value {
    let metadata = pod["metadata"].as_object_mut().unwrap();
    ["namespace", "generateName"].iter().for_each(|field| drop(metadata.remove(*field)));
    pod
}

/// Where two containers have the same volume.
fn shared_folder(one: &Value, other: &Value) -> (String, String) {
    let mounts = |container: &Value| container["volumeMounts"].as_array().cloned().unwrap_or_default();
    let path = |mount: &Value| mount["mountPath"].as_str().unwrap().to_owned();
    let others = mounts(other);
    let pair = |mount: &Value| {
        let same = others.iter().find(|other| other["name"] == mount["name"] && other["readOnly"] != true)?;
        Some((path(mount), path(same)))
    };
    mounts(one).iter().find_map(pair).unwrap()
}
