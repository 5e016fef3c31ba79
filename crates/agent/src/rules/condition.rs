//! `when`: a condition on a line, in the syntax of CEL, compiled to comparisons of pieces of the line.
//!
//! What is missing makes a comparison false. What cannot be compared, such as a text with a number by `<`, makes the
//! condition unclear, unless the rest of it decides alone.

mod compile;
mod operand;

use regex::Regex;

use super::fault::Complaint;
use super::json::{self, Json};
use super::slots::{Slot, Slots};
use operand::{Operand, Relation, Value};

/// A compiled condition.
#[derive(Debug)]
pub(super) struct Condition {
    root: Test,
    /// What it reads, for explanations.
    pub(super) reads: Vec<(String, Slot)>,
}

/// What a condition says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// It compares what cannot be compared.
    Unclear,
}

#[derive(Debug)]
enum Test {
    Constant(bool),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
    /// `field == "text"`, which most conditions are made of, and `!=`.
    Says {
        slot: Slot,
        quoted: Box<str>,
        wanted: bool,
    },
    Compare(Box<(Operand, Relation, Operand)>),
    /// `field in ["a", "b"]`.
    OneOf {
        of: Operand,
        list: Vec<Value<'static>>,
    },
    /// `"a" in field`: an element of an array, a key of an object.
    Holds {
        item: Value<'static>,
        slot: Slot,
    },
    Has(Slot),
    /// A field that is a boolean.
    Flag(Slot),
    Text {
        of: Operand,
        test: TextTest,
    },
}

#[derive(Debug)]
enum TextTest {
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    Matches(Box<Regex>),
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Condition {
    /// Compiles an expression; the paths that it reads get slots.
    pub(super) fn compile(expression: &str, slots: &mut Slots) -> Result<Self, Complaint> {
        compile::compile(expression, slots)
    }

    /// Whether it holds for a line.
    #[inline]
    pub(super) fn judge(&self, line: &[Option<&str>]) -> Answer {
        self.root.judge(line)
    }
}

impl Test {
    fn judge(&self, line: &[Option<&str>]) -> Answer {
        match self {
            Self::Constant(yes) => (*yes).into(),
            Self::Not(test) => match test.judge(line) {
                Answer::Yes => Answer::No,
                Answer::No => Answer::Yes,
                Answer::Unclear => Answer::Unclear,
            },
            Self::All(tests) => decide(tests, line, Answer::No),
            Self::Any(tests) => decide(tests, line, Answer::Yes),
            Self::Says { slot, quoted, wanted } => {
                field(line, *slot).is_some_and(|raw| json::says(raw, quoted) == *wanted).into()
            }
            Self::Compare(comparison) => {
                let (left, relation, right) = &**comparison;
                left.value(line).compare(*relation, &right.value(line))
            }
            Self::OneOf { of, list } => {
                let value = of.value(line);
                list.iter().any(|item| value.compare(Relation::Equal, item) == Answer::Yes).into()
            }
            Self::Holds { item, slot } => holds(item, field(line, *slot)),
            Self::Has(slot) => field(line, *slot).is_some().into(),
            Self::Flag(slot) => match field(line, *slot).map(Json::of) {
                Some(Json::Bool(flag)) => flag.into(),
                None | Some(Json::Null) => Answer::No,
                Some(_) => Answer::Unclear,
            },
            Self::Text { of, test } => match of.value(line) {
                Value::Text(text) => test.judge(&text).into(),
                Value::Missing | Value::Null => Answer::No,
                _ => Answer::Unclear,
            },
        }
    }
}

impl TextTest {
    fn judge(&self, text: &str) -> bool {
        match self {
            Self::StartsWith(start) => text.starts_with(&**start),
            Self::EndsWith(end) => text.ends_with(&**end),
            Self::Contains(part) => text.contains(&**part),
            Self::Matches(regex) => regex.is_match(text),
        }
    }
}

#[inline]
fn field<'a>(line: &[Option<&'a str>], slot: Slot) -> Option<&'a str> {
    line.get(slot).copied().flatten()
}

/// The first test that says `deciding` decides; without one, an unclear test makes all unclear.
fn decide(tests: &[Test], line: &[Option<&str>], deciding: Answer) -> Answer {
    let mut unclear = false;
    for test in tests {
        match test.judge(line) {
            answer if answer == deciding => return deciding,
            Answer::Unclear => unclear = true,
            _ => {}
        }
    }
    if unclear { Answer::Unclear } else { (deciding == Answer::No).into() }
}

fn holds(item: &Value<'_>, raw: Option<&str>) -> Answer {
    match (raw.map(Json::of), item) {
        (Some(Json::Array(raw)), _) => {
            let mut found = false;
            json::visit_elements(raw, |element| {
                found = found || Value::of(Some(element)).compare(Relation::Equal, item) == Answer::Yes;
            });
            found.into()
        }
        (Some(Json::Object(raw)), Value::Text(key)) => {
            let key = json::quoted(key);
            let mut found = false;
            json::visit_members(raw, |name, _| found = found || json::says(name, &key));
            found.into()
        }
        (None | Some(Json::Null), _) => Answer::No,
        _ => Answer::Unclear,
    }
}

#[cfg(test)]
mod tests;
