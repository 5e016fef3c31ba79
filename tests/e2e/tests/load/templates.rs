//! Three templates, one of which changes each second, and what a pod has of them.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chandler_api::names;
use chandler_e2e::Objects;
use chandler_injector::record::read_record;
use serde_json::{Value, json};

/// Their names.
pub(crate) const NAMES: [&str; 3] = ["logs", "mesh", "trace"];

/// The one that changes.
const CHANGING: &str = "mesh";

/// How often.
const PERIOD: Duration = Duration::from_secs(1);

/// A template that adds a sidecar of its name; `edition` is what changes.
fn template(name: &str, edition: u64) -> Value {
    let sidecar = json!({
        "name": name, "image": format!("example.com/{name}:1"), "restartPolicy": "Always",
        "args": [format!("--edition={edition}")],
    });
    json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate", "metadata": {"name": name},
        "spec": {"select": {"mode": "Default"}, "patches": [
            {"pod": {"spec": {"initContainers": [sidecar]}}},
            {"containers": {"patch": {"env": [{"name": format!("{}_EDITION", name.to_uppercase()), "value": edition.to_string()}]}}},
        ]},
    })
}

/// Applies all three.
pub(crate) async fn apply_all(objects: &Objects, namespace: &str) {
    for name in NAMES {
        objects.apply(&template(name, 0), namespace).await.unwrap().object().unwrap();
    }
}

/// Applies another edition each second; `edition` is the last one that was taken.
pub(crate) async fn keep_changing(objects: &Objects, namespace: &str, edition: &AtomicU64) {
    let mut ticks = tokio::time::interval(PERIOD);
    loop {
        ticks.tick().await;
        let next = edition.load(Ordering::SeqCst) + 1;
        objects.apply(&template(CHANGING, next), namespace).await.unwrap().object().unwrap();
        edition.store(next, Ordering::SeqCst);
    }
}

/// What is missing of the three templates in a pod; none where they are whole. `editions` are those of the changing one
/// that may be effective.
pub(crate) fn missing(pod: &Value, editions: RangeInclusive<u64>) -> Option<String> {
    let record = pod["metadata"]["annotations"][names::INJECTED].as_str().unwrap_or_default();
    let recorded: Vec<String> = read_record(record, "").map(|entry| entry.reference.name).collect();
    let containers = pod["spec"]["initContainers"].as_array().cloned().unwrap_or_default();
    for name in NAMES {
        if !recorded.iter().any(|recorded| recorded == name) {
            return Some(format!("no {name} in the record {record:?}"));
        }
        let Some(sidecar) = containers.iter().find(|container| container["name"] == name) else {
            return Some(format!("no sidecar {name}"));
        };
        let argument = sidecar["args"][0].as_str().unwrap_or_default();
        let edition: Option<u64> = argument.strip_prefix("--edition=").and_then(|text| text.parse().ok());
        let variable = format!("{}_EDITION", name.to_uppercase());
        let variables = pod["spec"]["containers"][0]["env"].as_array().cloned().unwrap_or_default();
        let value = variables
            .iter()
            .find(|entry| entry["name"] == variable.as_str())
            .map(|entry| entry["value"].clone());
        if value != edition.map(|edition| json!(edition.to_string())) {
            return Some(format!("{name} is of two editions: {argument} and {value:?}"));
        }
        if name == CHANGING && !edition.is_some_and(|edition| editions.contains(&edition)) {
            return Some(format!("{name} has {argument}, not one of {editions:?}"));
        }
    }
    None
}
