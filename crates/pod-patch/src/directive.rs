//! Reads the `$` keys of a patch. The merge and the check of a template read them here alike.

mod edit;
mod position;

pub(crate) use edit::{Edit, ListEdit, TextEdit};
pub(crate) use position::{Anchor, Position, read_position};

use serde_json::{Map, Value};

use crate::error::MergeError;
use crate::place::Place;
use crate::plain::get;

pub(crate) const PATCH: &str = "$patch";
pub(crate) const POSITION: &str = "$position";
pub(crate) const REQUIRE_NODES: &str = "$requireNodes";
/// Where the required terms of a node affinity are.
pub(crate) const REQUIRED_TERMS: (&str, &str) =
    ("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms");
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder";
const DELETE: &str = "$deleteFromPrimitiveList";

/// Which directives there are: those of Kubernetes, or also those of Chandler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Kubernetes,
    Chandler,
}

/// What `$patch` says about an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Verb {
    #[default]
    Merge,
    Replace,
    Delete,
}

/// Whether a key of a patch is a directive, not a field.
pub(crate) fn is_directive(key: &str) -> bool {
    key.starts_with('$')
}

/// The value of `$patch` in an object or list item.
pub(crate) fn read_verb(patch: &Map<String, Value>, place: &Place<'_>) -> Result<Verb, MergeError> {
    verb(get(patch, PATCH), place)
}

fn verb(value: Option<&Value>, place: &Place<'_>) -> Result<Verb, MergeError> {
    match value.map(Value::as_str) {
        None | Some(Some("merge")) => Ok(Verb::Merge),
        Some(Some("replace")) => Ok(Verb::Replace),
        Some(Some("delete")) => Ok(Verb::Delete),
        Some(_) => Err(MergeError::ReadVerb { path: place.path() }),
    }
}

/// The directives of one object of a patch.
#[derive(Debug, Default)]
pub(crate) struct Directives<'a> {
    pub(crate) verb: Verb,
    /// `$retainKeys`.
    pub(crate) retained: Option<&'a [Value]>,
    /// `$setElementOrder/field`, by field.
    pub(crate) orders: Vec<(&'a str, &'a [Value])>,
    /// `$deleteFromPrimitiveList/field`, by field; no list deletes the field.
    pub(crate) deletions: Vec<(&'a str, Option<&'a [Value]>)>,
    /// `$requireNodes`.
    pub(crate) required_nodes: Option<&'a [Value]>,
}

impl<'a> Directives<'a> {
    /// Reads the directives of an object that merges onto `place`.
    pub(crate) fn read(
        patch: &'a Map<String, Value>,
        place: &Place<'_>,
        dialect: Dialect,
    ) -> Result<Self, MergeError> {
        let mut directives = Self::default();
        for (key, value) in patch.iter().filter(|(key, _)| is_directive(key)) {
            let known = directives.read_one((key, value), place)?
                || (dialect == Dialect::Chandler && directives.read_chandler((key, value), place)?);
            if !known {
                return Err(MergeError::FindDirective { path: place.path(), directive: key.clone() });
            }
        }
        if directives.required_nodes.is_some() && sets_required_terms(patch) {
            return Err(misplaced(REQUIRE_NODES, "the patch sets the required terms itself", place));
        }
        Ok(directives)
    }

    fn read_one(
        &mut self,
        (key, value): (&'a str, &'a Value),
        place: &Place<'_>,
    ) -> Result<bool, MergeError> {
        match key.split_once('/').unwrap_or((key, "")) {
            (PATCH, "") => self.verb = verb(Some(value), place)?,
            (RETAIN_KEYS, "") => self.retained = Some(read_names(value, place)?),
            (ORDER, field) if !field.is_empty() => self.orders.push((field, read_list(ORDER, value, place)?)),
            (DELETE, field) if !field.is_empty() && value.is_null() => self.deletions.push((field, None)),
            (DELETE, field) if !field.is_empty() => {
                self.deletions.push((field, Some(read_list(DELETE, value, place)?)));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn read_chandler(
        &mut self,
        (key, value): (&'a str, &'a Value),
        place: &Place<'_>,
    ) -> Result<bool, MergeError> {
        match key {
            POSITION if place.is_new_container() => {}
            POSITION => {
                let hint = "it stands in items of a pod's containers and initContainers";
                return Err(misplaced(POSITION, hint, place));
            }
            REQUIRE_NODES if place.shape.type_name() == Some("NodeAffinity") => {
                self.required_nodes = Some(read_list(REQUIRE_NODES, value, place)?);
            }
            REQUIRE_NODES => {
                return Err(misplaced(REQUIRE_NODES, "it stands in affinity.nodeAffinity", place));
            }
            _ => return Edit::misplaced(key, place).map_or(Ok(false), Err),
        }
        Ok(true)
    }
}

/// A second merge could not tell the terms of the patch from those with the nodes added.
fn sets_required_terms(patch: &Map<String, Value>) -> bool {
    let (required, terms) = REQUIRED_TERMS;
    let is_order = |key: &String| key.split_once('/') == Some((ORDER, required));
    let sets_terms = |(key, value): (&String, &Value)| match key.split_once('/') {
        Some((_, field)) => field == terms && is_directive(key),
        None => key == terms && Edit::changes(value),
    };
    let required_patch = patch.get(required).and_then(Value::as_object);
    patch.keys().any(is_order) || required_patch.is_some_and(|patch| patch.iter().any(sets_terms))
}

fn read_list<'a>(
    directive: &'static str,
    value: &'a Value,
    place: &Place<'_>,
) -> Result<&'a [Value], MergeError> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| malformed(directive, "a list", place))
}

fn read_names<'a>(value: &'a Value, place: &Place<'_>) -> Result<&'a [Value], MergeError> {
    let names = value.as_array().filter(|names| names.iter().all(Value::is_string));
    names.map(Vec::as_slice).ok_or_else(|| malformed(RETAIN_KEYS, "a list of field names", place))
}

pub(crate) fn malformed(directive: &'static str, expected: &'static str, place: &Place<'_>) -> MergeError {
    MergeError::ReadDirective { path: place.path(), directive, expected }
}

pub(crate) fn misplaced(directive: &'static str, hint: &str, place: &Place<'_>) -> MergeError {
    MergeError::PlaceDirective { path: place.path(), directive, hint: hint.to_owned() }
}

#[cfg(test)]
mod tests;
