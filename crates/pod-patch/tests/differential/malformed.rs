//! Directives of the wrong form: we refuse them wherever they stand, Go in some places only.

use serde_json::{Map, Value, json};

use crate::adjustments::each_object;
use crate::oracle::Pair;
use crate::schema::{Field, POD, Schema};

/// Makes a patch with a malformed directive one that Go refuses, and takes out an order that
/// Go refuses although there is nothing to put in order.
pub(crate) fn refuse(schema: &Schema, pair: &mut Pair) {
    if pair.patch.as_object().is_some_and(|patch| holds_malformed(schema, Some(POD), patch)) {
        pair.patch = json!({"$patch": "malformed"});
    } else {
        each_object(&mut pair.patch, &mut |object| drop_idle_orders(schema, object));
    }
}

/// Whether there is one that a merge comes upon: what is deleted is not looked into.
fn holds_malformed(schema: &Schema, type_name: Option<&str>, patch: &Map<String, Value>) -> bool {
    if patch.iter().any(is_malformed) {
        return true;
    }
    let fields = type_name.and_then(|name| schema.fields(name));
    !has_verb(patch, "delete")
        && patch.iter().any(|(name, value)| below(schema, fields.and_then(|fields| fields.get(name)), value))
}

fn below(schema: &Schema, field: Option<&Field>, value: &Value) -> bool {
    let type_name = field.and_then(|field| field.type_name.as_deref());
    let merges = field.is_some_and(Field::merges);
    match value {
        Value::Object(object) => holds_malformed(schema, type_name, object),
        Value::Array(items) => items.iter().any(|item| match item {
            // Nothing is deleted from a list that is replaced.
            Value::Object(item) if !merges && has_verb(item, "delete") => true,
            Value::Object(item) => holds_malformed(schema, type_name, item),
            other => below(schema, None, other),
        }),
        _ => false,
    }
}

/// Whether `$patch` says that.
pub(crate) fn has_verb(patch: &Map<String, Value>, verb: &str) -> bool {
    patch.get("$patch").is_some_and(|given| given == verb)
}

fn is_malformed((name, value): (&String, &Value)) -> bool {
    match name.split('/').next() {
        Some("$patch") => ["delete", "replace", "merge"].iter().all(|verb| value != verb),
        Some("$retainKeys") => !is_list_of(value, Value::is_string),
        Some("$setElementOrder") => !is_list_of(value, |item| !item.is_array()),
        Some("$deleteFromPrimitiveList") => !value.is_null() && !is_list_of_one_type(value),
        _ => name.starts_with('$'),
    }
}

fn is_list_of(value: &Value, fits: fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(fits))
}

/// Whether the items are all strings, all numbers or all booleans.
fn is_list_of_one_type(value: &Value) -> bool {
    [Value::is_string, Value::is_number, Value::is_boolean].iter().any(|fits| is_list_of(value, *fits))
}

fn drop_idle_orders(schema: &Schema, object: &mut Map<String, Value>) {
    let lists = object.keys().filter_map(|name| name.strip_prefix("$setElementOrder/")).map(str::to_owned);
    for list in lists.collect::<Vec<_>>() {
        let name = format!("$setElementOrder/{list}");
        if is_empty(object.get(&list)) && names_items(schema, &list, &object[&name]) {
            object.remove(&name);
        }
    }
}

/// Whether each entry of an order could name an item of that list.
fn names_items(schema: &Schema, list: &str, order: &Value) -> bool {
    let key = schema.0.values().find_map(|fields| fields.get(list)?.merge_key());
    let names = |entry: &Value| match key {
        Some("topologyKey") if entry.get("whenUnsatisfiable").is_none() => false,
        Some(key) => entry.get(key).is_some(),
        None => !entry.is_object() && !entry.is_array(),
    };
    order.as_array().is_some_and(|entries| entries.iter().all(names))
}

/// Null, or no item besides those that only say that the list is replaced.
fn is_empty(list: Option<&Value>) -> bool {
    let adds_nothing = |item: &Value| item.get("$patch").is_some_and(|verb| verb == "replace");
    match list {
        Some(Value::Null) => true,
        Some(Value::Array(items)) => items.iter().all(adds_nothing),
        _ => false,
    }
}
