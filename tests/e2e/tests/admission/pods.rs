//! What the API server makes of pods with the daemon's help.

use chandler_api::names;
use serde_json::{Value, json};

use crate::daemon::{Stage, pod};

/// A sidecar with its volume, and a parameter.
fn sidecar() -> Value {
    json!({
        "parameters": [{"name": "level", "type": "string", "default": "info", "enum": ["debug", "info"]}],
        "patches": [
            {"pod": {"spec": {
                "initContainers": [{
                    "name": "log", "image": "example.com/log:1", "restartPolicy": "Always",
                    "args": ["--level={{params.level}}"], "volumeMounts": [{"name": "logs", "mountPath": "/logs"}],
                }],
                "volumes": [{"name": "logs", "emptyDir": {}}],
            }}},
            {"containers": {"patch": {"volumeMounts": [{"name": "logs", "mountPath": "/logs"}]}}},
        ],
    })
}

fn has_sidecar(pod: &Value) -> bool {
    pod["spec"]["initContainers"][0]["name"] == "log"
}

#[tokio::test]
async fn pod_gets_what_it_asks_for_and_a_record_of_it() {
    let Some(stage) = Stage::open("pod_gets_what_it_asks_for_and_a_record_of_it").await else { return };
    stage.apply("logs", sidecar()).await;
    let asking = pod(json!({"chandler.dev/templates": "logs", "chandler.dev/param.level": "debug"}));
    let fitted =
        stage.until("the template to be effective", &asking, |answer| has_sidecar(&answer.body)).await.body;
    assert_eq!(fitted["spec"]["initContainers"][0]["args"], json!(["--level=debug"]));
    assert_eq!(fitted["spec"]["containers"][0]["volumeMounts"][0]["mountPath"], "/logs");
    let record = fitted["metadata"]["annotations"][names::INJECTED].as_str().unwrap();
    assert!(record.starts_with("logs@"), "{record}");

    let plain = stage.dry(&pod(json!({}))).await;
    assert!(!has_sidecar(&plain.body) && plain.warnings.is_empty(), "nobody asked: {plain:?}");
    stage.close().await;
}

#[tokio::test]
async fn fitted_pod_that_comes_again_is_left_as_it_is() {
    let Some(stage) = Stage::open("fitted_pod_that_comes_again_is_left_as_it_is").await else { return };
    stage.apply("logs", sidecar()).await;
    let asking = pod(json!({"chandler.dev/templates": "logs"}));
    let once =
        stage.until("the template to be effective", &asking, |answer| has_sidecar(&answer.body)).await.body;
    let mut again =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app"}, "spec": once["spec"]});
    again["metadata"]["annotations"] = once["metadata"]["annotations"].clone();
    let twice = stage.dry(&again).await.object().unwrap();
    assert_eq!(twice["spec"], once["spec"]);
    assert_eq!(twice["metadata"]["annotations"], once["metadata"]["annotations"]);
    stage.close().await;
}

#[tokio::test]
async fn token_is_mounted_as_the_api_server_does_and_spares_a_second_call() {
    let test = "token_is_mounted_as_the_api_server_does_and_spares_a_second_call";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("logs", sidecar()).await;
    let name = stage.change_webhook(|_| {}).await;
    let mut asking = pod(json!({"chandler.dev/templates": "logs"}));
    asking["spec"].as_object_mut().unwrap().remove("automountServiceAccountToken");
    stage.until("the template to be effective", &asking, |answer| has_sidecar(&answer.body)).await;
    let before = stage.calls(&name).await;
    let fitted = stage.dry(&asking).await.object().unwrap();
    assert_eq!(stage.calls(&name).await, before + 1);
    let own = json!({"name": "logs", "mountPath": "/logs"});
    let mut token = fitted["spec"]["containers"][0]["volumeMounts"].as_array().unwrap().clone();
    token.retain(|mount| *mount != own);
    assert_eq!(token[0]["mountPath"], "/var/run/secrets/kubernetes.io/serviceaccount", "{fitted}");
    assert_eq!(fitted["spec"]["initContainers"][0]["volumeMounts"], json!([own, token[0]]));
    stage.close().await;
}

