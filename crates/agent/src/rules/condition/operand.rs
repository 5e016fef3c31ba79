//! What a condition compares: fields, constants, sizes and sums, each read only when it is compared.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Answer, field};
use crate::rules::json::{self, Json};
use crate::rules::slots::Slot;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    Field(Slot),
    Constant(Value<'static>),
    /// Characters of a text, elements of an array, members of an object.
    Size(Slot),
    /// The number that a text holds.
    Number(Slot),
    Arithmetic(Box<(Operand, Sign, Operand)>),
}

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Times,
    By,
    Modulo,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value to compare.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Missing,
    Null,
    Bool(bool),
    /// Every integer of up to 38 digits is exact.
    Whole(i128),
    Real(f64),
    Text(Cow<'a, str>),
    /// An array or an object.
    Nested,
    /// The result of a calculation that has none.
    Nothing,
}

impl Operand {
    pub(super) fn value<'v>(&'v self, line: &[Option<&'v str>]) -> Value<'v> {
        match self {
            Self::Field(slot) => Value::of(field(line, *slot)),
            Self::Constant(value) => value.borrowed(),
            Self::Size(slot) => size(field(line, *slot)),
            Self::Number(slot) => match Value::of(field(line, *slot)) {
                Value::Text(text) => number(text.trim()),
                other => other,
            },
            Self::Arithmetic(parts) => {
                let (left, sign, right) = &**parts;
                calculate(&left.value(line), *sign, &right.value(line))
            }
        }
    }
}

impl<'a> Value<'a> {
    /// Of a piece of a line.
    pub(super) fn of(raw: Option<&'a str>) -> Self {
        let Some(raw) = raw else { return Self::Missing };
        match Json::of(raw) {
            Json::Text(inner) => Self::Text(json::decoded(inner)),
            Json::Number(digits) => number(digits),
            Json::Bool(flag) => Self::Bool(flag),
            Json::Null => Self::Null,
            Json::Object(_) | Json::Array(_) => Self::Nested,
        }
    }

    /// The same, without a copy of its text.
    fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Whole(whole) => Value::Whole(*whole),
            Self::Real(real) => Value::Real(*real),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Missing => Value::Missing,
            Self::Null => Value::Null,
            Self::Nested => Value::Nested,
            Self::Nothing => Value::Nothing,
        }
    }

    /// Compares by value. Values of different types are different, and none is less than the other. An array or object is
    /// different from null, and compares with nothing else.
    pub(super) fn compare(&self, relation: Relation, other: &Self) -> Answer {
        if matches!(self, Self::Missing) || matches!(other, Self::Missing) {
            return Answer::No;
        }
        if !self.compares_with(other) || !other.compares_with(self) {
            return Answer::Unclear;
        }
        let ordering = self.order(other);
        match relation {
            Relation::Equal => (ordering == Some(Ordering::Equal)).into(),
            Relation::Different => (ordering != Some(Ordering::Equal)).into(),
            _ if matches!(self, Self::Null) || matches!(other, Self::Null) => Answer::No,
            _ if !self.has_order_with(other) => Answer::Unclear,
            Relation::Less => ordering.is_some_and(Ordering::is_lt).into(),
            Relation::LessOrEqual => ordering.is_some_and(Ordering::is_le).into(),
            Relation::Greater => ordering.is_some_and(Ordering::is_gt).into(),
            Relation::GreaterOrEqual => ordering.is_some_and(Ordering::is_ge).into(),
        }
    }

    fn compares_with(&self, other: &Self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Nested => matches!(other, Self::Null),
            _ => true,
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Whole(_) | Self::Real(_))
    }

    fn has_order_with(&self, other: &Self) -> bool {
        (self.is_number() && other.is_number())
            || matches!((self, other), (Self::Text(_), Self::Text(_)) | (Self::Bool(_), Self::Bool(_)))
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(other)),
            (Self::Real(one), Self::Real(other)) => one.partial_cmp(other),
            (Self::Whole(one), Self::Real(other)) => order_mixed(*one, *other),
            (Self::Real(one), Self::Whole(other)) => order_mixed(*other, *one).map(Ordering::reverse),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Bool(one), Self::Bool(other)) => Some(one.cmp(other)),
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            _ => None,
        }
    }
}

