//! Splits a leaf into plain text and `{{ }}` tags, and bounds both before anything parses them.

use crate::error::CompileErrorKind;
use crate::excerpt::excerpt;

/// Longest leaf that may hold expressions, in bytes.
const MAX_LEAF: usize = 16 * 1024;

/// Deepest nesting of brackets in one expression.
const MAX_DEPTH: usize = 16;

/// A part of a leaf.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text that stays.
    Text(String),
    /// What stands between the braces.
    Tag(&'a str),
}

/// Whether a leaf has anything to split.
pub(crate) fn has_tags(leaf: &str) -> bool {
    leaf.contains("{{")
}

/// Splits `leaf`. As in handlebars, `\{{` stands for the braces themselves and `\\{{` for a backslash before
/// an expression.
pub(crate) fn split(leaf: &str) -> Result<Vec<Piece<'_>>, CompileErrorKind> {
    if leaf.len() > MAX_LEAF {
        return Err(CompileErrorKind::LeafTooLong(leaf.len()));
    }
    let (mut pieces, mut text, mut rest) = (Vec::new(), String::new(), leaf);
    while let Some((before, tail)) = rest.split_once("{{") {
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        let Some(_) = backslashes.checked_sub(1) else {
            text.push_str(before);
            rest = take_tag(tail, &mut text, &mut pieces)?;
            continue;
        };
        text.push_str(before.strip_suffix('\\').unwrap_or(before));
        if backslashes == 1 {
            text.push_str("{{");
            rest = tail;
        } else {
            rest = take_tag(tail, &mut text, &mut pieces)?;
        }
    }
    text.push_str(rest);
    push_text(&mut text, &mut pieces);
    Ok(pieces)
}

/// Takes the tag that `tail` starts with, and returns what follows it.
fn take_tag<'a>(
    tail: &'a str,
    text: &mut String,
    pieces: &mut Vec<Piece<'a>>,
) -> Result<&'a str, CompileErrorKind> {
    push_text(text, pieces);
    let tag = Tag::read(tail)?;
    refuse_special(tag.inner)?;
    pieces.push(Piece::Tag(tag.inner));
    Ok(tag.rest)
}

fn push_text(text: &mut String, pieces: &mut Vec<Piece<'_>>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text)));
    }
}

/// A tag and what follows it.
struct Tag<'a> {
    inner: &'a str,
    rest: &'a str,
}

impl<'a> Tag<'a> {
    /// `tail` begins after the opening braces; a third brace asks for a third one at the end.
    fn read(tail: &'a str) -> Result<Self, CompileErrorKind> {
        let unclosed = || CompileErrorKind::Unclosed(excerpt(&format!("{{{{{tail}")));
        let (body, close) = tail.strip_prefix('{').map_or((tail, "}}"), |body| (body, "}}}"));
        if body.starts_with('{') {
            return Err(unsupported(body, "raw blocks"));
        }
        let end = Scanner::default().find_end(body)?.ok_or_else(unclosed)?;
        let (inner, rest) = body.split_at_checked(end).ok_or_else(unclosed)?;
        let rest = rest.strip_prefix(close).ok_or_else(unclosed)?;
        Ok(Self { inner: inner.trim(), rest })
    }
}

/// Walks over an expression and keeps count of quotes and brackets.
#[derive(Default)]
struct Scanner {
    quote: Option<char>,
    escaped: bool,
    /// Inside `.[key]`, which ends at the first `]`.
    in_key: bool,
    braces: usize,
    others: usize,
    previous: char,
}

impl Scanner {
    /// The place of the closing braces, if there are any.
    fn find_end(mut self, body: &str) -> Result<Option<usize>, CompileErrorKind> {
        for (place, character) in body.char_indices() {
            if character == '}'
                && self.is_outside()
                && body.get(place..).is_some_and(|at| at.starts_with("}}"))
            {
                return Ok(Some(place));
            }
            self.step(character);
            if self.braces + self.others > MAX_DEPTH {
                return Err(CompileErrorKind::ExpressionTooDeep(excerpt(body)));
            }
        }
        Ok(None)
    }

    fn is_outside(&self) -> bool {
        self.quote.is_none() && !self.in_key && self.braces == 0
    }

    fn step(&mut self, character: char) {
        if let Some(quote) = self.quote {
            self.step_in_quotes(character, quote);
        } else if self.in_key {
            self.in_key = character != ']';
        } else {
            self.step_outside(character);
        }
        self.previous = character;
    }

    fn step_in_quotes(&mut self, character: char, quote: char) {
        if self.escaped {
            self.escaped = false;
        } else if character == quote {
            self.quote = None;
        } else {
            self.escaped = character == '\\';
        }
    }

    fn step_outside(&mut self, character: char) {
        match character {
            '"' | '\'' => self.quote = Some(character),
            '[' if matches!(self.previous, '.' | '/') => self.in_key = true,
            '(' | '[' => self.others += 1,
            ')' | ']' => self.others = self.others.saturating_sub(1),
            '{' => self.braces += 1,
            '}' => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
    }
}

/// Everything of handlebars that is no plain expression starts with a sign.
fn refuse_special(inner: &str) -> Result<(), CompileErrorKind> {
    match inner.chars().next() {
        Some('#' | '^' | '/') => Err(CompileErrorKind::Block(excerpt(&format!("{{{{{inner}}}}}")))),
        Some('>') => Err(unsupported(inner, "partials")),
        Some('*') => Err(unsupported(inner, "decorators")),
        Some('!') => Err(unsupported(inner, "comments in expressions")),
        Some('&') => Err(unsupported(inner, "unescaped expressions (nothing is ever escaped)")),
        _ if inner.starts_with('~') || inner.ends_with('~') => Err(unsupported(inner, "`~` trims")),
        _ => Ok(()),
    }
}

fn unsupported(expression: &str, feature: &'static str) -> CompileErrorKind {
    CompileErrorKind::Unsupported { expression: excerpt(expression), feature }
}

#[cfg(test)]
mod tests;
