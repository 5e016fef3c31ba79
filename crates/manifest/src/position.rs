//! Places in a document: lines and columns, and paths to values.
//!
//! [`Token`]s are the common form in which YAML and JSON are walked a second time when an error
//! needs a place. They cost nothing while documents are fine.

use std::{borrow::Cow, collections::HashMap};

/// One step from a value to a value inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// The value of this key.
    Key(&'a str),
    /// The item at this index, from 0.
    Index(usize),
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Location {
    /// The place in the file of `inner`, a place in a text that starts at `self`.
    pub(crate) fn offset(self, inner: Self) -> Self {
        let column = if inner.line == 1 { self.column - 1 + inner.column } else { inner.column };
        Self { line: self.line - 1 + inner.line, column }
    }

    /// The place behind `bytes`, which start at `self`. As in YAML, a carriage return ends a line
    /// too, also without a line feed.
    pub(crate) fn after(self, bytes: &[u8]) -> Self {
        let mut lines = 0;
        let mut line_start = 0;
        for (index, byte) in bytes.iter().enumerate() {
            let ends = match byte {
                b'\n' => true,
                b'\r' => bytes.get(index + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends {
                lines += 1;
                line_start = index + 1;
            }
        }
        let last = bytes.get(line_start..).unwrap_or_default();
        let characters = last.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let column = if lines == 0 { self.column + characters } else { 1 + characters };
        Self { line: self.line + lines, column }
    }
}

/// A piece of a document's structure.
#[derive(Debug)]
pub(crate) enum Token<'t> {
    /// A mapping begins.
    Map,
    /// A list begins.
    List,
    /// The innermost mapping or list ends.
    End,
    /// A scalar, in the form that it has as a key.
    Scalar(Cow<'t, str>),
    /// The key `<<` of a merge.
    Merge,
    /// An alias; it stands for a whole value.
    Alias,
}

/// A mapping or list that is open during a walk.
struct Open<'t> {
    /// Whether everything up to here follows the wanted path.
    on_path: bool,
    /// The index of the next item, or `None` in a mapping.
    index: Option<usize>,
    /// In a mapping: the key whose value comes next.
    key: Option<Cow<'t, str>>,
    /// In a mapping: its keys and where they were first seen.
    seen: HashMap<Cow<'t, str>, Location>,
}

/// The place of the value at `path`, or of its deepest ancestor that exists.
pub(crate) fn locate<'t>(
    tokens: impl Iterator<Item = (Token<'t>, Location)>,
    path: &[Segment<'_>],
) -> Option<Location> {
    let mut stack: Vec<Open<'t>> = Vec::new();
    let mut found = None;
    for (token, location) in tokens {
        if matches!(token, Token::End) {
            stack.pop();
            continue;
        }
        let Some(on_path) = next_value(&mut stack, &token, path) else { continue };
        if on_path {
            found = Some(location);
            if stack.len() == path.len() {
                return found;
            }
        }
        open(&mut stack, &token, on_path);
    }
    found
}

/// Whether the value that `token` begins lies on `path`; `None` when it is not a value but a key.
fn next_value<'t>(stack: &mut [Open<'t>], token: &Token<'t>, path: &[Segment<'_>]) -> Option<bool> {
    let wanted = stack.len().checked_sub(1).and_then(|depth| path.get(depth));
    let Some(parent) = stack.last_mut() else { return Some(true) };
    let here = match (&mut parent.index, parent.key.take()) {
        (Some(index), _) => {
            *index += 1;
            matches!(wanted, Some(Segment::Index(i)) if *i + 1 == *index)
        }
        (None, Some(key)) => matches!(wanted, Some(Segment::Key(k)) if *k == key),
        (None, None) => {
            parent.key = Some(key_of(token));
            return None;
        }
    };
    Some(here && parent.on_path)
}

fn open<'t>(stack: &mut Vec<Open<'t>>, token: &Token<'t>, on_path: bool) {
    let index = match token {
        Token::Map => None,
        Token::List => Some(0),
        _ => return,
    };
    stack.push(Open { on_path, index, key: None, seen: HashMap::new() });
}

fn key_of<'t>(token: &Token<'t>) -> Cow<'t, str> {
    match token {
        Token::Scalar(text) => text.clone(),
        Token::Merge => Cow::Borrowed("<<"),
        _ => Cow::Borrowed(""),
    }
}

/// A key that stands twice in one mapping.
pub(crate) struct Duplicate {
    pub(crate) key: String,
    pub(crate) first: Location,
    pub(crate) second: Location,
}

/// The first key that stands twice in one mapping. Merges may stand twice.
pub(crate) fn find_duplicate<'t>(tokens: impl Iterator<Item = (Token<'t>, Location)>) -> Option<Duplicate> {
    let mut stack: Vec<Open<'t>> = Vec::new();
    for (token, second) in tokens {
        if matches!(token, Token::End) {
            stack.pop();
            continue;
        }
        if next_value(&mut stack, &token, &[]).is_some() {
            open(&mut stack, &token, false);
        } else if let (Token::Scalar(key), Some(parent)) = (token, stack.last_mut())
            && let Some(first) = parent.seen.insert(key.clone(), second)
        {
            return Some(Duplicate { key: key.into_owned(), first, second });
        }
    }
    None
}
