//! Values for the parameters of a template: the defaults, what its author names as possible, and, where there has to be a
//! value and nobody names one, a guess.

use chandler_template::{Parameter, ParameterType};
use regex_syntax::hir::{Hir, HirKind};
use serde_json::Value;

use super::read::{flag, items, present, text};
use crate::template::Template;

/// Most choices of values that a template is tried with.
const MAX_CHOICES: usize = 24;

/// Longest repetition in a text that is made up from a pattern.
const MAX_REPETITIONS: u32 = 64;

/// Values of some parameters, as texts; the others have their default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Name and text.
    pub(super) values: Vec<(String, String)>,
    /// Whether one of them is a guess: what follows from its form means nothing.
    pub(super) is_guessed: bool,
    /// The parameter that differs from the first choice, with its text.
    pub(super) differs: Option<(String, String)>,
}

struct Candidate {
    text: String,
    is_guessed: bool,
}

/// The choices, the plainest first; none where a required parameter has no value that anybody could make up.
pub(super) fn choices(template: &Template, source: &Value) -> Vec<Choice> {
    let declared = source.get("spec").map(|spec| items(spec, "parameters")).into_iter().flatten();
    let declared: Vec<(&Parameter, &Value)> =
        template.parameters.iter().map(|declared| &declared.parameter).zip(declared).collect();
    let mut plain = Choice::default();
    for (parameter, source) in declared.iter().filter(|(parameter, _)| parameter.required()) {
        let Some(candidate) = candidates(parameter, source).into_iter().next() else { return Vec::new() };
        plain.is_guessed |= candidate.is_guessed;
        plain.values.push((parameter.name().to_owned(), candidate.text));
    }
    let mut choices = vec![plain.clone()];
    for (parameter, source) in declared {
        let others =
            candidates(parameter, source).into_iter().filter(|candidate| is_new(parameter, candidate));
        choices.extend(others.map(|candidate| plain.with(parameter.name(), candidate)));
    }
    choices.dedup();
    choices.truncate(MAX_CHOICES);
    choices
}

/// Whether a text says something else than the default.
fn is_new(parameter: &Parameter, candidate: &Candidate) -> bool {
    parameter.default().is_none_or(|default| parameter.read(&candidate.text).ok().as_ref() != Some(default))
}

impl Choice {
    fn with(&self, name: &str, candidate: Candidate) -> Self {
        let mut other = self.clone();
        other.values.retain(|(known, _)| known != name);
        other.is_guessed |= candidate.is_guessed;
        other.values.push((name.to_owned(), candidate.text.clone()));
        if other.values != self.values {
            other.differs = Some((name.to_owned(), candidate.text));
        }
        other
    }
}

/// Texts that a parameter takes, the first the most likely one.
fn candidates(parameter: &Parameter, source: &Value) -> Vec<Candidate> {
    let named: Vec<&Value> = items(source, "enum").collect();
    let bounds: Vec<&Value> =
        ["minimum", "maximum"].into_iter().filter_map(|bound| present(source, bound)).collect();
    let known: Vec<String> = match parameter.kind() {
        _ if !named.is_empty() => named.into_iter().map(text_of).collect(),
        ParameterType::Boolean => vec!["true".to_owned(), "false".to_owned()],
        _ => bounds.into_iter().map(text_of).collect(),
    };
    let candidate = |text: String, is_guessed| Candidate { text, is_guessed };
    let mut candidates: Vec<Candidate> = known.into_iter().map(|text| candidate(text, false)).collect();
    if candidates.is_empty() && (parameter.default().is_none() || flag(source, "required")) {
        candidates.extend(guess(parameter.kind(), text(source, "pattern")).map(|text| candidate(text, true)));
    }
    candidates.retain(|candidate| parameter.read(&candidate.text).is_ok());
    candidates
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn guess(kind: ParameterType, pattern: &str) -> Option<String> {
    let plain = match kind {
        ParameterType::String if !pattern.is_empty() => return text_like(pattern),
        ParameterType::String => "sample",
        ParameterType::Integer | ParameterType::Number | ParameterType::Quantity => "1",
        ParameterType::Boolean => "true",
        ParameterType::Duration => "1m",
        ParameterType::Array => r#"["sample"]"#,
        ParameterType::Object => r#"{"sample":"sample"}"#,
    };
    Some(plain.to_owned())
}

/// A short text that a pattern matches.
fn text_like(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = Vec::new();
    write_match(&hir, &mut text);
    String::from_utf8(text).ok()
}

fn write_match(hir: &Hir, text: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(class) => text.extend(member_of(class)),
        HirKind::Repetition(repetition) => {
            let least = repetition.min.min(MAX_REPETITIONS);
            (0..least).for_each(|_| write_match(&repetition.sub, text));
        }
        HirKind::Capture(capture) => write_match(&capture.sub, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write_match(part, text)),
        HirKind::Alternation(parts) => parts.iter().take(1).for_each(|part| write_match(part, text)),
    }
}

/// A character of a class: a letter where it has one, else its first.
fn member_of(class: &regex_syntax::hir::Class) -> Vec<u8> {
    use regex_syntax::hir::Class;
    let has = |character: char| match class {
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&character)),
        Class::Bytes(class) => class.iter().any(|range| {
            u8::try_from(character).is_ok_and(|byte| (range.start()..=range.end()).contains(&byte))
        }),
    };
    let first = match class {
        Class::Unicode(class) => class.iter().next().map(regex_syntax::hir::ClassUnicodeRange::start),
        Class::Bytes(class) => class.iter().next().map(|range| char::from(range.start())),
    };
    let chosen = ['a', 'A', '1'].into_iter().find(|character| has(*character)).or(first);
    chosen.map(|character| character.to_string().into_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_made_up_matches_its_pattern() {
        for pattern in ["[a-z]([-a-z0-9]{0,61}[a-z0-9])?", r"v\d+\.\d+", "(one|two)-[^a]{3}", "^x?$", ".+"] {
            let text = text_like(pattern).unwrap();
            let whole = parameter_like(pattern);
            assert!(whole.read(&text).is_ok(), "{pattern}: {text:?}");
        }
    }

    fn parameter_like(pattern: &str) -> Parameter {
        let mut definition = chandler_template::Definition::new("p", ParameterType::String);
        definition.pattern = Some(pattern.to_owned());
        Parameter::compile(definition).unwrap()
    }
}
