//! The rules that hold for a pod as a whole: what no patch may touch, and that container names are unique.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::directive::{PATCH, is_directive};
use crate::error::MergeError;
use crate::merge::Merger;
use crate::place::Place;
use crate::plain::get;
use crate::report::{Conflicts, Report};
use crate::schema;

/// The annotation that records what was injected.
const RECORD: &str = "chandler.dev/injected";

/// Fields of `metadata` that say which object it is, and who manages it.
const PROTECTED: &[&str] = &[
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generateName",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
];

const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Merges a partial pod onto a pod, or onto the template of a workload's pods: both hold `metadata` and `spec`.
/// Merging the same patch again changes nothing.
///
/// # Errors
/// When the patch is wrong or does not fit the pod; the pod may then be half merged. With
/// [`Conflicts::Fail`] also when the pod holds other values.
pub fn merge_pod(pod: &mut Value, patch: &Value, conflicts: Conflicts) -> Result<Report, MergeError> {
    let root = Place::root(schema::pod());
    let patch = read_object(patch, &root)?;
    if let Some(error) = refused_fields(patch, &root).into_iter().next() {
        return Err(error);
    }
    let mut merger = Merger::chandler(conflicts);
    merger.merge_object(read_object_mut(pod, &root)?, patch, &root)?;
    check_names(pod, patch, &root)?;
    merger.finish()
}

/// Merges a partial container onto a container.
///
/// # Errors
/// When the patch is wrong, does not fit, or renames the container; the container may then be half merged.
/// With [`Conflicts::Fail`] also when the container holds other values.
pub fn merge_container(
    container: &mut Value,
    patch: &Value,
    conflicts: Conflicts,
) -> Result<Report, MergeError> {
    let root = Place::root(schema::container());
    let patch = read_object(patch, &root)?;
    let container = read_object_mut(container, &root)?;
    if patch.get("name").is_some_and(|name| name.is_null() || container.get("name") != Some(name)) {
        return Err(MergeError::RenameContainer { path: root.field("name").path() });
    }
    refuse_whole(patch, &root)?;
    let mut merger = Merger::chandler(conflicts);
    merger.merge_object(container, patch, &root)?;
    merger.finish()
}

/// Merges a partial pod as Kubernetes' strategic merge patch does, but for [`DIFFERENCES`](crate::DIFFERENCES):
/// without Chandler's directives, without the rules of pods, and the patch always wins.
///
/// # Errors
/// When the patch is wrong or does not fit the object; the object may then be half merged.
pub fn strategic_merge(object: &mut Value, patch: &Value) -> Result<(), MergeError> {
    let root = Place::root(schema::pod());
    let patch = read_object(patch, &root)?;
    Merger::kubernetes().merge_object(read_object_mut(object, &root)?, patch, &root)
}

pub(crate) fn read_object<'a>(
    value: &'a Value,
    place: &Place<'_>,
) -> Result<&'a Map<String, Value>, MergeError> {
    value.as_object().ok_or_else(|| unexpected(place))
}

fn read_object_mut<'a>(
    value: &'a mut Value,
    place: &Place<'_>,
) -> Result<&'a mut Map<String, Value>, MergeError> {
    value.as_object_mut().ok_or_else(|| unexpected(place))
}

fn unexpected(place: &Place<'_>) -> MergeError {
    MergeError::ReadValue { path: place.path(), expected: "an object" }
}

/// A patch merges onto a pod or container: it does not replace or delete it, nor clear its fields.
pub(crate) fn refuse_whole(patch: &Map<String, Value>, root: &Place<'_>) -> Result<(), MergeError> {
    let refused = [PATCH, "$retainKeys"].into_iter().find(|key| get(patch, key).is_some());
    refused.map_or(Ok(()), |key| Err(touch(&root.field(key))))
}

/// The fields of a partial pod that no patch may touch.
pub(crate) fn refused_fields(patch: &Map<String, Value>, root: &Place<'_>) -> Vec<MergeError> {
    let mut refused: Vec<MergeError> = Vec::new();
    for (key, value) in patch {
        match (key.as_str(), value) {
            ("metadata", Value::Object(metadata)) => {
                refuse_metadata(metadata, &root.field(key), &mut refused);
            }
            ("metadata" | "spec", Value::Null) => refused.push(touch(&root.field(key))),
            ("spec", Value::Object(spec)) => refused.extend(refuse_whole(spec, &root.field(key)).err()),
            ("metadata" | "spec", _) => {}
            _ => refused.push(touch(&root.field(key))),
        }
    }
    refused
}

fn refuse_metadata(metadata: &Map<String, Value>, place: &Place<'_>, refused: &mut Vec<MergeError>) {
    for (key, value) in metadata {
        let field = directed_field(key);
        let is_refused = field.is_none_or(|field| PROTECTED.contains(&field));
        if is_refused || (key == "annotations" && value.is_null()) {
            refused.push(touch(&place.field(key)));
        }
        if let ("annotations", Value::Object(annotations)) = (key.as_str(), value) {
            let place = place.field(key);
            let touched = annotations.keys().filter(|key| is_directive(key) || *key == RECORD);
            refused.extend(touched.map(|key| touch(&place.field(key))));
        }
    }
}

/// The field that a key of a patch is about; none when the key is about the whole object.
fn directed_field(key: &str) -> Option<&str> {
    if is_directive(key) { key.split_once('/').map(|(_, field)| field) } else { Some(key) }
}

fn touch(place: &Place<'_>) -> MergeError {
    MergeError::TouchField { path: place.path() }
}

/// Names are unique over all containers of a pod; only those that the patch names are looked at.
fn check_names(pod: &Value, patch: &Map<String, Value>, root: &Place<'_>) -> Result<(), MergeError> {
    let spec = root.field("spec");
    let Some(patch) = patch.get("spec") else { return Ok(()) };
    let touched: HashSet<&str> = CONTAINER_LISTS.iter().flat_map(|list| names(patch, list)).collect();
    let mut known: HashMap<&str, &'static str> = HashMap::new();
    for list in CONTAINER_LISTS {
        for name in names(pod.get("spec").unwrap_or(&Value::Null), list).filter(|name| touched.contains(name))
        {
            let other = *known.entry(name).or_insert(list);
            if other != list {
                let path = format!("{}.{list}[{name}]", spec.path());
                return Err(MergeError::NameContainer { path, other });
            }
        }
    }
    Ok(())
}

fn names<'a>(spec: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    let items = field(spec, list).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| field(item, "name").and_then(Value::as_str))
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object().and_then(|object| get(object, name))
}

/// A container name that stands in two lists of a patch.
pub(crate) fn clashing_name(patch: &Map<String, Value>) -> Option<MergeError> {
    let spec = patch.get("spec")?.as_object()?;
    let mut known: HashMap<&str, &'static str> = HashMap::new();
    for list in CONTAINER_LISTS {
        let items = spec.get(list).and_then(Value::as_array).into_iter().flatten();
        for name in items.filter(|item| is_certain(item)).filter_map(|item| item.get("name")?.as_str()) {
            let other = *known.entry(name).or_insert(list);
            if other != list {
                return Some(MergeError::NameContainer { path: format!("spec.{list}[{name}]"), other });
            }
        }
    }
    None
}

/// Whether an item is sure to add or change a container: nothing drops or deletes it.
fn is_certain(item: &Value) -> bool {
    [PATCH, "$if", "$for"].iter().all(|key| item.get(key).is_none())
}

#[cfg(test)]
mod tests;
