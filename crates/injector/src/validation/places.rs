//! Where in a template's document that comes from which stands in a pod.

use serde_json::Value;

use super::pod::Finding;
use super::read::{items, text};
use crate::template::{Segment, at, find_path, segment};

/// A place in the template's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located<'v> {
    pub(super) path: Vec<Segment>,
    /// What stands there.
    pub(super) value: &'v Value,
}

/// The place in a template that a finding in an added container, or in the pod itself, comes from: the deepest that any
/// `pod` patch has.
pub(super) fn locate_in_pods<'v>(template: &'v Value, finding: &Finding) -> Located<'v> {
    let words = finding.path();
    deepest(template, |patch| Some((vec![segment("pod")], patch.get("pod")?)), &words)
}

/// The place that a finding in a container of the pod's own comes from: the deepest that any patch of containers has, or
/// else a `pod` patch.
pub(super) fn locate_in_containers<'v>(template: &'v Value, finding: &Finding) -> Located<'v> {
    let part = |patch: &'v Value| {
        let prefix = vec![segment("containers"), segment("patch")];
        Some((prefix, patch.get("containers")?.get("patch")?))
    };
    let found = deepest(template, part, &finding.field);
    if found.path.len() > 2 { found } else { locate_in_pods(template, finding) }
}

fn deepest<'v>(
    template: &'v Value,
    part: impl Fn(&'v Value) -> Option<(Vec<Segment>, &'v Value)>,
    words: &str,
) -> Located<'v> {
    let none = Located { path: at!["spec", "patches"].to_vec(), value: &Value::Null };
    let patches = template.get("spec").map(|spec| items(spec, "patches")).into_iter().flatten();
    let found = patches.enumerate().filter_map(|(index, patch)| {
        let (inner, document) = part(patch)?;
        let below = find_path(document, words);
        let value = follow(document, &below)?;
        let path =
            at!["spec", "patches", index].into_iter().chain(inner).chain(below.iter().cloned()).collect();
        (!below.is_empty()).then_some(Located { path, value })
    });
    // Of equals the first.
    found.fold(none, |best, next| if next.path.len() > best.path.len() { next } else { best })
}

fn follow<'v>(document: &'v Value, path: &[Segment]) -> Option<&'v Value> {
    path.iter().try_fold(document, |here, segment| match segment {
        Segment::Key(key) => here.get(key),
        Segment::Index(index) => here.get(index),
    })
}

/// Whether nothing in a value depends on an expression.
pub(super) fn is_constant(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains("{{"),
        Value::Array(items) => items.iter().all(is_constant),
        Value::Object(members) => {
            !members.contains_key("$if") && !members.contains_key("$for") && members.values().all(is_constant)
        }
        _ => true,
    }
}

/// Whether a text stands somewhere in a value, as it is.
pub(super) fn has_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(found) => found == text,
        Value::Array(items) => items.iter().any(|item| has_text(item, text)),
        Value::Object(members) => members.values().any(|member| has_text(member, text)),
        _ => false,
    }
}

/// Whether a patch says that a container is new, by giving it a position.
pub(super) fn is_placed(template: &Value, list: &str, name: &str) -> bool {
    let patches = template.get("spec").map(|spec| items(spec, "patches")).into_iter().flatten();
    let mut containers =
        patches.filter_map(|patch| patch.get("pod")?.get("spec")).flat_map(|spec| items(spec, list));
    containers.any(|container| text(container, "name") == name && container.get("$position").is_some())
}
