//! A value of a line becomes a number: as JSON has it, out of a text, with a unit, from a boolean, or by a list of words.

use super::json::{self, Json};
use super::scope::{Found, Origin};
use super::suffix::Unit;
use crate::observation::{Number, Reason};

/// How a metric's value is read.
#[derive(Debug)]
pub(super) struct ValueReader {
    pub(super) origin: Origin,
    /// What certain words are worth. They come before anything else.
    pub(super) words: Vec<(Box<str>, Number)>,
    /// The unit in which texts with units are read; none where they are no numbers.
    pub(super) unit: Option<Unit>,
}

/// What a metric can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// A counter: nothing below zero, and finite.
    Increase,
    /// A histogram: finite, and nothing below zero.
    Size,
    /// A histogram with a bucket below zero: finite.
    SignedSize,
    /// A gauge: anything.
    Level,
}

impl ValueReader {
    /// The number, or nothing where there is no value.
    #[inline]
    pub(super) fn read(&self, found: Found<'_>, taken: Taken) -> Result<Option<Number>, Reason> {
        let number = match found {
            Found::Missing => return Ok(None),
            Found::Key(text) => self.read_text(text, taken)?,
            Found::Raw(raw) => match Json::of(raw) {
                Json::Number(digits) => self.word(digits).map_or_else(|| read_number(digits), Ok)?,
                Json::Text(inner) => self.read_text(&json::decoded(inner), taken)?,
                Json::Bool(flag) => self.word(raw).unwrap_or(Number::Whole(flag.into())),
                Json::Null | Json::Object(_) | Json::Array(_) => return Err(Reason::NotANumber),
            },
        };
        check(number, taken).map(Some)
    }

    fn word(&self, text: &str) -> Option<Number> {
        self.words.iter().find(|(word, _)| **word == *text).map(|(_, number)| *number)
    }

    fn read_text(&self, text: &str, taken: Taken) -> Result<Number, Reason> {
        if let Some(number) = self.word(text) {
            return Ok(number);
        }
        let text = text.trim();
        if let Some(number) = self.unit.and_then(|unit| unit.read(text)) {
            return Ok(number);
        }
        if text.bytes().any(|byte| byte.is_ascii_digit()) {
            return read_number(text);
        }
        // "NaN", "inf", "-Infinity".
        let special = text.parse().map_err(|_| Reason::NotANumber)?;
        if taken == Taken::Level { Ok(Number::Real(special)) } else { Err(Reason::NotFinite) }
    }
}

/// Reads digits. Whole numbers beyond the range of `i64` are the nearest floating-point number.
#[inline]
fn read_number(digits: &str) -> Result<Number, Reason> {
    if let Ok(whole) = digits.parse() {
        return Ok(Number::Whole(whole));
    }
    let real: f64 = digits.parse().map_err(|_| Reason::NotANumber)?;
    if real.is_finite() { Ok(Number::Real(real)) } else { Err(Reason::NotFinite) }
}

#[inline]
fn check(number: Number, taken: Taken) -> Result<Number, Reason> {
    let below_zero = match number {
        Number::Whole(whole) => whole < 0,
        Number::Real(real) => real < 0.0,
    };
    if below_zero && matches!(taken, Taken::Increase | Taken::Size) {
        Err(Reason::Negative)
    } else {
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str, taken: Taken, unit: Option<Unit>) -> Result<Option<Number>, Reason> {
        let words = vec![
            ("ok".into(), Number::Whole(1)),
            ("fail".into(), Number::Real(0.5)),
            ("404".into(), Number::Whole(4)),
        ];
        ValueReader { origin: Origin::Line(0), words, unit }.read(Found::Raw(raw), taken)
    }

    #[test]
    fn coercion_is_as_documented() {
        use Number::{Real, Whole};
        for (raw, number) in [
            ("5", Whole(5)),
            ("-5", Whole(-5)),
            ("-0", Whole(0)),
            ("12.50", Real(12.5)),
            ("1e3", Real(1000.0)),
            ("9223372036854775807", Whole(i64::MAX)),
            ("9223372036854775808", Real(9_223_372_036_854_775_808.0)),
            ("1e-999", Real(0.0)),
            ("\"12\"", Whole(12)),
            ("\" 12.5 \"", Real(12.5)),
            ("\"\\u0031\"", Whole(1)),
            ("true", Whole(1)),
            ("false", Whole(0)),
            ("\"ok\"", Whole(1)),
            ("\"fail\"", Real(0.5)),
            ("404", Whole(4)),
            ("\"404\"", Whole(4)),
            ("\"inf\"", Real(f64::INFINITY)),
            ("\"-Infinity\"", Real(f64::NEG_INFINITY)),
        ] {
            assert_eq!(read(raw, Taken::Level, None), Ok(Some(number)), "{raw}");
        }
        let Ok(Some(Real(nan))) = read("\"NaN\"", Taken::Level, None) else { panic!() };
        assert!(nan.is_nan());
    }

    #[test]
    fn what_is_no_number_has_a_reason() {
        for (raw, taken, reason) in [
            ("\"\"", Taken::Level, Reason::NotANumber),
            ("\"abc\"", Taken::Level, Reason::NotANumber),
            ("\"12ms\"", Taken::Level, Reason::NotANumber),
            ("\"true\"", Taken::Level, Reason::NotANumber),
            ("{}", Taken::Level, Reason::NotANumber),
            ("[1]", Taken::Level, Reason::NotANumber),
            ("1e999", Taken::Level, Reason::NotFinite),
            ("\"1e999\"", Taken::Level, Reason::NotFinite),
            ("1e999", Taken::Increase, Reason::NotFinite),
            ("\"NaN\"", Taken::Increase, Reason::NotFinite),
            ("\"inf\"", Taken::Size, Reason::NotFinite),
            ("-5", Taken::Increase, Reason::Negative),
            ("-0.5", Taken::Increase, Reason::Negative),
            ("-0.5", Taken::Size, Reason::Negative),
            ("\"-inf\"", Taken::SignedSize, Reason::NotFinite),
        ] {
            assert_eq!(read(raw, taken, None), Err(reason), "{raw}");
        }
        assert_eq!(read("-0.5", Taken::SignedSize, None), Ok(Some(Number::Real(-0.5))));
    }

    #[test]
    fn units_are_read_only_where_they_are_expected() {
        for (raw, number) in [
            ("\"12ms\"", Number::Real(0.012)),
            ("\"12\"", Number::Whole(12)),
            ("12", Number::Whole(12)),
            ("\"1.5\"", Number::Real(1.5)),
        ] {
            assert_eq!(read(raw, Taken::Level, Some(Unit::Seconds)), Ok(Some(number)), "{raw}");
        }
        assert_eq!(read("\"12KiB\"", Taken::Level, Some(Unit::Seconds)), Err(Reason::NotANumber));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), digits in "[-+0-9.eE]{0,12}") {
            for text in [text, digits] {
                let raw = serde_json::to_string(&text).unwrap();
                for taken in [Taken::Increase, Taken::Size, Taken::SignedSize, Taken::Level] {
                    if let Ok(Some(Number::Real(real))) = read(&raw, taken, Some(Unit::Bytes)) {
                        prop_assert!(taken == Taken::Level || real.is_finite());
                    }
                }
            }
        }
    }
}
