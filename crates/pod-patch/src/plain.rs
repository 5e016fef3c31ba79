//! Values that merging onto nothing leaves as they are: they are copied at once, which costs a fraction.

use serde_json::{Map, Value};

use crate::directive::is_directive;
use crate::key::ItemKey;
use crate::place::Place;
use crate::schema::{Key, Shape, Type};

/// Keyed lists up to this length are looked at for repeats.
const SHORT: usize = 16;
const MAX_DEPTH: u16 = 32;

/// Objects up to this size are searched one by one: comparing a few keys is faster than hashing one.
const SMALL: usize = 12;

/// The value of a field.
pub(crate) fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if object.len() > SMALL {
        return object.get(name);
    }
    object.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The value of a field, to change.
pub(crate) fn get_mut<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    if object.len() > SMALL {
        return object.get_mut(name);
    }
    object.iter_mut().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Whether a value is what merging it onto nothing gives: it holds no directive and no null, its types are
/// those of the API, and its keyed lists name each item once. In doubt it is not.
pub(crate) fn is_plain(value: &Value, place: &Place<'_>) -> bool {
    place.has_room(MAX_DEPTH) && is_plain_at(value, place.shape, MAX_DEPTH)
}

fn is_plain_at(value: &Value, shape: Shape, depth: u16) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if shape.expected(value).is_some() {
        return false;
    }
    match value {
        Value::Null => false,
        Value::Object(object) => is_plain_object(object, shape, depth),
        Value::Array(items) => is_plain_list(items, shape, depth),
        _ => true,
    }
}

fn is_plain_object(object: &Map<String, Value>, shape: Shape, depth: u16) -> bool {
    let has_choice = matches!(shape, Shape::Object(Type { one_of, .. }) if !one_of.is_empty());
    let alternatives = match shape {
        Shape::Object(object_type) if has_choice => {
            object.keys().filter(|key| object_type.is_alternative(key)).count()
        }
        _ => 0,
    };
    let fields_are_plain = || {
        object.iter().all(|(key, value)| !is_directive(key) && is_plain_at(value, shape.field(key), depth))
    };
    alternatives <= 1 && fields_are_plain()
}

fn is_plain_list(items: &[Value], shape: Shape, depth: u16) -> bool {
    let is_named = match shape {
        Shape::Set => items.is_empty(),
        Shape::Keyed { keys, item } => {
            names_each_once(items, keys) && !(item.name == "EnvVar" && refers(items))
        }
        _ => true,
    };
    is_named && items.iter().all(|item| is_plain_at(item, shape.item(), depth))
}

fn names_each_once(items: &[Value], keys: &'static [Key]) -> bool {
    let is_new = |(index, item): (usize, &Value)| {
        ItemKey::read(item, keys).is_ok_and(|key| {
            items.iter().take(index).all(|other| ItemKey::read(other, keys).is_ok_and(|other| other != key))
        })
    };
    items.len() <= SHORT && items.iter().enumerate().all(is_new)
}

/// Whether a variable may refer to another, so that their order is to be looked at.
fn refers(variables: &[Value]) -> bool {
    let value = |variable: &'_ Value| {
        variable
            .as_object()
            .and_then(|variable| get(variable, "value")?.as_str().map(|text| text.contains("$(")))
    };
    variables.iter().any(|variable| value(variable) == Some(true))
}
