//! Anchors and aliases, with a budget: a few lines of aliases to aliases can stand for billions of
//! values.

use std::collections::HashMap;

use serde_json::Value;

use super::MAX_DEPTH;
use crate::error::ParseErrorKind;

/// How many values the aliases of one document may repeat.
pub const MAX_ALIAS_NODES: usize = 400_000;

/// How many bytes of text the aliases of one document may repeat.
pub const MAX_ALIAS_BYTES: usize = 32 << 20;

/// A value with an anchor.
pub(super) struct Anchored {
    pub(super) value: Value,
    /// What it is as a key, if it can be one.
    pub(super) key: Option<String>,
    size: Size,
}

/// What copying a value costs, and how deep it is.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// The anchors of one document, by the parser's number.
#[derive(Default)]
pub(super) struct Anchors {
    anchored: HashMap<usize, Anchored>,
    spent: Size,
}

impl Anchors {
    /// Remembers `value`. This is a copy too, and counts as one.
    pub(super) fn define(
        &mut self,
        id: usize,
        value: &Value,
        key: Option<String>,
    ) -> Result<(), ParseErrorKind> {
        let mut size = Size::default();
        measure(value, 0, &mut size)?;
        self.spend(size)?;
        self.anchored.insert(id, Anchored { value: value.clone(), key, size });
        Ok(())
    }

    /// The value that alias `id` stands for at `depth`, paid for.
    pub(super) fn expand(&mut self, id: usize, depth: usize) -> Result<&Anchored, ParseErrorKind> {
        let size = self.anchored.get(&id).ok_or(ParseErrorKind::RecursiveAlias)?.size;
        if depth + size.depth > MAX_DEPTH {
            return Err(ParseErrorKind::TooDeep(MAX_DEPTH));
        }
        self.spend(size)?;
        self.anchored.get(&id).ok_or(ParseErrorKind::RecursiveAlias)
    }

    fn spend(&mut self, size: Size) -> Result<(), ParseErrorKind> {
        self.spent.nodes += size.nodes;
        self.spent.bytes += size.bytes;
        self.spent.check()
    }
}

impl Size {
    fn check(self) -> Result<(), ParseErrorKind> {
        if self.nodes > MAX_ALIAS_NODES || self.bytes > MAX_ALIAS_BYTES {
            return Err(ParseErrorKind::TooManyAliases(MAX_ALIAS_NODES));
        }
        Ok(())
    }
}

/// Adds up `value`, which is at most [`MAX_DEPTH`] deep, and stops when it is over the budget.
fn measure(value: &Value, depth: usize, size: &mut Size) -> Result<(), ParseErrorKind> {
    size.nodes += 1;
    size.check()?;
    match value {
        Value::String(text) => size.bytes += text.len(),
        Value::Array(items) => {
            size.depth = size.depth.max(depth + 1);
            items.iter().try_for_each(|item| measure(item, depth + 1, size))?;
        }
        Value::Object(object) => {
            size.depth = size.depth.max(depth + 1);
            object.iter().try_for_each(|(key, value)| {
                size.bytes += key.len();
                measure(value, depth + 1, size)
            })?;
        }
        _ => {}
    }
    size.check()
}
