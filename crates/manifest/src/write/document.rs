//! A changed document in the form that it had: JSON stays JSON with its indentation, and Windows
//! line ends stay.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Serializer, Value, ser::PrettyFormatter};

use super::yaml::write_yaml;
use crate::{
    document::{Document, Format},
    json::looks_like_json,
};

/// Writes `document` with `value` as its content: its prefix as it was, then the value in the
/// document's own format and with its line ends.
///
/// JSON keeps its indentation, or its lack of one, and the white space behind it. A document in
/// YAML's flow style becomes block style, on a line of its own. Comments inside are lost.
///
/// # Errors
/// As [`write_yaml`].
pub fn write_document(document: &Document, value: &Value, out: &mut impl Write) -> io::Result<()> {
    let crlf = uses_crlf(document.body()) || uses_crlf(document.prefix());
    let body = document.body();
    if document.format() == Format::Json || looks_like_json(body) {
        out.write_all(document.prefix())?;
        write_json(value, indentation(body), &mut LineEnds { out, crlf })?;
        let end = body.trim_ascii_end().len();
        return out.write_all(body.get(end..).unwrap_or_default());
    }
    write_prefix(document, out, crlf)?;
    write_yaml(value, &mut LineEnds { out, crlf })
}

/// Writes the prefix so that block style can follow: that has no place on the line of a marker.
fn write_prefix(document: &Document, out: &mut impl Write, crlf: bool) -> io::Result<()> {
    let prefix = document.prefix();
    let mut ends = LineEnds { out, crlf };
    if prefix.ends_with(b"\n") {
        ends.out.write_all(prefix)
    } else if prefix.trim_ascii_end().ends_with(b"---") {
        ends.out.write_all(prefix.trim_ascii_end())?;
        ends.write_all(b"\n")
    } else if document.start.column > 1 {
        ends.write_all(b"\n---\n")
    } else {
        ends.out.write_all(prefix)
    }
}

/// Whether the first line of `bytes` ends as on Windows.
fn uses_crlf(bytes: &[u8]) -> bool {
    let line_end = bytes.iter().position(|byte| *byte == b'\n');
    line_end.and_then(|end| end.checked_sub(1)).is_some_and(|before| bytes.get(before) == Some(&b'\r'))
}

/// The indentation of a JSON text, from the line below its first bracket; `None` when there is none.
fn indentation(body: &[u8]) -> Option<&[u8]> {
    let inside = body.trim_ascii_start().get(1..)?;
    let line_end = inside.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r'))?;
    let line = inside.get(line_end..)?.strip_prefix(b"\n")?;
    let width = line.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    line.get(..width)
}

fn write_json(value: &Value, indent: Option<&[u8]>, out: &mut impl Write) -> io::Result<()> {
    match indent {
        Some(indent) => {
            value.serialize(&mut Serializer::with_formatter(out, PrettyFormatter::with_indent(indent)))
        }
        None => value.serialize(&mut Serializer::new(out)),
    }
    .map_err(io::Error::from)
}

/// Writes each line end as CR LF when told so.
struct LineEnds<'o, W> {
    out: &'o mut W,
    crlf: bool,
}

impl<W: Write> Write for LineEnds<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.crlf {
            return self.out.write_all(bytes);
        }
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                self.out.write_all(b"\r\n")?;
            }
            self.out.write_all(line)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
