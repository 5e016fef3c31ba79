//! Values of labels: one value of the line, a text with several in it, or a constant.

use super::json::{self, Json};
use super::scope::{Found, Origin, Scope};
use crate::observation::{Reason, push_label};

/// Longest value of a label, in bytes; more is cut off at the end of a character.
pub const MAX_LABEL: usize = 1024;

/// How a label's value is made.
#[derive(Debug, Clone)]
pub(super) struct LabelReader {
    pub(super) parts: Vec<Part>,
    /// Whether a line without one of the values is not counted.
    pub(super) required: bool,
    /// What stands for a value that is missing.
    pub(super) default: Box<str>,
}

/// A piece of a label's value.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Text(Box<str>),
    Value(Origin),
}

impl LabelReader {
    /// Appends the value to `labels`.
    #[inline]
    pub(super) fn push(
        &self,
        scope: &Scope<'_>,
        scratch: &mut String,
        labels: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        if let [Part::Value(origin)] = self.parts.as_slice() {
            return self.with_text(scope, *origin, |text| push_label(labels, cut(text)));
        }
        scratch.clear();
        for part in &self.parts {
            match part {
                Part::Text(text) => scratch.push_str(text),
                Part::Value(origin) => {
                    self.with_text(scope, *origin, |text| scratch.push_str(cut(text)))?;
                }
            }
        }
        push_label(labels, cut(scratch));
        Ok(())
    }

    /// Hands on the text of a value. That of a number are the digits that stand in the line.
    #[inline]
    fn with_text(&self, scope: &Scope<'_>, origin: Origin, take: impl FnOnce(&str)) -> Result<(), Reason> {
        match scope.find(origin) {
            Found::Missing if self.required => return Err(Reason::NoLabel),
            Found::Missing => take(&self.default),
            Found::Key(text) => take(text),
            Found::Raw(raw) => match Json::of(raw) {
                Json::Text(inner) if !scope.escapes => take(inner),
                Json::Text(inner) => take(&json::decoded(inner)),
                Json::Number(_) | Json::Bool(_) => take(raw),
                Json::Null | Json::Object(_) | Json::Array(_) => return Err(Reason::NoLabel),
            },
        }
        Ok(())
    }
}

#[inline]
fn cut(text: &str) -> &str {
    if text.len() <= MAX_LABEL {
        text
    } else {
        text.get(..text.floor_char_boundary(MAX_LABEL)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::read_labels;
    use crate::rules::time::Moment;

    fn value(raw: Option<&str>, required: bool) -> Result<String, Reason> {
        let reader =
            LabelReader { parts: vec![Part::Value(Origin::Line(0))], required, default: "none".into() };
        let line = [raw];
        let scope = Scope::of_line(&line, Moment::default());
        let mut labels = Vec::new();
        reader.push(&scope, &mut String::new(), &mut labels)?;
        let values: Vec<_> = read_labels(&labels).collect();
        assert_eq!(values.len(), 1);
        Ok(values[0].to_owned())
    }

    #[test]
    fn values_are_as_they_stand_in_the_line() {
        for (raw, text) in [
            ("\"text\"", "text"),
            ("\"a\\\"b\\n\"", "a\"b\n"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("1.50", "1.50"),
            ("true", "true"),
            ("null", "none"),
        ] {
            assert_eq!(value(Some(raw), false).as_deref(), Ok(text), "{raw}");
        }
        assert_eq!(value(None, false).as_deref(), Ok("none"));
        for raw in ["{}", "[]"] {
            assert_eq!(value(Some(raw), false), Err(Reason::NoLabel), "{raw}");
        }
        assert_eq!(value(None, true), Err(Reason::NoLabel));
        assert_eq!(value(Some("null"), true), Err(Reason::NoLabel));
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = format!("\"x{}\"", "ä".repeat(5_000));
        let cut = value(Some(&long), false).unwrap();
        assert_eq!(cut.len(), MAX_LABEL - 1);
        assert!(cut.ends_with('ä'));
    }

    #[test]
    fn texts_hold_several_values() {
        let parts = vec![Part::Value(Origin::Line(0)), Part::Text("-".into()), Part::Value(Origin::Line(1))];
        let reader = LabelReader { parts, required: false, default: "".into() };
        let scope = Scope::of_line(&[Some("\"a\""), Some("7")], Moment::default());
        let mut labels = Vec::new();
        reader.push(&scope, &mut "rest".to_owned(), &mut labels).unwrap();
        assert_eq!(read_labels(&labels).collect::<Vec<_>>(), ["a-7"]);
    }
}
