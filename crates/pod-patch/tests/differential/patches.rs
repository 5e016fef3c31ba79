//! Patches for a given pod, with every directive of Kubernetes' strategic merge at every level.

use serde_json::{Map, Value, json};

use crate::pods::{Maker, full_key, is_keyed_like_one_of};
use crate::schema::{Field, POD};

impl Maker<'_> {
    /// A patch that mostly hits what the pod has.
    pub(crate) fn patch(&mut self, pod: &Value) -> Value {
        let pod = pod.as_object().unwrap();
        let fields = self.schema.0[POD].clone();
        let mut patch = Map::new();
        for name in ["metadata", "spec"] {
            if self.random.chance(75) {
                self.patch_field((name, &fields[name]), pod.get(name), &mut patch);
            }
        }
        patch.into()
    }

    /// A patch for an object of a type; `pod` is what the pod has there.
    fn patch_object(&mut self, type_name: &str, pod: &Map<String, Value>) -> Map<String, Value> {
        if self.random.chance(2) {
            return with_verb("delete", Map::new());
        }
        if self.random.chance(2) {
            return with_verb("replace", self.object(type_name, 4));
        }
        let mut patch = Map::new();
        for _ in 0..=self.random.below(4) {
            let (name, field) = self.field_to_patch(type_name, pod);
            self.patch_field((&name, &field), pod.get(&name), &mut patch);
        }
        self.add_oddities(pod, &mut patch);
        patch
    }

    /// A field that the pod has there, more often than not.
    fn field_to_patch(&mut self, type_name: &str, pod: &Map<String, Value>) -> (String, Field) {
        let fields = &self.schema.0[type_name];
        let present: Vec<_> = pod.keys().filter_map(|name| fields.get_key_value(name)).collect();
        if present.is_empty() || self.random.chance(30) {
            return self.field(type_name);
        }
        let (name, field) = self.random.pick(&present);
        ((*name).clone(), (*field).clone())
    }

    fn add_oddities(&mut self, pod: &Map<String, Value>, patch: &mut Map<String, Value>) {
        if self.oddities.unknown_fields && self.random.chance(50) {
            self.unknown_field(patch);
        }
        if self.oddities.merge_verb && self.random.chance(15) {
            patch.insert("$patch".to_owned(), "merge".into());
        }
        if self.oddities.broken && self.random.chance(4) {
            self.add_malformed_directive(patch);
        }
        if self.random.chance(6) {
            self.add_retain_keys(pod, patch);
        }
    }

    fn add_malformed_directive(&mut self, patch: &mut Map<String, Value>) {
        let names =
            ["$patch", "$retainKeys", "$setElementOrder/env", "$deleteFromPrimitiveList/args", "$unheardOf"];
        let name = *self.random.pick(&names);
        patch.insert(name.to_owned(), self.any());
    }

    /// Keeps what the patch sets, and some of what the pod has.
    fn add_retain_keys(&mut self, pod: &Map<String, Value>, patch: &mut Map<String, Value>) {
        let set = patch.iter().filter(|(key, value)| !value.is_null() && !key.starts_with('$'));
        let mut kept: Vec<Value> = set.map(|(key, _)| key.as_str().into()).collect();
        let present: Vec<Value> = pod.keys().map(|key| key.as_str().into()).collect();
        kept.extend(self.random.some(&present, 40));
        if self.oddities.broken && self.random.chance(30) {
            kept.pop();
        }
        patch.insert("$retainKeys".to_owned(), kept.into());
    }

    /// Adds what becomes of one field: its value, its removal, or the directives beside it.
    fn patch_field(&mut self, field: (&str, &Field), pod: Option<&Value>, patch: &mut Map<String, Value>) {
        let (name, described) = field;
        if self.random.chance(8) {
            patch.insert(name.to_owned(), Value::Null);
        } else if self.oddities.other_types && self.random.chance(10) {
            patch.insert(name.to_owned(), self.any());
        } else if described.kind == "slice" {
            self.patch_list(field, pod.and_then(Value::as_array), patch);
        } else {
            let value = self.patch_value(described, pod);
            patch.insert(name.to_owned(), value);
        }
    }

    fn patch_value(&mut self, field: &Field, pod: Option<&Value>) -> Value {
        match (field.kind.as_str(), &field.type_name, pod.and_then(Value::as_object)) {
            ("struct", Some(object), Some(pod)) => self.patch_object(object, pod).into(),
            ("struct", Some(object), None) => self.new_object(object).into(),
            ("map", _, Some(pod)) => self.patch_map(field, pod).into(),
            _ => self.value(field),
        }
    }

    /// An object that the pod does not have: plain, unless oddities are asked for.
    fn new_object(&mut self, type_name: &str) -> Map<String, Value> {
        let mut object = if self.oddities.directives_in_new && self.random.chance(60) {
            self.patch_object(type_name, &Map::new())
        } else {
            self.object(type_name, 4)
        };
        if self.oddities.nulls_in_new && self.random.chance(60) {
            let (name, _) = self.field(type_name);
            object.insert(name, Value::Null);
        }
        object
    }

    fn patch_map(&mut self, field: &Field, pod: &Map<String, Value>) -> Map<String, Value> {
        let Value::Object(mut patch) = self.value(field) else { return Map::new() };
        for key in pod.keys() {
            if self.random.chance(30) {
                patch.insert(key.clone(), Value::Null);
            }
        }
        match self.random.below(30) {
            0 => with_verb("replace", patch),
            1 => with_verb("delete", patch),
            2 => {
                self.add_retain_keys(pod, &mut patch);
                patch
            }
            _ => patch,
        }
    }

    fn patch_list(
        &mut self,
        field: (&str, &Field),
        pod: Option<&Vec<Value>>,
        patch: &mut Map<String, Value>,
    ) {
        let pod = pod.map_or(&[][..], Vec::as_slice);
        match (field.1.merge_key(), &field.1.type_name) {
            (Some(key), Some(item)) => {
                let items = self.patch_items((key, item), pod);
                self.add_keyed_order((field.0, key), (pod, &items), patch);
                patch.insert(field.0.to_owned(), items.into());
            }
            (_, None) if field.1.merges() || self.random.chance(20) => self.patch_scalars(field, pod, patch),
            (_, Some(item)) => {
                let items: Vec<Value> =
                    (0..self.random.below(3)).map(|_| self.new_object(item).into()).collect();
                patch.insert(field.0.to_owned(), items.into());
            }
            _ => {
                patch.insert(field.0.to_owned(), self.value(field.1));
            }
        }
    }

    /// Items of a keyed list: patches of those that are there, deletions, new ones.
    fn patch_items(&mut self, (key, item): (&str, &str), pod: &[Value]) -> Vec<Value> {
        let replaces = self.random.chance(4);
        let mut items = Vec::new();
        for present in pod.iter().filter_map(Value::as_object) {
            if self.random.chance(50) && !is_patched(&items, key, present) {
                let patched = if replaces { self.object(item, 3) } else { self.patch_item(item, present) };
                items.push(self.keyed_like(key, present, patched));
            }
        }
        for _ in 0..self.random.below(3) {
            let mut new = self.new_object(item);
            self.set_key(key, &mut new);
            let known = is_keyed_like_one_of(pod, key, &new) || is_keyed_like_one_of(&items, key, &new);
            if !known || (self.oddities.duplicates && !is_patched(&items, key, &new)) {
                items.push(new.into());
            }
        }
        if replaces {
            items.insert(self.random.below(items.len() + 1), json!({"$patch": "replace"}));
        }
        self.break_items(key, &mut items);
        items
    }

    fn patch_item(&mut self, item: &str, present: &Map<String, Value>) -> Map<String, Value> {
        if self.random.chance(15) {
            return with_verb("delete", Map::new());
        }
        let mut patched = self.patch_object(item, present);
        if patched.get("$patch").is_some_and(|verb| verb == "replace" || verb == "delete") {
            // As an item this would speak of the whole list.
            patched.remove("$patch");
        }
        patched
    }

    /// Gives the item the key of the one it patches, also among the keys it retains.
    fn keyed_like(&mut self, key: &str, present: &Map<String, Value>, mut item: Map<String, Value>) -> Value {
        for name in [key, "protocol", "whenUnsatisfiable"] {
            match present.get(name) {
                Some(value) if name == key || full_key(key, present).1 == *value => {
                    item.insert(name.to_owned(), value.clone());
                }
                None if key == "containerPort" && name == "protocol" => {
                    item.remove(name);
                }
                _ => {}
            }
        }
        let named: Vec<Value> =
            item.keys().filter(|name| !name.starts_with('$')).map(|name| name.as_str().into()).collect();
        if let Some(Value::Array(kept)) = item.get_mut("$retainKeys") {
            kept.extend(named);
        }
        item.into()
    }

    fn break_items(&mut self, key: &str, items: &mut Vec<Value>) {
        if !self.oddities.broken || !self.random.chance(8) {
            return;
        }
        let broken = match self.random.below(4) {
            0 => json!({"$patch": "delete"}),
            1 => json!({"$patch": "upsert", key: "a"}),
            2 => json!({"unkeyed": true}),
            _ => json!("a"),
        };
        items.push(broken);
    }

    /// Sometimes says in which order the items shall stand, with some that only the pod has.
    fn add_keyed_order(
        &mut self,
        (name, key): (&str, &str),
        (pod, items): (&[Value], &[Value]),
        patch: &mut Map<String, Value>,
    ) {
        if !self.random.chance(25) {
            return;
        }
        let kept = items.iter().filter_map(Value::as_object).filter(|item| !item.contains_key("$patch"));
        let mut order: Vec<Value> = kept.map(|item| key_only(key, item)).collect();
        for present in pod.iter().filter_map(Value::as_object) {
            if self.random.chance(40) && !is_keyed_like_one_of(items, key, present) {
                order.insert(self.random.below(order.len() + 1), key_only(key, present));
            }
        }
        if self.oddities.broken && self.random.chance(30) {
            order.reverse();
            order.pop();
        }
        patch.insert(format!("$setElementOrder/{name}"), order.into());
    }

    /// Additions to and deletions from a list of scalars, not of the same one.
    fn patch_scalars(&mut self, field: (&str, &Field), pod: &[Value], patch: &mut Map<String, Value>) {
        let (name, described) = field;
        let deleted: Vec<Value> = self.random.some(pod, 40);
        if described.merges() && self.random.chance(70) {
            let Value::Array(mut added) = self.value(described) else { return };
            added.retain(|item| !deleted.contains(item));
            added.dedup();
            if self.random.chance(30) {
                patch.insert(format!("$setElementOrder/{name}"), added.clone().into());
            }
            patch.insert(name.to_owned(), added.into());
        }
        patch.insert(format!("$deleteFromPrimitiveList/{name}"), deleted.into());
    }
}

