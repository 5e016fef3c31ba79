//! Objects and lists at places where Go's types have none. Go gives up when pod and patch both hold
//! one; scalars in their place let it go on. What remains unseen is only how two such objects merge.

use serde_json::Value;

use crate::oracle::Pair;
use crate::schema::{Field, POD, Schema};

/// Masks pod and patch.
pub(crate) fn mask_pair(schema: &Schema, pair: &mut Pair) {
    mask(schema, &mut pair.pod);
    mask(schema, &mut pair.patch);
}

/// Puts a scalar in the place of each object and list that Go's types do not have.
pub(crate) fn mask(schema: &Schema, pod: &mut Value) {
    mask_object(schema, Some(POD), pod);
}

/// Masks the fields of an object of a struct type, or of a map of scalars, and drops orders of
/// lists that the type does not have.
fn mask_object(schema: &Schema, type_name: Option<&str>, value: &mut Value) {
    let fields = type_name.and_then(|name| schema.fields(name));
    if let (Some(fields), Some(object)) = (fields, value.as_object_mut()) {
        let is_list = |name: &str| fields.get(name).is_some_and(|field| field.kind == "slice");
        object.retain(|name, _| name.strip_prefix("$setElementOrder/").is_none_or(is_list));
    }
    for (name, value) in
        value.as_object_mut().into_iter().flatten().filter(|(name, _)| !name.starts_with('$'))
    {
        mask_field(schema, fields.and_then(|fields| fields.get(name)), value);
    }
}

fn mask_field(schema: &Schema, field: Option<&Field>, value: &mut Value) {
    let kind = field.map_or("", |field| field.kind.as_str());
    let type_name = field.and_then(|field| field.type_name.as_deref());
    match value {
        Value::Object(_) if kind == "struct" || kind == "map" => mask_object(schema, type_name, value),
        Value::Array(items) if kind == "slice" => {
            items.iter_mut().for_each(|item| mask_item(schema, type_name, item));
        }
        Value::Object(_) => *value = "an object".into(),
        Value::Array(_) => *value = format!("a list {value}").into(),
        _ => {}
    }
}

fn mask_item(schema: &Schema, type_name: Option<&str>, item: &mut Value) {
    if type_name.is_some() {
        mask_object(schema, type_name, item);
    }
}
