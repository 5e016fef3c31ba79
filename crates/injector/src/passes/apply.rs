//! One patch onto one pod.

use std::collections::HashSet;

use chandler_api::injection::ContainerKind;
use chandler_pod_patch::{Conflicts, MergeError, Report, merge_container, merge_pod};
use serde_json::Value;
use thiserror::Error;

use super::Pass;
use crate::facts::find_malformed;
use crate::rendering::{RenderedAction, RenderedPatch};
use crate::template::ContainerSelector;

/// Lists of a pod that hold containers.
const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Why a patch does not fit a pod.
#[derive(Debug, Clone, Error)]
pub enum ApplyError {
    /// A merge failed.
    #[error("{error}")]
    Merge {
        /// Why, with the path in the pod.
        error: MergeError,
    },
    /// A merge onto one container failed.
    #[error("container {container:?}: {error}")]
    MergeContainer {
        /// The container.
        container: String,
        /// Why, with the path in the container.
        error: MergeError,
    },
    /// A `json` patch does not apply.
    #[error("json patch: {message}")]
    Json {
        /// Why.
        message: String,
    },
    /// A `json` patch gives something that is no pod any more.
    #[error("json patch: it would make {message}")]
    Shape {
        /// What it would make.
        message: String,
    },
    /// A `json` patch would change its own result again.
    #[error(
        "json patch: applied to its own result it {effect}, so that a second injection would change the pod again"
    )]
    NotIdempotent {
        /// What happens the second time.
        effect: String,
    },
    /// Together with the other templates, a second injection would not leave the pod as the first one did.
    #[error("with the other templates, a second injection {effect}")]
    Unstable {
        /// What happens the second time.
        effect: String,
    },
}

/// Applies a patch if its turn is in this pass.
pub(super) fn apply(
    pod: &mut Value,
    pass: Pass,
    patch: &RenderedPatch<'_>,
    conflicts: Conflicts,
) -> Result<Report, ApplyError> {
    match (pass, &patch.action) {
        (Pass::Pod, RenderedAction::Pod(patch)) => {
            merge_pod(pod, patch, conflicts).map_err(|error| ApplyError::Merge { error })
        }
        (Pass::Containers, RenderedAction::Containers { selector, patch }) => {
            merge_containers(pod, selector, patch, conflicts)
        }
        (Pass::Json, RenderedAction::Json(patch)) => apply_operations(pod, patch).map(|()| Report::default()),
        _ => Ok(Report::default()),
    }
}

fn merge_containers(
    pod: &mut Value,
    selector: &ContainerSelector,
    patch: &Value,
    conflicts: Conflicts,
) -> Result<Report, ApplyError> {
    let mut report = Report::default();
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(report) };
    for field in ["initContainers", "containers"] {
        let containers = spec.get_mut(field).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            if !container.is_object() || !selector.matches(name, kind_of(field, container)) {
                continue;
            }
            let name = name.to_owned();
            let more = merge_container(container, patch, conflicts)
                .map_err(|error| ApplyError::MergeContainer { container: name.clone(), error })?;
            extend(&mut report, more, &format!("spec.{field}[{name}]"));
        }
    }
    Ok(report)
}

fn extend(report: &mut Report, mut more: Report, container: &str) {
    let paths = more.warnings.iter_mut().map(|warning| &mut warning.path);
    for path in paths.chain(more.conflicts.iter_mut().map(|conflict| &mut conflict.path)) {
        *path = format!("{container}.{path}");
    }
    report.warnings.extend(more.warnings);
    report.conflicts.extend(more.conflicts);
}

fn kind_of(field: &str, container: &Value) -> ContainerKind {
    let restarts = container.get("restartPolicy").and_then(Value::as_str) == Some("Always");
    match (field, restarts) {
        ("containers", _) => ContainerKind::Container,
        (_, true) => ContainerKind::Sidecar,
        (_, false) => ContainerKind::InitContainer,
    }
}

fn apply_operations(pod: &mut Value, patch: &json_patch::Patch) -> Result<(), ApplyError> {
    json_patch::patch(pod, patch).map_err(|error| ApplyError::Json { message: error.to_string() })?;
    if let Some(message) = find_malformed(pod).or_else(|| find_repeated_name(pod)) {
        return Err(ApplyError::Shape { message });
    }
    let mut again = pod.clone();
    match json_patch::patch(&mut again, patch) {
        Ok(()) if again == *pod => Ok(()),
        Ok(()) => Err(ApplyError::NotIdempotent { effect: "gives another pod".to_owned() }),
        Err(error) => Err(ApplyError::NotIdempotent { effect: format!("fails ({error})") }),
    }
}

/// A container name is unique over the three lists of a pod.
fn find_repeated_name(pod: &Value) -> Option<String> {
    let spec = pod.get("spec")?;
    let lists = CONTAINER_LISTS.into_iter().filter_map(|list| spec.get(list)?.as_array());
    let mut names = lists.flatten().filter_map(|container| container.get("name")?.as_str());
    let mut seen = HashSet::new();
    names.find(|name| !seen.insert(*name)).map(|name| format!("two containers of the name {name:?}"))
}
