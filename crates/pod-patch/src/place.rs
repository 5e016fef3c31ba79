//! Where the merge is: a chain of steps on the stack, which costs nothing until somebody asks for its text.

use std::fmt::Write;

use serde_json::Value;

use crate::error::MergeError;
use crate::schema::Shape;

/// How deep a patch may nest.
const MAX_DEPTH: u16 = 100;

/// A place in an object, and what belongs there.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: u16,
    /// What the API has here.
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Item(&'a Value),
    Index(usize),
}

impl<'a> Place<'a> {
    /// The start of a document.
    pub(crate) fn root(shape: Shape) -> Self {
        Self { parent: None, step: Step::Root, depth: 0, shape }
    }

    /// A field of the object here.
    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        self.below(Step::Field(name), self.shape.field(name))
    }

    /// An item of the list here that has a key.
    pub(crate) fn item(&'a self, item: &'a Value) -> Self {
        self.below(Step::Item(item), self.shape.item())
    }

    /// An item of the list here, by its index.
    pub(crate) fn index(&'a self, index: usize) -> Self {
        self.below(Step::Index(index), self.shape.item())
    }

    fn below(&'a self, step: Step<'a>, shape: Shape) -> Self {
        Self { parent: Some(self), step, depth: self.depth.saturating_add(1), shape }
    }

    /// # Errors
    /// When the place is nested too deep to go on.
    pub(crate) fn check_depth(&self) -> Result<(), MergeError> {
        if self.depth > MAX_DEPTH { Err(MergeError::Descend { path: self.path() }) } else { Ok(()) }
    }

    /// Whether that many levels may still follow.
    pub(crate) fn has_room(&self, levels: u16) -> bool {
        self.depth.saturating_add(levels) <= MAX_DEPTH
    }

    /// # Errors
    /// When a value is of another type than the API has here.
    pub(crate) fn check_type(&self, value: &Value) -> Result<(), MergeError> {
        let Some(expected) = self.shape.expected(value) else { return Ok(()) };
        Err(match misspelt_directive(value) {
            Some(directive) => {
                MergeError::FindDirective { path: self.path(), directive: directive.to_owned() }
            }
            None => MergeError::ReadValue { path: self.path(), expected },
        })
    }

    /// Whether the place is a field of that name, or inside one.
    pub(crate) fn is_within(&self, name: &str) -> bool {
        let mut place = Some(self);
        while let Some(here) = place {
            if matches!(here.step, Step::Field(field) if field == name) {
                return true;
            }
            place = here.parent;
        }
        false
    }

    /// Whether the place is an item of a pod's `containers` or `initContainers`.
    pub(crate) fn is_new_container(&self) -> bool {
        matches!(self.step, Step::Item(_)) && self.shape.type_name() == Some("Container")
    }

    /// The text of the place: `spec.containers[app].env[A].value`.
    pub(crate) fn path(&self) -> String {
        let mut places = Vec::with_capacity(usize::from(self.depth));
        let mut place = Some(self);
        while let Some(here) = place {
            places.push(here);
            place = here.parent;
        }
        let mut path = String::new();
        places.iter().rev().for_each(|place| place.write_step(&mut path));
        path
    }

    fn write_step(&self, path: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self.step {
            Step::Root => Ok(()),
            Step::Field(name) if is_plain(name) && path.is_empty() => write!(path, "{name}"),
            Step::Field(name) if is_plain(name) => write!(path, ".{name}"),
            Step::Field(name) => write!(path, "[{name}]"),
            Step::Index(index) => write!(path, "[{index}]"),
            Step::Item(item) => {
                write!(path, "[{}]", self.parent.map_or_else(String::new, |list| list.label(item)))
            }
        };
    }

    /// The key of an item in words: `app`, or `80/TCP`.
    fn label(&self, item: &Value) -> String {
        let keys = self.shape.keys().unwrap_or_default();
        let parts = keys.iter().map(|key| match item.get(key.field) {
            None | Some(Value::Null) => key.default.unwrap_or_default().to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// The directive that somebody meant with an object of nothing but directives, where an object has no place.
fn misspelt_directive(value: &Value) -> Option<&str> {
    let mut keys = value.as_object()?.keys();
    let first = keys.next().filter(|key| key.starts_with('$'))?;
    keys.all(|key| key.starts_with('$')).then_some(first)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'))
}
