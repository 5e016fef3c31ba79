//! Applies rendered patches in three passes: every `pod` patch, then every `containers` patch, then every `json`
//! patch. So what one template says of all containers also holds for those that another adds.

use chandler_api::injection::ContainerKind;
use chandler_pod_patch::{Conflicts, MergeError, Report, merge_container, merge_pod};
use serde_json::Value;
use thiserror::Error;

use crate::rendering::RenderedPatch;
use crate::template::ContainerSelector;

/// A template whose patches are ready.
#[derive(Debug)]
pub(crate) struct Prepared<'t> {
    /// Which of the decision's templates.
    pub(crate) index: usize,
    pub(crate) conflicts: Conflicts,
    pub(crate) patches: Vec<RenderedPatch<'t>>,
}

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
    /// A `json` patch would change its own result again.
    #[error(
        "json patch: applied to its own result it {effect}, so that a second injection would change the pod again"
    )]
    NotIdempotent {
        /// What happens the second time.
        effect: String,
    },
}

/// A pod fitted out, with what each template had to say, and the templates that failed.
#[derive(Debug)]
pub(crate) struct Fitted {
    pub(crate) pod: Value,
    /// Reports of the templates that applied whole, by their index.
    pub(crate) reports: Vec<(usize, Report)>,
    pub(crate) failures: Vec<(usize, ApplyError)>,
}

/// Applies the templates to a copy of the pod. One that fails is taken out, and the others start again from the pod
/// as it was, so that each applies whole or not at all.
pub(crate) fn apply_passes(pod: &Value, mut templates: Vec<Prepared<'_>>) -> Fitted {
    let mut failures = Vec::new();
    loop {
        let mut fitted = pod.clone();
        let mut reports: Vec<_> =
            templates.iter().map(|template| (template.index, Report::default())).collect();
        match run(&mut fitted, &templates, &mut reports) {
            Ok(()) => return Fitted { pod: fitted, reports, failures },
            Err((index, error)) => {
                templates.retain(|template| template.index != index);
                failures.push((index, error));
            }
        }
    }
}

/// The order of the passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Pod,
    Containers,
    Json,
}

fn run(
    pod: &mut Value,
    templates: &[Prepared<'_>],
    reports: &mut [(usize, Report)],
) -> Result<(), (usize, ApplyError)> {
    for pass in [Pass::Pod, Pass::Containers, Pass::Json] {
        for (template, (_, report)) in templates.iter().zip(reports.iter_mut()) {
            for patch in &template.patches {
                apply(pod, pass, patch, template.conflicts)
                    .map(|more| extend(report, more))
                    .map_err(|error| (template.index, error))?;
            }
        }
    }
    Ok(())
}

fn extend(report: &mut Report, more: Report) {
    report.warnings.extend(more.warnings);
    report.conflicts.extend(more.conflicts);
}

fn apply(
    pod: &mut Value,
    pass: Pass,
    patch: &RenderedPatch<'_>,
    conflicts: Conflicts,
) -> Result<Report, ApplyError> {
    match (pass, patch) {
        (Pass::Pod, RenderedPatch::Pod(patch)) => {
            merge_pod(pod, patch, conflicts).map_err(|error| ApplyError::Merge { error })
        }
        (Pass::Containers, RenderedPatch::Containers { selector, patch }) => {
            merge_containers(pod, selector, patch, conflicts)
        }
        (Pass::Json, RenderedPatch::Json(patch)) => apply_operations(pod, patch).map(|()| Report::default()),
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
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !container.is_object() || !selector.matches(&name, kind_of(field, container)) {
                continue;
            }
            let mut more = merge_container(container, patch, conflicts)
                .map_err(|error| ApplyError::MergeContainer { container: name.clone(), error })?;
            more.warnings.iter_mut().for_each(|warning| prefix(&mut warning.path, field, &name));
            more.conflicts.iter_mut().for_each(|conflict| prefix(&mut conflict.path, field, &name));
            extend(&mut report, more);
        }
    }
    Ok(report)
}

fn prefix(path: &mut String, field: &str, container: &str) {
    *path = format!("spec.{field}[{container}].{path}");
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
    let mut again = pod.clone();
    match json_patch::patch(&mut again, patch) {
        Ok(()) if again == *pod => Ok(()),
        Ok(()) => Err(ApplyError::NotIdempotent { effect: "gives another pod".to_owned() }),
        Err(error) => Err(ApplyError::NotIdempotent { effect: format!("fails ({error})") }),
    }
}
