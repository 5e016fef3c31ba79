//! `$position`: where a new container goes.

use serde_json::{Map, Value};

use super::{POSITION, malformed};
use crate::error::MergeError;
use crate::place::Place;
use crate::plain::get;

const EXPECTED: &str = "first, last, {before: NAME} or {after: NAME}";

/// Where a new container goes among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position<'a> {
    First,
    Last,
    Beside(Anchor<'a>),
}

/// The container beside which a new one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Anchor<'a> {
    pub(crate) name: &'a str,
    pub(crate) before: bool,
}

/// The `$position` of a list item, where it has one.
pub(crate) fn read_position<'a>(
    item: &'a Map<String, Value>,
    place: &Place<'_>,
) -> Result<Option<Position<'a>>, MergeError> {
    let Some(value) = get(item, POSITION) else { return Ok(None) };
    let position = match value {
        Value::String(word) => read_word(word),
        Value::Object(anchor) => read_anchor(anchor),
        _ => None,
    };
    position.map(Some).ok_or_else(|| malformed(POSITION, EXPECTED, place))
}

fn read_word(word: &str) -> Option<Position<'_>> {
    match word {
        "first" => Some(Position::First),
        "last" => Some(Position::Last),
        _ => None,
    }
}

fn read_anchor(anchor: &Map<String, Value>) -> Option<Position<'_>> {
    let mut entries = anchor.iter();
    let (Some((key, Value::String(name))), None) = (entries.next(), entries.next()) else { return None };
    match key.as_str() {
        "before" => Some(Position::Beside(Anchor { name, before: true })),
        "after" => Some(Position::Beside(Anchor { name, before: false })),
        _ => None,
    }
}
