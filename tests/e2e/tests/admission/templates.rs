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

/// The watch of a replica may show a namespace later than the API server brings the first pod of it.
#[tokio::test]
async fn labels_of_a_namespace_hold_for_its_very_first_pod() {
    let Some(stage) = Stage::open("labels_of_a_namespace_hold_for_its_very_first_pod").await else { return };
    let name = stage.scene.namespace.clone();
    let parameter =
        json!({"name": "team", "type": "string", "required": true, "from": [{"namespaceLabel": "team"}]});
    let template = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate", "metadata": {"name": name},
        "spec": {
            "onError": "Deny", "parameters": [parameter],
            "patches": [{"pod": {"metadata": {"labels": {"fitted": "{{params.team}}"}}}}],
        },
    });
    stage.objects.apply(&template, "").await.unwrap().object().unwrap();
    let asking = pod(json!({"chandler.dev/templates": format!("cluster/{name}")}));
    stage.until("the template to be effective", &asking, |answer| answer.status == 403).await;
    for round in 0..20 {
        let namespace = format!("{name}-{round}");
        let metadata = json!({"name": namespace, "labels": {"team": namespace}});
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        stage.objects.create(&object, "", "").await.unwrap().object().unwrap();
        // Without the way through the API server, which takes longer than a watch.
        let patch = stage.ask(&asking, &namespace).await;
        assert!(patch.contains(&namespace), "{patch}");
        stage.objects.delete(&object, "").await.unwrap();
    }
    stage.objects.delete(&template, "").await.unwrap();
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
