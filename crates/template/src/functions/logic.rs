//! Choosing and comparing: `default coalesce hasKey eq and or not`.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::Arguments;
use crate::error::RenderErrorKind;
use crate::expression::{is_true, type_name};

/// The first argument with something in it; the last argument of `default` always counts.
pub(super) fn first_present(arguments: Arguments<'_>) -> Result<Cow<'_, Value>, RenderErrorKind> {
    let is_default = arguments.function == super::Function::Default;
    for index in 0..arguments.count() {
        let value = arguments.value_or_null(index)?;
        let is_empty = matches!(&*value, Value::Null) || value.as_str() == Some("");
        if !is_empty || (is_default && index > 0) {
            return Ok(value);
        }
    }
    Ok(Cow::Owned(Value::Null))
}

pub(super) fn has_key(arguments: Arguments<'_>) -> Result<bool, RenderErrorKind> {
    let object = arguments.value_or_null(0)?;
    let key = arguments.text(1)?;
    Ok(object.as_object().is_some_and(|fields| fields.contains_key(key.as_ref())))
}

pub(super) fn equal(arguments: Arguments<'_>) -> Result<bool, RenderErrorKind> {
    let (left, right) = (arguments.value_or_null(0)?, arguments.value_or_null(1)?);
    for value in [&left, &right] {
        if value.is_array() || value.is_object() {
            return Err(arguments.wrong("scalars", type_name(value)));
        }
    }
    match (&*left, &*right) {
        (Value::Number(left), Value::Number(right)) => Ok(equal_numbers(left, right)),
        (Value::String(left), Value::String(right)) => {
            arguments.scope.spend_bytes(left.len().min(right.len()))?;
            Ok(left == right)
        }
        (left, right) => Ok(left == right),
    }
}

/// 1 equals 1.0, and integers are compared exactly.
fn equal_numbers(left: &Number, right: &Number) -> bool {
    let both_integers = !left.is_f64() && !right.is_f64();
    if both_integers { left == right } else { left.as_f64() == right.as_f64() }
}

pub(super) fn all(arguments: Arguments<'_>) -> Result<bool, RenderErrorKind> {
    for index in 0..arguments.count() {
        if !is_true(&*arguments.value_or_null(index)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn any(arguments: Arguments<'_>) -> Result<bool, RenderErrorKind> {
    for index in 0..arguments.count() {
        if is_true(&*arguments.value_or_null(index)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn not(arguments: Arguments<'_>) -> Result<bool, RenderErrorKind> {
    Ok(!is_true(&*arguments.value_or_null(0)?))
}
