//! The record of an injection on the pod: evidence for people and for the guard. Whether a template applies is never read
//! from it; which revision serves a pod that comes again within moments is.

use chandler_api::names;
use serde_json::{Map, Value};

use crate::template::{Template, TemplateReference};

/// The text of the record: each template with its revision, in order, like `cluster/mesh@0c1d…,logs@9f86…`.
#[must_use]
pub fn record_of<'t>(templates: impl Iterator<Item = &'t Template>) -> String {
    let entries: Vec<_> =
        templates.map(|template| format!("{}@{}", template.reference, template.revision)).collect();
    entries.join(",")
}

/// What a record says of one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded<'r> {
    /// The template.
    pub reference: TemplateReference,
    /// The revision that was applied.
    pub revision: &'r str,
}

/// Reads the record of a pod in that namespace. What is no entry is passed over: anybody may have written it.
pub fn read_record<'r>(record: &'r str, namespace: &'r str) -> impl Iterator<Item = Recorded<'r>> {
    record.split(',').filter_map(move |entry| {
        let (path, revision) = entry.trim().split_once('@')?;
        let (name, namespace) = match path.strip_prefix(names::CLUSTER_PREFIX) {
            Some(name) => (name, None),
            None => (path, Some(namespace.to_owned())),
        };
        Some(Recorded { reference: TemplateReference { name: name.to_owned(), namespace }, revision })
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_is_read_as_it_is_written_and_what_is_no_entry_is_passed_over() {
        let read: Vec<_> = read_record("cluster/mesh@0c1d, logs@9f86,,nonsense", "shop")
            .map(|entry| (entry.reference.name, entry.reference.namespace, entry.revision))
            .collect();
        let own = Some("shop".to_owned());
        assert_eq!(read, [("mesh".to_owned(), None, "0c1d"), ("logs".to_owned(), own, "9f86")]);
    }
}
