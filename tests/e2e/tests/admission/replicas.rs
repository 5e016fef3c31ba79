//! Replicas as processes of their own: whichever is asked, the answer is the same, byte for byte.

use std::time::Duration;

use chandler_api::names;
use chandler_e2e::{Replica, ReplicaSpec, Wait, review_of, wait_for};
use serde_json::{Value, json};

use crate::daemon::{Stage, pod};
use crate::direct::Direct;

/// Several patches of several lists, and values from several places.
async fn apply_templates(stage: &Stage) {
    let sidecar = |name: &str| {
        json!({
            "name": name, "image": format!("example.com/{name}:1"), "restartPolicy": "Always",
            "args": ["--level={{params.level}}"], "volumeMounts": [{"name": name, "mountPath": format!("/{name}")}],
        })
    };
    let parameters = json!([{"name": "level", "type": "string", "default": "info"}]);
    for (name, mode) in [("logs", "Default"), ("mesh", "Mandatory"), ("trace", "OnRequest")] {
        let variables = json!([{"name": format!("{name}_FOLDER"), "value": format!("/{name}")}]);
        let patches = json!([
            {"pod": {
                "metadata": {"labels": {name: "yes", "b": "1", "a": "2"}, "annotations": {format!("example.com/{name}"): "x"}},
                "spec": {"initContainers": [sidecar(name)], "volumes": [{"name": name, "emptyDir": {}}]},
            }},
            {"containers": {"patch": {"env": variables}}},
        ]);
        let select = json!({"mode": mode});
        stage.apply(name, json!({"select": select, "parameters": parameters, "patches": patches})).await;
    }
    let required = json!([{"name": "team", "type": "string", "required": true}]);
    let patches = json!([{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}]);
    for (name, on_error) in [("strict", "Deny"), ("lenient", "Skip")] {
        stage.apply(name, json!({"onError": on_error, "parameters": required, "patches": patches})).await;
    }
}

/// Reviews of many kinds, each with a word that its answer has.
fn reviews(namespace: &str) -> Vec<(Value, &'static str)> {
    let asking = |list: &str| pod(json!({names::TEMPLATES: list, "chandler.dev/param.trace.level": "debug"}));
    let plain = review_of(&asking("trace"), namespace);
    let with = |pointer: &str, value: Value| {
        let mut review = plain.clone();
        review["request"][pointer] = value;
        review
    };
    let mut beta = plain.clone();
    beta["apiVersion"] = json!("admission.k8s.io/v1beta1");
    vec![
        (review_of(&pod(json!({})), namespace), "patch"),
        (review_of(&asking("trace, nothing, lenient, none"), namespace), "\"failed\""),
        (review_of(&asking("strict"), namespace), "Forbidden"),
        (with("operation", json!("UPDATE")), "\"allowed\":true"),
        (with("dryRun", json!(true)), "patch"),
        (beta, "v1beta1"),
        (plain, "patch"),
    ]
}

async fn start(stage: &Stage, name: &str) -> Replica {
    let spec = ReplicaSpec {
        name: name.to_owned(),
        folder: stage.folder().to_owned(),
        kubeconfig: stage.scene.kubeconfig().to_owned(),
        flags: [stage.certificate_flags(), vec![format!("--namespace={}", stage.scene.namespace)]].concat(),
        wrapper: Vec::new(),
    };
    let replica = spec.start().await.unwrap();
    replica.until_ready().await.unwrap();
    replica
}

#[tokio::test]
async fn every_replica_gives_the_same_bytes() {
    let Some(stage) = Stage::open("every_replica_gives_the_same_bytes").await else { return };
    apply_templates(&stage).await;
    let replicas = [start(&stage, "one").await, start(&stage, "two").await];
    let asked = replicas.iter().map(|replica| Direct::new(replica.webhook, stage.authority()));
    let asked: Vec<Direct> = asked.collect();
    for (review, word) in reviews(&stage.scene.namespace) {
        // The first of them may be asked before its watches have shown everything.
        let wanted = wait_for("all templates to be effective", Duration::from_secs(20), async || {
            let said = asked[0].post(&review).await;
            let text = String::from_utf8_lossy(&said.body).into_owned();
            let is_whole = said.status == 200 && text.contains(word);
            Ok(if is_whole { Wait::Done(said.body) } else { Wait::NotYet(text) })
        });
        let wanted = wanted.await.unwrap();
        for _ in 0..3 {
            for direct in asked.iter().chain([&stage.daemon.direct]) {
                let said = direct.post(&review).await;
                assert_eq!(String::from_utf8_lossy(&said.body), String::from_utf8_lossy(&wanted));
            }
        }
    }
    for replica in replicas {
        assert!(replica.end().await.unwrap().success());
    }
    stage.close().await;
}
