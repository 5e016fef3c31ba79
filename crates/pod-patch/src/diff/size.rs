//! How many bytes a value takes in JSON, counted without writing it.

use serde_json::Value;

/// The size of a value.
pub(super) fn of(value: &Value) -> usize {
    within(value, usize::MAX).unwrap_or(usize::MAX)
}

/// The size of a text, with its quotes.
pub(super) fn of_text(text: &str) -> usize {
    let has_escapes = text.bytes().filter(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).count() > 0;
    let size = if has_escapes { text.bytes().map(size_of_byte).sum() } else { text.len() };
    size.saturating_add(2)
}

/// The size of a value if it is at most `limit`; a larger one is not read to its end.
pub(super) fn within(value: &Value, limit: usize) -> Option<usize> {
    let mut left = limit;
    take(value, &mut left)?;
    limit.checked_sub(left)
}

fn take(value: &Value, left: &mut usize) -> Option<()> {
    let own = match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => of_text(text),
        Value::Array(items) => brackets(items.len()),
        Value::Object(object) => {
            let names = object.keys().map(|key| of_text(key).saturating_add(1));
            names.sum::<usize>().saturating_add(brackets(object.len()))
        }
    };
    *left = left.checked_sub(own)?;
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| take(item, left)),
        Value::Object(object) => object.values().try_for_each(|value| take(value, left)),
        _ => Some(()),
    }
}

/// Brackets, and the commas between that many parts.
fn brackets(parts: usize) -> usize {
    parts.saturating_sub(1).saturating_add(2)
}

fn size_of_byte(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
