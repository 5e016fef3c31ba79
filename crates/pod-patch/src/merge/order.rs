//! `$setElementOrder`: the items of a list that the order names follow it, the others stay between them.

use std::collections::HashMap;

use serde_json::Value;

use super::{Merger, Object, list, rearrange, scalars};
use crate::directive::{Verb, read_verb};
use crate::error::MergeError;
use crate::key::ItemKey;
use crate::place::Place;
use crate::schema::Shape;

impl Merger {
    /// Merges the list at a field, then brings it into the given order.
    pub(super) fn merge_ordered(
        &mut self,
        object: &mut Object,
        (patch, field, order): (&Object, &str, &[Value]),
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let place = place.field(field);
        let items = list_at(patch, field, &place)?;
        patch.get(field).map_or(Ok(()), |items| self.check_type(items, &place))?;
        let known = list_at(object, field, &place)?.map_or(0, <[Value]>::len);
        if let Some(items) = items {
            check_order(items, order, &place)?;
            let existing = object.entry(field).or_insert_with(|| Value::Array(Vec::new()));
            if existing.is_null() {
                *existing = Value::Array(Vec::new());
            }
            if let Value::Array(list) = existing {
                let first_new = self.merge_list_at(list, items, &place)?;
                // A list that is replaced is in the patch's order, which is checked. An order with repeats would
                // change it, and a further merge would find another list.
                if self.has_pod_rules() && !matches!(place.shape, Shape::Keyed { .. } | Shape::Set) {
                    return Ok(());
                }
                return arrange(list, (order, first_new), &place);
            }
        } else if let Some(Value::Array(list)) = object.get_mut(field) {
            return arrange(list, (order, known), &place);
        }
        Ok(())
    }

    /// Merges a list of any kind; gives the index at which new items start.
    fn merge_list_at(
        &mut self,
        list: &mut Vec<Value>,
        patch: &[Value],
        place: &Place<'_>,
    ) -> Result<usize, MergeError> {
        if place.shape.keys().is_some() {
            return self.merge_items(list, patch, place);
        }
        let known = list.len();
        self.merge_list(list, patch, place)?;
        Ok(known)
    }
}

fn list_at<'a>(
    object: &'a Object,
    field: &str,
    place: &Place<'_>,
) -> Result<Option<&'a [Value]>, MergeError> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(MergeError::ReadValue { path: place.path(), expected: "a list" }),
    }
}

/// What names an item of any list: its key, or the scalar that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Tag<'a> {
    Key(ItemKey<'a>),
    Scalar(&'a Value),
}

fn read_tags<'a>(
    items: impl Iterator<Item = &'a Value>,
    place: &Place<'_>,
) -> Result<Vec<Tag<'a>>, MergeError> {
    let keys = place.shape.keys();
    let tags = items.enumerate().map(|(index, item)| match keys {
        Some(keys) => list::read_key(item, keys, (index, place)).map(Tag::Key),
        None if item.is_object() || item.is_array() => Err(scalars::mixed(place)),
        None => Ok(Tag::Scalar(item)),
    });
    tags.collect()
}

/// The patch's items must come in the order's order, and all be in it.
fn check_order(items: &[Value], order: &[Value], place: &Place<'_>) -> Result<(), MergeError> {
    if order.is_empty() {
        return Ok(());
    }
    let mut order = read_tags(order.iter(), place)?.into_iter();
    let mut tags = read_tags(items.iter().filter(|item| !is_marker(item, place)), place)?.into_iter();
    if tags.all(|tag| order.any(|known| known == tag)) {
        return Ok(());
    }
    Err(MergeError::OrderItems { path: place.path() })
}

fn is_marker(item: &Value, place: &Place<'_>) -> bool {
    item.as_object().is_some_and(|item| !matches!(read_verb(item, place), Ok(Verb::Merge)))
}

fn arrange(
    list: &mut [Value],
    (order, first_new): (&[Value], usize),
    place: &Place<'_>,
) -> Result<(), MergeError> {
    let mut ranks = HashMap::with_capacity(order.len());
    for (rank, tag) in read_tags(order.iter(), place)?.into_iter().enumerate() {
        ranks.entry(tag).or_insert(rank);
    }
    let tags = read_tags(list.iter(), place)?;
    let ranked: Vec<Option<usize>> = tags.iter().map(|tag| ranks.get(tag).copied()).collect();
    rearrange::permute(list, &interleave(&ranked, first_new));
    Ok(())
}

/// The sequence in which Go's merge puts items: the ordered ones by rank; each of the others stays before
/// the first ordered one that it preceded in the object.
fn interleave(ranks: &[Option<usize>], first_new: usize) -> Vec<usize> {
    let (mut ordered, others): (Vec<usize>, Vec<usize>) =
        (0..ranks.len()).partition(|&index| ranks.get(index).is_some_and(Option::is_some));
    ordered.sort_by_key(|&index| ranks.get(index));
    let mut others = others.into_iter().peekable();
    let mut sequence = Vec::with_capacity(ranks.len());
    for index in ordered {
        while let Some(other) = others.next_if(|&other| other < index && index < first_new) {
            sequence.push(other);
        }
        sequence.push(index);
    }
    sequence.extend(others);
    sequence
}
