//! What a scalar means. The rules are those of `resolve.go` in `go.yaml.in/yaml/v2`, the library
//! behind `sigs.k8s.io/yaml`.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use serde_saphyr::granit_parser::ScalarStyle;

use super::{
    number::{
        float_key, json_number, parse_float, parse_integer, parse_signed_binary, underscores_between_digits,
    },
    tag::Tag,
};
use crate::error::ParseErrorKind;

/// A scalar as the parser gives it.
pub(super) struct Written<'e> {
    pub(super) text: Cow<'e, str>,
    pub(super) style: ScalarStyle,
    /// The parser's number of its anchor, 0 for none.
    pub(super) anchor: usize,
    pub(super) tag: Option<Tag>,
}

impl<'e> Written<'e> {
    /// Whether this is the key of a merge.
    pub(super) fn is_merge(&self) -> bool {
        let plain = self.tag.is_none() && self.style == ScalarStyle::Plain;
        self.text == "<<" && (plain || self.tag == Some(Tag::Merge))
    }

    /// The meaning of this scalar.
    pub(super) fn resolve(self) -> Result<Scalar<'e>, ParseErrorKind> {
        match self.tag {
            None if self.style == ScalarStyle::Plain => Ok(resolve_plain(self.text)),
            None | Some(Tag::Str) => Ok(Scalar::Text(self.text)),
            Some(Tag::Binary) => decode_binary(&self.text).map(|text| Scalar::Text(Cow::Owned(text))),
            Some(tag) => resolve_tagged(&self.text, tag),
        }
    }
}

/// A scalar with its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'t> {
    Null,
    Bool(bool),
    /// Within `i64` or `u64`.
    Integer(i128),
    Float(f64),
    Text(Cow<'t, str>),
}

impl<'t> Scalar<'t> {
    /// The value in JSON.
    pub(super) fn into_value(self) -> Result<Value, ParseErrorKind> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Integer(value) => serde_json::Number::from_i128(value).map_or(Value::Null, Value::Number),
            Self::Float(value) => match json_number(value) {
                Some(number) => Value::Number(number),
                None => return Err(ParseErrorKind::NotFinite(float_key(value))),
            },
            Self::Text(text) => Value::String(text.into_owned()),
        })
    }

    /// The string that this becomes as a key.
    pub(super) fn into_key(self) -> Result<Cow<'t, str>, ParseErrorKind> {
        Ok(match self {
            Self::Null => return Err(ParseErrorKind::UnsupportedKey("null")),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Integer(value) if value > i128::from(i64::MAX) => {
                return Err(ParseErrorKind::UnsupportedKey("number of more than 63 bits"));
            }
            Self::Integer(value) => Cow::Owned(value.to_string()),
            Self::Float(value) => Cow::Owned(float_key(value)),
            Self::Text(text) => text,
        })
    }
}

/// Whether `text` without quotes is a string, and not a number, a boolean or null.
pub(crate) fn reads_as_text(text: &str) -> bool {
    text != "<<" && matches!(resolve_plain(Cow::Borrowed(text)), Scalar::Text(_))
}

fn resolve_tagged(text: &str, tag: Tag) -> Result<Scalar<'static>, ParseErrorKind> {
    match (tag, resolve_plain(Cow::Borrowed(text))) {
        (Tag::Null, Scalar::Null) => Ok(Scalar::Null),
        (Tag::Bool, Scalar::Bool(value)) => Ok(Scalar::Bool(value)),
        (Tag::Int, Scalar::Integer(value)) => Ok(Scalar::Integer(value)),
        (Tag::Float, Scalar::Float(value)) => Ok(Scalar::Float(value)),
        (Tag::Float, Scalar::Integer(value)) if value <= i128::from(i64::MAX) => {
            Ok(Scalar::Float(value as f64))
        }
        _ => Err(tag.refuses(text)),
    }
}

/// `!!binary` holds text as base64: JSON has no place for other bytes.
fn decode_binary(text: &str) -> Result<String, ParseErrorKind> {
    let text = text.replace(['\r', '\n'], "");
    let bytes = STANDARD.decode(&text).map_err(|_| Tag::Binary.refuses(&text))?;
    String::from_utf8(bytes).map_err(|_| ParseErrorKind::InvalidUtf8)
}

fn resolve_plain(text: Cow<'_, str>) -> Scalar<'_> {
    let known = match text.as_bytes().first() {
        None => Some(Scalar::Null),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            resolve_word(&text)
        }
        Some(b'.') => resolve_special_float(&text).or_else(|| resolve_fraction(&text)),
        Some(b'0'..=b'9') => resolve_number(&text),
        Some(b'+' | b'-') => resolve_special_float(&text).or_else(|| resolve_number(&text)),
        Some(_) => None,
    };
    known.unwrap_or(Scalar::Text(text))
}

fn resolve_word(text: &str) -> Option<Scalar<'static>> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => return None,
    })
}

fn resolve_special_float(text: &str) -> Option<Scalar<'static>> {
    Some(Scalar::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

/// A number that starts with its point; here Go's own rule for underscores holds.
fn resolve_fraction(text: &str) -> Option<Scalar<'static>> {
    if !underscores_between_digits(text) {
        return None;
    }
    parse_float(&without_underscores(text)).map(Scalar::Float)
}

/// A number that starts with a digit or a sign; here underscores may stand anywhere.
fn resolve_number(text: &str) -> Option<Scalar<'static>> {
    let text = without_underscores(text);
    parse_integer(&text)
        .map(Scalar::Integer)
        .or_else(|| parse_float(&text).map(Scalar::Float))
        .or_else(|| parse_signed_binary(&text).map(Scalar::Integer))
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}
