//! `$requireNodes`: conditions on nodes that hold whichever of the pod's required terms is met.

use serde_json::{Map, Value, json};

use super::{Merger, Object};
use crate::directive::{REQUIRE_NODES, REQUIRED_TERMS};
use crate::error::MergeError;
use crate::place::Place;

const REQUIRED: &str = REQUIRED_TERMS.0;
const TERMS: &str = REQUIRED_TERMS.1;
const EXPRESSIONS: &str = "matchExpressions";

impl Merger {
    /// Adds the expressions to every required term of a node affinity, as the terms are alternatives.
    /// A term without any condition matches no node: it stays as it is, since an addition would widen it.
    pub(super) fn require_nodes(
        &mut self,
        affinity: &mut Object,
        nodes: &[Value],
        place: &Place<'_>,
    ) -> Result<(), MergeError> {
        let nodes = self.new_items(nodes, &place.field(REQUIRE_NODES))?;
        if nodes.is_empty() {
            return Ok(());
        }
        let place = place.field(REQUIRED);
        let place = place.field(TERMS);
        let terms = terms_mut(affinity).ok_or_else(|| unexpected(&place, "a list"))?;
        if terms.is_empty() {
            let mut expressions = Vec::with_capacity(nodes.len());
            add_expressions(&mut expressions, &nodes);
            terms.push(json!({ EXPRESSIONS: expressions }));
            return Ok(());
        }
        for (index, term) in terms.iter_mut().enumerate() {
            require_in_term(term, &nodes, &place.index(index))?;
        }
        Ok(())
    }
}

/// The list of required terms, made where there is none.
fn terms_mut(affinity: &mut Object) -> Option<&mut Vec<Value>> {
    let required = or_default(affinity.entry(REQUIRED).or_insert(Value::Null), || Value::Object(Map::new()));
    let terms = required.as_object_mut()?.entry(TERMS).or_insert(Value::Null);
    or_default(terms, || Value::Array(Vec::new())).as_array_mut()
}

fn or_default(value: &mut Value, make: fn() -> Value) -> &mut Value {
    if value.is_null() {
        *value = make();
    }
    value
}

fn require_in_term(term: &mut Value, nodes: &[Value], place: &Place<'_>) -> Result<(), MergeError> {
    let term = term.as_object_mut().ok_or_else(|| unexpected(place, "an object"))?;
    if term.values().all(super::is_nothing) {
        return Ok(());
    }
    let expressions = or_default(term.entry(EXPRESSIONS).or_insert(Value::Null), || Value::Array(Vec::new()));
    let expressions = expressions.as_array_mut();
    add_expressions(expressions.ok_or_else(|| unexpected(&place.field(EXPRESSIONS), "a list"))?, nodes);
    Ok(())
}

fn add_expressions(expressions: &mut Vec<Value>, nodes: &[Value]) {
    for node in nodes {
        if !expressions.contains(node) {
            expressions.push(node.clone());
        }
    }
}

fn unexpected(place: &Place<'_>, expected: &'static str) -> MergeError {
    MergeError::ReadValue { path: place.path(), expected }
}
