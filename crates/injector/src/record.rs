//! The record of an injection on the pod: evidence for people and for the guard. No decision is made from it.

use chandler_api::names;
use serde_json::{Map, Value};

use crate::template::Template;

/// The text of the record: each template with its revision, in order, like `cluster/mesh@0c1d…,logs@9f86…`.
#[must_use]
pub fn record_of<'t>(templates: impl Iterator<Item = &'t Template>) -> String {
    let entries: Vec<_> =
        templates.map(|template| format!("{}@{}", template.reference, template.revision)).collect();
    entries.join(",")
}

/// Writes the record on a pod. False where the pod's `metadata` or its annotations are of a kind that has no room.
pub(crate) fn write_record(pod: &mut Value, record: String) -> bool {
    let Some(pod) = pod.as_object_mut() else { return false };
    let metadata = object_at(pod, "metadata");
    let annotations = metadata.and_then(|metadata| object_at(metadata, "annotations"));
    let Some(annotations) = annotations else { return false };
    annotations.insert(names::INJECTED.to_owned(), record.into());
    true
}

/// The object at a key, made where there is nothing.
fn object_at<'v>(parent: &'v mut Map<String, Value>, key: &str) -> Option<&'v mut Map<String, Value>> {
    let value = parent.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}
