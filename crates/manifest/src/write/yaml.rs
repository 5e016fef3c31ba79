//! Block style YAML as kubectl writes it: two spaces, lists at the level of their key, long lines
//! left alone. A writer of our own, since what needs quotes is what `sigs.k8s.io/yaml` would read
//! as something else than text, and no library asks that question.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::scalar::{write_scalar, write_text};

/// How deep a value may nest to be written.
const MAX_WRITTEN_DEPTH: usize = 512;

/// Keys longer than this many bytes are written with `?`: parsers look only so far for the colon.
const MAX_SIMPLE_KEY: usize = 128;

/// Writes `value` as a YAML document in block style that ends with a line end.
///
/// # Errors
/// What `out` says, and [`io::ErrorKind::InvalidInput`] for a value of more than 512 levels.
pub fn write_yaml(value: &Value, out: &mut impl Write) -> io::Result<()> {
    let mut writer = Writer { out };
    match value {
        Value::Object(object) if !object.is_empty() => writer.mapping(object, Place { indent: 0, depth: 0 }),
        Value::Array(items) if !items.is_empty() => writer.list(items, Place { indent: 0, depth: 0 }),
        _ => {
            write_scalar(value, 2, writer.out)?;
            writer.out.write_all(b"\n")
        }
    }
}

/// Where a collection is written.
#[derive(Clone, Copy)]
struct Place {
    /// Spaces ahead of each line but the first, which the caller has begun.
    indent: usize,
    depth: usize,
}

impl Place {
    fn inside(self, indent: usize) -> io::Result<Self> {
        if self.depth >= MAX_WRITTEN_DEPTH {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the value nests too deep to be written",
            ));
        }
        Ok(Self { indent, depth: self.depth + 1 })
    }
}

struct Writer<'o, W> {
    out: &'o mut W,
}

impl<W: Write> Writer<'_, W> {
    fn mapping(&mut self, object: &Map<String, Value>, place: Place) -> io::Result<()> {
        for (index, (key, value)) in object.iter().enumerate() {
            if index > 0 {
                write_indent(place.indent, self.out)?;
            }
            let list_indent = self.key(key, place.indent)?;
            self.field(value, place, list_indent)?;
        }
        Ok(())
    }

    /// Writes a key with its colon; returns how far a list below it is indented.
    fn key(&mut self, key: &str, indent: usize) -> io::Result<usize> {
        if key.len() <= MAX_SIMPLE_KEY {
            write_text(key, None, self.out)?;
            self.out.write_all(b":")?;
            return Ok(indent);
        }
        self.out.write_all(b"? ")?;
        write_text(key, None, self.out)?;
        self.out.write_all(b"\n")?;
        write_indent(indent, self.out)?;
        self.out.write_all(b":")?;
        Ok(indent + 2)
    }

    /// Writes the value of a key behind its colon.
    fn field(&mut self, value: &Value, place: Place, list_indent: usize) -> io::Result<()> {
        let indent = match value {
            Value::Object(object) if !object.is_empty() => place.indent + 2,
            Value::Array(items) if !items.is_empty() => list_indent,
            _ => {
                self.out.write_all(b" ")?;
                write_scalar(value, place.indent + 2, self.out)?;
                return self.out.write_all(b"\n");
            }
        };
        self.out.write_all(b"\n")?;
        write_indent(indent, self.out)?;
        self.collection(value, place.inside(indent)?)
    }

    fn list(&mut self, items: &[Value], place: Place) -> io::Result<()> {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                write_indent(place.indent, self.out)?;
            }
            self.out.write_all(b"- ")?;
            self.collection(item, place.inside(place.indent + 2)?)?;
        }
        Ok(())
    }

    /// Writes any value whose line has begun and whose content is indented by `place`.
    fn collection(&mut self, value: &Value, place: Place) -> io::Result<()> {
        match value {
            Value::Object(object) if !object.is_empty() => self.mapping(object, place),
            Value::Array(items) if !items.is_empty() => self.list(items, place),
            _ => {
                write_scalar(value, place.indent, self.out)?;
                self.out.write_all(b"\n")
            }
        }
    }
}

/// Writes `count` spaces.
pub(super) fn write_indent(count: usize, out: &mut impl Write) -> io::Result<()> {
    const SPACES: &[u8] = &[b' '; 64];
    let mut left = count;
    while left > 0 {
        let spaces = SPACES.get(..left).unwrap_or(SPACES);
        out.write_all(spaces)?;
        left -= spaces.len();
    }
    Ok(())
}
