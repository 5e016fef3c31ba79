//! Templates to ask about, as a user would write them.

use serde_json::{Value, json};

/// The kinds, and so the order in what [`both_kinds`] gives.
pub(crate) const KINDS: [&str; 2] = ["InjectionTemplate", "ClusterInjectionTemplate"];

/// A template of each kind.
pub(crate) fn both_kinds(name: &str, spec: &Value) -> Vec<Value> {
    let object = |kind| json!({"apiVersion": "chandler.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec});
    KINDS.map(object).to_vec()
}

pub(crate) fn kind_of(object: &Value) -> &str {
    object["kind"].as_str().unwrap()
}

/// The shortest legal spec, with these fields as well, or instead.
pub(crate) fn spec(fields: Value) -> Value {
    let mut spec = json!({"patches": [{"pod": {}}]});
    let Value::Object(fields) = fields else { panic!("{fields} is no mapping") };
    spec.as_object_mut().unwrap().extend(fields);
    spec
}

/// A legal spec, but for its only patch.
pub(crate) fn with_patch(patch: Value) -> Value {
    json!({"patches": [patch]})
}

/// A legal spec, but for the only operation of its JSON Patch.
pub(crate) fn with_operation(operation: Value) -> Value {
    with_patch(json!({"json": [operation]}))
}

/// A legal spec, but for which containers it is for.
pub(crate) fn with_match(selector: Value) -> Value {
    with_patch(json!({"containers": {"match": selector, "patch": {}}}))
}

/// A legal spec, but for its only parameter, which has a name.
pub(crate) fn with_parameter(mut parameter: Value) -> Value {
    let fields = parameter.as_object_mut().unwrap();
    fields.entry("name").or_insert_with(|| json!("level"));
    spec(json!({"parameters": [parameter]}))
}

/// A legal spec, but for the only place where its parameter may come from.
pub(crate) fn with_source(source: Value) -> Value {
    with_parameter(json!({"from": [source]}))
}

/// A legal spec, but for which pods it is for.
pub(crate) fn with_select(select: Value) -> Value {
    spec(json!({"select": select}))
}

/// A legal spec, but for its only condition.
pub(crate) fn with_condition(name: &str, expression: &str) -> Value {
    with_select(json!({"matchConditions": [{"name": name, "expression": expression}]}))
}
