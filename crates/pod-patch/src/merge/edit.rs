//! Carries out `$append`, `$prepend`, `$remove` and `$ifAbsent` on what the pod has at a field.

use std::collections::HashSet;

use serde_json::Value;

use super::{Merger, Object, is_nothing, scalars};
use crate::directive::{Directives, Edit, ListEdit, TextEdit, Verb, is_directive};
use crate::error::MergeError;
use crate::place::Place;

impl Merger {
    /// Changes the value, which is null where there is none; false when nothing is to stay there.
    pub(super) fn edit_value(
        &mut self,
        value: &mut Value,
        edit: &Edit<'_>,
        place: &Place<'_>,
    ) -> Result<bool, MergeError> {
        match edit {
            Edit::List(edit) => self.edit_list(value, edit, place)?,
            Edit::Text(edit) => edit_text(value, edit, place)?,
            Edit::IfAbsent(absent) => self.fill(value, absent, place)?,
        }
        Ok(!value.is_null())
    }

    fn edit_list(
        &mut self,
        value: &mut Value,
        edit: &ListEdit<'_>,
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let adds_nothing = edit.prepend.is_empty() && edit.append.is_empty();
        match value {
            Value::Null if adds_nothing => Ok(()),
            Value::Null => {
                let mut list = Vec::new();
                self.edit_items(&mut list, edit, place)?;
                *value = Value::Array(list);
                Ok(())
            }
            Value::Array(list) => self.edit_items(list, edit, place),
            _ => Err(MergeError::ReadValue { path: place.path(), expected: "a list" }),
        }
    }

    /// Items that are there are not added, and what is added is not removed: so a second edit changes nothing.
    fn edit_items(
        &mut self,
        list: &mut Vec<Value>,
        edit: &ListEdit<'_>,
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let mut prepend = self.new_items(edit.prepend, place)?;
        let mut append = self.new_items(edit.append, place)?;
        {
            let added: HashSet<&Value> = prepend.iter().chain(&append).collect();
            scalars::remove_items(list, edit.remove.iter().filter(|item| !added.contains(item)));
        }
        {
            let known: HashSet<&Value> = list.iter().collect();
            prepend.retain(|item| !known.contains(item));
            append.retain(|item| !known.contains(item));
        }
        list.splice(0..0, prepend);
        list.append(&mut append);
        Ok(())
    }

    /// Sets the value where nothing is; inside `resources` for each key of its own.
    fn fill(&mut self, value: &mut Value, absent: &Value, place: &Place<'_>) -> Result<(), MergeError> {
        if is_nothing(value) {
            if let Some(new) = self.new_value(absent, place)?.filter(|new| !new.is_null()) {
                *value = new;
            }
            return Ok(());
        }
        if !place.is_within("resources") {
            return Ok(());
        }
        match (self.read_edit(absent, place)?, value, absent) {
            (Some(Edit::IfAbsent(absent)), value, _) => self.fill(value, absent, place),
            (None, Value::Object(object), Value::Object(absent)) => self.fill_fields(object, absent, place),
            _ => Ok(()),
        }
    }

    fn fill_fields(
        &mut self,
        object: &mut Object,
        absent: &Object,
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        place.check_depth()?;
        if Directives::read(absent, place, self.dialect)?.verb == Verb::Delete {
            return Ok(());
        }
        for (key, absent) in absent.iter().filter(|(key, absent)| !is_directive(key) && !absent.is_null()) {
            let mut filled = object.get_mut(key).map(Value::take).unwrap_or_default();
            self.fill(&mut filled, absent, &place.field(key))?;
            if !filled.is_null() {
                object.insert(key.clone(), filled);
            }
        }
        Ok(())
    }
}

fn edit_text(value: &mut Value, edit: &TextEdit<'_>, place: &Place<'_>) -> Result<(), MergeError> {
    let text = match value {
        Value::Null => "",
        Value::String(text) => text.as_str(),
        _ => return Err(MergeError::ReadValue { path: place.path(), expected: "text" }),
    };
    let missing = |added: &'_ str| !added.is_empty() && !holds_words(text, added, edit.separator);
    let prepend = Some(edit.prepend).filter(|added| missing(added));
    let append = Some(edit.append).filter(|added| missing(added));
    if prepend.is_some() || append.is_some() {
        let parts = [prepend, Some(text).filter(|text| !text.is_empty()), append];
        *value = Value::String(parts.into_iter().flatten().collect::<Vec<_>>().join(edit.separator));
    }
    Ok(())
}

/// Whether the text holds the words as a whole run, with separators or the ends around it.
fn holds_words(text: &str, words: &str, separator: &str) -> bool {
    text.match_indices(words).any(|(start, _)| {
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(start.saturating_add(words.len())..).unwrap_or_default();
        (before.is_empty() || before.ends_with(separator))
            && (after.is_empty() || after.starts_with(separator))
    })
}
