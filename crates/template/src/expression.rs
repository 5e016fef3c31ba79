//! A compiled expression: a literal, a path into the context, or a function call. Values keep their type and
//! are borrowed from the context as long as possible.

mod parse;

use std::borrow::Cow;

use serde_json::Value;

use crate::context::Scope;
use crate::error::RenderErrorKind;
use crate::functions::{self, Function};

pub(crate) use parse::Names;

/// What stands for a value that is not there.
pub(crate) static NULL: Value = Value::Null;

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) enum Expression {
    Literal(Value),
    Path(Path),
    Call(Call),
}

/// A path into the context; the first segment is a variable.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    segments: Vec<String>,
    written: String,
}

/// A function and its arguments, whose number was checked.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Expression>,
}

impl Expression {
    /// The value; a path that leads nowhere is an error.
    pub(crate) fn evaluate<'s>(&'s self, scope: Scope<'s>) -> Result<Cow<'s, Value>, RenderErrorKind> {
        match self {
            Self::Literal(value) => Ok(Cow::Borrowed(value)),
            Self::Path(path) => path.walk(scope).map(Cow::Borrowed).map_err(|depth| path.missing(depth)),
            Self::Call(call) => functions::call(call, scope),
        }
    }

    /// The value; a path that leads nowhere is null.
    pub(crate) fn evaluate_or_null<'s>(
        &'s self,
        scope: Scope<'s>,
    ) -> Result<Cow<'s, Value>, RenderErrorKind> {
        match self {
            Self::Path(path) => Ok(Cow::Borrowed(path.walk(scope).unwrap_or(&NULL))),
            _ => self.evaluate(scope),
        }
    }
}

impl Path {
    /// The value, or how many segments exist.
    fn walk<'s>(&self, scope: Scope<'s>) -> Result<&'s Value, usize> {
        let (first, rest) = self.segments.split_first().ok_or(0_usize)?;
        let mut value = scope.variable(first).ok_or(0_usize)?;
        for (depth, segment) in rest.iter().enumerate() {
            value = child(value, segment).ok_or(depth + 1)?;
        }
        Ok(value)
    }

    fn missing(&self, depth: usize) -> RenderErrorKind {
        let exists = self.segments.get(..depth).unwrap_or_default();
        RenderErrorKind::MissingValue { path: self.written.clone(), exists: write_segments(exists) }
    }
}

fn child<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Writes segments in the syntax of expressions.
fn write_segments(segments: &[String]) -> String {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let written = segments
        .iter()
        .map(|segment| if segment.chars().all(word) { segment.clone() } else { format!("[{segment}]") });
    written.collect::<Vec<_>>().join(".")
}

/// The truth of a value: false, null, `""`, `[]` and `{}` are false, anything else (also 0) is true.
pub(crate) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// The type of a value, with an article.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
