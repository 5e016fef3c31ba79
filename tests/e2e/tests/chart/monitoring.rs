//! Every metric that the dashboard and the alerts read is one that somebody counts.

use std::collections::BTreeSet;

use http::Request;
use serde_json::Value;

use crate::helm::{chart, documents_in};
use crate::release::Release;

/// Metrics of ours, at the pods of the injector.
pub(crate) async fn metrics_of_ours_exist(release: &Release, pods: &[Value]) {
    // A request goes to one of the replicas: together they have counted everything.
    let mut counted = BTreeSet::new();
    for pod in pods {
        let (namespace, name) = (&release.scene.namespace, pod["metadata"]["name"].as_str().unwrap());
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}:9090/proxy/metrics");
        counted.extend(metrics_at(release, &path).await);
    }
    all_are_counted("chandler_", &counted);
}

/// Metrics of the API server, after it went without the injector and asked the guard.
pub(crate) async fn metrics_of_the_api_server_exist(release: &Release) {
    all_are_counted("apiserver_", &metrics_at(release, "/metrics").await);
}

fn all_are_counted(prefix: &str, counted: &BTreeSet<String>) {
    let read = metrics_read(prefix);
    assert!(read.len() > 1, "the dashboard and the alerts read some: {read:?}");
    let unknown: Vec<_> = read.difference(counted).collect();
    assert!(unknown.is_empty(), "nobody counts {unknown:?}; there are {counted:?}");
}

async fn metrics_at(release: &Release, path: &str) -> BTreeSet<String> {
    let request = Request::get(path).body(Vec::new()).unwrap();
    let text = release.scene.client.request_text(request).await.unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(ToOwned::to_owned).collect()
}

/// The metrics with a prefix in expressions of the dashboard and of the alerts.
fn metrics_read(prefix: &str) -> BTreeSet<String> {
    let file = |name: &str| std::fs::read_to_string(chart().join("files").join(name)).unwrap();
    let dashboard: Value = serde_json::from_str(&file("dashboard.json")).unwrap();
    let alerts = documents_in(&file("alerts.yaml"));
    let mut expressions = Vec::new();
    alerts.iter().chain([&dashboard]).for_each(|value| gather_expressions(value, &mut expressions));
    assert!(expressions.len() > 10, "{expressions:?}");
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = expressions.iter().flat_map(|text| text.split(|letter| !is_part(letter)));
    words.filter(|word| word.starts_with(prefix)).map(ToOwned::to_owned).collect()
}

fn gather_expressions(value: &Value, expressions: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            expressions.extend(fields.get("expr").and_then(Value::as_str).map(ToOwned::to_owned));
            fields.values().for_each(|value| gather_expressions(value, expressions));
        }
        Value::Array(items) => items.iter().for_each(|value| gather_expressions(value, expressions)),
        _ => {}
    }
}
