//! Which templates a pod gets, and in which order: lists, names, revisions, modes.

use chandler_api::names;
use chandler_e2e::Answer;
use chandler_injector::record::read_record;
use serde_json::{Value, json};

use crate::daemon::{Stage, pod, template};

/// The last one that is applied says who it is.
fn last(name: &str) -> Value {
    json!({"patches": [{"pod": {"metadata": {"labels": {"last": name}}}}]})
}

fn with_mode(name: &str, mode: &str, order: i32) -> Value {
    let mut spec = last(name);
    spec["select"] = json!({"mode": mode});
    spec["order"] = json!(order);
    spec
}

fn asking(list: &str) -> Value {
    pod(json!({names::TEMPLATES: list}))
}

fn label(answer: &Answer) -> &Value {
    &answer.body["metadata"]["labels"]["last"]
}

/// The templates in the record, in order, as annotations name them.
fn recorded(answer: &Answer) -> Vec<String> {
    let record = answer.body["metadata"]["annotations"][names::INJECTED].as_str().unwrap_or_default();
    read_record(record, "here").map(|entry| entry.reference.to_string()).collect()
}

#[tokio::test]
async fn list_that_begins_with_a_plus_adds_to_that_of_the_namespace_and_any_other_replaces_it() {
    let test = "list_that_begins_with_a_plus_adds_to_that_of_the_namespace_and_any_other_replaces_it";
    let Some(stage) = Stage::open(test).await else { return };
    for name in ["a", "b", "c"] {
        stage.apply(name, last(name)).await;
    }
    stage.annotate_namespace(json!({names::TEMPLATES: "c"})).await;
    stage.until("the annotation", &pod(json!({})), |answer| recorded(answer) == ["c"]).await;
    for (list, wanted) in [
        ("+a", &["c", "a"][..]),
        (" + b , a,, b", &["c", "b", "a"]),
        ("+c, a", &["c", "a"]),
        ("+", &["c"]),
        ("b, a", &["b", "a"]),
        ("", &[]),
    ] {
        let answer = stage.until(list, &asking(list), |answer| recorded(answer) == wanted).await;
        assert_eq!(label(&answer).as_str(), wanted.last().copied(), "{list:?}");
    }
    stage.close().await;
}

#[tokio::test]
async fn name_means_the_template_of_the_namespace_and_with_cluster_before_it_that_of_the_cluster() {
    let test = "name_means_the_template_of_the_namespace_and_with_cluster_before_it_that_of_the_cluster";
    let Some(stage) = Stage::open(test).await else { return };
    let name = stage.scene.namespace.clone();
    let of_cluster = template("ClusterInjectionTemplate", &name, last("cluster"));
    stage.objects.apply(&of_cluster, "").await.unwrap().object().unwrap();
    stage.until("the one of the cluster", &asking(&name), |answer| label(answer) == "cluster").await;
    stage.apply(&name, last("namespace")).await;
    stage.until("the one of the namespace", &asking(&name), |answer| label(answer) == "namespace").await;
    let answer = stage.dry(&asking(&format!("cluster/{name}"))).await;
    assert_eq!(label(&answer), "cluster");
    assert_eq!(recorded(&answer), [format!("cluster/{name}")]);
    stage.objects.delete(&of_cluster, "").await.unwrap();
    stage.close().await;
}

#[tokio::test]
async fn pinned_revision_is_given_as_long_as_it_is_the_one_and_then_there_is_a_warning() {
    let test = "pinned_revision_is_given_as_long_as_it_is_the_one_and_then_there_is_a_warning";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("a", last("first")).await;
    let first = stage.until("the first revision", &asking("a"), |answer| label(answer) == "first").await;
    let pinned = asking(first.body["metadata"]["annotations"][names::INJECTED].as_str().unwrap());
    let answer = stage.dry(&pinned).await;
    assert_eq!((label(&answer), &answer.warnings[..]), (&json!("first"), &[][..]));
    stage.apply("a", last("second")).await;
    let second = stage.until("the second revision", &asking("a"), |answer| label(answer) == "second").await;
    let record = second.body["metadata"]["annotations"][names::INJECTED].as_str().unwrap();
    let revision = record.strip_prefix("a@").unwrap();
    let answer = stage.dry(&pinned).await;
    assert!(label(&answer).is_null(), "another revision is not what was asked for: {answer:?}");
    assert!(answer.warnings.iter().any(|warning| warning.contains(revision)), "{:?}", answer.warnings);
    stage.close().await;
}

#[tokio::test]
async fn mandatory_and_default_templates_come_by_order_and_name_and_then_the_list() {
    let test = "mandatory_and_default_templates_come_by_order_and_name_and_then_the_list";
    let Some(stage) = Stage::open(test).await else { return };
    let of_cluster = stage.scene.namespace.clone();
    let mut everywhere = with_mode("of-cluster", "Mandatory", 100);
    let here = json!({"matchLabels": {names::NAMESPACE_NAME_LABEL: stage.scene.namespace}});
    everywhere["select"]["namespaceSelector"] = here;
    let everywhere = template("ClusterInjectionTemplate", &of_cluster, everywhere);
    stage.objects.apply(&everywhere, "").await.unwrap().object().unwrap();
    for (name, mode, order) in [
        ("z", "Default", 50),
        ("zz", "Mandatory", 100),
        ("a", "Default", 100),
        ("b", "Default", 200),
        ("listed-first", "OnRequest", 1),
        ("listed-last", "OnRequest", 0),
    ] {
        stage.apply(name, with_mode(name, mode, order)).await;
    }
    let cluster = format!("cluster/{of_cluster}");
    let wanted = ["z", "a", &cluster, "zz", "b", "listed-first", "listed-last"];
    let list = "listed-first, b, listed-last";
    let answer = stage.until("the order", &asking(list), |answer| recorded(answer) == wanted).await;
    assert_eq!(label(&answer), "listed-last");
    let answer = stage.dry(&pod(json!({}))).await;
    assert_eq!(recorded(&answer), wanted[..5], "nobody asks");
    stage.objects.delete(&everywhere, "").await.unwrap();
    stage.close().await;
}

#[tokio::test]
async fn mandatory_template_cannot_be_turned_off_and_all_others_can() {
    let test = "mandatory_template_cannot_be_turned_off_and_all_others_can";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("must", with_mode("must", "Mandatory", 100)).await;
    stage.apply("usual", with_mode("usual", "Default", 100)).await;
    stage.apply("asked", last("asked")).await;
    let all = ["must", "usual", "asked"];
    stage.until("all three", &asking("asked"), |answer| recorded(answer) == all).await;
    let off = pod(json!({names::TEMPLATES: "asked", names::INJECT: "false"}));
    assert_eq!(recorded(&stage.dry(&off).await), ["must"]);
    stage.annotate_namespace(json!({names::INJECT: "false"})).await;
    stage.until("the annotation", &asking("asked"), |answer| recorded(answer) == ["must"]).await;
    stage.close().await;
}
