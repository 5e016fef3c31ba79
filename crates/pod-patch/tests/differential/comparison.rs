//! Compares two merged pods with the order of merging lists aside; the order of all others counts.

use serde_json::{Map, Value};

use crate::schema::{Field, POD, Schema};

/// A pod with each merging list in an order of its own, the same for equal contents.
pub(crate) fn canonical(schema: &Schema, mut pod: Value) -> Value {
    sort_object(schema, POD, &mut pod);
    pod
}

fn sort_object(schema: &Schema, type_name: &str, value: &mut Value) {
    let (Some(fields), Some(object)) = (schema.fields(type_name), value.as_object_mut()) else { return };
    for (name, value) in object.iter_mut() {
        if let Some(field) = fields.get(name) {
            sort_field(schema, field, value);
        }
    }
}

fn sort_field(schema: &Schema, field: &Field, value: &mut Value) {
    if let Some(type_name) = &field.type_name {
        sort_below(schema, type_name, value);
    }
    if field.merges() {
        sort_list(value);
    }
}

fn sort_below(schema: &Schema, type_name: &str, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| sort_object(schema, type_name, item)),
        _ => sort_object(schema, type_name, value),
    }
}

fn sort_list(value: &mut Value) {
    if let Some(items) = value.as_array_mut() {
        items.sort_by_cached_key(text);
    }
}

/// The value as text with the keys of every object sorted.
fn text(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> =
                object.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            entries.into_iter().collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        scalar => scalar.clone(),
    }
}
