//! What the webhook is brought and leaves as it is, also where somebody leads more to it than the chart does.

use chandler_api::names;
use chandler_e2e::send;
use http::Method;
use serde_json::{Value, json};

use crate::daemon::{Stage, pod};

/// Every pod gets a label.
fn label() -> Value {
    json!({"select": {"mode": "Default"}, "patches": [{"pod": {"metadata": {"labels": {"fitted": "yes"}}}}]})
}

fn fitted(pod: &Value) -> &Value {
    &pod["metadata"]["labels"]["fitted"]
}

/// A stage whose pods all get the label, and all of whose requests about pods the webhook is brought; its name.
async fn open(test: &str) -> Option<(Stage, String)> {
    let stage = Stage::open(test).await?;
    stage.apply("label", label()).await;
    let everything = json!([{
        "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["pods", "pods/ephemeralcontainers"],
    }]);
    let webhook = stage.change_webhook(|webhook| webhook["rules"] = everything).await;
    stage.until("the template", &pod(json!({})), |answer| fitted(&answer.body) == "yes").await;
    Some((stage, webhook))
}

#[tokio::test]
async fn update_ephemeral_container_and_removal_of_a_pod_are_left_as_they_are() {
    let test = "update_ephemeral_container_and_removal_of_a_pod_are_left_as_they_are";
    let Some((stage, webhook)) = open(test).await else { return };
    let namespace = &stage.scene.namespace;
    let created = stage.objects.create(&pod(json!({})), namespace, "").await.unwrap().object().unwrap();
    assert_eq!(fitted(&created), "yes");

    let before = stage.calls(&webhook).await;
    let updated = stage.patch_pod("app", &json!({"metadata": {"labels": {"fitted": null}}})).await;
    assert!(fitted(&updated.object().unwrap()).is_null());
    assert_eq!(stage.calls(&webhook).await, before + 1, "the webhook was brought the update");

    let debugger = json!([{"name": "debugger", "image": "example.com/debugger:1"}]);
    let patch = json!({"spec": {"ephemeralContainers": debugger}});
    let debugged = stage.patch_pod("app/ephemeralcontainers", &patch).await.object().unwrap();
    assert_eq!(debugged["spec"]["ephemeralContainers"][0]["name"], "debugger");
    assert!(fitted(&debugged).is_null());
    assert_eq!(stage.calls(&webhook).await, before + 2, "the webhook was brought the ephemeral container");

    let uri = format!("/api/v1/namespaces/{namespace}/pods/app?gracePeriodSeconds=0");
    let nothing = ("application/json", &Value::Null);
    send(&stage.scene.client, Method::DELETE, &uri, nothing).await.unwrap().object().unwrap();
    assert!(stage.calls(&webhook).await > before + 2, "the webhook was brought the removal");
    stage.close().await;
}

#[tokio::test]
async fn mirror_pod_is_left_as_it_is() {
    let Some((stage, webhook)) = open("mirror_pod_is_left_as_it_is").await else { return };
    let mut mirror = pod(json!({names::MIRROR_POD: "hash"}));
    mirror["spec"]["nodeName"] = json!("node");
    let before = stage.calls(&webhook).await;
    let answer = stage.dry(&mirror).await.object().unwrap();
    assert!(fitted(&answer).is_null() && answer["metadata"]["annotations"][names::INJECTED].is_null());
    assert_eq!(stage.calls(&webhook).await, before + 1, "the webhook was brought the mirror pod");
    stage.close().await;
}
