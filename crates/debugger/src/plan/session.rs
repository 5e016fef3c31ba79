//! A session in a pod that runs: an ephemeral container.

use chandler_api::names;
use serde_json::Value;

use super::container::Draft;
use super::error::PlanError;
use super::field::{entry, items, name_of, text};
use super::security::candidates;
use super::standards::pod_note;
use super::target::{Target, check_state, find_target, pod_name, restart_note};
use super::{SessionPlan, SessionWish};
use crate::profile::Profile;

/// Plans a session: each profile that may be allowed, the strongest first; the API server's answer decides.
///
/// # Errors
/// The pod can have no such session, and why.
pub fn plan_session(
    pod: &Value,
    namespace: &Value,
    wish: &SessionWish<'_>,
) -> Result<Vec<SessionPlan>, PlanError> {
    check_pod(pod)?;
    let target = find_target(pod, wish.target)?;
    check_scheduled(pod)?;
    check_state(pod, &target)?;
    let (profiles, mut notes) = candidates(wish.profile, namespace);
    notes.extend(pod_note(pod, namespace));
    notes.extend(restart_note(&target));
    notes.extend(queue_note(pod));
    let draft = Draft { pod, target: Some(&target), wish, is_ephemeral: true };
    profiles.into_iter().map(|profile| plan_one(&draft, &target, (profile, &notes))).collect()
}

fn plan_one(
    draft: &Draft<'_>,
    target: &Target<'_>,
    (profile, notes): (Profile, &[String]),
) -> Result<SessionPlan, PlanError> {
    let mut notes = notes.to_vec();
    let container = draft.container(profile, &mut notes)?;
    Ok(SessionPlan { container, target: target.name.to_owned(), profile, notes })
}

/// Whether anything can be added to the pod at all.
fn check_pod(pod: &Value) -> Result<(), PlanError> {
    let name = pod_name(pod);
    if !pod.get("spec").is_some_and(Value::is_object) {
        return Err(PlanError::NotAnObject { what: name, expected: "a pod" });
    }
    check_system(pod)?;
    if entry(pod, "/metadata/annotations", names::MIRROR_POD).is_some() {
        let node = text(pod, "/spec/nodeName").unwrap_or_default().to_owned();
        return Err(PlanError::StaticPod { pod: name, node });
    }
    if text(pod, "/metadata/deletionTimestamp").is_some() {
        return Err(PlanError::Deleting { pod: name });
    }
    match text(pod, "/status/phase") {
        Some(phase @ ("Succeeded" | "Failed")) => {
            let detail = text(pod, "/status/reason").map(|reason| format!(": {reason}")).unwrap_or_default();
            Err(PlanError::Finished { pod: name, phase: phase.to_owned(), detail })
        }
        _ => Ok(()),
    }
}

/// Whether the pod is for an operating system that tooling containers are for.
pub(crate) fn check_system(pod: &Value) -> Result<(), PlanError> {
    let selected = entry(pod, "/spec/nodeSelector", names::NODE_OS_LABEL);
    if text(pod, "/spec/os/name").or(selected) == Some("windows") {
        return Err(PlanError::Windows { what: format!("pod {}", pod_name(pod)) });
    }
    Ok(())
}

/// A kubelet waits for one image after the other; who has failed lets others pass.
fn queue_note(pod: &Value) -> Option<String> {
    let is_creating = |status: &&Value| text(status, "/state/waiting/reason") == Some("ContainerCreating");
    let first = items(pod, "/status/ephemeralContainerStatuses").iter().find(is_creating)?;
    let name = name_of(first);
    Some(format!(
        "the node starts one container after the other, and container {name} is not there yet: its image may take a while"
    ))
}

/// No kubelet starts anything for a pod that is on no node.
fn check_scheduled(pod: &Value) -> Result<(), PlanError> {
    if text(pod, "/spec/nodeName").is_some() {
        return Ok(());
    }
    let conditions = items(pod, "/status/conditions");
    let scheduled = conditions.iter().find(|condition| text(condition, "/type") == Some("PodScheduled"));
    let detail =
        scheduled.and_then(|condition| text(condition, "/message")).map(|message| format!(": {message}"));
    Err(PlanError::Unscheduled { pod: pod_name(pod), detail: detail.unwrap_or_default() })
}
