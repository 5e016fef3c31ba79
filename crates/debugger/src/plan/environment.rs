//! The environment of a tooling container: the target's by reference, then the toolbox's.

use serde_json::{Value, json};

use super::field::{items, name_of, set};
use super::target::Target;

/// Variables that are for the programs of the target's own image, and would mislead those of another.
const OF_THE_IMAGE: [&str; 4] = ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV"];

/// The target's `envFrom`. What is missing keeps no session from starting.
pub(crate) fn environment_sources(target: &Target<'_>) -> Vec<Value> {
    let sources = items(target.container, "/envFrom").iter().cloned();
    sources.map(|source| with_optional(source, &["configMapRef", "secretRef"])).collect()
}

/// The target's variables, but for those that another of the same name replaces.
pub(crate) fn variables(
    target: Option<&Target<'_>>,
    toolbox: &[Value],
    notes: &mut Vec<String>,
) -> Vec<Value> {
    let own = target.map_or(&[][..], |target| items(target.container, "/env"));
    let is_replaced = |variable: &Value| toolbox.iter().any(|other| name_of(other) == name_of(variable));
    let mut list = Vec::new();
    for variable in own.iter().filter(|variable| !is_replaced(variable)) {
        if OF_THE_IMAGE.contains(&name_of(variable)) {
            notes.push(format!(
                "variable {} of the target is left out: it is for the target's own image",
                name_of(variable)
            ));
        } else {
            list.push(referring(variable.clone(), target));
        }
    }
    list.extend(toolbox.iter().cloned());
    list
}

/// A mark of ours.
pub(crate) fn mark(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// A variable of the target, as another container can have it: resources are still those of the target.
fn referring(mut variable: Value, target: Option<&Target<'_>>) -> Value {
    let Some(source) = variable.get_mut("valueFrom") else { return variable };
    if let (Some(resource), Some(target)) = (source.get_mut("resourceFieldRef"), target)
        && resource.get("containerName").is_none()
    {
        set(resource, "containerName", target.name);
    }
    let referring = with_optional(source.take(), &["configMapKeyRef", "secretKeyRef", "fileKeyRef"]);
    *source = referring;
    variable
}

fn with_optional(mut source: Value, kinds: &[&str]) -> Value {
    for kind in kinds {
        if let Some(reference) = source.get_mut(*kind) {
            set(reference, "optional", true);
        }
    }
    source
}
