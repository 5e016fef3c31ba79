//! Types of values: a pod that does not decode is refused before anything else.

use std::borrow::Cow;

use chandler_pod_patch::schema::{self, Shape};
use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use super::read::{items, text};
use super::{CONTAINER_LISTS, ContainerName, Inspection, spec_of};

/// Notes the first value of a type that the API does not have there.
pub(super) fn check(inspection: &mut Inspection<'_>) {
    let pod = with_quantities_as_text(inspection.pod, schema::pod());
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(pod.as_ref(), &mut track);
    if let Err(error) = <Pod as serde::Deserialize>::deserialize(deserializer) {
        let path = track.path().to_string();
        let (container, field) = divide(inspection.pod, &path);
        inspection.container = container;
        inspection.note(field, error.to_string());
        inspection.container = None;
    }
}

/// A quantity may be written as a number; the type here has only text.
fn with_quantities_as_text(value: &Value, shape: Shape) -> Cow<'_, Value> {
    match (shape, value) {
        (Shape::Quantity, Value::Number(number)) => Cow::Owned(Value::String(number.to_string())),
        (Shape::Object(_) | Shape::Map(_), Value::Object(object)) => {
            let converted = object.iter().map(|(key, value)| {
                (key.clone(), with_quantities_as_text(value, shape.field(key)).into_owned())
            });
            Cow::Owned(Value::Object(converted.collect()))
        }
        (Shape::Keyed { .. } | Shape::Atomic(_), Value::Array(list)) => {
            let item = shape.item();
            Cow::Owned(list.iter().map(|value| with_quantities_as_text(value, item).into_owned()).collect())
        }
        _ => Cow::Borrowed(value),
    }
}

/// A path like `spec.containers[0].ports[0].containerPort` as a container and the field in it.
fn divide(pod: &Value, path: &str) -> (Option<ContainerName>, String) {
    let found = CONTAINER_LISTS.into_iter().find_map(|list| {
        let rest = path.strip_prefix("spec.")?.strip_prefix(list)?.strip_prefix('[')?;
        let (index, field) = rest.split_once(']')?;
        let container = items(spec_of(pod), list).nth(index.parse().ok()?)?;
        let name = ContainerName { list, name: text(container, "name").to_owned() };
        Some((Some(name), field.trim_start_matches('.').to_owned()))
    });
    found.unwrap_or_else(|| (None, path.to_owned()))
}
