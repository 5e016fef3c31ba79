//! What can be wrong with a parameter's definition or with a value for it.

use super::ParameterType;
use crate::excerpt::excerpt;

/// Most enum values that a message lists.
const MAX_LISTED: usize = 16;

/// A parameter that is declared wrongly, or a value that does not fit it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameter `{parameter}`: {kind}")]
pub struct ParameterError {
    /// The name of the parameter, cut to 64 characters.
    pub parameter: String,
    /// What is wrong.
    pub kind: ParameterErrorKind,
}

/// What is wrong with a parameter. Values are cut to 64 characters, with control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterErrorKind {
    /// The value is of another type.
    #[error("`{got}` is not {}", .wants.wants())]
    WrongType {
        /// The value.
        got: String,
        /// The declared type.
        wants: ParameterType,
    },
    /// The value is not in the enum.
    #[error("`{got}` is none of {allowed}")]
    NotAllowed {
        /// The value.
        got: String,
        /// The allowed values.
        allowed: String,
    },
    /// The value does not match the pattern.
    #[error("`{got}` does not match `{pattern}`, which has to match all of it")]
    NoMatch {
        /// The value.
        got: String,
        /// The pattern.
        pattern: String,
    },
    /// The value is below the minimum.
    #[error("`{got}` is less than the minimum `{minimum}`")]
    TooSmall {
        /// The value.
        got: String,
        /// The smallest allowed one.
        minimum: String,
    },
    /// The value is above the maximum.
    #[error("`{got}` is more than the maximum `{maximum}`")]
    TooLarge {
        /// The value.
        got: String,
        /// The largest allowed one.
        maximum: String,
    },
    /// The name is no name.
    #[error("a name is a letter, then letters, digits, `_` and `-`, at most 63")]
    Name,
    /// The pattern does not compile.
    #[error("`{pattern}` is not a regular expression: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The definition has a field that its type has no use for.
    #[error("`{field}` means nothing for the type {kind}")]
    NotForType {
        /// The field of the definition.
        field: &'static str,
        /// The declared type.
        kind: ParameterType,
    },
    /// Minimum above maximum.
    #[error("`minimum` is more than `maximum`")]
    EmptyRange,
    /// A value in the definition does not fit it.
    #[error("`{field}` does not fit: {problem}")]
    Field {
        /// The field of the definition.
        field: &'static str,
        /// What is wrong with its value.
        problem: Box<ParameterErrorKind>,
    },
}

impl ParameterError {
    pub(super) fn new(parameter: &str, kind: ParameterErrorKind) -> Self {
        Self { parameter: excerpt(parameter), kind }
    }

    /// A constant name for metrics and conditions.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self.kind {
            ParameterErrorKind::WrongType { .. } => "WrongType",
            ParameterErrorKind::NotAllowed { .. } => "NotAllowed",
            ParameterErrorKind::NoMatch { .. } => "PatternMismatch",
            ParameterErrorKind::TooSmall { .. } | ParameterErrorKind::TooLarge { .. } => "OutOfRange",
            ParameterErrorKind::Name
            | ParameterErrorKind::Pattern { .. }
            | ParameterErrorKind::NotForType { .. }
            | ParameterErrorKind::EmptyRange
            | ParameterErrorKind::Field { .. } => "InvalidDefinition",
        }
    }
}

impl ParameterErrorKind {
    pub(super) fn not(wants: ParameterType, got: &str) -> Self {
        Self::WrongType { got: excerpt(got), wants }
    }

    pub(super) fn not_allowed(got: &str, allowed: impl ExactSizeIterator<Item = String>) -> Self {
        let more = if allowed.len() > MAX_LISTED { " …" } else { "" };
        let listed: Vec<_> = allowed.take(MAX_LISTED).map(|value| format!("`{}`", excerpt(&value))).collect();
        Self::NotAllowed { got: excerpt(got), allowed: listed.join(" ") + more }
    }

    pub(super) fn no_match(got: &str, pattern: &str) -> Self {
        Self::NoMatch { got: excerpt(got), pattern: excerpt(pattern) }
    }

    pub(super) fn too_small(got: &str, minimum: &str) -> Self {
        Self::TooSmall { got: excerpt(got), minimum: excerpt(minimum) }
    }

    pub(super) fn too_large(got: &str, maximum: &str) -> Self {
        Self::TooLarge { got: excerpt(got), maximum: excerpt(maximum) }
    }

    pub(super) fn pattern(pattern: &str, problem: &str) -> Self {
        Self::Pattern { pattern: excerpt(pattern), problem: excerpt(problem) }
    }

    pub(super) fn in_field(field: &'static str, problem: Self) -> Self {
        Self::Field { field, problem: Box::new(problem) }
    }
}