/// Whether an item patches that key. A second one would come upon what the first has made of nothing,
/// which no question to Go can express.
fn is_patched(items: &[Value], key: &str, item: &Map<String, Value>) -> bool {
    let patches: Vec<Value> = items.iter().filter(|item| item.get("$patch").is_none()).cloned().collect();
    is_keyed_like_one_of(&patches, key, item)
}

fn with_verb(verb: &str, mut patch: Map<String, Value>) -> Map<String, Value> {
    patch.insert("$patch".to_owned(), verb.into());
    patch
}

fn key_only(key: &str, item: &Map<String, Value>) -> Value {
    let beside = ["protocol", "whenUnsatisfiable"];
    let kept = item.iter().filter(|(name, _)| *name == key || beside.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
}

/// Whether a patch adds to a list what it deletes from it. Go does one before the other by the chance
/// of a hash map, so that its answer says nothing.
pub(crate) fn is_ambiguous(patch: &Value) -> bool {
    match patch {
        Value::Object(object) => object.iter().any(|(name, value)| {
            let list = name.strip_prefix("$deleteFromPrimitiveList/").and_then(|list| object.get(list));
            is_ambiguous(value) || list.is_some_and(|list| overlap(list, value))
        }),
        Value::Array(items) => items.iter().any(is_ambiguous),
        _ => false,
    }
}

fn overlap(list: &Value, deleted: &Value) -> bool {
    let (Some(list), Some(deleted)) = (list.as_array(), deleted.as_array()) else { return true };
    list.iter().any(|item| deleted.contains(item))
}
