//! The expected output of every example is valid for the API server: as the document that it is, and as a pod.

use chandler_e2e::{Example, Needs, Objects, Scene, TEST_LABEL, examples};
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
    let (mut needed, mut pods) = (Vec::new(), Vec::new());
    for example in examples("expected.yaml").unwrap() {
        for mut pod in example.pods() {
            pod["metadata"]["name"] = json!("fitted-out");
            forget_namespace(&mut pod);
            needed.extend(take_needs(&mut pod["spec"], &scene.namespace));
            pods.push((example.name.clone(), pod));
        }
    }
    assert!(pods.len() > 20, "{} pods", pods.len());
    let mut refused = Vec::new();
    for object in &needed {
        // Two examples may name the same account.
        let answer = objects.create(object, &scene.namespace, "").await.unwrap();
        refused.extend((answer.status >= 300 && answer.status != 409).then(|| answer.message().to_owned()));
    }
    for (example, pod) in &pods {
        let answer = objects.create(pod, &scene.namespace, DRY).await.unwrap();
        // Defaults and admission are in it.
        if answer.status >= 300 || !answer.body["spec"]["tolerations"].is_array() {
            refused.push(format!("{example}: {}: {pod:#}", answer.message()));
        }
    }
    // Before anything fails: classes belong to the whole cluster.
    for object in needed.iter().filter(|object| object["kind"] != "ServiceAccount") {
        objects.delete(object, &scene.namespace).await.unwrap();
    }
    assert_eq!(refused, [""; 0]);
}

/// The namespaces of examples are not there.
fn forget_namespace(document: &mut Value) {
    if let Some(metadata) = document["metadata"].as_object_mut() {
        metadata.remove("namespace");
    }
}

/// What admission looks up for a pod, under names that nobody else has: the pod refers to those.
fn take_needs(spec: &mut Value, namespace: &str) -> Vec<Value> {
    let mut take = |field: &str| {
        let name = spec[field].as_str().filter(|name| !name.starts_with("system-"))?;
        let name = format!("{namespace}-{name}");
        spec[field] = json!(name);
        Some(json!({"name": name, "labels": {TEST_LABEL: "true"}}))
    };
    let account = take("serviceAccountName")
        .map(|metadata| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
    let priority = take("priorityClassName").map(|metadata| {
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata, "value": 1000})
    });
    let runtime = take("runtimeClassName").map(|metadata| {
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": metadata, "handler": "runc"})
    });
    [account, priority, runtime].into_iter().flatten().collect()
}
