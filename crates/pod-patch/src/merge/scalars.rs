//! Lists of scalars that merge as sets, deletions from lists of scalars, and scalars that mean the same.

use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

use chandler_quantity::Quantity;
use serde_json::Value;

use super::Object;
use crate::error::MergeError;
use crate::place::Place;
use crate::plain::get_mut;

/// Adds what is not there yet at the end, in the patch's order.
pub(super) fn merge_set(list: &mut Vec<Value>, patch: &[Value], place: &Place<'_>) -> Result<(), MergeError> {
    check_items(list.iter().chain(patch), place)?;
    list.extend_from_slice(patch);
    let mut seen = HashSet::with_capacity(list.len());
    let keep: Vec<bool> = list.iter().map(|item| seen.insert(item)).collect();
    let mut keep = keep.into_iter();
    list.retain(|_| keep.next().unwrap_or(true));
    Ok(())
}

/// Takes the scalars out of the list at a field, or the whole field where there is no list of them. What the
/// patch also puts there stays.
pub(super) fn delete_items(
    object: &mut Object,
    (patch, field, items): (&Object, &str, Option<&[Value]>),
    place: &Place<'_>,
) -> Result<(), MergeError> {
    let Some(items) = items else {
        match get_mut(object, field) {
            // The field keeps its place among the others.
            Some(existing) if patch.get(field).is_some_and(|new| !new.is_null()) => *existing = Value::Null,
            _ => drop(object.shift_remove(field)),
        }
        return Ok(());
    };
    let place = place.field(field);
    check_items(items.iter(), &place)?;
    if patch.get(field).is_some_and(Value::is_object) {
        return Err(MergeError::ReadValue { path: place.path(), expected: "a list" });
    }
    if let Some(Value::Array(list)) = object.get_mut(field) {
        check_items(list.iter().chain(items), &place)?;
        let added: HashSet<&Value> =
            patch.get(field).and_then(Value::as_array).into_iter().flatten().collect();
        remove_items(list, items.iter().filter(|item| !added.contains(item)));
    }
    Ok(())
}

/// Refuses deletions that could not be told from what the patch itself puts into the list: a further merge
/// would find the two beside each other.
pub(super) fn check_deletion(
    (patch, field, items): (&Object, &str, Option<&[Value]>),
    place: &Place<'_>,
) -> Result<(), MergeError> {
    let added = patch.get(field).and_then(Value::as_array).filter(|added| !added.is_empty());
    let (Some(added), Some(items)) = (added, items) else { return Ok(()) };
    check_items(added.iter().chain(items), &place.field(field))
}

/// Takes every item out that deeply equals one of `items`.
pub(super) fn remove_items<'a>(list: &mut Vec<Value>, items: impl Iterator<Item = &'a Value>) {
    let items: HashSet<&Value> = items.collect();
    if !items.is_empty() {
        list.retain(|item| !items.contains(item));
    }
}

/// Go's merge tells integers from fractions, and cannot compare objects, lists and nulls.
fn check_items<'a>(items: impl Iterator<Item = &'a Value>, place: &Place<'_>) -> Result<(), MergeError> {
    let mut kinds = items.map(scalar_kind);
    let Some(first) = kinds.next() else { return Ok(()) };
    if first.is_some() && kinds.all(|kind| kind == first) { Ok(()) } else { Err(mixed(place)) }
}

fn scalar_kind(item: &Value) -> Option<(Discriminant<Value>, bool)> {
    match item {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        scalar => Some((discriminant(scalar), scalar.is_f64())),
    }
}

pub(super) fn mixed(place: &Place<'_>) -> MergeError {
    MergeError::CompareItems { path: place.path() }
}

/// Whether two values are quantities of one size: `1Gi` and `1024Mi`, `1` and `"1"`.
pub(super) fn same_quantity(one: &Value, other: &Value) -> bool {
    match (quantity(one), quantity(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}
