//! The container that is looked into, and whether it can be now.

use chandler_api::names;
use serde_json::Value;

use super::error::PlanError;
use super::field::{detail, entry, items, name_of, named, text};

/// Containers that others can look into.
const LISTS: [(&str, &str); 2] = [
    ("/spec/containers", "/status/containerStatuses"),
    ("/spec/initContainers", "/status/initContainerStatuses"),
];

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'p> {
    /// Its name.
    pub(crate) name: &'p str,
    /// What it was asked to be.
    pub(crate) container: &'p Value,
    /// What the kubelet says of it.
    pub(crate) status: &'p Value,
}

/// Where a value is not there.
pub(crate) const NOTHING: &Value = &Value::Null;

/// Finds the container with that name, else the pod's default.
pub(crate) fn find_target<'p>(pod: &'p Value, name: Option<&str>) -> Result<Target<'p>, PlanError> {
    let default = || entry(pod, "/metadata/annotations", names::DEFAULT_CONTAINER);
    let first = || items(pod, "/spec/containers").first().map(name_of);
    let usual = default().filter(|name| find(pod, name).is_some()).or_else(first);
    let name = name.or(usual).unwrap_or_default();
    find(pod, name).ok_or_else(|| PlanError::NoContainer {
        pod: pod_name(pod),
        name: name.to_owned(),
        there: container_names(pod),
    })
}

fn find<'p>(pod: &'p Value, name: &str) -> Option<Target<'p>> {
    LISTS.iter().find_map(|(containers, statuses)| {
        let container = named(items(pod, containers), name)?;
        let status = named(items(pod, statuses), name).unwrap_or(NOTHING);
        Some(Target { name: name_of(container), container, status })
    })
}

/// The names of all containers, init containers last, as a sentence has them.
pub(crate) fn container_names(pod: &Value) -> String {
    let all = LISTS.iter().flat_map(|(containers, _)| items(pod, containers));
    let names: Vec<&str> = all.map(name_of).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The pod's name, as messages have it.
pub(crate) fn pod_name(pod: &Value) -> String {
    text(pod, "/metadata/name").unwrap_or("without a name").to_owned()
}

/// Whether the kubelet can add a container that looks into this one now.
pub(crate) fn check_state(pod: &Value, target: &Target<'_>) -> Result<(), PlanError> {
    let state = |name: &str| target.status.pointer("/state").and_then(|state| state.get(name));
    if state("running").is_some() {
        return Ok(());
    }
    match (state("waiting"), state("terminated")) {
        (Some(waiting), _) => Err(waiting_error(pod, target, waiting)),
        (None, Some(ended)) if may_restart(pod, target, ended) => Err(crashing(pod, target, ended)),
        (None, Some(ended)) => Err(PlanError::Ended {
            pod: pod_name(pod),
            target: target.name.to_owned(),
            detail: ending(ended),
        }),
        (None, None) => Err(not_started(pod, target, String::new())),
    }
}

/// A hint for a target that runs and has not always done so.
pub(crate) fn restart_note(target: &Target<'_>) -> Option<String> {
    let last = target.status.pointer("/lastState/terminated")?;
    let count = target.status.get("restartCount")?.as_u64().filter(|count| *count > 0)?;
    let (name, ending) = (target.name, ending(last));
    Some(format!(
        "container {name} has restarted {count} times{ending}; a session ends when its target does: --copy --command holds one"
    ))
}

fn waiting_error(pod: &Value, target: &Target<'_>, waiting: &Value) -> PlanError {
    let reason = text(waiting, "/reason").unwrap_or_default();
    let (name, pod_name) = (target.name.to_owned(), pod_name(pod));
    match reason {
        "CrashLoopBackOff" => {
            let last = target.status.pointer("/lastState/terminated").unwrap_or(NOTHING);
            PlanError::Crashing { pod: pod_name, target: name, detail: ending(last) }
        }
        "" | "ContainerCreating" | "PodInitializing" => not_started(pod, target, detail(waiting)),
        _ => PlanError::Broken { pod: pod_name, target: name, detail: detail(waiting) },
    }
}

fn not_started(pod: &Value, target: &Target<'_>, detail: String) -> PlanError {
    PlanError::NotStarted { pod: pod_name(pod), target: target.name.to_owned(), detail }
}

fn crashing(pod: &Value, target: &Target<'_>, ended: &Value) -> PlanError {
    PlanError::Crashing { pod: pod_name(pod), target: target.name.to_owned(), detail: ending(ended) }
}

/// The pod's restart policy, or that of the container itself, which sidecars have.
fn may_restart(pod: &Value, target: &Target<'_>, ended: &Value) -> bool {
    let own = text(target.container, "/restartPolicy");
    let is_init = named(items(pod, "/spec/initContainers"), target.name).is_some();
    let of_pod = text(pod, "/spec/restartPolicy").unwrap_or("Always");
    let code = ended.get("exitCode").and_then(Value::as_i64).unwrap_or_default();
    match own.unwrap_or(of_pod) {
        "Never" => false,
        "OnFailure" => code != 0,
        _ => !(is_init && own.is_none() && code == 0),
    }
}

/// How a container ended, after a colon.
fn ending(terminated: &Value) -> String {
    let Some(code) = terminated.get("exitCode").and_then(Value::as_i64) else { return String::new() };
    let reason = text(terminated, "/reason").map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!(": exit code {code}{reason}")
}
