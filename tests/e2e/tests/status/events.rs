//! What those who look after a workload hear of its pods.

use std::time::Duration;

use chandler_e2e::{Wait, wait_for};
use serde_json::{Value, json};

use crate::stage::{Stage, asking, label};

/// A template that fails on each pod.
fn failing(on_error: &str) -> Value {
    json!({
        "onError": on_error, "parameters": [{"name": "team", "type": "string", "required": true}],
        "patches": [{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}],
    })
}

fn workload(kind: &str, name: &str, owner: Option<&Value>) -> Value {
    let labels = json!({"app": "web"});
    let template = json!({
        "metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": name, "ownerReferences": owner.map(|owner| json!([reference(owner)])).unwrap_or_default()},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    })
}

fn reference(owner: &Value) -> Value {
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": true,
        "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
    })
}

/// A pod of a workload, that asks for a template.
fn owned(name: &str, owner: &Value, template: &str) -> Value {
    let mut pod = asking(name, template);
    pod["metadata"]["ownerReferences"] = json!([reference(owner)]);
    pod
}

impl Stage {
    /// The Events that `kubectl describe` shows for an object: it asks by kind, name and uid.
    async fn events(&self, of: &Value) -> Vec<Value> {
        let text = |pointer| of.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        let selector = format!(
            "involvedObject.kind={},involvedObject.name={},involvedObject.uid={}",
            text("/kind"),
            text("/metadata/name"),
            text("/metadata/uid")
        );
        let selector = selector.replace('=', "%3D").replace(',', "%2C");
        let uri = format!("/api/v1/namespaces/{}/events?fieldSelector={selector}", self.scene.namespace);
        self.get(&uri).await["items"].as_array().unwrap().clone()
    }

    async fn until_event(&self, of: &Value, reason: &str) -> Value {
        wait_for(&format!("an Event {reason}"), Duration::from_secs(30), async || {
            let events = self.events(of).await;
            let found = events.iter().find(|event| event["reason"] == reason).cloned();
            Ok(found.map_or_else(|| Wait::NotYet(json!(events).to_string()), Wait::Done))
        })
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn two_hundred_pods_that_fail_are_one_event_on_their_deployment() {
    let test = "two_hundred_pods_that_fail_are_one_event_on_their_deployment";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("lenient", failing("Skip")).await;
    stage.apply("strict", failing("Deny")).await;
    stage.until_counts("strict", [0, 0, 0]).await;
    stage.call(0).await;
    let deployment = stage.create(&workload("Deployment", "web", None)).await;
    let set = stage.create(&workload("ReplicaSet", "web-5d8f7c", Some(&deployment))).await;
    let namespace = stage.scene.namespace.clone();
    for index in 0..200 {
        let answer = stage.objects.create(&owned(&format!("p{index}"), &set, "strict"), &namespace, "").await;
        assert_eq!(answer.unwrap().status, 403);
    }
    stage.create(&owned("skipped", &set, "lenient")).await;
    let skipped = stage.until_event(&deployment, "InjectionSkipped").await;
    let denied = stage.until_event(&deployment, "InjectionDenied").await;
    for (event, name) in [(&skipped, "lenient"), (&denied, "strict")] {
        let message = event["message"].as_str().unwrap();
        assert!(message.contains(name) && message.contains("team"), "{message}");
        assert_eq!(event["type"], "Warning");
        assert_eq!(event["reportingComponent"], "chandler.dev/injector");
    }
    assert_eq!(stage.events(&deployment).await.len(), 2, "{:?}", stage.events(&deployment).await);
    assert_eq!(stage.events(&set).await.len(), 0, "people look at the Deployment");
    stage.close().await;
}

#[tokio::test]
async fn dry_run_and_pods_without_a_controller_make_no_event() {
    let test = "dry_run_and_pods_without_a_controller_make_no_event";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("strict", failing("Deny")).await;
    stage.until_counts("strict", [0, 0, 0]).await;
    stage.call(0).await;
    let dry = stage.create(&workload("ReplicaSet", "dry", None)).await;
    let wet = stage.create(&workload("ReplicaSet", "wet", None)).await;
    let namespace = stage.scene.namespace.clone();
    for (pod, parameters) in [
        (owned("a", &dry, "strict"), "dryRun=All"),
        (asking("b", "strict"), ""),
        (owned("c", &wet, "strict"), ""),
    ] {
        let answer = stage.objects.create(&pod, &namespace, parameters).await.unwrap();
        assert_eq!(answer.status, 403, "{}", answer.message());
    }
    // What came last is told, so the others would have been.
    let event = stage.until_event(&wet, "InjectionDenied").await;
    assert_eq!(event["involvedObject"]["kind"], "ReplicaSet", "nobody controls it");
    let all = stage.get(&format!("/api/v1/namespaces/{namespace}/events")).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "{all}");
    stage.close().await;
}

#[tokio::test]
async fn pods_that_are_fitted_out_make_no_event() {
    let Some(stage) = Stage::open("pods_that_are_fitted_out_make_no_event").await else { return };
    stage.apply("good", label("x")).await;
    stage.apply("bad", failing("Skip")).await;
    stage.until_counts("bad", [0, 0, 0]).await;
    stage.call(0).await;
    let set = stage.create(&workload("StatefulSet", "db", None)).await;
    stage.create(&owned("a", &set, "good")).await;
    stage.create(&owned("b", &set, "bad")).await;
    stage.until_event(&set, "InjectionSkipped").await;
    assert_eq!(stage.events(&set).await.len(), 1);
    stage.close().await;
}

#[tokio::test]
async fn event_about_a_pod_of_a_job_is_on_its_cron_job() {
    let Some(stage) = Stage::open("event_about_a_pod_of_a_job_is_on_its_cron_job").await else { return };
    stage.apply("bad", failing("Skip")).await;
    stage.until_counts("bad", [0, 0, 0]).await;
    stage.call(0).await;
    let containers = json!([{"name": "app", "image": "example.com/app:1"}]);
    let job = json!({"template": {"spec": {"restartPolicy": "Never", "containers": containers}}});
    let cron = stage
        .create(&json!({
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"},
            "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": job}},
        }))
        .await;
    let metadata = json!({"name": "nightly-1", "ownerReferences": [reference(&cron)]});
    let run = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": job});
    let run = stage.create(&run).await;
    stage.create(&owned("a", &run, "bad")).await;
    stage.until_event(&cron, "InjectionSkipped").await;
    assert_eq!(stage.events(&run).await.len(), 0);
    stage.close().await;
}
