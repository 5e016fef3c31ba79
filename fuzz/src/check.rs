//! What must hold of results.

use std::collections::HashMap;

use serde_json::Value;

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
        assert!(count <= known.get(key).copied().unwrap_or_default(), "the key {key:?} of the patch is left: {after}");
    }
}

/// Whether a rendered document has the shape of its source: no key, item or container more, each leaf one scalar.
pub fn has_shape_of(source: &Value, rendered: &Value) -> bool {
    match (source, rendered) {
        (Value::Object(source), Value::Object(rendered)) => {
            let is_kept = |key: &String, value: &Value| rendered.contains_key(key) || is_structural(value);
            rendered.iter().all(|(key, value)| source.get(key).is_some_and(|source| has_shape_of(source, value)))
                && source.iter().filter(|(key, _)| *key != "$if" && *key != "$for").all(|(key, value)| is_kept(key, value))
        }
        (Value::Array(source), Value::Array(rendered)) if source.iter().any(is_structural) => {
            rendered.iter().all(|item| source.iter().any(|source| has_shape_of(source, item)))
        }
        (Value::Array(source), Value::Array(rendered)) => {
            source.len() == rendered.len()
                && source.iter().zip(rendered).all(|(source, rendered)| has_shape_of(source, rendered))
        }
        (Value::String(text), rendered) if text.contains("{{") => !rendered.is_object() && !rendered.is_array(),
        (source, rendered) => source == rendered,
    }
}

fn is_structural(value: &Value) -> bool {
    value.get("$if").is_some() || value.get("$for").is_some()
}
