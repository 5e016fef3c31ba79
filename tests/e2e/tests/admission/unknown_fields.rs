//! Fields that no library knows, since they are newer than all of them. An API server drops those that it does not know
//! itself, so this asks the daemon as a newer one would.

use serde_json::{Value, json};

use crate::daemon::Stage;

/// Where a pod has a field that nobody knows.
const PLACES: [&str; 9] = [
    "",
    "/metadata",
    "/spec",
    "/spec/securityContext",
    "/spec/containers/0",
    "/spec/containers/0/env/0",
    "/spec/containers/0/volumeMounts/0",
    "/spec/volumes/0",
    "/status",
];

/// The field, and what it holds.
const FIELD: &str = "newerThanAnyLibrary";

fn newer() -> Value {
    json!({"list": [1, {"b": null, "a": "é"}], "number": 9_007_199_254_740_993_i64, "flag": true})
}

/// What a template adds of it. A null would mean that there is to be nothing.
fn added() -> Value {
    json!({"list": [1, {"a": "é"}], "number": 9_007_199_254_740_993_i64})
}

/// A pod with the field everywhere.
fn pod() -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app", "annotations": {"chandler.dev/templates": "logs"}},
        "spec": {
            "automountServiceAccountToken": false, "securityContext": {"runAsNonRoot": true},
            "containers": [{
                "name": "app", "image": "example.com/app:1", "env": [{"name": "A", "value": "1"}],
                "volumeMounts": [{"name": "own", "mountPath": "/own"}],
            }],
            "volumes": [{"name": "own", "emptyDir": {}}],
        },
        "status": {},
    });
    for place in PLACES {
        pod.pointer_mut(place).unwrap()[FIELD] = newer();
    }
    pod
}

/// A template that changes every object of the pod that has the field, and adds the field itself.
fn template() -> Value {
    json!({"patches": [
        {"pod": {
            "metadata": {"labels": {"fitted": "yes"}},
            "spec": {
                "securityContext": {"runAsUser": 1000},
                "initContainers": [{"name": "log", "image": "example.com/log:1", "restartPolicy": "Always", FIELD: added()}],
                "volumes": [{"name": "logs", "emptyDir": {}}],
            },
        }},
        {"containers": {"patch": {
            "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "$(A)"}],
            "volumeMounts": [{"name": "logs", "mountPath": "/logs"}, {"name": "own", "mountPath": "/own", "readOnly": true}],
        }}},
    ]})
}

#[tokio::test]
async fn field_that_no_library_knows_stays_wherever_it_is() {
    let Some(stage) = Stage::open("field_that_no_library_knows_stays_wherever_it_is").await else { return };
    stage.apply("logs", template()).await;
    let mut plain = crate::daemon::pod(json!({"chandler.dev/templates": "logs"}));
    plain["spec"]["volumes"] = json!([{"name": "own", "emptyDir": {}}]);
    let is_there = |pod: &Value| pod["metadata"]["labels"]["fitted"] == "yes";
    stage.until("the template", &plain, |answer| is_there(&answer.body)).await;
    let mut fitted = pod();
    let patch = stage.ask(&fitted, &stage.scene.namespace).await;
    json_patch::patch(&mut fitted, &serde_json::from_value::<json_patch::Patch>(patch).unwrap()).unwrap();
    for place in PLACES {
        let object = fitted.pointer(place).unwrap();
        assert_eq!(object[FIELD], newer(), "at {place:?} of {fitted}");
    }
    let container = &fitted["spec"]["containers"][0];
    assert_eq!(container["env"][0]["value"], "2", "its neighbours were changed: {fitted}");
    assert_eq!(container["volumeMounts"][0]["readOnly"], true, "{fitted}");
    assert_eq!(fitted["spec"]["securityContext"]["runAsUser"], 1000);
    assert_eq!(fitted["spec"]["initContainers"][0][FIELD], added(), "what the template adds: {fitted}");
    stage.close().await;
}
