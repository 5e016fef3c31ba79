//! The smallest JSON Patch (RFC 6902) between two values, with the lists of a pod aligned by merge key.

mod align;
mod operation;
mod size;

pub use operation::Operation;

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::plain::get;
use crate::schema::{self, Shape};
use align::Step;

/// How deep values are compared field by field; below that they are replaced.
const MAX_DEPTH: usize = 100;

/// The operations that turn pod `before` into exactly `after`, in the order in which they apply. The same
/// input gives the same operations; two equal values give none.
pub fn diff<'a>(before: &'a Value, after: &'a Value) -> Vec<Operation<'a>> {
    diff_at("", before, after)
}

/// The same for a pod inside another document: `pointer` is the JSON Pointer of the pod, as `/spec/template`.
pub fn diff_at<'a>(pointer: &str, before: &'a Value, after: &'a Value) -> Vec<Operation<'a>> {
    let mut diff = Diff { pointer: pointer.to_owned(), operations: Vec::new(), depth: 0 };
    diff.compare(before, after, schema::pod());
    diff.operations
}

struct Diff<'a> {
    /// The JSON Pointer of the values in hand.
    pointer: String,
    operations: Vec<Operation<'a>>,
    depth: usize,
}

impl<'a> Diff<'a> {
    fn compare(&mut self, before: &'a Value, after: &'a Value, shape: Shape) {
        match (before, after) {
            _ if self.depth >= MAX_DEPTH => self.replace_if_different(before, after),
            (Value::Object(old), Value::Object(new)) => {
                let is_other = || old.iter().all(|(key, value)| get(new, key) != Some(value));
                self.or_replace(after, is_other, |diff| diff.compare_fields(old, new, shape));
            }
            (Value::Array(old), Value::Array(new)) => {
                let is_atomic = || shape.keys().is_none();
                self.or_replace(after, is_atomic, |diff| diff.compare_items(old, new, shape));
            }
            _ => self.replace_if_different(before, after),
        }
    }

    fn replace_if_different(&mut self, before: &Value, after: &'a Value) {
        if before != after {
            self.replace(after);
        }
    }

    /// Compares part by part, and replaces the whole where that takes fewer bytes and `may_replace` allows it:
    /// what the two values have in common is never sent, since it may hold what this process reads less exactly
    /// than the API server (a number of more than 64 bits).
    fn or_replace(
        &mut self,
        after: &'a Value,
        may_replace: impl FnOnce() -> bool,
        compare: impl FnOnce(&mut Self),
    ) {
        let count = self.operations.len();
        self.depth = self.depth.saturating_add(1);
        compare(self);
        self.depth = self.depth.saturating_sub(1);
        if self.operations.len() == count || !may_replace() {
            return;
        }
        let parts = self.operations.get(count..).unwrap_or_default();
        let budget: usize = parts.iter().map(Operation::size).sum();
        let overhead = Operation::overhead("replace", &self.pointer);
        let is_smaller = |left| size::within(after, left).is_some();
        if budget.checked_sub(overhead.saturating_add(1)).is_some_and(is_smaller) {
            self.operations.truncate(count);
            self.replace(after);
        }
    }

    fn compare_fields(
        &mut self,
        before: &'a Map<String, Value>,
        after: &'a Map<String, Value>,
        shape: Shape,
    ) {
        let mut found: usize = 0;
        let mut beside = after.iter();
        for (key, old) in before {
            // Most fields stand where they stood: a look beside spares the search.
            let same_place = beside.next().filter(|(other, _)| *other == key).map(|(_, new)| new);
            match same_place.or_else(|| get(after, key)) {
                Some(new) => {
                    found = found.saturating_add(1);
                    if !is_same_leaf(old, new) {
                        self.at_key(key, |diff| diff.compare(old, new, shape.field(key)));
                    }
                }
                None => self.at_key(key, Self::remove),
            }
        }
        if found < after.len() {
            for (key, new) in after.iter().filter(|(key, _)| get(before, key).is_none()) {
                self.at_key(key, |diff| diff.add(new));
            }
        }
    }

    /// Walks both lists from left to right: what stands left of an index is final when it is reached.
    fn compare_items(&mut self, before: &'a [Value], after: &'a [Value], shape: Shape) {
        let mut index: usize = 0;
        for step in align::align(before, after, shape.keys()) {
            match step {
                Step::Compare(old, new) => self.at_index(index, |diff| diff.compare(old, new, shape.item())),
                Step::Add(new) => self.at_index(index, |diff| diff.add(new)),
                Step::Remove => self.at_index(index, Self::remove),
            }
            index = index.saturating_add(usize::from(!matches!(step, Step::Remove)));
        }
    }

    fn at_key(&mut self, key: &str, act: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        for part in key.split_inclusive(['~', '/']) {
            let plain = part.strip_suffix(['~', '/']).unwrap_or(part);
            let escape = if part.ends_with('~') { "~0" } else { "~1" };
            self.pointer.push_str(plain);
            self.pointer.push_str(if plain.len() < part.len() { escape } else { "" });
        }
        act(self);
        self.pointer.truncate(length);
    }

    fn at_index(&mut self, index: usize, act: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        // Writing to a string cannot fail.
        let _ = write!(self.pointer, "/{index}");
        act(self);
        self.pointer.truncate(length);
    }

    fn add(&mut self, value: &'a Value) {
        self.push(Operation::Add { path: self.pointer.clone(), value });
    }

    fn remove(&mut self) {
        self.push(Operation::Remove { path: self.pointer.clone() });
    }

    fn replace(&mut self, value: &'a Value) {
        self.push(Operation::Replace { path: self.pointer.clone(), value });
    }

    fn push(&mut self, operation: Operation<'a>) {
        self.operations.push(operation);
    }
}

/// Scalars are most of a pod: equal ones are passed over without a look at where they are.
fn is_same_leaf(old: &Value, new: &Value) -> bool {
    !old.is_object() && !old.is_array() && old == new
}

#[cfg(test)]
mod tests;
