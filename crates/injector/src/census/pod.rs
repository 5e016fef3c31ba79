//! What of a pod's metadata is kept: enough for selection, and no more.

use chandler_api::names;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Longest text of what is kept of a pod, in bytes: no pod that anybody runs comes near, and nobody can fill our memory.
/// One that has more is not counted.
const MAX_TRAITS: usize = 8 * 1024;

/// Annotations that selection reads.
const ANNOTATIONS: [&str; 3] = [names::TEMPLATES, names::INJECT, names::INJECTED];

/// Which pod: the beginning of a hash of its uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PodKey(u64);

/// What is kept of a pod.
#[derive(Debug)]
pub(crate) struct PodMetadata {
    pub(super) key: PodKey,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    /// The pod with what selection reads, and nothing else; JSON. Equal for pods that are equal in this.
    pub(super) traits: Box<str>,
    pub(super) created: i64,
    pub(super) relabelled: bool,
    /// Not a static pod, not one that is being deleted, and not larger than allowed.
    pub(super) is_counted: bool,
}

impl PodKey {
    /// Of a pod with this uid.
    pub(crate) fn of(uid: &str) -> Self {
        let hash = Sha256::digest(uid.as_bytes());
        Self(hash.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte)))
    }
}

impl PodMetadata {
    /// Takes out of a pod's metadata what is kept.
    pub(crate) fn of(metadata: &ObjectMeta) -> Self {
        let created = metadata.creation_timestamp.as_ref().map_or(i64::MIN, |time| time.0.as_second());
        let traits = traits_of(metadata).to_string();
        let is_mirror = metadata.annotations.as_ref().is_some_and(|map| map.contains_key(names::MIRROR_POD));
        let is_counted = !is_mirror && metadata.deletion_timestamp.is_none() && traits.len() <= MAX_TRAITS;
        Self {
            key: PodKey::of(metadata.uid.as_deref().unwrap_or_default()),
            namespace: metadata.namespace.clone().unwrap_or_default().into(),
            name: metadata.name.clone().unwrap_or_default().into(),
            traits: traits.into(),
            created,
            relabelled: last_change(metadata, is_selecting) > created.saturating_add(1),
            is_counted,
        }
    }
}

fn traits_of(metadata: &ObjectMeta) -> Value {
    let annotations = metadata.annotations.iter().flatten();
    let annotations = annotations.filter(|(key, _)| ANNOTATIONS.contains(&key.as_str()));
    let annotations: Map<String, Value> =
        annotations.map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    let labels = metadata.labels.clone().unwrap_or_default();
    json!({"metadata": {"namespace": metadata.namespace, "labels": labels, "annotations": annotations}})
}

/// When somebody last changed, outside of any subresource, an object whose fields are those; in seconds since 1970, or the
/// beginning of all time where nobody knows. From `managedFields`, which the API server keeps.
pub(crate) fn last_change(metadata: &ObjectMeta, owns: impl Fn(&Value) -> bool) -> i64 {
    let entries = metadata.managed_fields.iter().flatten();
    let entries = entries.filter(|entry| entry.subresource.as_deref().unwrap_or_default().is_empty());
    let owns = |entry: &&ManagedFieldsEntry| entry.fields_v1.as_ref().is_some_and(|fields| owns(&fields.0));
    let times = entries.filter(owns).filter_map(|entry| Some(entry.time.as_ref()?.0.as_second()));
    times.max().unwrap_or(i64::MIN)
}

/// Whether a manager's fields are among those that select: any label, and the annotations of the suite.
pub(crate) fn is_selecting(fields: &Value) -> bool {
    let Some(metadata) = fields.get("f:metadata") else { return false };
    let annotations = metadata.get("f:annotations").and_then(Value::as_object);
    let is_ours = |key: &String| key.strip_prefix("f:").is_some_and(|key| key.starts_with(names::PREFIX));
    metadata.get("f:labels").is_some() || annotations.is_some_and(|map| map.keys().any(is_ours))
}