#[tokio::test]
async fn forged_record_changes_nothing() {
    let Some(stage) = Stage::open("forged_record_changes_nothing").await else { return };
    stage.apply("logs", sidecar()).await;
    let asking = pod(json!({"chandler.dev/templates": "logs"}));
    let honest =
        stage.until("the template to be effective", &asking, |answer| has_sidecar(&answer.body)).await.body;
    let record = honest["metadata"]["annotations"][names::INJECTED].clone();
    let forged = pod(json!({"chandler.dev/templates": "logs", names::INJECTED: record}));
    let fitted = stage.dry(&forged).await.object().unwrap();
    assert_eq!(fitted["spec"]["initContainers"], honest["spec"]["initContainers"]);
    stage.close().await;
}

#[tokio::test]
async fn template_that_fails_denies_the_pod_when_it_says_so_and_warns_otherwise() {
    let test = "template_that_fails_denies_the_pod_when_it_says_so_and_warns_otherwise";
    let Some(stage) = Stage::open(test).await else { return };
    let needs = |on_error: &str| {
        json!({
            "onError": on_error, "parameters": [{"name": "team", "type": "string", "required": true}],
            "patches": [{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}],
        })
    };
    stage.apply("strict", needs("Deny")).await;
    stage.apply("lenient", needs("Skip")).await;
    let strict = pod(json!({"chandler.dev/templates": "strict"}));
    let denied = stage.until("the template to be effective", &strict, |answer| answer.status == 403).await;
    assert!(denied.message().contains("strict") && denied.message().contains("team"), "{}", denied.message());
    let lenient = pod(json!({"chandler.dev/templates": "lenient"}));
    let is_said = |warnings: &[String]| warnings.iter().any(|warning| warning.contains("team"));
    let passed =
        stage.until("the template to be effective", &lenient, |answer| is_said(&answer.warnings)).await;
    assert!(passed.status < 300, "{}", passed.message());
    stage.close().await;
}

/// The largest pod that the API server takes is nearly 3 MiB of annotations, and a review holds it once.
#[tokio::test]
async fn pod_of_nearly_three_mebibytes_is_fitted_out() {
    let Some(stage) = Stage::open("pod_of_nearly_three_mebibytes_is_fitted_out").await else { return };
    stage.apply("logs", sidecar()).await;
    let mut large = pod(json!({"chandler.dev/templates": "logs"}));
    let variable = |index: usize| json!({"name": format!("SETTING_{index}"), "value": "x".repeat(1000)});
    large["spec"]["containers"][0]["env"] = (0..2800).map(variable).collect();
    assert!(large.to_string().len() > 2_800_000);
    stage.until("the template to be effective", &large, |answer| has_sidecar(&answer.body)).await;
    stage.close().await;
}

#[tokio::test]
async fn pod_with_two_thousand_variables_is_fitted_out() {
    let Some(stage) = Stage::open("pod_with_two_thousand_variables_is_fitted_out").await else { return };
    let variables = json!([{"name": "ADDED", "value": "1"}]);
    stage.apply("env", json!({"patches": [{"containers": {"patch": {"env": variables}}}]})).await;
    let mut large = pod(json!({"chandler.dev/templates": "env"}));
    let many: Vec<Value> =
        (0..2000).map(|index| json!({"name": format!("SETTING_{index}"), "value": "x"})).collect();
    large["spec"]["containers"][0]["env"] = json!(many);
    let count = |pod: &Value| pod["spec"]["containers"][0]["env"].as_array().map_or(0, Vec::len);
    stage.until("the template to be effective", &large, |answer| count(&answer.body) == 2001).await;
    stage.close().await;
}
