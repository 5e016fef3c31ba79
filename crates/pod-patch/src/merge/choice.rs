//! Fields of which an object has only one: the source of a volume, the handler of a probe, a variable's value.

use serde_json::Value;

use super::{Merger, Object};
use crate::directive::{Edit, Verb, is_directive, read_verb};
use crate::error::MergeError;
use crate::place::Place;
use crate::schema::{Shape, Type};

impl Merger {
    /// Makes room for the alternative that the patch sets. Gives the field that must not merge, because the
    /// pod's alternative stays.
    pub(super) fn settle_choice<'a>(
        &mut self,
        object: &mut Object,
        patch: &'a Object,
        place: &Place<'_>,
    ) -> Result<Option<&'a str>, MergeError> {
        let Shape::Object(object_type) = place.shape else { return Ok(None) };
        if object_type.one_of.is_empty() || !self.has_pod_rules() {
            return Ok(None);
        }
        let Some((field, value)) = chosen(patch, object_type, place)? else { return Ok(None) };
        let mut others = alternatives(object, object_type, field);
        others.retain(|other| other != field);
        if others.is_empty() {
            return Ok(None);
        }
        let place = place.field(field);
        let only_if_absent = matches!(Edit::read(value, &place)?, Some(Edit::IfAbsent(_)));
        if only_if_absent || !self.may_overwrite(&place) {
            return Ok(Some(field));
        }
        object.retain(|key, _| !others.contains(key));
        Ok(None)
    }
}

/// The alternative that a patch sets.
///
/// # Errors
/// When it sets two.
pub(crate) fn chosen<'a>(
    patch: &'a Object,
    object_type: &Type,
    place: &Place<'_>,
) -> Result<Option<(&'a str, &'a Value)>, MergeError> {
    let is_set = |key: &str, value: &Value| is_alternative(key, value, object_type) && sets(value, place);
    let mut set = patch.iter().filter(|(key, value)| is_set(key, value));
    let Some((first, value)) = set.next() else { return Ok(None) };
    if let Some((second, _)) = set.next() {
        let (first, second) = (first.clone(), second.clone());
        return Err(MergeError::Choose { path: place.path(), first, second });
    }
    Ok(Some((first, value)))
}

fn sets(value: &Value, place: &Place<'_>) -> bool {
    match value {
        Value::Null => false,
        Value::Object(object) => !matches!(read_verb(object, place), Ok(Verb::Delete)),
        _ => true,
    }
}

/// The alternatives to `field` that an object holds. Unknown objects are taken for ones that are newer than the table
/// where nothing known is one, and where `field` is such a one itself: else they would be the next time.
fn alternatives(object: &Object, object_type: &Type, field: &str) -> Vec<String> {
    let is_known = |key: &str| object_type.one_of.contains(&key);
    let set = |(key, value): (&String, &Value)| (!value.is_null()).then(|| key.clone());
    let mut found: Vec<String> = object.iter().filter(|(key, _)| is_known(key)).filter_map(set).collect();
    if found.is_empty() || !is_known(field) {
        let newer = object.iter().filter(|(key, value)| is_newer(key, value, object_type));
        found.extend(newer.filter_map(set));
    }
    found
}

fn is_alternative(key: &str, value: &Value, object_type: &Type) -> bool {
    object_type.one_of.contains(&key) || is_newer(key, value, object_type)
}

fn is_newer(key: &str, value: &Value, object_type: &Type) -> bool {
    let is_unknown = !is_directive(key) && object_type.field(key).is_none();
    is_unknown && value.is_object() && object_type.is_union()
}
