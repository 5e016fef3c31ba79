//! Templates and namespaces that change while the daemon serves.

use serde_json::{Value, json};

use crate::daemon::{Stage, pod};

fn label(value: &str) -> Value {
    json!({"patches": [{"pod": {"metadata": {"labels": {"fitted": value}}}}]})
}

fn fitted(pod: &Value) -> &Value {
    &pod["metadata"]["labels"]["fitted"]
}

#[tokio::test]
async fn change_becomes_effective_and_a_broken_one_leaves_the_last_good_one() {
    let test = "change_becomes_effective_and_a_broken_one_leaves_the_last_good_one";
    let Some(stage) = Stage::open(test).await else { return };
    let asking = pod(json!({"chandler.dev/templates": "a"}));
    stage.apply("a", label("first")).await;
    stage.until("the first revision", &asking, |answer| fitted(&answer.body) == "first").await;
    stage.apply("a", label("second")).await;
    stage.until("the second revision", &asking, |answer| fitted(&answer.body) == "second").await;
    // The API server takes it; it does not compile.
    stage.apply("a", label("{{params.unknown}}")).await;
    stage.apply("b", label("later")).await;
    let other = pod(json!({"chandler.dev/templates": "b"}));
    // What came after the broken one is effective, so the broken one was seen.
    stage.until("a template that came later", &other, |answer| fitted(&answer.body) == "later").await;
    assert_eq!(fitted(&stage.dry(&asking).await.body), "second");
    stage.close().await;
}

#[tokio::test]
async fn namespace_says_what_its_pods_get() {
    let Some(stage) = Stage::open("namespace_says_what_its_pods_get").await else { return };
    stage.apply("a", label("of-the-namespace")).await;
    let name = &stage.scene.namespace;
    let metadata = json!({"name": name, "annotations": {"chandler.dev/templates": "a"}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
    stage.objects.apply(&namespace, "").await.unwrap().object().unwrap();
    let silent = pod(json!({}));
    stage.until("the annotation", &silent, |answer| fitted(&answer.body) == "of-the-namespace").await;
    let off = pod(json!({"chandler.dev/inject": "false"}));
    assert!(fitted(&stage.dry(&off).await.body).is_null());
    stage.close().await;
}
