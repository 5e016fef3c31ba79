//! Values as one text: `json hash`.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::text::integer;
use super::{Arguments, check_length};
use crate::error::RenderErrorKind;

/// Hex digits of a hash when no length is given.
const DEFAULT_LENGTH: usize = 8;

/// Deepest value that becomes text.
const MAX_DEPTH: usize = 128;

/// The order of the keys of objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    AsTheyAre,
    Sorted,
}

pub(super) fn json(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    write(arguments, &*arguments.value(0)?, Keys::AsTheyAre)
}

pub(super) fn hash(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    let length = if arguments.count() > 1 { length(arguments)? } else { DEFAULT_LENGTH };
    let mut digits = match &*arguments.value(0)? {
        Value::String(_) => hex_digest(&arguments.text(0)?),
        value => hex_digest(&write(arguments, value, Keys::Sorted)?),
    };
    digits.truncate(length);
    Ok(digits)
}

fn hex_digest(text: &str) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        digits.extend(
            [byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16)),
        );
    }
    digits
}

fn length(arguments: Arguments<'_>) -> Result<usize, RenderErrorKind> {
    let length = integer(arguments, 1)?;
    match usize::try_from(length) {
        Ok(length @ 1..=64) => Ok(length),
        _ => Err(arguments.wrong("a length from 1 to 64", &length.to_string())),
    }
}

fn write(arguments: Arguments<'_>, value: &Value, keys: Keys) -> Result<String, RenderErrorKind> {
    let mut writer = Writer { text: String::new(), keys, arguments };
    writer.value(value, 0)?;
    check_length(writer.text.len())?;
    arguments.scope.spend_bytes(writer.text.len())?;
    Ok(writer.text)
}

/// Writes compact JSON, and stops where it gets too deep or too long.
struct Writer<'s> {
    text: String,
    keys: Keys,
    arguments: Arguments<'s>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), RenderErrorKind> {
        if depth > MAX_DEPTH {
            return Err(self.arguments.failed(format!("takes a value of at most {MAX_DEPTH} levels")));
        }
        match value {
            Value::Array(items) => self.list(items, depth),
            Value::Object(fields) => self.object(fields.iter().collect(), depth),
            Value::String(text) => self.string(text),
            scalar => self.push(&scalar.to_string()),
        }
    }

    fn list(&mut self, items: &[Value], depth: usize) -> Result<(), RenderErrorKind> {
        self.push("[")?;
        for (index, item) in items.iter().enumerate() {
            self.comma(index)?;
            self.value(item, depth + 1)?;
        }
        self.push("]")
    }

    fn object(&mut self, mut fields: Vec<(&String, &Value)>, depth: usize) -> Result<(), RenderErrorKind> {
        if self.keys == Keys::Sorted {
            fields.sort_by_key(|(key, _)| *key);
        }
        self.push("{")?;
        for (index, (key, value)) in fields.into_iter().enumerate() {
            self.comma(index)?;
            self.string(key)?;
            self.push(":")?;
            self.value(value, depth + 1)?;
        }
        self.push("}")
    }

    fn comma(&mut self, index: usize) -> Result<(), RenderErrorKind> {
        if index > 0 { self.push(",") } else { Ok(()) }
    }

    fn string(&mut self, text: &str) -> Result<(), RenderErrorKind> {
        check_length(text.len())?;
        self.push(&Value::from(text).to_string())
    }

    fn push(&mut self, text: &str) -> Result<(), RenderErrorKind> {
        check_length(self.text.len() + text.len())?;
        self.text.push_str(text);
        Ok(())
    }
}
