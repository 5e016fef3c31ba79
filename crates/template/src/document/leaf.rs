//! A scalar leaf with expressions in it.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use crate::context::{MAX_TEXT, Scope};
use crate::error::{CompileErrorKind, RenderErrorKind};
use crate::excerpt::excerpt;
use crate::expression::{Expression, Names, type_name};
use crate::tags::{self, Piece};

/// A compiled leaf.
#[derive(Clone, Debug)]
pub(super) enum Leaf {
    /// Text without expressions, once `\{{` is read.
    Plain(String),
    /// Exactly one expression: its value keeps its type.
    Single(Tag),
    /// Text with expressions in it.
    Mixed(Vec<Part>),
}

/// An expression, and how it was written, for messages.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) expression: Expression,
    written: String,
}

/// A part of a mixed leaf.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Text(String),
    Tag(Tag),
}

impl Leaf {
    pub(super) fn compile(text: &str, names: &mut Names<'_>) -> Result<Self, CompileErrorKind> {
        let pieces = tags::split(text)?;
        let parts = pieces.into_iter().map(|piece| Part::compile(piece, names));
        let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
        match (parts.pop(), parts.is_empty()) {
            (Some(Part::Tag(tag)), true) => Ok(Self::Single(tag)),
            (Some(Part::Text(text)), true) => Ok(Self::Plain(text)),
            (None, _) => Ok(Self::Plain(String::new())),
            (Some(last), false) => {
                parts.push(last);
                Ok(Self::Mixed(parts))
            }
        }
    }

    pub(super) fn render(&self, scope: Scope<'_>) -> Result<Value, RenderErrorKind> {
        let value = match self {
            Self::Plain(text) => Value::String(text.clone()),
            Self::Single(tag) => tag.scalar(scope)?.into_owned(),
            Self::Mixed(parts) => Value::String(render_text(parts, scope)?),
        };
        scope.spend_bytes(check_length(&value)?)?;
        Ok(value)
    }
}

impl Part {
    fn compile(piece: Piece<'_>, names: &mut Names<'_>) -> Result<Self, CompileErrorKind> {
        match piece {
            Piece::Text(text) => Ok(Self::Text(text)),
            Piece::Tag(tag) => {
                let expression = names.compile(tag)?;
                Ok(Self::Tag(Tag { expression, written: excerpt(tag) }))
            }
        }
    }
}

impl Tag {
    fn scalar<'s>(&'s self, scope: Scope<'s>) -> Result<Cow<'s, Value>, RenderErrorKind> {
        let value = self.expression.evaluate(scope)?;
        if value.is_array() || value.is_object() {
            let got = type_name(&value);
            return Err(RenderErrorKind::NotOneValue { expression: self.written.clone(), got });
        }
        Ok(value)
    }

    fn push_to(&self, text: &mut String, scope: Scope<'_>) -> Result<(), RenderErrorKind> {
        let value = self.scalar(scope)?;
        check_length(&value)?;
        match &*value {
            Value::Null => return Err(RenderErrorKind::NullInText(self.written.clone())),
            Value::String(part) => text.push_str(part),
            // Writing to a String cannot fail.
            scalar => drop(write!(text, "{scalar}")),
        }
        Ok(())
    }
}

fn render_text(parts: &[Part], scope: Scope<'_>) -> Result<String, RenderErrorKind> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Tag(tag) => tag.push_to(&mut text, scope)?,
        }
        if text.len() > MAX_TEXT {
            return Err(RenderErrorKind::TextTooLong);
        }
    }
    Ok(text)
}

/// The length of a string, which is bounded; other scalars count as nothing.
fn check_length(value: &Value) -> Result<usize, RenderErrorKind> {
    match value.as_str().map(str::len) {
        Some(length) if length > MAX_TEXT => Err(RenderErrorKind::TextTooLong),
        length => Ok(length.unwrap_or_default()),
    }
}
