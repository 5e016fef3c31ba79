//! Values that the pod does not have yet. We merge them onto nothing; Go copies them, half cleaned.
//! With empty objects and bare keys put into the pod before, Go merges them too.

use serde_json::{Map, Value, json};

use crate::malformed::has_verb;
use crate::oracle::Pair;
use crate::schema::{Field, POD, Schema};

/// Prepares the pod for each new value of the patch.
pub(crate) fn fill(schema: &Schema, pair: &mut Pair) {
    if let (Value::Object(pod), Value::Object(patch)) = (&mut pair.pod, &mut pair.patch) {
        fill_object(schema, POD, (pod, patch));
    }
}

type Both<'a> = (&'a mut Map<String, Value>, &'a mut Map<String, Value>);

fn fill_object(schema: &Schema, type_name: &str, (pod, patch): Both) {
    take_replace_verb((pod, patch));
    let Some(fields) = schema.fields(type_name) else { return };
    for (name, value) in patch.iter_mut().filter(|(name, _)| !name.starts_with('$')) {
        fill_field(schema, fields.get(name), (name, pod), value);
    }
}

fn fill_field(
    schema: &Schema,
    field: Option<&Field>,
    (name, pod): (&str, &mut Map<String, Value>),
    patch: &mut Value,
) {
    let kind = field.map_or("", |field| field.kind.as_str());
    match (kind, patch, field) {
        ("struct" | "map", Value::Object(patch), Some(field)) => {
            let Some(pod) = object_to_fill((name, pod), patch) else { return };
            match &field.type_name {
                Some(type_name) => fill_object(schema, type_name, (pod, patch)),
                None => fill_map((pod, patch)),
            }
        }
        ("slice", Value::Array(patch), Some(field)) => fill_list(schema, field, (name, pod), patch),
        (_, patch, _) => clean(patch),
    }
}

/// The pod's object at that field, made if need be; none where the patch deletes it.
fn object_to_fill<'a>(
    (name, pod): (&str, &'a mut Map<String, Value>),
    patch: &Map<String, Value>,
) -> Option<&'a mut Map<String, Value>> {
    let present = pod.get(name).is_some_and(Value::is_object);
    if !present && has_verb(patch, "delete") {
        return None;
    }
    if !present {
        pod.insert(name.to_owned(), json!({}));
    }
    pod[name].as_object_mut()
}

fn fill_map((pod, patch): Both) {
    take_replace_verb((pod, patch));
    patch.values_mut().for_each(clean);
}

/// Replacing is merging onto nothing.
fn take_replace_verb((pod, patch): Both) {
    if has_verb(patch, "replace") {
        patch.remove("$patch");
        pod.clear();
    }
}

fn fill_list(
    schema: &Schema,
    field: &Field,
    (name, pod): (&str, &mut Map<String, Value>),
    patch: &mut Vec<Value>,
) {
    if !field.merges() {
        return clean_items(patch);
    }
    if !pod.get(name).is_some_and(Value::is_array) {
        pod.insert(name.to_owned(), json!([]));
    }
    let (Some(Value::Array(pod)), Some(key), Some(type_name)) =
        (pod.get_mut(name), field.merge_key(), &field.type_name)
    else {
        return;
    };
    if patch.iter().any(is_replace) {
        patch.retain(|item| !is_replace(item));
        pod.clear();
    }
    delete_items(key, (pod, patch));
    for patch in patch.iter_mut().filter_map(Value::as_object_mut) {
        if let Some(pod) = item_to_fill(key, pod, patch) {
            fill_object(schema, type_name, (pod, patch));
        }
    }
}

/// Does what Go does first: deletes items that another item of the patch brings back.
fn delete_items(key: &str, (pod, patch): (&mut Vec<Value>, &mut Vec<Value>)) {
    let keys = |deleted: bool| patch.iter().filter(move |item| is_deleted(item) == deleted);
    let kept: Vec<Value> = keys(false).filter_map(|item| item.get(key)).cloned().collect();
    let replaced = |item: &Value| item.get(key).is_some_and(|value| kept.contains(value));
    let deleted: Vec<Value> =
        keys(true).filter(|item| replaced(item)).map(|item| item[key].clone()).collect();
    patch.retain(|item| !(is_deleted(item) && replaced(item)));
    pod.retain(|item| !item.get(key).is_some_and(|value| deleted.contains(value)));
}

/// The pod's item of the same key, made if need be.
fn item_to_fill<'a>(
    key: &str,
    pod: &'a mut Vec<Value>,
    patch: &Map<String, Value>,
) -> Option<&'a mut Map<String, Value>> {
    let value = patch.get(key).filter(|value| !value.is_object() && !value.is_array())?;
    if patch.contains_key("$patch") {
        return None;
    }
    let present = pod.iter().position(|item| item.get(key) == Some(value));
    let index = present.unwrap_or_else(|| {
        pod.push(json!({key: value}));
        pod.len() - 1
    });
    pod[index].as_object_mut()
}

fn is_replace(item: &Value) -> bool {
    item.as_object().is_some_and(|item| has_verb(item, "replace"))
}

/// A value that no merge looks into: without nulls and directives, and without what they delete.
fn clean(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, value| !name.starts_with('$') && !value.is_null() && !is_deleted(value));
            object.values_mut().for_each(clean);
        }
        Value::Array(items) => clean_items(items),
        _ => {}
    }
}

/// The items of a list that is replaced, without those that only say so.
fn clean_items(items: &mut Vec<Value>) {
    items.retain(|item| !is_replace(item));
    items.iter_mut().for_each(clean);
}

fn is_deleted(value: &Value) -> bool {
    value.as_object().is_some_and(|object| has_verb(object, "delete"))
}
