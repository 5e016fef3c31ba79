//! From events to a value, in one pass and without recursion.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value, map::Entry};
use serde_saphyr::granit_parser::{Event, Span, Tag as WrittenTag};

use super::{MAX_DEPTH, alias::Anchors, parser, place, scalar::Written, syntax, syntax_error, tag::Tag};
use crate::{
    error::{ParseError, ParseErrorKind},
    position::Location,
};

type Step = Result<(), ParseErrorKind>;

/// Builds the value of the one document in `text`.
pub(super) fn build(text: &str, start: Location) -> Result<Value, ParseError> {
    let mut builder = Builder { text, aliased: text.contains('*'), ..Builder::default() };
    let mut parser = parser(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| syntax_error(start, &error))?;
        builder.accept(event, &span).map_err(|kind| {
            let marker = span.tag_start().unwrap_or(span.start);
            kind.at(place(start, &marker))
        })?;
    }
    Ok(builder.root.unwrap_or(Value::Null))
}

/// A key that waits for its value.
enum Key {
    Field(String),
    Merge,
}

/// A list or mapping that is not complete, and the anchor that it has (0 for none).
enum Open {
    List { items: Vec<Value>, anchor: usize },
    Map { mapping: Mapping, anchor: usize },
}

#[derive(Default)]
struct Mapping {
    object: Map<String, Value>,
    key: Option<Key>,
    /// The keys that were set and not merged, from the first merge on.
    explicit: Option<HashSet<String>>,
}

#[derive(Default)]
struct Builder<'t> {
    text: &'t str,
    open: Vec<Open>,
    root: Option<Value>,
    documents: usize,
    anchors: Anchors,
    /// Whether there may be aliases; else anchors need no copies.
    aliased: bool,
}

impl Builder<'_> {
    fn accept(&mut self, event: Event<'_>, span: &Span) -> Step {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().map(Tag::of).transpose()?;
                let written = Written { text, style, anchor, tag };
                syntax::check_scalar(&written, self.text, span)?;
                if self.open.is_empty() {
                    syntax::check_root(&written, self.text, span)?;
                }
                self.scalar(written)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_collection(tag.as_deref(), Tag::Map, "mapping")?;
                self.begin(Open::Map { mapping: Mapping::default(), anchor })
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_collection(tag.as_deref(), Tag::List, "list")?;
                self.begin(Open::List { items: Vec::new(), anchor })
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(),
            Event::Alias(id) => self.alias(id),
            Event::Anchor(_, name) => syntax::check_anchor(&name),
            Event::DocumentStart(..) => self.document(),
            _ => Ok(()),
        }
    }

    fn document(&mut self) -> Step {
        self.documents += 1;
        if self.documents > 1 { Err(ParseErrorKind::HiddenDocument) } else { Ok(()) }
    }

    /// The mapping whose next node is a key.
    fn awaiting_key(&mut self) -> Option<&mut Mapping> {
        match self.open.last_mut() {
            Some(Open::Map { mapping, .. }) if mapping.key.is_none() => Some(mapping),
            _ => None,
        }
    }

    fn scalar(&mut self, written: Written<'_>) -> Step {
        let anchor = written.anchor;
        let Some(mapping) = self.awaiting_key() else {
            let scalar = written.resolve()?;
            let key = if anchor == 0 { None } else { scalar.clone().into_key().ok().map(Cow::into_owned) };
            return self.value(scalar.into_value()?, anchor, key);
        };
        if written.is_merge() {
            mapping.await_merge();
            return Ok(());
        }
        let scalar = written.resolve()?;
        if anchor != 0 && self.aliased {
            let key = scalar.clone().into_key()?.into_owned();
            self.anchors.define(anchor, &scalar.clone().into_value()?, Some(key))?;
        }
        self.key(scalar.into_key()?.into_owned())
    }

    fn key(&mut self, key: String) -> Step {
        if let Some(mapping) = self.awaiting_key() {
            mapping.key = Some(Key::Field(key));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize) -> Step {
        let depth = self.open.len();
        let anchored = self.anchors.expand(id, depth)?;
        let (value, key) = (anchored.value.clone(), anchored.key.clone());
        if self.awaiting_key().is_some() {
            return self.key(key.ok_or(ParseErrorKind::UnsupportedKey("mapping, list or null"))?);
        }
        self.value(value, 0, None)
    }

    fn check_collection(&mut self, tag: Option<&WrittenTag>, right: Tag, name: &'static str) -> Step {
        let tag = tag.map(Tag::of).transpose()?;
        if let Some(tag) = tag.filter(|tag| *tag != right) {
            return Err(tag.refuses(name));
        }
        if self.awaiting_key().is_some() {
            return Err(ParseErrorKind::UnsupportedKey(name));
        }
        Ok(())
    }

    fn begin(&mut self, open: Open) -> Step {
        if self.open.len() >= MAX_DEPTH {
            return Err(ParseErrorKind::TooDeep(MAX_DEPTH));
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Step {
        match self.open.pop() {
            Some(Open::List { items, anchor }) => self.value(Value::Array(items), anchor, None),
            Some(Open::Map { mapping, anchor }) => self.value(Value::Object(mapping.object), anchor, None),
            None => Ok(()),
        }
    }

    /// Puts a complete value where it belongs; `key` is what an alias to it is as a key.
    fn value(&mut self, value: Value, anchor: usize, key: Option<String>) -> Step {
        if anchor != 0 && self.aliased {
            self.anchors.define(anchor, &value, key)?;
        }
        match self.open.last_mut() {
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Map { mapping, .. }) => return mapping.set(value),
            None => self.root = Some(value),
        }
        Ok(())
    }
}

impl Mapping {
    fn await_merge(&mut self) {
        self.key = Some(Key::Merge);
        if self.explicit.is_none() {
            self.explicit = Some(self.object.keys().cloned().collect());
        }
    }

    fn set(&mut self, value: Value) -> Step {
        match self.key.take() {
            Some(Key::Field(key)) => self.insert(key, value),
            Some(Key::Merge) => self.merge(value),
            None => Ok(()),
        }
    }

    fn insert(&mut self, key: String, value: Value) -> Step {
        let merged = match &mut self.explicit {
            Some(explicit) => explicit.insert(key.clone()),
            None => false,
        };
        match self.object.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(mut entry) if merged => {
                entry.insert(value);
            }
            Entry::Occupied(entry) => {
                return Err(ParseErrorKind::DuplicateKey { key: entry.key().clone(), first_line: 0 });
            }
        }
        Ok(())
    }

    /// Takes over every entry of a mapping, or of a list of mappings of which the first wins. What
    /// is already there is overwritten, as it is by kubectl.
    fn merge(&mut self, value: Value) -> Step {
        match value {
            Value::Object(object) => self.object.extend(object),
            Value::Array(items) => {
                for item in items.into_iter().rev() {
                    let Value::Object(object) = item else { return Err(ParseErrorKind::InvalidMerge) };
                    self.object.extend(object);
                }
            }
            _ => return Err(ParseErrorKind::InvalidMerge),
        }
        Ok(())
    }
}
