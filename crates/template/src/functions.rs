//! The functions of expressions.
//!
//! | Function | Result |
//! |---|---|
//! | `default a b` | `a`, or `b` when `a` is missing, null or `""` |
//! | `coalesce a b …` | the first argument that is not missing, null or `""`; null when there is none |
//! | `lower text` | the text in lower case |
//! | `upper text` | the text in upper case |
//! | `replace text from to` | the text with each `from` replaced |
//! | `trunc text n` | the first `n` characters; with a negative `n` the last ones |
//! | `hash value [length]` | the first `length` (1 to 64, by default 8) hex digits of the SHA-256 of a string, or of the compact JSON with sorted keys of anything else |
//! | `json value` | the value as compact JSON text |
//! | `quantity-mul q factor` | the product of a quantity with a number, as a quantity; whole bytes for `Ki`, `Mi` … |
//! | `quantity-add a b` | the sum of two quantities, written like `a` |
//! | `hasKey object key` | whether the object has the key; false when it is missing or no object |
//! | `eq a b` | whether two scalars are equal; a number never equals a string |
//! | `and a b …` | whether all are true |
//! | `or a b …` | whether any is true |
//! | `not a` | whether `a` is false |
//!
//! False are `false`, null, `""`, `[]`, `{}`; everything else is true, also 0. A missing path is null as a direct
//! argument of `default`, `coalesce`, `hasKey`, `eq`, `and`, `or` and `not`, and an error elsewhere. Where a text is
//! expected, numbers and booleans are taken as their JSON text. `default`, `coalesce`, `and` and `or` stop at the
//! argument that decides.

mod hash;
mod logic;
mod quantity;
mod text;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::context::{MAX_TEXT, Scope};
use crate::error::RenderErrorKind;
use crate::expression::{Call, Expression, type_name};

/// A function, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Default,
    Coalesce,
    Lower,
    Upper,
    Replace,
    Trunc,
    Hash,
    Json,
    QuantityMul,
    QuantityAdd,
    HasKey,
    Eq,
    And,
    Or,
    Not,
}

const ALL: [Function; 15] = [
    Function::Default,
    Function::Coalesce,
    Function::Lower,
    Function::Upper,
    Function::Replace,
    Function::Trunc,
    Function::Hash,
    Function::Json,
    Function::QuantityMul,
    Function::QuantityAdd,
    Function::HasKey,
    Function::Eq,
    Function::And,
    Function::Or,
    Function::Not,
];

impl Function {
    /// As written in expressions.
    pub(crate) fn name(self) -> &'static str {
        self.signature().0
    }

    /// The arguments, for messages.
    pub(crate) fn takes(self) -> &'static str {
        self.signature().1
    }

    /// How many arguments there may be.
    pub(crate) fn arity(self) -> RangeInclusive<usize> {
        match self {
            Self::Lower | Self::Upper | Self::Json | Self::Not => 1..=1,
            Self::Hash => 1..=2,
            Self::Default | Self::Trunc | Self::QuantityMul | Self::QuantityAdd | Self::HasKey | Self::Eq => {
                2..=2
            }
            Self::Replace => 3..=3,
            Self::Coalesce | Self::And | Self::Or => 1..=usize::MAX,
        }
    }

    fn signature(self) -> (&'static str, &'static str) {
        match self {
            Self::Default => ("default", "a value and what stands in for it"),
            Self::Coalesce => ("coalesce", "one or more values"),
            Self::Lower => ("lower", "a text"),
            Self::Upper => ("upper", "a text"),
            Self::Replace => ("replace", "a text, what to replace and what by"),
            Self::Trunc => ("trunc", "a text and a number of characters"),
            Self::Hash => ("hash", "a value and maybe a length"),
            Self::Json => ("json", "a value"),
            Self::QuantityMul => ("quantity-mul", "a quantity and a number"),
            Self::QuantityAdd => ("quantity-add", "two quantities"),
            Self::HasKey => ("hasKey", "an object and a key"),
            Self::Eq => ("eq", "two values"),
            Self::And => ("and", "one or more values"),
            Self::Or => ("or", "one or more values"),
            Self::Not => ("not", "a value"),
        }
    }
}

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<Function> {
    ALL.into_iter().find(|function| function.name() == name)
}

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(Function::name)
}

/// Calls a function. The number of arguments was checked when the call was compiled.
pub(crate) fn call<'s>(call: &'s Call, scope: Scope<'s>) -> Result<Cow<'s, Value>, RenderErrorKind> {
    let arguments = Arguments { function: call.function, expressions: &call.arguments, scope };
    let text = |text: String| Cow::Owned(Value::String(text));
    let truth = |truth: bool| Cow::Owned(Value::Bool(truth));
    match call.function {
        Function::Default | Function::Coalesce => logic::first_present(arguments),
        Function::Lower => text::lower(arguments).map(text),
        Function::Upper => text::upper(arguments).map(text),
        Function::Replace => text::replace(arguments).map(text),
        Function::Trunc => text::trunc(arguments).map(text),
        Function::Hash => hash::hash(arguments).map(text),
        Function::Json => hash::json(arguments).map(text),
        Function::QuantityMul => quantity::multiply(arguments).map(text),
        Function::QuantityAdd => quantity::add(arguments).map(text),
        Function::HasKey => logic::has_key(arguments).map(truth),
        Function::Eq => logic::equal(arguments).map(truth),
        Function::And => logic::all(arguments).map(truth),
        Function::Or => logic::any(arguments).map(truth),
        Function::Not => logic::not(arguments).map(truth),
    }
}

/// The arguments of one call, evaluated on demand.
#[derive(Clone, Copy)]
struct Arguments<'s> {
    function: Function,
    expressions: &'s [Expression],
    scope: Scope<'s>,
}

impl<'s> Arguments<'s> {
    fn count(self) -> usize {
        self.expressions.len()
    }

    /// The value of an argument; a missing path is an error.
    fn value(self, index: usize) -> Result<Cow<'s, Value>, RenderErrorKind> {
        let argument = self.expressions.get(index);
        argument
            .map_or_else(|| Err(self.wrong("an argument", "none")), |argument| argument.evaluate(self.scope))
    }

    /// The value of an argument; a missing path is null.
    fn value_or_null(self, index: usize) -> Result<Cow<'s, Value>, RenderErrorKind> {
        let argument = self.expressions.get(index);
        argument.map_or(Ok(Cow::Owned(Value::Null)), |argument| argument.evaluate_or_null(self.scope))
    }

    /// The text of an argument: a string, or the JSON text of a number or boolean.
    fn text(self, index: usize) -> Result<Cow<'s, str>, RenderErrorKind> {
        let text: Cow<'s, str> = match self.value(index)? {
            Cow::Borrowed(Value::String(text)) => Cow::Borrowed(text),
            Cow::Owned(Value::String(text)) => Cow::Owned(text),
            value => match &*value {
                Value::Number(number) => Cow::Owned(number.to_string()),
                Value::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
                other => return Err(self.wrong("a text", type_name(other))),
            },
        };
        check_length(text.len())?;
        self.scope.spend_bytes(text.len())?;
        Ok(text)
    }

    fn wrong(self, wants: &str, got: &str) -> RenderErrorKind {
        self.failed(format!("takes {wants}, not {got}"))
    }

    fn failed(self, problem: String) -> RenderErrorKind {
        RenderErrorKind::Function { function: self.function.name(), problem }
    }
}

/// Refuses a text that is too long.
fn check_length(bytes: usize) -> Result<(), RenderErrorKind> {
    if bytes > MAX_TEXT { Err(RenderErrorKind::TextTooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
