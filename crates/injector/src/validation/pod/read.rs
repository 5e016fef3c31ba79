//! Reads raw JSON: what is not there, or is of another type, is as if empty.

use serde_json::{Map, Value};

/// The text of a field.
pub(in crate::validation) fn text<'v>(holder: &'v Value, field: &str) -> &'v str {
    holder.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list.
pub(in crate::validation) fn items<'v>(holder: &'v Value, field: &str) -> std::slice::Iter<'v, Value> {
    holder.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter()
}

/// The members of an object.
pub(in crate::validation) fn members<'v>(
    holder: &'v Value,
    field: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    holder.get(field).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// The whole number of a field.
pub(in crate::validation) fn integer(holder: &Value, field: &str) -> Option<i64> {
    holder.get(field).and_then(Value::as_i64)
}

/// Whether a field is true.
pub(in crate::validation) fn flag(holder: &Value, field: &str) -> bool {
    holder.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// A value that is there, and not null.
pub(in crate::validation) fn present<'v>(holder: &'v Value, field: &str) -> Option<&'v Value> {
    holder.get(field).filter(|value| !value.is_null())
}

/// How many of these fields are there.
pub(in crate::validation) fn count_present(holder: &Value, fields: &[&str]) -> usize {
    fields.iter().filter(|field| present(holder, field).is_some()).count()
}
