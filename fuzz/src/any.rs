//! Any JSON value, read from bytes and written as bytes: a tag for each value, words by their number.

use serde_json::{Map, Number, Value};

use crate::bytes::Bytes;
use crate::vocabulary::{place, words};

/// Deepest nesting: past what the merge accepts, below what JSON readers do.
const MAX_DEPTH: usize = 110;

/// How many kinds of values there are; a tag is one of them.
const KINDS: usize = 12;

/// Reads a value. Where the bytes end there are nulls.
pub fn read(bytes: &mut Bytes<'_>) -> Value {
    read_at(bytes, MAX_DEPTH)
}

fn read_at(bytes: &mut Bytes<'_>, depth: usize) -> Value {
    let tag = bytes.below(KINDS);
    match (tag, depth.checked_sub(1)) {
        (1, _) => Value::Bool(false),
        (2, _) => Value::Bool(true),
        (3, _) => Value::from(bytes.byte()),
        (4, _) => Value::from(bytes.number(8).cast_signed()),
        (5, _) => Value::from(bytes.number(8)),
        (6, _) => Number::from_f64(f64::from_bits(bytes.number(8))).map_or(Value::Null, Value::Number),
        (7, _) => Value::from(read_word(bytes)),
        (8, _) => Value::from(read_text(bytes)),
        (9, Some(depth)) => Value::Array(read_items(bytes, depth)),
        (10 | 11, Some(depth)) => Value::Object(read_fields(bytes, depth)),
        _ => Value::Null,
    }
}

fn read_word(bytes: &mut Bytes<'_>) -> &'static str {
    bytes.choose(words()).copied().unwrap_or_default()
}

fn read_text(bytes: &mut Bytes<'_>) -> String {
    let length = bytes.number(2);
    bytes.text(usize::try_from(length).unwrap_or_default())
}

fn read_items(bytes: &mut Bytes<'_>, depth: usize) -> Vec<Value> {
    let count = bytes.byte();
    let mut items = Vec::new();
    for _ in 0..count {
        if bytes.is_empty() {
            break;
        }
        items.push(read_at(bytes, depth));
    }
    items
}

fn read_fields(bytes: &mut Bytes<'_>, depth: usize) -> Map<String, Value> {
    let count = bytes.byte();
    let mut fields = Map::new();
    for _ in 0..count {
        if bytes.is_empty() {
            break;
        }
        let key = if bytes.byte() == 0 { read_text(bytes) } else { read_word(bytes).to_owned() };
        fields.insert(key, read_at(bytes, depth));
    }
    fields
}

/// Writes a value so that [`read`] gives it back. Lists and objects of more than 255 parts, and texts of more
/// than 65,535 bytes, are cut.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(truth) => out.push(1 + u8::from(*truth)),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => match place(text) {
            Some(place) => write_word((7, place), out),
            None => write_text(8, text, out),
        },
        Value::Array(items) => {
            out.extend([9, u8::try_from(items.len()).unwrap_or(u8::MAX)]);
            items.iter().take(255).for_each(|item| write(item, out));
        }
        Value::Object(fields) => {
            out.extend([10, u8::try_from(fields.len()).unwrap_or(u8::MAX)]);
            for (key, value) in fields.iter().take(255) {
                match place(key) {
                    Some(place) => write_word((1, place), out),
                    None => write_text(0, key, out),
                }
                write(value, out);
            }
        }
    }
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    if let Some(small) = number.as_u64().and_then(|number| u8::try_from(number).ok()) {
        out.extend([3, small]);
    } else if let Some(signed) = number.as_i64() {
        out.push(4);
        out.extend(signed.to_be_bytes());
    } else if let Some(unsigned) = number.as_u64() {
        out.push(5);
        out.extend(unsigned.to_be_bytes());
    } else {
        out.push(6);
        out.extend(number.as_f64().unwrap_or_default().to_bits().to_be_bytes());
    }
}

fn write_word((tag, place): (u8, usize), out: &mut Vec<u8>) {
    out.push(tag);
    out.extend(u16::try_from(place).unwrap_or_default().to_be_bytes());
}

fn write_text(tag: u8, text: &str, out: &mut Vec<u8>) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.push(tag);
    out.extend(length.to_be_bytes());
    out.extend(text.bytes().take(length.into()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_reads_back_from_both_ends() {
        let value = json!({
            "spec": {"containers": [{"name": "a long name", "$patch": "delete", "x/y": [null, true, false, {}]}]},
            "numbers": [0, 255, 256, -1, u64::MAX, i64::MIN, 0.1], "": "é",
        });
        let mut bytes = Vec::new();
        write(&value, &mut bytes);
        assert_eq!(read(&mut Bytes::front(&bytes)), value);
        bytes.reverse();
        assert_eq!(read(&mut Bytes::back(&bytes)), value);
    }

    #[test]
    fn every_word_has_its_number_in_two_bytes() {
        assert!(words().len() > 256 && words().len() < 65_536);
        assert!(words().iter().enumerate().all(|(index, word)| place(word) == Some(index)));
    }
}
