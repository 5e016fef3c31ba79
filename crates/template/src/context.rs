//! The values that expressions read.

use std::cell::Cell;

use serde_json::Value;

use crate::error::RenderErrorKind;

/// Most values that all `$for` of a document may make.
const MAX_NODES: usize = 100_000;

/// Most bytes of text that rendering may read and make.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Longest single text, in bytes.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;

/// Named values, borrowed: nothing is copied before it lands in a leaf.
#[derive(Clone, Debug, Default)]
pub struct Context<'v> {
    variables: Vec<(&'v str, &'v Value)>,
}

impl<'v> Context<'v> {
    /// A context without variables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a variable; a second one of the same name is not seen.
    #[must_use]
    pub fn with(mut self, name: &'v str, value: &'v Value) -> Self {
        self.variables.push((name, value));
        self
    }
}

/// What an expression sees: the context, the variables of the `$for` around it, and how much may still be done.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    context: &'s Context<'s>,
    local: Option<&'s Local<'s>>,
    budget: &'s Budget,
}

/// A variable of a `$for`, and those of the `$for` around it.
pub(crate) struct Local<'s> {
    name: &'s str,
    value: &'s Value,
    outer: Option<&'s Local<'s>>,
}

/// What is left to spend.
pub(crate) struct Budget {
    nodes: Cell<usize>,
    bytes: Cell<usize>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { nodes: Cell::new(MAX_NODES), bytes: Cell::new(MAX_BYTES) }
    }
}

impl<'s> Scope<'s> {
    pub(crate) fn new(context: &'s Context<'s>, budget: &'s Budget) -> Self {
        Self { context, local: None, budget }
    }

    /// The variable that `$for` calls `name`, on top of what is already visible.
    pub(crate) fn bind(self, name: &'s str, value: &'s Value) -> Local<'s> {
        Local { name, value, outer: self.local }
    }

    pub(crate) fn inside(self, local: &'s Local<'s>) -> Self {
        Self { local: Some(local), ..self }
    }

    pub(crate) fn variable(self, name: &str) -> Option<&'s Value> {
        let mut local = self.local;
        while let Some(variable) = local {
            if variable.name == name {
                return Some(variable.value);
            }
            local = variable.outer;
        }
        self.context.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Counts values that a `$for` makes.
    pub(crate) fn spend_nodes(self, count: usize) -> Result<(), RenderErrorKind> {
        if self.local.is_none() {
            return Ok(());
        }
        spend(&self.budget.nodes, count)
    }

    /// Counts text that is read or made.
    pub(crate) fn spend_bytes(self, count: usize) -> Result<(), RenderErrorKind> {
        spend(&self.budget.bytes, count)
    }
}

fn spend(left: &Cell<usize>, count: usize) -> Result<(), RenderErrorKind> {
    let rest = left.get().checked_sub(count).ok_or(RenderErrorKind::ResultTooLarge)?;
    left.set(rest);
    Ok(())
}
