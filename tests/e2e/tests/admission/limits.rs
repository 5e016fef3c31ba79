//! What limits a template to some pods, how the passes of several follow each other, and who wins where they meet the pod.

use chandler_api::names;
use chandler_e2e::Answer;
use chandler_injector::record::read_record;
use serde_json::{Value, json};

use crate::daemon::{Stage, pod};

/// A template that every pod gets which `select` lets through.
fn limited(select: Value) -> Value {
    let mut spec =
        json!({"select": {"mode": "Default"}, "patches": [{"pod": {"metadata": {"labels": {"x": "y"}}}}]});
    if let (Some(all), Value::Object(more)) = (spec["select"].as_object_mut(), select) {
        all.extend(more);
    }
    spec
}

/// Names of the templates in the record.
fn recorded(answer: &Answer) -> Vec<String> {
    let record = answer.body["metadata"]["annotations"][names::INJECTED].as_str().unwrap_or_default();
    read_record(record, "here").map(|entry| entry.reference.to_string()).collect()
}

#[tokio::test]
async fn selectors_conditions_host_network_and_system_limit_a_template() {
    let test = "selectors_conditions_host_network_and_system_limit_a_template";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("labels", limited(json!({"podSelector": {"matchLabels": {"tier": "web"}}}))).await;
    let nowhere = json!({"matchExpressions": [{"key": "example.com/nowhere", "operator": "Exists"}]});
    stage.apply("nowhere", limited(json!({"namespaceSelector": nowhere}))).await;
    let condition = json!({"name": "serves", "expression": "pod.spec.containers.exists(c, has(c.ports) && size(c.ports) > 0)"});
    stage.apply("serves", limited(json!({"matchConditions": [condition]}))).await;
    stage.apply("own-network", limited(json!({"hostNetwork": "Skip"}))).await;
    stage.apply("linux", limited(json!({"os": ["linux"]}))).await;

    let plain = pod(json!({}));
    let mut web = plain.clone();
    web["metadata"]["labels"] = json!({"tier": "web"});
    let mut serving = plain.clone();
    serving["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80}]);
    let mut host = plain.clone();
    host["spec"]["hostNetwork"] = json!(true);
    let mut windows = plain.clone();
    windows["spec"]["os"] = json!({"name": "windows"});
    for (what, asked, wanted) in [
        ("a pod without anything", &plain, &["linux", "own-network"][..]),
        ("a pod with the label", &web, &["labels", "linux", "own-network"]),
        ("a pod with a port", &serving, &["linux", "own-network", "serves"]),
        ("a pod in the node's network", &host, &["linux"]),
        ("a pod for Windows", &windows, &["own-network"]),
    ] {
        stage.until(what, asked, |answer| recorded(answer) == wanted).await.object().unwrap();
    }
    stage.close().await;
}

#[tokio::test]
async fn a_limit_also_holds_for_a_template_that_is_asked_for() {
    let Some(stage) = Stage::open("a_limit_also_holds_for_a_template_that_is_asked_for").await else {
        return;
    };
    let mut spec = limited(json!({"podSelector": {"matchLabels": {"tier": "web"}}}));
    spec["select"]["mode"] = json!("OnRequest");
    stage.apply("a", spec).await;
    let asking = pod(json!({names::TEMPLATES: "a"}));
    let mut web = asking.clone();
    web["metadata"]["labels"] = json!({"tier": "web"});
    stage.until("the template", &web, |answer| recorded(answer) == ["a"]).await;
    assert!(recorded(&stage.dry(&asking).await).is_empty());
    stage.close().await;
}

#[tokio::test]
async fn containers_of_later_templates_are_patched_by_earlier_ones_and_json_comes_last() {
    let test = "containers_of_later_templates_are_patched_by_earlier_ones_and_json_comes_last";
    let Some(stage) = Stage::open(test).await else { return };
    let mut early = limited(json!({}));
    early["order"] = json!(10);
    early["patches"] = json!([
        {"json": [{"op": "add", "path": "/spec/initContainers/0/args", "value": ["--seen"]}]},
        {"containers": {"match": {"names": ["*"], "kinds": ["Container", "Sidecar"]}, "patch": {"env": [{"name": "ALL", "value": "yes"}]}}},
    ]);
    stage.apply("early", early).await;
    let mut late = limited(json!({}));
    late["order"] = json!(200);
    let sidecar = json!({"name": "late", "image": "example.com/late:1", "restartPolicy": "Always"});
    late["patches"] = json!([{"pod": {"spec": {"initContainers": [sidecar]}}}]);
    stage.apply("late", late).await;
    let fitted =
        stage.until("both templates", &pod(json!({})), |answer| recorded(answer) == ["early", "late"]).await;
    let spec = &fitted.body["spec"];
    assert_eq!(spec["containers"][0]["env"], json!([{"name": "ALL", "value": "yes"}]));
    assert_eq!(spec["initContainers"][0]["env"], json!([{"name": "ALL", "value": "yes"}]));
    assert_eq!(spec["initContainers"][0]["args"], json!(["--seen"]));
    stage.close().await;
}

#[tokio::test]
async fn template_or_pod_wins_or_neither_where_both_say_something() {
    let test = "template_or_pod_wins_or_neither_where_both_say_something";
    let Some(stage) = Stage::open(test).await else { return };
    for conflicts in ["Override", "Keep", "Fail"] {
        let patch =
            json!({"env": [{"name": "MODE", "value": "template"}, {"name": "NEW", "value": "template"}]});
        let spec = json!({"conflicts": conflicts, "patches": [{"containers": {"patch": patch}}]});
        stage.apply(&conflicts.to_lowercase(), spec).await;
    }
    let asking = |name: &str| {
        let mut pod = pod(json!({names::TEMPLATES: name}));
        pod["spec"]["containers"][0]["env"] = json!([{"name": "MODE", "value": "pod"}]);
        pod
    };
    let variables = |answer: &Answer| answer.body["spec"]["containers"][0]["env"].to_string();
    let both = |mode: &str| {
        let values = json!([{"name": "MODE", "value": mode}, {"name": "NEW", "value": "template"}]);
        move |answer: &Answer| answer.body["spec"]["containers"][0]["env"] == values
    };
    stage.until("the template to win", &asking("override"), both("template")).await;
    stage.until("the pod to win", &asking("keep"), both("pod")).await;
    let failed = stage
        .until("the template to fail", &asking("fail"), |answer| {
            answer.warnings.iter().any(|it| it.contains("fail"))
        })
        .await;
    assert_eq!(variables(&failed), r#"[{"name":"MODE","value":"pod"}]"#);
    stage.close().await;
}
