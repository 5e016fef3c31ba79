//! Typed parameters: texts from outside become values that fit what a template declares.

mod amount;
mod duration;
mod error;
mod kind;

use regex::Regex;
use serde_json::{Number, Value};

use crate::expression::type_name;
use amount::Amount;

pub use error::{ParameterError, ParameterErrorKind};
pub use kind::{ParameterType, UnknownParameterType};

/// Longest name, in bytes: the end of an annotation key has to hold it.
const MAX_NAME: usize = 63;

/// Longest pattern, in bytes, and the most memory that it may compile to.
const MAX_PATTERN: usize = 4 * 1024;
const MAX_PATTERN_MEMORY: usize = 1024 * 1024;

/// A parameter as a template declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// A letter, then letters, digits, `_` and `-`; at most 63.
    pub name: String,
    /// The type of its values.
    pub kind: ParameterType,
    /// The value when none is given.
    pub default: Option<Value>,
    /// The only values that are allowed; empty allows all. Quantities, durations and numbers are equal by amount.
    pub allowed: Vec<Value>,
    /// A regular expression that the **whole** string has to match; for strings only.
    pub pattern: Option<String>,
    /// The smallest value; for integers, numbers, quantities and durations.
    pub minimum: Option<Value>,
    /// The largest value; for integers, numbers, quantities and durations.
    pub maximum: Option<Value>,
    /// Whether a value must be given when there is no default.
    pub required: bool,
}

impl Definition {
    /// A definition that allows every value of a type.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ParameterType) -> Self {
        Self {
            name: name.into(),
            kind,
            default: None,
            allowed: Vec::new(),
            pattern: None,
            minimum: None,
            maximum: None,
            required: false,
        }
    }
}

/// A declared parameter, ready to read values.
#[derive(Clone, Debug)]
pub struct Parameter {
    definition: Definition,
    pattern: Option<Regex>,
    minimum: Option<Amount>,
    maximum: Option<Amount>,
}

