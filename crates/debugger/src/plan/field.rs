//! Reads fields of objects of which nobody has said that they are well formed.

use serde_json::Value;

/// Text at a JSON Pointer.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer)?.as_str()
}

/// The items of the list at a JSON Pointer; none where there is no list.
pub(crate) fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether `true` is at a JSON Pointer.
pub(crate) fn is_true(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer) == Some(&Value::Bool(true))
}

/// The item of that name.
pub(crate) fn named<'v>(items: &'v [Value], name: &str) -> Option<&'v Value> {
    items.iter().find(|item| name_of(item) == name)
}

/// The item's name.
pub(crate) fn name_of(item: &Value) -> &str {
    text(item, "/name").unwrap_or_default()
}

/// What a label, an annotation or another free key of an object at a JSON Pointer has as text.
pub(crate) fn entry<'v>(value: &'v Value, pointer: &str, key: &str) -> Option<&'v str> {
    value.pointer(pointer)?.get(key)?.as_str()
}

/// Removes fields of an object.
pub(crate) fn remove(value: &mut Value, fields: &[&str]) {
    let Some(object) = value.as_object_mut() else { return };
    object.retain(|key, _| !fields.contains(&key.as_str()));
}

/// Sets a field of an object; of anything else it makes nothing.
pub(crate) fn set(value: &mut Value, field: &str, new: impl Into<Value>) {
    if let Some(object) = value.as_object_mut() {
        object.insert(field.to_owned(), new.into());
    }
}

/// The list in a field of an object, to change.
pub(crate) fn items_mut<'v>(value: &'v mut Value, field: &str) -> &'v mut [Value] {
    value.get_mut(field).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

/// Adds an item to the list in a field of an object, which is made where there is none.
pub(crate) fn push(value: &mut Value, field: &str, item: Value) {
    let Some(object) = value.as_object_mut() else { return };
    match object.get_mut(field).and_then(Value::as_array_mut) {
        Some(list) => list.push(item),
        None => drop(object.insert(field.to_owned(), Value::Array(vec![item]))),
    }
}

/// A reason and a message of the kubelet, after a colon.
pub(crate) fn detail(state: &Value) -> String {
    let parts = [text(state, "/reason"), text(state, "/message")];
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(": ")) }
}
