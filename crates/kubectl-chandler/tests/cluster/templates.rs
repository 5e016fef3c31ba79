//! `templates`: what it says of each, and of a namespace.

use serde_json::{Value, json};

use crate::place::{Place, label};

/// A template with a selection.
fn selecting(select: Value) -> Value {
    json!({"select": select, "patches": label("yes")["patches"]})
}

#[tokio::test]
async fn overview_says_what_each_template_is_to_the_namespace() {
    let test = "overview_says_what_each_template_is_to_the_namespace";
    let Some(place) = Place::open(test).await else { return };
    let name = place.scene.namespace.clone();
    let metadata = json!({"name": name, "annotations": {"chandler.dev/templates": "b-asked"}});
    place.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).await;
    place.template("a-must", selecting(json!({"mode": "Mandatory"}))).await;
    place.template("b-asked", selecting(json!({}))).await;
    place
        .template(
            "c-default",
            selecting(json!({"mode": "Default", "podSelector": {"matchLabels": {"a": "b"}}})),
        )
        .await;
    place.template("d-free", label("{{pod.metadata.name}}")).await;
    place
        .template("e-elsewhere", selecting(json!({"namespaceSelector": {"matchLabels": {"no": "such"}}})))
        .await;
    place.template("f-broken", label("{{params.none}}")).await;
    let listed = place.run("templates -o json").await;
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
    let own: Vec<_> = listed.values().into_iter().filter(|value| !value["namespace"].is_null()).collect();
    let here: Vec<_> = own.iter().map(|value| value["here"].as_str().unwrap_or("-")).collect();
    assert_eq!(here, ["Mandatory", "Requested", "Default", "OnRequest", "No", "-"]);
    let broken = own.last().unwrap();
    assert_eq!((&broken["compiled"], &broken["revision"]), (&json!(false), &Value::Null));
    assert!(broken["problems"][0].as_str().unwrap().contains("params.none"), "{broken}");

    let table = place.run("templates").await.stdout;
    assert!(table.starts_with("TEMPLATE "), "{table}");
    assert!(table.contains("broken: template "), "{table}");
    let names = place.run("templates -o name").await.stdout;
    assert!(names.contains("injectiontemplate.chandler.dev/a-must\n"), "{names}");
}
