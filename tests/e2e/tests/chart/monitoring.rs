//! Every metric that the dashboard and the alerts read is one that somebody counts.

use std::collections::BTreeSet;
use std::time::Duration;

use chandler_e2e::{Helm, Wait, documents_in, wait_for};
use http::Request;
use serde_json::Value;

use crate::release::Release;

/// Metrics of ours, at the pods of the injector. The leader counts pods every few seconds.
pub(crate) async fn until_metrics_of_ours_exist(release: &Release, pods: &[Value]) {
    wait_for("every metric that is read to be counted", Duration::from_secs(60), async || {
        // A request goes to one of the replicas: together they have counted everything.
        let mut counted = BTreeSet::new();
        for pod in pods {
            let (namespace, name) = (&release.scene.namespace, pod["metadata"]["name"].as_str().unwrap());
            let path = format!("/api/v1/namespaces/{namespace}/pods/{name}:9090/proxy/metrics");
            counted.extend(metrics_at(release, &path).await);
        }
        let unknown = uncounted("chandler_", &counted);
        Ok(if unknown.is_empty() { Wait::Done(()) } else { Wait::NotYet(unknown.join(", ")) })
    })
    .await
    .unwrap();
}

/// Metrics of the API server, after it went without the injector and asked the guard.
pub(crate) async fn metrics_of_the_api_server_exist(release: &Release) {
    assert_eq!(uncounted("apiserver_", &metrics_at(release, "/metrics").await), [""; 0]);
}

/// Metrics that are read and that nobody counts.
fn uncounted(prefix: &str, counted: &BTreeSet<String>) -> Vec<String> {
    let read = metrics_read(prefix);
    assert!(read.len() > 1, "the dashboard and the alerts read some: {read:?}");
    read.difference(counted).cloned().collect()
}

async fn metrics_at(release: &Release, path: &str) -> BTreeSet<String> {
    let request = Request::get(path).body(Vec::new()).unwrap();
    let text = release.scene.client.request_text(request).await.unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.filter_map(|line| line.split(['{', ' ']).next()).map(ToOwned::to_owned).collect()
}

/// The metrics with a prefix in expressions of the dashboard and of the alerts.
fn metrics_read(prefix: &str) -> BTreeSet<String> {
    let file = |name: &str| std::fs::read_to_string(Helm::chart().join("files").join(name)).unwrap();
    let dashboard: Value = serde_json::from_str(&file("dashboard.json")).unwrap();
    let alerts = documents_in(&file("alerts.yaml")).unwrap();
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
