//! The expected output of every example is valid for the API server: as the document that it is, and as a pod.

use chandler_e2e::{Example, Needs, Objects, Scene, examples};
use serde_json::{Value, json};

/// Nothing is stored, and no field may be unknown.
const DRY: &str = "dryRun=All&fieldValidation=Strict";

#[tokio::test]
async fn documents_of_every_example_are_valid() {
    let Some(scene) = Scene::open(Needs::ApiServer, "documents_of_every_example_are_valid").await.unwrap()
    else {
        return;
    };
    let objects = Objects::discover(&scene.client).await.unwrap();
    let documents = examples("expected.yaml").unwrap();
    assert!(documents.len() > 20, "{} documents", documents.len());
    for Example { name, mut document } in documents {
        forget_namespace(&mut document);
        let answer = objects.create(&document, &scene.namespace, DRY).await.unwrap();
        assert!(answer.status < 300, "{name}: {}: {document:#}", answer.message());
        // The names of the documents are their owners' matter.
        let mut warnings = answer.warnings.iter().filter(|warning| !warning.starts_with("metadata.name:"));
        assert_eq!(warnings.next(), None, "{name}: {document:#}");
    }
}

#[tokio::test]
async fn pods_of_every_example_pass_admission() {
    let Some(scene) = Scene::open(Needs::ApiServer, "pods_of_every_example_pass_admission").await.unwrap()
    else {
        return;
    };
    let objects = Objects::discover(&scene.client).await.unwrap();
    let mut needed = Vec::new();
    let mut pods = Vec::new();
    for example in examples("expected.yaml").unwrap() {
        for mut pod in example.pods() {
            pod["metadata"]["name"] = json!("fitted-out");
            forget_namespace(&mut pod);
            // Those of a Deployment leave it to their server.
            needed.extend(needs_of(&pod["spec"]));
            pods.push((example.name.clone(), pod));
        }
    }
    for object in &needed {
        objects.apply(object, &scene.namespace).await.unwrap().object().unwrap();
    }
    assert!(pods.len() > 20, "{} pods", pods.len());
    for (example, pod) in &pods {
        let answer = objects.create(pod, &scene.namespace, DRY).await.unwrap();
        assert!(answer.status < 300, "{example}: {}: {pod:#}", answer.message());
        // Defaults and admission are in it.
        assert!(answer.body["spec"]["tolerations"].is_array(), "{example}: {:#}", answer.body);
    }
    for object in needed.iter().filter(|object| object["kind"] != "ServiceAccount") {
        objects.delete(object, &scene.namespace).await.unwrap();
    }
}

/// The namespaces of examples are not there.
fn forget_namespace(document: &mut Value) {
    if let Some(metadata) = document["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
}

/// What admission looks up for a pod.
fn needs_of(spec: &Value) -> Vec<Value> {
    let named = |field: &str| spec[field].as_str().filter(|name| !name.starts_with("system-"));
    let metadata = |name: &str| json!({"name": name, "labels": {"chandler.dev/test": "true"}});
    let account = named("serviceAccountName")
        .map(|name| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)}));
    let priority = named("priorityClassName").map(|name| {
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata(name), "value": 1000})
    });
    let runtime = named("runtimeClassName").map(|name| {
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": metadata(name), "handler": "runc"})
    });
    [account, priority, runtime].into_iter().flatten().collect()
}
