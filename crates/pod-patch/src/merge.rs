//! The strategic merge of a partial object onto an object: maps by key, lists by the schema, the rest replaced.

mod choice;
mod containers;
mod edit;
mod list;
mod nodes;
mod order;
mod rearrange;
mod scalars;
mod variables;

pub(crate) use choice::chosen;

use serde_json::{Map, Value};

use crate::directive::{Dialect, Directives, Edit, Verb, is_directive, misplaced, read_verb};
use crate::error::MergeError;
use crate::place::Place;
use crate::plain::{get_mut, is_plain};
use crate::report::{Cause, Conflict, Conflicts, Report, Warning};
use crate::schema::Shape;

type Object = Map<String, Value>;

/// The rules of one merge, and what it has to report.
pub(crate) struct Merger {
    dialect: Dialect,
    conflicts: Conflicts,
    report: Report,
}

impl Merger {
    /// Only what strategic merge patch has: the patch always wins, silently.
    pub(crate) fn kubernetes() -> Self {
        Self { dialect: Dialect::Kubernetes, conflicts: Conflicts::Override, report: Report::default() }
    }

    /// Also Chandler's directives and the rules of pods.
    pub(crate) fn chandler(conflicts: Conflicts) -> Self {
        Self { dialect: Dialect::Chandler, conflicts, report: Report::default() }
    }

    /// What the merge reports.
    ///
    /// # Errors
    /// When there are conflicts and the policy is to fail.
    pub(crate) fn finish(self) -> Result<Report, MergeError> {
        if self.conflicts == Conflicts::Fail && !self.report.conflicts.is_empty() {
            return Err(MergeError::Overwrite { conflicts: self.report.conflicts });
        }
        Ok(self.report)
    }

    fn has_pod_rules(&self) -> bool {
        self.dialect == Dialect::Chandler
    }

    fn warn(&mut self, place: &Place<'_>, cause: Cause) {
        self.report.warnings.push(Warning { path: place.path(), cause });
    }

    /// Decides whether the patch's value takes the place of a different one, and reports it.
    fn may_overwrite(&mut self, place: &Place<'_>) -> bool {
        if self.has_pod_rules() {
            self.report.conflicts.push(Conflict { path: place.path(), policy: self.conflicts });
        }
        self.conflicts == Conflicts::Override
    }

    /// Merges the fields of `patch` onto `object`, by its directives.
    pub(crate) fn merge_object(
        &mut self,
        object: &mut Object,
        patch: &Object,
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        place.check_depth()?;
        let directives = Directives::read(patch, place, self.dialect)?;
        match directives.verb {
            Verb::Delete => {
                object.clear();
                return Ok(());
            }
            Verb::Replace => object.clear(),
            Verb::Merge => {}
        }
        if let Some(retained) = directives.retained {
            retain_keys(object, (patch, retained), place)?;
        }
        remove_nulls(object, patch);
        for (field, items) in &directives.deletions {
            if self.has_pod_rules() {
                scalars::check_deletion((patch, field, *items), place)?;
            }
            scalars::delete_items(object, (patch, field, *items), place)?;
        }
        self.merge_fields(object, (patch, &directives), place)?;
        for (field, order) in &directives.orders {
            self.merge_ordered(object, (patch, field, order), place)?;
        }
        directives.required_nodes.map_or(Ok(()), |nodes| self.require_nodes(object, nodes, place))
    }

