//! The types of parameters.

use std::fmt;
use std::str::FromStr;

/// The type of a parameter's values. It is written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterType {
    /// Any text.
    String,
    /// A whole number from -2^63 to 2^64-1, exact.
    Integer,
    /// A number as in JSON.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A Kubernetes quantity such as `500m` or `1.5Gi`; its value stays a string.
    Quantity,
    /// A duration as Go writes it, such as `1h30m`; its value stays a string.
    Duration,
    /// A JSON array.
    Array,
    /// A JSON object.
    Object,
}

const ALL: [ParameterType; 8] = [
    ParameterType::String,
    ParameterType::Integer,
    ParameterType::Number,
    ParameterType::Boolean,
    ParameterType::Quantity,
    ParameterType::Duration,
    ParameterType::Array,
    ParameterType::Object,
];

/// A text that names no type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no type of parameter: the types are string integer number boolean quantity duration array object"
)]
pub struct UnknownParameterType(String);

impl ParameterType {
    /// As written in templates.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Quantity => "quantity",
            Self::Duration => "duration",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// Whether values have a minimum and a maximum.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Quantity | Self::Duration)
    }

    /// What a value has to be, for messages.
    pub(super) fn wants(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "a whole number from -9223372036854775808 to 18446744073709551615",
            Self::Number => "a number such as 1.5",
            Self::Boolean => "true or false",
            Self::Quantity => "a quantity such as 500m or 1.5Gi",
            Self::Duration => "a duration such as 1h30m or 250ms",
            Self::Array => "a JSON array",
            Self::Object => "a JSON object",
        }
    }
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ParameterType {
    type Err = UnknownParameterType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownParameterType(crate::excerpt::excerpt(text));
        ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(unknown)
    }
}
