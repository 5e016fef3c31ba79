//! Lists of objects that merge item by item: each item of the patch finds its own by key, or goes last.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{Merger, Object, rearrange, variables};
use crate::directive::{PATCH, Verb, read_verb};
use crate::error::MergeError;
use crate::key::{Index, ItemKey};
use crate::place::Place;
use crate::plain::is_plain;
use crate::schema::Key;

/// An item of the patch that merges, and the index in the list at which it does; new ones follow the list.
struct Merge<'a> {
    item: &'a Value,
    patch: &'a Object,
    target: usize,
}

impl Merger {
    /// Merges a list by key; gives the index at which the new items start.
    pub(super) fn merge_keyed(
        &mut self,
        list: &mut Vec<Value>,
        patch: &[Value],
        place: &Place<'_>,
    ) -> Result<usize, MergeError> {
        place.check_depth()?;
        let first_new = self.merge_items(list, patch, place)?;
        if self.has_pod_rules() && first_new < list.len() {
            match place.shape.type_name() {
                Some("EnvVar") => {
                    let sequence = variables::order(list, first_new);
                    rearrange::permute(list, &sequence);
                }
                Some("Container") => self.place_containers(list, (patch, first_new), place)?,
                _ => {}
            }
        }
        Ok(first_new)
    }

    /// The same, without moving the new items to where pods want them.
    pub(super) fn merge_items(
        &mut self,
        list: &mut Vec<Value>,
        patch: &[Value],
        place: &Place<'_>,
    ) -> Result<usize, MergeError> {
        let keys = place.shape.keys().unwrap_or_default();
        apply_markers(list, patch, (keys, place))?;
        let merges = find_targets(list, patch, (keys, place))?;
        let first_new = list.len();
        if self.has_pod_rules() {
            check_repeats(&merges, place)?;
        }
        list.reserve(merges.iter().filter(|merge| merge.target >= first_new).count());
        for merge in merges {
            self.merge_item(list, &merge, &place.item(merge.item))?;
        }
        Ok(first_new)
    }

    fn merge_item(
        &mut self,
        list: &mut Vec<Value>,
        merge: &Merge<'_>,
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        match list.get_mut(merge.target) {
            Some(Value::Object(existing)) => {
                if self.may_merge_container(existing, merge.patch, place)? {
                    self.merge_object(existing, merge.patch, place)?;
                }
            }
            _ if is_plain(merge.item, place) => list.push(merge.item.clone()),
            _ => {
                let mut new = Map::with_capacity(merge.patch.len());
                self.merge_object(&mut new, merge.patch, place)?;
                list.push(Value::Object(new));
            }
        }
        Ok(())
    }
}

/// Acts on the items that only hold `$patch`: the whole list is replaced, or some of its items go.
fn apply_markers(
    list: &mut Vec<Value>,
    patch: &[Value],
    (keys, place): (&'static [Key], &Place<'_>),
) -> Result<(), MergeError> {
    let mut deleted = HashSet::new();
    let mut replaced = false;
    for (index, item) in patch.iter().enumerate() {
        match read_verb(item_object(item, (index, place))?, &place.index(index))? {
            Verb::Merge => {}
            Verb::Replace => replaced = true,
            Verb::Delete => {
                deleted.insert(read_key(item, keys, (index, place))?);
            }
        }
    }
    if replaced {
        list.clear();
    } else if !deleted.is_empty() {
        delete_items(list, &deleted, (patch, keys));
    }
    Ok(())
}

/// Takes items out. One that the patch also adds keeps its place and loses all but its key, so that a further
/// merge finds the same list.
fn delete_items(
    list: &mut Vec<Value>,
    deleted: &HashSet<ItemKey<'_>>,
    (patch, keys): (&[Value], &'static [Key]),
) {
    let is_added = |item: &Value| item.get(PATCH).is_none_or(|verb| verb == "merge");
    let added = patch.iter().enumerate().filter(|(_, item)| is_added(item));
    let added = added.filter_map(|(index, item)| Some((ItemKey::read(item, keys).ok()?, index)));
    let added: HashMap<ItemKey<'_>, usize> = added.collect();
    let mut kept = HashSet::new();
    list.retain_mut(|item| {
        let Ok(key) = ItemKey::read(item, keys) else { return true };
        if !deleted.contains(&key) {
            return true;
        }
        let is_kept = added.get(&key).is_some_and(|&index| kept.insert(index));
        if let (true, Some(item)) = (is_kept, item.as_object_mut()) {
            item.retain(|field, _| keys.iter().any(|key| key.field == field));
        }
        is_kept
    });
}

/// Finds for each merging item of the patch the item of the list that it belongs to.
fn find_targets<'a>(
    list: &[Value],
    patch: &'a [Value],
    (keys, place): (&'static [Key], &Place<'_>),
) -> Result<Vec<Merge<'a>>, MergeError> {
    let mut merges = Vec::with_capacity(patch.len());
    let mut items = Index::new(read_keys(list, (keys, place))?);
    for (index, item) in patch.iter().enumerate() {
        let patch = item_object(item, (index, place))?;
        if read_verb(patch, &place.index(index))? != Verb::Merge {
            continue;
        }
        let key = read_key(item, keys, (index, place))?;
        merges.push(Merge { item, patch, target: items.find_or_push(key) });
    }
    Ok(merges)
}

/// Two items of one key that ask for different things would undo each other in every further merge.
fn check_repeats(merges: &[Merge<'_>], place: &Place<'_>) -> Result<(), MergeError> {
    let mut targets: Vec<&Merge<'_>> = merges.iter().collect();
    targets.sort_by_key(|merge| merge.target);
    let mut neighbours = targets.iter().zip(targets.iter().skip(1));
    let repeat = neighbours.find(|(one, other)| one.target == other.target && one.item != other.item);
    repeat.map_or(Ok(()), |(_, other)| Err(MergeError::RepeatItem { path: place.item(other.item).path() }))
}

/// The keys of all items of a list.
pub(super) fn read_keys<'a>(
    list: &'a [Value],
    (keys, place): (&'static [Key], &Place<'_>),
) -> Result<Vec<ItemKey<'a>>, MergeError> {
    list.iter().enumerate().map(|(index, item)| read_key(item, keys, (index, place))).collect()
}

/// The key of one item.
pub(super) fn read_key<'a>(
    item: &'a Value,
    keys: &'static [Key],
    (index, place): (usize, &Place<'_>),
) -> Result<ItemKey<'a>, MergeError> {
    item_object(item, (index, place))?;
    ItemKey::read(item, keys).map_err(|key| MergeError::FindKey { path: place.index(index).path(), key })
}

fn item_object<'a>(item: &'a Value, (index, place): (usize, &Place<'_>)) -> Result<&'a Object, MergeError> {
    let expected = "an object";
    item.as_object().ok_or_else(|| MergeError::ReadValue { path: place.index(index).path(), expected })
}
