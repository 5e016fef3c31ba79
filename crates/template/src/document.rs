//! A document whose leaves may hold expressions: compiled once, rendered often.

mod compile;
mod leaf;
mod render;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::context::{Budget, Context, Scope};
use crate::error::{CompileError, RenderError};
use crate::expression::Expression;
use leaf::Leaf;

/// A compiled document. What does not depend on the context is ready before the first rendering.
#[derive(Clone, Debug)]
pub struct Document {
    root: Node,
    references: Vec<Vec<String>>,
}

/// A rendered document.
#[derive(Clone, Debug, PartialEq)]
pub enum Rendered<'a> {
    /// `$if` at the root was false.
    Absent,
    /// The document; borrowed when nothing in it depends on the context.
    Value(Cow<'a, Value>),
}

/// A part of a compiled document.
#[derive(Clone, Debug)]
enum Node {
    /// `$if: false`.
    Never,
    Constant(Constant),
    Leaf(Leaf),
    Object(Object),
    List(Vec<Node>),
    /// `$if`.
    When(Box<When>),
    /// `$for`; only as an item of a list.
    Each(Box<Each>),
}

/// A part without expressions, and how large it is.
#[derive(Clone, Debug)]
struct Constant {
    value: Value,
    nodes: usize,
    bytes: usize,
}

/// A mapping with all its keys, where null stands for what has to be filled in: cloning a map is cheaper than
/// building it.
#[derive(Clone, Debug)]
struct Object {
    fields: Map<String, Value>,
    blanks: Vec<(String, Node)>,
    nodes: usize,
    bytes: usize,
}

/// A part that is there when a condition holds.
#[derive(Clone, Debug)]
struct When {
    condition: Expression,
    body: Node,
}

/// An item that is there for each element of a list.
#[derive(Clone, Debug)]
struct Each {
    list: Expression,
    name: String,
    body: Node,
}

impl Document {
    /// Compiles a document. `roots` are the variables that expressions may read.
    ///
    /// # Errors
    /// All mistakes of the document in its order, at most 100.
    pub fn compile(source: &Value, roots: &[&str]) -> Result<Self, Vec<CompileError>> {
        compile::compile(source, roots)
    }

    /// Whether rendering gives the same for every context.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        matches!(self.root, Node::Constant(_) | Node::Never)
    }

    /// The paths that the document reads, such as `["params", "level"]`: sorted, each once.
    pub fn references(&self) -> impl Iterator<Item = &[String]> {
        self.references.iter().map(Vec::as_slice)
    }

    /// Fills the document from a context. The same context gives the same result.
    ///
    /// # Errors
    /// The first leaf, `$if` or `$for` whose value is missing or does not fit.
    pub fn render<'a>(&'a self, context: &Context<'_>) -> Result<Rendered<'a>, RenderError> {
        let budget = Budget::new();
        let rendered = self.root.render(Scope::new(context, &budget)).map_err(RenderError::rooted)?;
        Ok(rendered.map_or(Rendered::Absent, Rendered::Value))
    }
}

#[cfg(test)]
mod tests;
