//! Templates and namespaces that change while the daemon serves.

use std::time::{Duration, Instant};

use chandler_e2e::{Answer, Wait, review_of, wait_for};
use serde_json::{Value, json};

use crate::daemon::{Stage, pod};
use crate::direct::patch_of;

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
async fn replica_that_starts_while_a_template_is_broken_warns_and_older_ones_serve_the_last_good_one() {
    let test = "replica_that_starts_while_a_template_is_broken_warns_and_older_ones_serve_the_last_good_one";
    let Some(stage) = Stage::open(test).await else { return };
    let (asking, namespace) = (pod(json!({"chandler.dev/templates": "a, b"})), &stage.scene.namespace);
    stage.apply("a", label("good")).await;
    stage.until("the good revision", &asking, |answer| fitted(&answer.body) == "good").await;
    stage.apply("a", label("{{params.unknown}}")).await;
    stage.apply("b", json!({"patches": [{"pod": {"metadata": {"labels": {"b": "yes"}}}}]})).await;
    let has_b = |answer: &Answer| answer.body["metadata"]["labels"]["b"] == "yes";
    let older = stage.until("a template that came later", &asking, has_b).await;
    assert_eq!(fitted(&older.body), "good");
    let younger = stage.start_another(stage.scene.client.clone(), &[]).await;
    younger.until_ready().await;
    let said = younger.direct.post(&review_of(&asking, namespace)).await;
    let patch = patch_of(&said).to_string();
    assert!(patch.contains("\"b\":\"yes\"") && !patch.contains("fitted"), "{patch}");
    let warnings = said.review()["response"]["warnings"].to_string();
    assert!(warnings.contains("\\\"a\\\""), "{warnings}");
    stage.apply("a", label("mended")).await;
    wait_for("the mended revision", Duration::from_secs(10), async || {
        let patch = patch_of(&younger.direct.post(&review_of(&asking, namespace)).await).to_string();
        Ok(if patch.contains("mended") { Wait::Done(()) } else { Wait::NotYet(patch) })
    })
    .await
    .unwrap();
    younger.end().await;
    stage.close().await;
}

/// In less than a second where the machine has nothing else to do; the figure is printed.
#[tokio::test]
async fn change_is_effective_before_long() {
    let Some(stage) = Stage::open("change_is_effective_before_long").await else { return };
    let asking = pod(json!({"chandler.dev/templates": "a"}));
    let mut times = Vec::new();
    for edition in 0..20 {
        let edition = format!("edition-{edition}");
        stage.apply("a", label(&edition)).await;
        let taken = Instant::now();
        while fitted(&stage.dry(&asking).await.body) != edition.as_str() {
            assert!(taken.elapsed() < Duration::from_secs(20), "{edition} is not effective");
        }
        times.push(taken.elapsed());
    }
    times.sort_unstable();
    println!("a change is effective after {:?} (median) and {:?} (longest)", times[10], times[19]);
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
        let patch = stage.ask(&asking, &namespace).await.to_string();
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
    stage.annotate_namespace(json!({"chandler.dev/templates": "a"})).await;
    let silent = pod(json!({}));
    stage.until("the annotation", &silent, |answer| fitted(&answer.body) == "of-the-namespace").await;
    let off = pod(json!({"chandler.dev/inject": "false"}));
    assert!(fitted(&stage.dry(&off).await.body).is_null());
    stage.close().await;
}