impl Parameter {
    /// Checks a definition: its name, its pattern, and that default, enum and bounds fit its type.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn compile(definition: Definition) -> Result<Self, Vec<ParameterError>> {
        let mut mistakes = Vec::new();
        let minimum = take(bound(&definition, "minimum", definition.minimum.as_ref()), &mut mistakes);
        let maximum = take(bound(&definition, "maximum", definition.maximum.as_ref()), &mut mistakes);
        let pattern = take(pattern(&definition), &mut mistakes);
        mistakes.extend(wrong_name(&definition.name));
        mistakes.extend(wrong_order(minimum, maximum));
        let parameter = Self { definition, pattern, minimum, maximum };
        mistakes.extend(parameter.wrong_values());
        if mistakes.is_empty() {
            Ok(parameter)
        } else {
            Err(mistakes.into_iter().map(|m| parameter.error(m)).collect())
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Whether a value must be given when there is no default.
    #[must_use]
    pub fn required(&self) -> bool {
        self.definition.required
    }

    /// The value when none is given.
    #[must_use]
    pub fn default(&self) -> Option<&Value> {
        self.definition.default.as_ref()
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> ParameterType {
        self.definition.kind
    }

    /// Reads a value from a text, such as that of an annotation. Nothing is trimmed. Quantities and durations
    /// stay as they are written; arrays and objects are JSON.
    ///
    /// # Errors
    /// When the text is no value of the type, or not an allowed one.
    pub fn read(&self, text: &str) -> Result<Value, ParameterError> {
        let value = read(self.kind(), text).filter(|value| fits(self.kind(), value));
        let value = value.ok_or_else(|| ParameterErrorKind::not(self.kind(), text));
        let value = value.map_err(|kind| self.error(kind))?;
        self.check(&value)?;
        Ok(value)
    }

    /// Checks a value that has a type already.
    ///
    /// # Errors
    /// When it is of another type, or not an allowed one.
    pub fn check(&self, value: &Value) -> Result<(), ParameterError> {
        let checked = self.fits_type(value).and_then(|()| self.is_allowed(value));
        checked.and_then(|()| self.is_within(value)).map_err(|kind| self.error(kind))
    }

    fn fits_type(&self, value: &Value) -> Result<(), ParameterErrorKind> {
        if fits(self.kind(), value) {
            Ok(())
        } else {
            Err(ParameterErrorKind::not(self.kind(), &shown(value)))
        }
    }

    fn is_allowed(&self, value: &Value) -> Result<(), ParameterErrorKind> {
        let allowed = &self.definition.allowed;
        if allowed.is_empty() || allowed.iter().any(|one| self.equal(one, value)) {
            return Ok(());
        }
        Err(ParameterErrorKind::not_allowed(&shown(value), allowed.iter().map(shown)))
    }

    fn equal(&self, left: &Value, right: &Value) -> bool {
        match (Amount::of(self.kind(), left), Amount::of(self.kind(), right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        }
    }

    fn is_within(&self, value: &Value) -> Result<(), ParameterErrorKind> {
        if let (Some(pattern), Some(text)) = (&self.pattern, value.as_str())
            && !pattern.is_match(text)
        {
            let pattern = self.definition.pattern.as_deref().unwrap_or_default();
            return Err(ParameterErrorKind::no_match(text, pattern));
        }
        let Some(amount) = Amount::of(self.kind(), value) else {
            return Ok(());
        };
        let bound = |bound: &Option<Value>| bound.as_ref().map(shown).unwrap_or_default();
        match (self.minimum, self.maximum) {
            (Some(minimum), _) if amount < minimum => {
                Err(ParameterErrorKind::too_small(&shown(value), &bound(&self.definition.minimum)))
            }
            (_, Some(maximum)) if amount > maximum => {
                Err(ParameterErrorKind::too_large(&shown(value), &bound(&self.definition.maximum)))
            }
            _ => Ok(()),
        }
    }

    /// Enum values that do not fit the type, and a default that is not allowed.
    fn wrong_values(&self) -> Vec<ParameterErrorKind> {
        let allowed = self.definition.allowed.iter().map(|value| ("enum", self.fits_type(value)));
        let default = self.default().map(|value| ("default", self.check(value).map_err(|error| error.kind)));
        let results = allowed.chain(default);
        results
            .filter_map(|(field, result)| Some(ParameterErrorKind::in_field(field, result.err()?)))
            .collect()
    }

    fn error(&self, kind: ParameterErrorKind) -> ParameterError {
        ParameterError::new(self.name(), kind)
    }
}

fn take<T>(
    result: Result<Option<T>, ParameterErrorKind>,
    mistakes: &mut Vec<ParameterErrorKind>,
) -> Option<T> {
    result.unwrap_or_else(|mistake| {
        mistakes.push(mistake);
        None
    })
}

fn wrong_name(name: &str) -> Option<ParameterErrorKind> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(word);
    (!good || name.len() > MAX_NAME).then_some(ParameterErrorKind::Name)
}

fn wrong_order(minimum: Option<Amount>, maximum: Option<Amount>) -> Option<ParameterErrorKind> {
    (minimum? > maximum?).then_some(ParameterErrorKind::EmptyRange)
}

fn bound(
    definition: &Definition,
    field: &'static str,
    value: Option<&Value>,
) -> Result<Option<Amount>, ParameterErrorKind> {
    let Some(value) = value else {
        return Ok(None);
    };
    if !definition.kind.is_ordered() {
        return Err(ParameterErrorKind::NotForType { field, kind: definition.kind });
    }
    let amount = Amount::of(definition.kind, value).filter(|_| fits(definition.kind, value));
    let not = || ParameterErrorKind::not(definition.kind, &shown(value));
    amount.map(Some).ok_or_else(|| ParameterErrorKind::in_field(field, not()))
}

/// The pattern alone has to be valid before it is wrapped, or it could close the group around it.
fn pattern(definition: &Definition) -> Result<Option<Regex>, ParameterErrorKind> {
    let Some(pattern) = &definition.pattern else {
        return Ok(None);
    };
    if definition.kind != ParameterType::String {
        return Err(ParameterErrorKind::NotForType { field: "pattern", kind: definition.kind });
    }
    if pattern.len() > MAX_PATTERN {
        return Err(ParameterErrorKind::pattern(pattern, &format!("longer than {MAX_PATTERN} bytes")));
    }
    let compiled = compile_regex(pattern).and_then(|_| compile_regex(&format!(r"\A(?:{pattern})\z")));
    compiled.map(Some).map_err(|problem| ParameterErrorKind::pattern(pattern, &problem))
}

fn compile_regex(pattern: &str) -> Result<Regex, String> {
    let builder = regex::RegexBuilder::new(pattern).size_limit(MAX_PATTERN_MEMORY).nest_limit(32).build();
    builder.map_err(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

fn read(kind: ParameterType, text: &str) -> Option<Value> {
    match kind {
        ParameterType::String | ParameterType::Quantity | ParameterType::Duration => Some(Value::from(text)),
        ParameterType::Integer => read_integer(text).map(Value::Number),
        ParameterType::Number => serde_json::from_str(text).ok().filter(Value::is_number),
        ParameterType::Boolean => text.parse().ok().map(Value::Bool),
        ParameterType::Array | ParameterType::Object => serde_json::from_str(text).ok(),
    }
}

fn read_integer(text: &str) -> Option<Number> {
    let signed = text.parse::<i64>().map(Number::from);
    signed.or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}

fn fits(kind: ParameterType, value: &Value) -> bool {
    match kind {
        ParameterType::String => value.is_string(),
        ParameterType::Integer => value.is_i64() || value.is_u64(),
        ParameterType::Number => value.is_number(),
        ParameterType::Boolean => value.is_boolean(),
        ParameterType::Quantity | ParameterType::Duration => Amount::of(kind, value).is_some(),
        ParameterType::Array => value.is_array(),
        ParameterType::Object => value.is_object(),
    }
}

/// A value for messages; containers by their type only.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) | Value::Null => type_name(value).to_owned(),
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests;
