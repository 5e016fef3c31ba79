//! Scalars in YAML: plain where every reader takes them for text, else quoted as kubectl quotes.

use std::io::{self, Write};

use serde_json::Value;

use super::yaml::write_indent;
use crate::yaml::{is_forbidden, reads_as_text};

/// How a text is written.
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Writes a scalar or an empty collection; the lines of a block of text are indented by `indent`.
pub(super) fn write_scalar(value: &Value, indent: usize, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::String(text) => write_text(text, Some(indent), out),
        Value::Array(_) => out.write_all(b"[]"),
        Value::Object(_) => out.write_all(b"{}"),
        Value::Bool(true) => out.write_all(b"true"),
        Value::Bool(false) => out.write_all(b"false"),
        Value::Null => out.write_all(b"null"),
        Value::Number(number) => write!(out, "{number}"),
    }
}

/// Writes `text`; as a block of lines only where `indent` allows one.
pub(super) fn write_text(text: &str, indent: Option<usize>, out: &mut impl Write) -> io::Result<()> {
    match (style(text), indent) {
        (Style::Plain, _) => out.write_all(text.as_bytes()),
        (Style::Single, _) => write_single_quoted(text, out),
        (Style::Literal, Some(indent)) => write_literal(text, indent, out),
        (Style::Literal | Style::Double, _) => write_double_quoted(text, out),
    }
}

fn style(text: &str) -> Style {
    if is_word(text) && reads_as_text(text) {
        return Style::Plain;
    }
    let (mut escapes, mut lines) = (false, false);
    for character in text.chars() {
        lines |= character == '\n';
        escapes |= needs_escape(character);
    }
    let has_tab = text.contains('\t');
    if escapes {
        Style::Double
    } else if lines {
        if fits_literal(text) { Style::Literal } else { Style::Double }
    } else if has_tab || is_ambiguous(text) {
        Style::Double
    } else if is_plain(text) {
        Style::Plain
    } else {
        Style::Single
    }
}

/// Whether a text is one word of letters, digits and a few signs, as most are: then only its meaning is to be looked at.
fn is_word(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    text.as_bytes().first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'/')
        && text.bytes().all(is_inner)
}

/// Whether `character` can only be written as an escape.
fn needs_escape(character: char) -> bool {
    !matches!(character, ' '..='~' | '\t' | '\n')
        && (is_forbidden(character) || matches!(character, '\r' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}'))
}

/// Whether a block of lines can hold `text` without an indentation indicator.
fn fits_literal(text: &str) -> bool {
    !text.starts_with([' ', '\t', '\n']) && !text.ends_with([' ', '\t'])
}

/// Whether `text` without quotes is a number, a boolean, null or a date, here or in another reader
/// of YAML.
fn is_ambiguous(text: &str) -> bool {
    !reads_as_text(text) || text == "=" || is_sexagesimal(text) || starts_like_date(text)
}

/// `12:30`: a number to base 60 in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut characters = digits.bytes();
    digits.contains(':')
        && characters.next().is_some_and(|byte| byte.is_ascii_digit())
        && characters.all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'_' | b'.'))
}

/// `2020-01-02` and what may follow it.
fn starts_like_date(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    let Some((month, day)) = rest.split_once('-') else { return false };
    let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    is_number(year, 4..=4) && is_number(month, 1..=2) && day.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether nothing in `text` means anything to the syntax of YAML in block style.
fn is_plain(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts_well = match bytes.next() {
        None | Some(b' ' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!') => false,
        Some(b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`') => false,
        Some(b'-' | b'?' | b':') => {
            bytes.next().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-/._".contains(&byte))
        }
        Some(_) => true,
    };
    starts_well
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

fn write_single_quoted(text: &str, out: &mut impl Write) -> io::Result<()> {
    write!(out, "'{}'", text.replace('\'', "''"))
}

fn write_double_quoted(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    for character in text.chars() {
        match character {
            '"' => out.write_all(b"\\\"")?,
            '\\' => out.write_all(b"\\\\")?,
            '\n' => out.write_all(b"\\n")?,
            '\t' => out.write_all(b"\\t")?,
            '\r' => out.write_all(b"\\r")?,
            _ if needs_escape(character) => write!(out, "\\u{:04X}", u32::from(character))?,
            _ => write!(out, "{character}")?,
        }
    }
    out.write_all(b"\"")
}

/// Writes `text` as a block of lines, without the last line end: the caller writes that.
fn write_literal(text: &str, indent: usize, out: &mut impl Write) -> io::Result<()> {
    let (text, header) = match text.strip_suffix('\n') {
        None => (text, "|-"),
        Some(body) if body.ends_with('\n') => (body, "|+"),
        Some(body) => (body, "|"),
    };
    out.write_all(header.as_bytes())?;
    for line in text.split('\n') {
        out.write_all(b"\n")?;
        if !line.is_empty() {
            write_indent(indent, out)?;
            out.write_all(line.as_bytes())?;
        }
    }
    Ok(())
}
