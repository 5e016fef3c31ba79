//! What must hold of results.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// How often each `$` key stands in a value.
pub fn count_directives(value: &Value) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    visit(value, &mut |key| *counts.entry(key).or_default() += usize::from(key.starts_with('$')));
    counts
}

fn visit<'a>(value: &'a Value, seen: &mut impl FnMut(&'a str)) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            seen(key);
            visit(value, seen);
        }),
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        _ => {}
    }
}

/// Fails when a result holds a `$` key that the object did not hold before.
pub fn assert_no_directive_left(before: &Value, after: &Value) {
    let known = count_directives(before);
    for (key, count) in count_directives(after) {
        assert!(
            count <= known.get(key).copied().unwrap_or_default(),
            "the key {key:?} of the patch is left: {after}"
        );
    }
}

/// The keys of the template engine.
const STRUCTURE: [&str; 2] = ["$if", "$for"];

/// Whether a rendered document has the shape of its source: no key, item or container more, each leaf one scalar.
pub fn has_shape_of(source: &Value, rendered: &Value) -> bool {
    match (source, rendered) {
        (Value::Object(source), Value::Object(rendered)) => has_keys_of(source, rendered),
        (Value::Array(source), Value::Array(rendered)) => has_items_of(source, rendered),
        (Value::String(text), rendered) if text.contains("{{") => is_scalar(rendered),
        (source, rendered) => source == rendered,
    }
}

fn has_keys_of(source: &Map<String, Value>, rendered: &Map<String, Value>) -> bool {
    let is_structure = |key: &str| STRUCTURE.contains(&key);
    let is_from_source = |(key, value): (&String, &Value)| {
        !is_structure(key) && source.get(key).is_some_and(|source| has_shape_of(source, value))
    };
    let is_accounted_for = |(key, value): (&String, &Value)| {
        rendered.contains_key(key) || is_structure(key) || has_structure(value)
    };
    rendered.iter().all(is_from_source) && source.iter().all(is_accounted_for)
}

fn has_items_of(source: &[Value], rendered: &[Value]) -> bool {
    if source.iter().any(has_structure) {
        return rendered.iter().all(|item| source.iter().any(|source| has_shape_of(source, item)));
    }
    source.len() == rendered.len()
        && source.iter().zip(rendered).all(|(source, item)| has_shape_of(source, item))
}

fn has_structure(value: &Value) -> bool {
    STRUCTURE.iter().any(|key| value.get(key).is_some())
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}
