//! What names an item of a list that merges by key, and how it is found among thousands.

use std::collections::HashMap;

use serde_json::{Number, Value};

use crate::plain::get;
use crate::schema::{Key, MAX_KEYS};

/// Lists up to this length are searched one by one.
const SHORT: usize = 32;

/// The key of an item: the values of its key fields, with the API server's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey<'a>([Part<'a>; MAX_KEYS]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part<'a> {
    Unused,
    Bool(bool),
    Number(&'a Number),
    Text(&'a str),
}

impl<'a> ItemKey<'a> {
    /// Reads the key of an item.
    ///
    /// # Errors
    /// The name of the key field that is absent, null, an object or a list.
    pub(crate) fn read(item: &'a Value, keys: &'static [Key]) -> Result<Self, &'static str> {
        let mut parts = [Part::Unused; MAX_KEYS];
        let field = |name| item.as_object().and_then(|item| get(item, name));
        for (part, key) in parts.iter_mut().zip(keys) {
            *part = match (field(key.field), key.default) {
                (Some(Value::String(text)), _) => Part::Text(text),
                (Some(Value::Number(number)), _) => Part::Number(number),
                (Some(Value::Bool(truth)), _) => Part::Bool(*truth),
                (None | Some(Value::Null), Some(default)) => Part::Text(default),
                _ => return Err(key.field),
            };
        }
        Ok(Self(parts))
    }
}

/// Finds the first item with a key.
#[derive(Debug)]
pub(crate) enum Index<'a> {
    Short(Vec<ItemKey<'a>>),
    Long { first: HashMap<ItemKey<'a>, usize>, length: usize },
}

impl<'a> Index<'a> {
    pub(crate) fn new(keys: Vec<ItemKey<'a>>) -> Self {
        if keys.len() <= SHORT {
            return Self::Short(keys);
        }
        let length = keys.len();
        let mut first = HashMap::with_capacity(length);
        for (index, key) in keys.into_iter().enumerate() {
            first.entry(key).or_insert(index);
        }
        Self::Long { first, length }
    }

    pub(crate) fn find(&self, key: &ItemKey<'_>) -> Option<usize> {
        match self {
            Self::Short(keys) => keys.iter().position(|known| known == key),
            Self::Long { first, .. } => first.get(key).copied(),
        }
    }

    /// The index of the first item with a key; one that is not there goes last.
    pub(crate) fn find_or_push(&mut self, key: ItemKey<'a>) -> usize {
        if let Some(index) = self.find(&key) {
            return index;
        }
        match self {
            Self::Short(keys) => {
                let index = keys.len();
                keys.push(key);
                if keys.len() > SHORT {
                    *self = Self::new(std::mem::take(keys));
                }
                index
            }
            Self::Long { first, length } => {
                let index = *length;
                first.insert(key, index);
                *length = length.saturating_add(1);
                index
            }
        }
    }
}
