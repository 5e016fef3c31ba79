//! How many pods have what they should.

use std::time::Duration;

use chandler_api::names;
use chandler_e2e::{Wait, wait_for};
use serde_json::json;

use crate::stage::{Stage, asking, label, pod};

#[tokio::test]
async fn pod_is_outdated_when_it_is_older_than_the_template_and_after_a_change_of_it() {
    let test = "pod_is_outdated_when_it_is_older_than_the_template_and_after_a_change_of_it";
    let Some(stage) = Stage::open(test).await else { return };
    stage.call(0).await;
    let before = stage.create(&asking("before", "a")).await;
    assert!(before["metadata"]["annotations"][names::INJECTED].is_null());
    stage.create(&pod("other", json!({}))).await;
    stage.apply("a", label("first")).await;
    let status = stage.until_counts("a", [0, 1, 0]).await["status"].clone();
    assert_eq!(status["conditions"][0]["type"], "Compiled");
    assert_eq!(status["conditions"][0]["status"], "True");
    assert_eq!(status["observedGeneration"], 1);

    let after = stage.create(&asking("after", "a")).await;
    let record = after["metadata"]["annotations"][names::INJECTED].as_str().unwrap();
    assert_eq!(record, format!("a@{}", status["revision"].as_str().unwrap()));
    stage.until_counts("a", [1, 1, 0]).await;
    let labels = [("template", "a"), ("namespace", &stage.scene.namespace), ("state", "injected")];
    let mut labels = labels.map(|(key, value)| format!("{key}={value:?}"));
    labels.sort();
    let metric = format!("chandler_template_pods{{{}}}", labels.join(","));
    assert!((stage.replicas[0].metric(&metric).await - 1.0).abs() < 0.5, "{metric}");

    stage.apply("a", label("second")).await;
    let status = stage.until_counts("a", [0, 2, 0]).await["status"].clone();
    assert_eq!(status["observedGeneration"], 2);
    stage.objects.delete(&before, "").await.unwrap().object().unwrap();
    stage.until_counts("a", [0, 1, 0]).await;
    stage.close().await;
}

#[tokio::test]
async fn pod_that_came_while_the_webhook_was_away_was_missed() {
    let test = "pod_that_came_while_the_webhook_was_away_was_missed";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("a", label("x")).await;
    stage.until_younger().await;
    stage.create(&asking("missed", "a")).await;
    stage.create(&pod("off", json!({"chandler.dev/templates": "a", "chandler.dev/inject": "false"}))).await;
    stage.until_counts("a", [0, 0, 1]).await;
    stage.call(0).await;
    stage.create(&asking("injected", "a")).await;
    stage.until_counts("a", [1, 0, 1]).await;
    // A pod that has ended needs nothing any more.
    let uri = format!("/api/v1/namespaces/{}/pods/missed/status", stage.scene.namespace);
    let patch = ("application/merge-patch+json", &json!({"status": {"phase": "Succeeded"}}));
    let method = http::Method::PATCH;
    chandler_e2e::send(&stage.scene.client, method, &uri, patch).await.unwrap().object().unwrap();
    stage.until_counts("a", [1, 0, 0]).await;
    stage.close().await;
}

#[tokio::test]
async fn pod_whose_spec_decides_is_looked_at() {
    let Some(stage) = Stage::open("pod_whose_spec_decides_is_looked_at").await else { return };
    let condition = json!([{"name": "ports", "expression": "pod.spec.containers.exists(c, has(c.ports))"}]);
    let mut spec = label("x");
    spec["select"] = json!({"mode": "Default", "hostNetwork": "Skip", "matchConditions": condition});
    stage.apply("a", spec).await;
    stage.until_younger().await;
    let mut serving = pod("serving", json!({}));
    serving["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80}]);
    stage.create(&serving).await;
    let mut node = serving.clone();
    node["metadata"]["name"] = json!("node");
    node["spec"]["hostNetwork"] = json!(true);
    stage.create(&node).await;
    stage.create(&pod("plain", json!({}))).await;
    stage.until_counts("a", [0, 0, 1]).await;
    wait_for("all pods to be decided", Duration::from_secs(20), async || {
        let undecided = stage.replicas[0].metric("chandler_injector_undecided_pods").await;
        Ok(if undecided < 0.5 { Wait::Done(()) } else { Wait::NotYet(undecided.to_string()) })
    })
    .await
    .unwrap();
    stage.until_counts("a", [0, 0, 1]).await;
    stage.close().await;
}
