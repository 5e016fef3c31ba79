//! A strategic merge patch gives by our merge what it gives by the API server.

use std::collections::BTreeMap;

use chandler_e2e::{Example, Needs, Objects, Scene, examples, send};
use chandler_pod_patch::strategic_merge;
use http::Method;
use serde_json::{Value, json};

use crate::patches::patches_for;

const PATCH: &str = "application/strategic-merge-patch+json";

/// How many of a hundred patches the API server must take at least: what it refuses says little.
const TAKEN: usize = 85;

#[tokio::test]
async fn patches_by_the_api_server_give_what_our_merge_gives() {
    let test = "patches_by_the_api_server_give_what_our_merge_gives";
    let Some(scene) = Scene::open(Needs::ApiServer, test).await.unwrap() else { return };
    let objects = Objects::discover(&scene.client).await.unwrap();
    let mut tally: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (number, pod) in corpus().into_iter().enumerate() {
        let stored = store(&objects, &scene, number, &pod).await;
        for (what, patch) in patches_for(&stored["template"]) {
            let taken = compare(&scene, &objects, &stored, (what, &patch)).await;
            let (all, of_them_taken) = tally.entry(what).or_default();
            *all += 1;
            *of_them_taken += usize::from(taken);
        }
    }
    let (all, taken) = tally.values().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    assert!(taken * 100 >= all * TAKEN, "the API server took {taken} of {all}: {tally:#?}");
    let never: Vec<_> = tally.iter().filter(|(_, (_, taken))| *taken == 0).collect();
    assert!(never.is_empty(), "the API server never took {never:?}");
    println!(
        "{taken} patches of {all} were taken by the API server, and all of them give the same by our merge"
    );
}

/// Pods as people write them, and fitted out.
fn corpus() -> Vec<Value> {
    let documents = ["manifest.yaml", "expected.yaml"].map(|file| examples(file).unwrap());
    let mut pods: Vec<Value> = documents.iter().flatten().flat_map(Example::pods).collect();
    assert!(pods.len() > 40, "{} pods", pods.len());
    pods.iter_mut().for_each(|pod| {
        pod["metadata"]["finalizers"] = json!(["example.com/a"]);
        // One manifest has some, for a template to take away; the API server takes no PodTemplate with them.
        pod["spec"].as_object_mut().unwrap().remove("ephemeralContainers");
        // Templates of pods that are only stored need no name.
        pod["metadata"].as_object_mut().unwrap().remove("name");
        pod["metadata"].as_object_mut().unwrap().remove("namespace");
    });
    pods
}

/// The pod as the API server keeps it in a PodTemplate: with defaults, and without a controller that acts on it.
async fn store(objects: &Objects, scene: &Scene, number: usize, pod: &Value) -> Value {
    let metadata = json!({"name": format!("pod-{number}")});
    let template = json!({"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": {
        "metadata": pod["metadata"], "spec": pod["spec"],
    }});
    objects.create(&template, &scene.namespace, "").await.unwrap().object().unwrap()
}

/// Whether the API server takes the patch; where it does, ours must give the same.
async fn compare(scene: &Scene, objects: &Objects, stored: &Value, (what, patch): (&str, &Value)) -> bool {
    let path = objects.path(stored, &scene.namespace).unwrap();
    let uri = format!("{path}/{}?dryRun=All", stored["metadata"]["name"].as_str().unwrap());
    let theirs = json!({"template": patch});
    let theirs = send(&scene.client, Method::PATCH, &uri, (PATCH, &theirs)).await.unwrap();
    let mut ours = stored.clone();
    strategic_merge(&mut ours["template"], patch).unwrap_or_else(|error| panic!("{what}: {error}: {patch}"));
    // Written back, so that the API server fills in the same defaults.
    let ours = send(&scene.client, Method::PUT, &uri, ("application/json", &ours)).await.unwrap();
    if theirs.status >= 300 {
        assert!(
            ours.status >= 300,
            "{what}: the server refuses the patch ({}), not what we make of it",
            theirs.message()
        );
        return false;
    }
    assert!(ours.status < 300, "{what}: {}: {patch} on {stored:#}", ours.message());
    let (theirs, ours) = (&theirs.body["template"], &ours.body["template"]);
    assert_eq!(in_one_order(ours), in_one_order(theirs), "{what}: {patch} on {stored:#}");
    // New items go elsewhere here, on purpose; but where the patch gives the order, it is that.
    if patch.to_string().contains("$setElementOrder") {
        assert_eq!(ours, theirs, "{what}: {patch} on {stored:#}");
    }
    true
}

/// Lists whose items have names may be in any order.
fn in_one_order(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(in_one_order).collect();
            if items.iter().all(Value::is_object) {
                items.sort_by_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::Object(members) => {
            let sorted: BTreeMap<&String, Value> =
                members.iter().map(|(key, value)| (key, in_one_order(value))).collect();
            json!(sorted)
        }
        other => other.clone(),
    }
}
