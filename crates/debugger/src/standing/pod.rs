//! What a pod as a whole says of a container in it.

use serde_json::Value;

use super::Diagnosis;
use super::container::{Subject, diagnose as diagnose_container};
use crate::plan::field::{detail, items, name_of, text};

/// Why nothing of the pod starts any more, or nothing yet.
pub(crate) fn diagnose(pod: &Value, subject: &Subject<'_>) -> Option<Diagnosis> {
    finished(pod, subject).or_else(|| unscheduled(pod)).or_else(|| init_container(pod, subject))
}

fn name(pod: &Value) -> &str {
    text(pod, "/metadata/name").unwrap_or("without a name")
}

/// What ended by itself in a pod that ended by itself is told as its own end.
fn finished(pod: &Value, subject: &Subject<'_>) -> Option<Diagnosis> {
    let phase = text(pod, "/status/phase").unwrap_or_default();
    let reason = text(pod, "/status/reason").unwrap_or_default();
    let told = |reason, what: &str, next_step: &str| {
        let detail = detail(pod.get("status").unwrap_or(&Value::Null));
        Some(Diagnosis::new(reason, format!("pod {} {what}{detail}", name(pod)), next_step))
    };
    match (phase, reason) {
        ("Succeeded" | "Failed", "") if subject.terminated().is_some() => None,
        ("Succeeded" | "Failed", "") => told(
            "PodFinished",
            &format!("has ended ({phase}), and nothing starts in it"),
            "debug a copy of it: --copy",
        ),
        (_, "Evicted") => told("Evicted", "was evicted", "make room on its node, or choose another"),
        (_, "DeadlineExceeded") => {
            told("PodExpired", "came to its deadline", "make another, with a longer --ttl")
        }
        ("Failed", _) => told(
            "PodRejected",
            "was refused by its node",
            "make room on the node, or let the copy go to another",
        ),
        _ if text(pod, "/metadata/deletionTimestamp").is_some() => {
            told("PodDeleting", "is being deleted", "debug another pod of its workload: TYPE/NAME")
        }
        _ => None,
    }
}

fn unscheduled(pod: &Value) -> Option<Diagnosis> {
    let is_open = |condition: &&Value| {
        text(condition, "/type") == Some("PodScheduled") && text(condition, "/status") == Some("False")
    };
    let condition = items(pod, "/status/conditions").iter().find(is_open)?;
    let name = name(pod);
    let message = text(condition, "/message").unwrap_or_default().trim_end_matches('.');
    match text(condition, "/reason")? {
        "Unschedulable" => Some(Diagnosis::new(
            "Unschedulable",
            format!("no node takes pod {name}: {message}"),
            "free what it asks for, or put it beside the original: --copy keeps the node of pods with claims",
        )),
        "SchedulingGated" => Some(Diagnosis::new(
            "SchedulingGated",
            format!("pod {name} is held back by its scheduling gates: {message}"),
            "see who takes them away: kubectl get pod -o jsonpath={.spec.schedulingGates}",
        )),
        _ => None,
    }
}

/// Nothing but init containers runs before they have ended.
fn init_container(pod: &Value, subject: &Subject<'_>) -> Option<Diagnosis> {
    if subject.waiting().is_none_or(|(reason, _)| reason != "PodInitializing") {
        return None;
    }
    let statuses = items(pod, "/status/initContainerStatuses");
    statuses.iter().filter(|status| name_of(status) != subject.name).find_map(|status| {
        let name = name_of(status);
        let diagnosis = diagnose_container(&Subject::find(pod, name))
            .filter(|diagnosis| is_failure(status, diagnosis))?;
        Some(Diagnosis::new(
            "InitContainer",
            format!("init container {name} does not come to its end: {}", diagnosis.message),
            diagnosis.next_step,
        ))
    })
}

/// An init container may end as soon as it likes, but for an error.
fn is_failure(status: &Value, diagnosis: &Diagnosis) -> bool {
    let code = status.pointer("/state/terminated/exitCode").and_then(Value::as_i64);
    !(diagnosis.reason == "EndedAtOnce" && code == Some(0))
}

/// What a container waits for that may well start.
pub(crate) fn waiting_for(pod: &Value, subject: &Subject<'_>) -> String {
    if let Some(other) = pulled_before(pod, subject) {
        return format!("its node starts one container after the other, and has container {other} to start");
    }
    let running = items(pod, "/status/initContainerStatuses").iter().find(|status| {
        status.pointer("/state/running").is_some() && status.get("started") != Some(&Value::Bool(true))
    });
    match (subject.waiting(), running) {
        (Some(("PodInitializing", _)), Some(init)) => format!("init container {} runs", name_of(init)),
        (Some((reason, "")), _) => reason.to_owned(),
        (Some((reason, message)), _) => format!("{reason}: {message}"),
        (None, _) if text(pod, "/spec/nodeName").is_none() => "the scheduler chooses a node".to_owned(),
        (None, _) => "its node has not said anything of it yet".to_owned(),
    }
}

/// The kubelet pulls the images of a pod one after the other; who has failed waits and lets others pass. Their order in
/// the pod says nothing: a strategic merge puts new ones first.
fn pulled_before<'p>(pod: &'p Value, subject: &Subject<'_>) -> Option<&'p str> {
    let statuses = items(pod, "/status/ephemeralContainerStatuses");
    let is_creating = |status: &&Value| text(status, "/state/waiting/reason") == Some("ContainerCreating");
    let is_ephemeral =
        items(pod, "/spec/ephemeralContainers").iter().any(|item| name_of(item) == subject.name);
    statuses.iter().filter(is_creating).map(name_of).find(|name| is_ephemeral && *name != subject.name)
}