    fn merge_fields(
        &mut self,
        object: &mut Object,
        (patch, directives): (&Object, &Directives<'_>),
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let kept = self.settle_choice(object, patch, place)?;
        let was_empty = object.is_empty();
        for (key, value) in patch {
            let elsewhere = || directives.orders.iter().any(|(field, _)| field == key);
            if is_directive(key) || value.is_null() || kept == Some(key.as_str()) || elsewhere() {
                continue;
            }
            if was_empty {
                self.insert_field(object, (key, value), &place.field(key))?;
            } else {
                self.merge_field(object, (key, value), &place.field(key))?;
            }
        }
        Ok(())
    }

    fn insert_field(
        &mut self,
        object: &mut Object,
        (key, value): (&str, &Value),
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        if let Some(new) = self.new_value(value, place)? {
            object.insert(key.to_owned(), new);
        }
        Ok(())
    }

    fn merge_field(
        &mut self,
        object: &mut Object,
        (key, value): (&str, &Value),
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let Some(existing) = get_mut(object, key) else {
            return self.insert_field(object, (key, value), place);
        };
        if !self.merge_value(existing, value, place)? {
            object.shift_remove(key);
        }
        Ok(())
    }

    /// Merges onto what is there; false when nothing is to stay there.
    fn merge_value(
        &mut self,
        existing: &mut Value,
        patch: &Value,
        place: &Place<'_>,
    ) -> Result<bool, MergeError> {
        if let Some(edit) = self.read_edit(patch, place)? {
            return self.edit_value(existing, &edit, place);
        }
        self.check_type(patch, place)?;
        match (&mut *existing, patch) {
            (Value::Object(object), Value::Object(patch)) => self.merge_object(object, patch, place)?,
            (Value::Array(list), Value::Array(patch)) => self.merge_list(list, patch, place)?,
            (_, Value::Array(_) | Value::Object(_)) => {
                let Some(new) = self.new_value(patch, place)? else { return Ok(false) };
                self.replace_value(existing, &new, place);
            }
            _ => self.replace_value(existing, patch, place),
        }
        Ok(true)
    }

    fn merge_list(
        &mut self,
        list: &mut Vec<Value>,
        patch: &[Value],
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        match place.shape {
            Shape::Keyed { .. } => {
                self.merge_keyed(list, patch, place)?;
            }
            Shape::Set => scalars::merge_set(list, patch, place)?,
            _ => {
                let new = self.new_items(patch, place)?;
                if *list != new && (list.is_empty() || self.may_overwrite(place)) {
                    *list = new;
                }
            }
        }
        Ok(())
    }

    fn replace_value(&mut self, existing: &mut Value, new: &Value, place: &Place<'_>) {
        let is_same = existing == new || self.is_same_quantity(existing, new, place);
        if !is_same && (is_nothing(existing) || self.may_overwrite(place)) {
            *existing = new.clone();
        }
    }

    /// Quantities are written in many ways: the API server's stays when the patch means the same.
    fn is_same_quantity(&self, existing: &Value, patch: &Value, place: &Place<'_>) -> bool {
        self.has_pod_rules()
            && matches!(place.shape, Shape::Quantity)
            && scalars::same_quantity(existing, patch)
    }

    /// What merging onto nothing gives: directives act, nulls vanish. None when nothing is to be there.
    fn new_value(&mut self, patch: &Value, place: &Place<'_>) -> Result<Option<Value>, MergeError> {
        if let Some(edit) = self.read_edit(patch, place)? {
            let mut value = Value::Null;
            self.edit_value(&mut value, &edit, place)?;
            return Ok(Some(value).filter(|value| !value.is_null()));
        }
        self.check_type(patch, place)?;
        match patch {
            composite if is_plain(composite, place) => Ok(Some(composite.clone())),
            Value::Array(items) => self.new_list(items, place).map(|list| Some(Value::Array(list))),
            Value::Object(patch) => self.new_object(patch, place),
            scalar => Ok(Some(scalar.clone())),
        }
    }

    fn new_object(&mut self, patch: &Object, place: &Place<'_>) -> Result<Option<Value>, MergeError> {
        if read_verb(patch, place)? == Verb::Delete {
            return Ok(None);
        }
        let mut object = Map::with_capacity(patch.len());
        self.merge_object(&mut object, patch, place)?;
        Ok(Some(Value::Object(object)))
    }

    fn new_list(&mut self, items: &[Value], place: &Place<'_>) -> Result<Vec<Value>, MergeError> {
        let mut list = Vec::with_capacity(items.len());
        match place.shape {
            Shape::Keyed { .. } => {
                self.merge_keyed(&mut list, items, place)?;
            }
            Shape::Set => scalars::merge_set(&mut list, items, place)?,
            _ => list = self.new_items(items, place)?,
        }
        Ok(list)
    }

    /// The items of a list that is replaced as a whole.
    fn new_items(&mut self, items: &[Value], place: &Place<'_>) -> Result<Vec<Value>, MergeError> {
        place.check_depth()?;
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let place = place.index(index);
            if !is_list_marker(item, &place)? {
                list.extend(self.new_value(item, &place)?);
            }
        }
        Ok(list)
    }

    /// Strategic merge patch leaves types to the API server.
    fn check_type(&self, patch: &Value, place: &Place<'_>) -> Result<(), MergeError> {
        if self.has_pod_rules() { place.check_type(patch) } else { Ok(()) }
    }

    fn read_edit<'a>(&self, patch: &'a Value, place: &Place<'_>) -> Result<Option<Edit<'a>>, MergeError> {
        if self.has_pod_rules() { Edit::read(patch, place) } else { Ok(None) }
    }
}

/// Whether an item only says `$patch: replace`, which is what happens to the list anyway.
pub(crate) fn is_list_marker(item: &Value, place: &Place<'_>) -> Result<bool, MergeError> {
    let Value::Object(item) = item else { return Ok(false) };
    match read_verb(item, place)? {
        Verb::Delete => Err(misplaced("$patch: delete", "the list is replaced as a whole", place)),
        verb => Ok(verb == Verb::Replace),
    }
}

/// Absent, null, or empty: the API server fills in `{}`.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => object.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn remove_nulls(object: &mut Object, patch: &Object) {
    if !object.is_empty() && patch.values().any(Value::is_null) {
        object.retain(|key, _| !patch.get(key).is_some_and(Value::is_null));
    }
}

/// Leaves only the listed fields; every field that the patch sets must be among them.
pub(crate) fn retain_keys(
    object: &mut Object,
    (patch, retained): (&Object, &[Value]),
    place: &Place<'_>,
) -> Result<(), MergeError> {
    let is_retained = |key: &str| retained.iter().any(|name| name == key);
    let stray = patch.iter().find(|(key, value)| !is_directive(key) && !value.is_null() && !is_retained(key));
    if let Some((key, _)) = stray {
        return Err(MergeError::RetainKeys { path: place.field(key).path() });
    }
    object.retain(|key, _| is_retained(key));
    Ok(())
}

#[cfg(test)]
mod tests;
