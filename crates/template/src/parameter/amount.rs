//! Values that have an order: integers, numbers, quantities and durations.

use std::cmp::Ordering;

use chandler_quantity::Quantity;
use serde_json::Value;

use super::ParameterType;
use super::duration::parse_duration;

/// How much a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Amount {
    /// An integer, billionths of a unit, or nanoseconds.
    Exact(i128),
    Float(f64),
}

impl Amount {
    /// Nothing when the value is no amount of that type. A quantity may be written as a number, as in YAML.
    pub(super) fn of(kind: ParameterType, value: &Value) -> Option<Self> {
        match (kind, value) {
            (ParameterType::Integer | ParameterType::Number, Value::Number(number)) => {
                number.as_i128().map(Self::Exact).or_else(|| number.as_f64().map(Self::Float))
            }
            (ParameterType::Quantity, Value::String(text)) => Self::of_quantity(text),
            (ParameterType::Quantity, Value::Number(number)) => Self::of_quantity(&number.to_string()),
            (ParameterType::Duration, Value::String(text)) => {
                parse_duration(text).map(i128::from).map(Self::Exact)
            }
            _ => None,
        }
    }

    fn of_quantity(text: &str) -> Option<Self> {
        Quantity::parse(text).ok().map(|quantity| Self::Exact(quantity.nanos()))
    }

    #[expect(clippy::cast_precision_loss, reason = "an integer beside a float is compared as one")]
    fn as_float(self) -> f64 {
        match self {
            Self::Exact(exact) => exact as f64,
            Self::Float(float) => float,
        }
    }
}

impl PartialEq for Amount {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Exact(left), Self::Exact(right)) => Some(left.cmp(right)),
            _ => self.as_float().partial_cmp(&other.as_float()),
        }
    }
}
