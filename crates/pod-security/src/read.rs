//! Reads raw JSON by JSON Pointers: what is not there, is null or of another type is as if empty.

use serde_json::Value;

/// A value that is there, and not null.
pub(crate) fn present<'v>(holder: &'v Value, pointer: &str) -> Option<&'v Value> {
    holder.pointer(pointer).filter(|value| !value.is_null())
}

pub(crate) fn text<'v>(holder: &'v Value, pointer: &str) -> &'v str {
    holder.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn integer(holder: &Value, pointer: &str) -> Option<i64> {
    holder.pointer(pointer).and_then(Value::as_i64)
}

pub(crate) fn boolean(holder: &Value, pointer: &str) -> Option<bool> {
    holder.pointer(pointer).and_then(Value::as_bool)
}

pub(crate) fn items<'v>(holder: &'v Value, pointer: &str) -> std::slice::Iter<'v, Value> {
    holder.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

/// The texts of a list.
pub(crate) fn texts<'v>(holder: &'v Value, pointer: &str) -> impl Iterator<Item = &'v str> + use<'v> {
    items(holder, pointer).filter_map(Value::as_str)
}
