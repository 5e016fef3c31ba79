//! From a compiled document and a context to a value.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::{Constant, Each, Node, Object, When};
use crate::context::Scope;
use crate::error::{RenderError, RenderErrorKind};
use crate::expression::{is_true, type_name};
use crate::location::Segment;

impl Node {
    /// The value, or nothing when `$if` drops it.
    pub(super) fn render<'n>(&'n self, scope: Scope<'_>) -> Result<Option<Cow<'n, Value>>, RenderError> {
        match self {
            Self::Never => Ok(None),
            Self::Constant(constant) => Ok(Some(Cow::Borrowed(constant.render(scope)?))),
            Self::Leaf(leaf) => {
                scope.spend_nodes(1)?;
                Ok(Some(Cow::Owned(leaf.render(scope)?)))
            }
            Self::Object(object) => object.render(scope).map(Cow::Owned).map(Some),
            Self::List(items) => render_list(items, scope).map(Cow::Owned).map(Some),
            Self::When(when) => when.render(scope),
            // Only a list holds these, and it renders them itself.
            Self::Each(_) => Ok(None),
        }
    }
}

impl Constant {
    fn render(&self, scope: Scope<'_>) -> Result<&Value, RenderErrorKind> {
        scope.spend_nodes(self.nodes)?;
        scope.spend_bytes(self.bytes)?;
        Ok(&self.value)
    }
}

impl Object {
    fn render(&self, scope: Scope<'_>) -> Result<Value, RenderError> {
        scope.spend_nodes(self.nodes)?;
        scope.spend_bytes(self.bytes)?;
        let mut fields = self.fields.clone();
        for (name, node) in &self.blanks {
            match node.render(scope).map_err(|error| error.below(key(name)))? {
                Some(value) => fill(&mut fields, name, value.into_owned()),
                None => drop(fields.shift_remove(name)),
            }
        }
        Ok(Value::Object(fields))
    }
}

fn fill(fields: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(blank) = fields.get_mut(name) {
        *blank = value;
    }
}

impl When {
    fn render<'n>(&'n self, scope: Scope<'_>) -> Result<Option<Cow<'n, Value>>, RenderError> {
        let condition = self.condition.evaluate_or_null(scope);
        let condition = condition.map_err(|kind| RenderError::from(kind).below(key("$if")))?;
        if is_true(&condition) { self.body.render(scope) } else { Ok(None) }
    }
}

impl Each {
    /// Appends an item for each element.
    fn render_into(&self, items: &mut Vec<Value>, scope: Scope<'_>) -> Result<(), RenderError> {
        let in_list = |kind: RenderErrorKind| RenderError::from(kind).below(key("in")).below(key("$for"));
        let list = self.list.evaluate(scope).map_err(in_list)?;
        match &*list {
            Value::Array(elements) => {
                elements.iter().try_for_each(|element| self.render_one(element, items, scope))
            }
            Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
                self.render_one(&json!({"key": key, "value": value}), items, scope)
            }),
            other => Err(in_list(RenderErrorKind::NotAList(type_name(other)))),
        }
    }

    fn render_one(
        &self,
        element: &Value,
        items: &mut Vec<Value>,
        scope: Scope<'_>,
    ) -> Result<(), RenderError> {
        let local = scope.bind(&self.name, element);
        let inside = scope.inside(&local);
        // Elements that `$if` drops cost time as well.
        inside.spend_nodes(1)?;
        items.extend(self.body.render(inside)?.map(Cow::into_owned));
        Ok(())
    }
}

fn render_list(nodes: &[Node], scope: Scope<'_>) -> Result<Value, RenderError> {
    scope.spend_nodes(1)?;
    let mut items = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let rendered = match node {
            Node::Each(each) => each.render_into(&mut items, scope),
            _ => node.render(scope).map(|item| items.extend(item.map(Cow::into_owned))),
        };
        rendered.map_err(|error| error.below(Segment::Index(index)))?;
    }
    Ok(Value::Array(items))
}

fn key(name: &str) -> Segment {
    Segment::Key(name.to_owned())
}
