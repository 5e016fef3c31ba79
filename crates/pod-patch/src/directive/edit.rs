//! Objects that stand for a change of a field, not for its value: `$append`, `$prepend`, `$remove`, `$ifAbsent`.

use serde_json::{Map, Value};

use super::{is_directive, malformed, misplaced};
use crate::error::MergeError;
use crate::place::Place;
use crate::schema::Shape;

const APPEND: &str = "$append";
const PREPEND: &str = "$prepend";
const REMOVE: &str = "$remove";
const SEPARATOR: &str = "$separator";
const IF_ABSENT: &str = "$ifAbsent";
const ALL: [&str; 5] = [APPEND, PREPEND, REMOVE, SEPARATOR, IF_ABSENT];

/// A change of a field.
#[derive(Debug, PartialEq)]
pub(crate) enum Edit<'a> {
    List(ListEdit<'a>),
    Text(TextEdit<'a>),
    /// The value where the field holds nothing.
    IfAbsent(&'a Value),
}

/// Takes items out of a list, then puts items at its ends.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ListEdit<'a> {
    pub(crate) remove: &'a [Value],
    pub(crate) prepend: &'a [Value],
    pub(crate) append: &'a [Value],
}

/// Puts text at the ends of a text.
#[derive(Debug, PartialEq)]
pub(crate) struct TextEdit<'a> {
    pub(crate) prepend: &'a str,
    pub(crate) append: &'a str,
    pub(crate) separator: &'a str,
}

impl<'a> Edit<'a> {
    /// Reads a value that changes the field at `place`; none where the value is a plain one.
    pub(crate) fn read(value: &'a Value, place: &Place<'_>) -> Result<Option<Self>, MergeError> {
        let Value::Object(object) = value else { return Ok(None) };
        if !object.keys().any(|key| is_directive(key)) {
            return Ok(None);
        }
        let Some(directive) = ALL.into_iter().find(|name| object.contains_key(*name)) else {
            return Ok(None);
        };
        if let Some(other) = object.keys().find(|key| !ALL.contains(&key.as_str())) {
            return Err(mixed(directive, other, place));
        }
        if let Some(value) = object.get(IF_ABSENT) {
            let alone = object.len() == 1;
            return if alone { Ok(Some(Self::IfAbsent(value))) } else { Err(not_alone(place)) };
        }
        let is_text =
            [APPEND, PREPEND].into_iter().any(|name| object.get(name).is_some_and(Value::is_string));
        if is_text || object.contains_key(SEPARATOR) {
            TextEdit::read(object, place).map(|edit| Some(Self::Text(edit)))
        } else {
            ListEdit::read(object, (directive, place)).map(|edit| Some(Self::List(edit)))
        }
    }

    /// Whether a value changes a field that holds something.
    pub(super) fn changes(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Object(object) => !object.contains_key(IF_ABSENT),
            _ => true,
        }
    }

    /// The error for such a directive in an object that is not the value of a field.
    pub(super) fn misplaced(key: &str, place: &Place<'_>) -> Option<MergeError> {
        let directive = ALL.into_iter().find(|name| *name == key)?;
        Some(misplaced(directive, "it stands in the value of a field", place))
    }
}

fn mixed(directive: &'static str, other: &str, place: &Place<'_>) -> MergeError {
    if is_directive(other) {
        return MergeError::FindDirective { path: place.path(), directive: other.to_owned() };
    }
    misplaced(directive, &format!("the object also holds the field {other:?}"), place)
}

fn not_alone(place: &Place<'_>) -> MergeError {
    misplaced(IF_ABSENT, "it goes with no other directive", place)
}

impl<'a> ListEdit<'a> {
    fn read(
        object: &'a Map<String, Value>,
        (directive, place): (&'static str, &Place<'_>),
    ) -> Result<Self, MergeError> {
        if let Shape::Keyed { keys, .. } = place.shape {
            let keys = keys.iter().map(|key| key.field).collect::<Vec<_>>().join("+");
            return Err(misplaced(directive, &format!("the list merges by {keys} already"), place));
        }
        if !matches!(place.shape, Shape::Atomic(_) | Shape::Set | Shape::Unknown) {
            return Err(misplaced(directive, "the field is not a list", place));
        }
        let items = |name| match object.get(name) {
            None => Ok(&[][..]),
            Some(Value::Array(items)) => Ok(items.as_slice()),
            Some(_) => Err(malformed(name, "a list", place)),
        };
        Ok(Self { remove: items(REMOVE)?, prepend: items(PREPEND)?, append: items(APPEND)? })
    }
}

impl<'a> TextEdit<'a> {
    fn read(object: &'a Map<String, Value>, place: &Place<'_>) -> Result<Self, MergeError> {
        if object.contains_key(REMOVE) {
            return Err(misplaced(REMOVE, "only items of a list can be removed", place));
        }
        if !matches!(place.shape, Shape::Text | Shape::Unknown) {
            let directive = if object.contains_key(APPEND) { APPEND } else { PREPEND };
            return Err(misplaced(directive, "the field is not text", place));
        }
        if !object.contains_key(APPEND) && !object.contains_key(PREPEND) {
            return Err(misplaced(SEPARATOR, "it goes with $append or $prepend", place));
        }
        let text = |name, absent| match object.get(name) {
            None => Ok(absent),
            Some(Value::String(text)) => Ok(text.as_str()),
            Some(_) => Err(malformed(name, "text", place)),
        };
        Ok(Self { prepend: text(PREPEND, "")?, append: text(APPEND, "")?, separator: text(SEPARATOR, " ")? })
    }
}
