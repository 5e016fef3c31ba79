//! What can be known to be wrong with a patch before there is a pod: directives, types and merge keys. Leaves
//! may still hold `{{ }}` expressions, and objects `$if` and `$for`, as in a template.

use serde_json::{Map, Value};

use crate::directive::{Directives, Edit, Verb, is_directive, read_position, read_verb};
use crate::error::MergeError;
use crate::key::ItemKey;
use crate::merge::{chosen, is_list_marker, retain_keys};
use crate::place::Place;
use crate::pod::{clashing_name, read_object, refuse_whole, refused_fields};
use crate::report::Conflicts;
use crate::schema::{self, Shape, Type};

/// Keys with which the template engine drops and repeats objects: they are gone before a merge.
const STRUCTURE: [&str; 2] = ["$if", "$for"];
const DIALECT: crate::directive::Dialect = crate::directive::Dialect::Chandler;

/// Checks a partial pod. Fields that the API does not know are let through: the server may be newer.
///
/// # Errors
/// Everything that is wrong, in the order of the patch.
pub fn check_pod_patch(patch: &Value) -> Result<(), Vec<MergeError>> {
    let root = Place::root(schema::pod());
    let clash = patch.as_object().and_then(clashing_name);
    let (is_conditional, patch) = (has_structure(patch), &without_structure(patch));
    let object = read_object(patch, &root).map_err(|error| vec![error])?;
    let mut check = Check { errors: refused_fields(object, &root), is_conditional };
    check.errors.extend(clash);
    check.object(object, &root);
    if !is_conditional && check.errors.is_empty() {
        check.errors.extend(position_cycle(patch));
    }
    check.finish()
}

/// Positions that wait for each other, which a merge onto an empty pod shows.
fn position_cycle(patch: &Value) -> Option<MergeError> {
    let mut pod = Value::Object(Map::new());
    let merged = crate::pod::merge_pod(&mut pod, patch, Conflicts::Override);
    merged.err().filter(|error| matches!(error, MergeError::PlaceContainers { .. }))
}

/// Checks a partial container.
///
/// # Errors
/// Everything that is wrong, in the order of the patch.
pub fn check_container_patch(patch: &Value) -> Result<(), Vec<MergeError>> {
    let root = Place::root(schema::container());
    let (is_conditional, patch) = (has_structure(patch), &without_structure(patch));
    let object = read_object(patch, &root).map_err(|error| vec![error])?;
    let mut check = Check { errors: Vec::from_iter(refuse_whole(object, &root).err()), is_conditional };
    check.object(object, &root);
    check.finish()
}

/// Whether a leaf is an expression, which may render to any type.
fn is_expression(value: &Value) -> bool {
    value.as_str().map(str::trim).is_some_and(|text| text.starts_with("{{") && text.ends_with("}}"))
}

/// The patch without the keys of the template engine, and without directives whose value is yet to be rendered.
fn without_structure(patch: &Value) -> Value {
    match patch {
        Value::Object(object) => without_structure_keys(object),
        Value::Array(items) => Value::Array(items.iter().map(without_structure).collect()),
        leaf => leaf.clone(),
    }
}

/// An object that has only directives yet to be rendered is itself one that is.
fn without_structure_keys(object: &Map<String, Value>) -> Value {
    let is_open = |key: &str, value: &Value| is_directive(key) && is_expression(value);
    let has_open =
        object.iter().any(|(key, value)| !STRUCTURE.contains(&key.as_str()) && is_open(key, value));
    let is_kept = |key: &str, value: &Value| {
        let is_gone = STRUCTURE.contains(&key) || is_open(key, value);
        !is_gone && (!has_open || key != "$separator")
    };
    let kept = object.iter().filter(|(key, value)| is_kept(key, value));
    let kept: Map<String, Value> = kept.map(|(key, value)| (key.clone(), without_structure(value))).collect();
    if has_open && kept.is_empty() { Value::String("{{}}".to_owned()) } else { Value::Object(kept) }
}

/// Whether the template engine decides which objects of the patch there are.
fn has_structure(patch: &Value) -> bool {
    match patch {
        Value::Object(object) => {
            STRUCTURE.iter().any(|key| object.contains_key(*key)) || object.values().any(has_structure)
        }
        Value::Array(items) => items.iter().any(has_structure),
        _ => false,
    }
}

struct Check {
    errors: Vec<MergeError>,
    /// Of several alternatives all but one may be dropped.
    is_conditional: bool,
}

impl Check {
    fn finish(self) -> Result<(), Vec<MergeError>> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// Takes note of an error; none where there is one.
    fn note<T>(&mut self, result: Result<T, MergeError>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    fn value(&mut self, value: &Value, place: &Place<'_>) {
        if is_expression(value) || self.note(place.check_depth()).is_none() {
            return;
        }
        match self.note(Edit::read(value, place)) {
            Some(Some(Edit::IfAbsent(absent))) => self.value(absent, place),
            Some(Some(Edit::List(edit))) => {
                self.items(edit.prepend, place);
                self.items(edit.append, place);
            }
            Some(None) => self.plain_value(value, place),
            Some(Some(Edit::Text(_))) | None => {}
        }
    }

    fn plain_value(&mut self, value: &Value, place: &Place<'_>) {
        match (place.shape, value) {
            (Shape::Object(_) | Shape::Map(_) | Shape::Unknown, Value::Object(object)) => {
                self.object(object, place);
            }
            (Shape::Keyed { .. }, Value::Array(items)) => self.keyed_items(items, place),
            (Shape::Atomic(_) | Shape::Set | Shape::Unknown, Value::Array(items)) => self.items(items, place),
            _ => {
                self.note(place.check_type(value));
            }
        }
    }

    fn items(&mut self, items: &[Value], place: &Place<'_>) {
        for (index, item) in items.iter().enumerate() {
            let place = place.index(index);
            if let Some(false) = self.note(is_list_marker(item, &place)) {
                self.value(item, &place);
            }
        }
    }

    fn keyed_items(&mut self, items: &[Value], place: &Place<'_>) {
        for (index, item) in items.iter().enumerate().filter(|(_, item)| !is_expression(item)) {
            let here = place.index(index);
            let Some(object) = self.note(read_object(item, &here)) else { continue };
            let Some(verb) = self.note(read_verb(object, &here)) else { continue };
            let keys = place.shape.keys().unwrap_or_default();
            match ItemKey::read(item, keys) {
                _ if verb == Verb::Replace => {}
                Ok(_) => self.object(object, &place.item(item)),
                Err(key) => self.errors.push(MergeError::FindKey { path: here.path(), key }),
            }
        }
    }

    fn object(&mut self, object: &Map<String, Value>, place: &Place<'_>) {
        let Some(directives) = self.note(Directives::read(object, place, DIALECT)) else { return };
        if let Some(retained) = directives.retained {
            self.note(retain_keys(&mut Map::new(), (object, retained), place));
        }
        if place.is_new_container() {
            self.note(read_position(object, place));
        }
        if let Shape::Object(object_type) = place.shape {
            self.alternatives(object, object_type, place);
        }
        for (key, value) in object.iter().filter(|(key, _)| !is_directive(key)) {
            self.value(value, &place.field(key));
        }
    }

    fn alternatives(&mut self, object: &Map<String, Value>, object_type: &Type, place: &Place<'_>) {
        if !object_type.one_of.is_empty() && !self.is_conditional {
            self.note(chosen(object, object_type, place));
        }
    }
}

#[cfg(test)]
mod tests;