/// Compares without rounding: the whole part decides first, then the fraction.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what is out of range is at its end, and compares right there"
)]
fn order_mixed(whole: i128, real: f64) -> Option<Ordering> {
    if real.is_nan() {
        return None;
    }
    if real >= 1.7e38 {
        return Some(Ordering::Less);
    }
    if real <= -1.7e38 {
        return Some(Ordering::Greater);
    }
    let floor = real.floor();
    let by_whole = whole.cmp(&(floor as i128));
    Some(if by_whole == Ordering::Equal && real > floor { Ordering::Less } else { by_whole })
}

/// A number, or something that is none.
fn number(digits: &str) -> Value<'static> {
    // Up to 38 digits and a sign always fit.
    match digits.parse() {
        Ok(whole) => Value::Whole(whole),
        Err(_) => digits.parse().map_or(Value::Nothing, Value::Real),
    }
}

fn size(raw: Option<&str>) -> Value<'static> {
    let count = match raw.map(Json::of) {
        None | Some(Json::Null) => return Value::Missing,
        Some(Json::Text(inner)) => json::decoded(inner).chars().count(),
        Some(Json::Array(raw)) => json::count(raw),
        Some(Json::Object(raw)) => json::members(raw).len(),
        Some(_) => return Value::Nothing,
    };
    i128::try_from(count).map_or(Value::Nothing, Value::Whole)
}

/// Whole numbers stay whole, as in CEL; what overflows or divides by zero has no result.
fn calculate(left: &Value<'_>, sign: Sign, right: &Value<'_>) -> Value<'static> {
    let result = match (left, right) {
        (Value::Missing | Value::Null, _) | (_, Value::Missing | Value::Null) => return Value::Missing,
        (Value::Whole(left), Value::Whole(right)) => match sign {
            Sign::Plus => left.checked_add(*right),
            Sign::Minus => left.checked_sub(*right),
            Sign::Times => left.checked_mul(*right),
            Sign::By => left.checked_div(*right),
            Sign::Modulo => left.checked_rem(*right),
        }
        .map(Value::Whole),
        (left, right) => real(left).zip(real(right)).map(|(left, right)| {
            Value::Real(match sign {
                Sign::Plus => left + right,
                Sign::Minus => left - right,
                Sign::Times => left * right,
                Sign::By => left / right,
                Sign::Modulo => left % right,
            })
        }),
    };
    result.unwrap_or(Value::Nothing)
}

#[allow(clippy::cast_precision_loss, reason = "the other number is a floating-point number")]
fn real(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Whole(whole) => Some(*whole as f64),
        Value::Real(real) => Some(*real),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_and_real_numbers_compare_without_rounding() {
        for (whole, real, ordering) in [
            ("9007199254740993", "9007199254740992.0", Ordering::Greater),
            ("5", "5.0", Ordering::Equal),
            ("5", "5.5", Ordering::Less),
            ("-5", "-5.5", Ordering::Greater),
            ("5", "1e300", Ordering::Less),
            ("5", "-1e300", Ordering::Greater),
            ("99999999999999999999999999999999999999", "1.01e38", Ordering::Less),
            ("5", "1e999", Ordering::Less),
        ] {
            assert_eq!(number(whole).order(&number(real)), Some(ordering), "{whole} {real}");
            assert_eq!(number(real).order(&number(whole)), Some(ordering.reverse()), "{whole} {real}");
        }
    }

    proptest! {
        #[test]
        fn order_of_small_numbers_is_that_of_floating_point(whole in -1000_i32..1000, tenths in -9999_i32..9999) {
            let real = f64::from(tenths) / 10.0;
            prop_assert_eq!(order_mixed(whole.into(), real), f64::from(whole).partial_cmp(&real));
        }

        #[test]
        fn nothing_that_is_calculated_panics(left in any::<i128>(), right in prop_oneof![Just(0_i128), Just(-1), any::<i128>()]) {
            for sign in [Sign::Plus, Sign::Minus, Sign::Times, Sign::By, Sign::Modulo] {
                let _ = calculate(&Value::Whole(left), sign, &Value::Whole(right));
                let _ = calculate(&Value::Real(0.5), sign, &Value::Whole(right));
            }
        }
    }
}
