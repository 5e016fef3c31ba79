//! What only Events say: volumes that are not mounted, and networks that are not there.

use serde_json::Value;

use super::Diagnosis;
use super::container::Subject;
use crate::plan::field::text;

/// What the kubelet says that often is not over soon.
const OFTEN: i64 = 3;

/// Why the pod's containers are not made, as far as Events of this pod say.
pub(crate) fn diagnose(pod: &Value, subject: &Subject<'_>, events: &[Value]) -> Option<Diagnosis> {
    let is_creating = subject
        .waiting()
        .is_none_or(|(reason, _)| matches!(reason, "" | "ContainerCreating" | "PodInitializing"));
    if !is_creating || subject.terminated().is_some() {
        return None;
    }
    events.iter().rev().filter(|event| is_of(event, pod)).find_map(diagnose_event)
}

/// Events of an older pod of the same name are not of this one.
fn is_of(event: &Value, pod: &Value) -> bool {
    let uid = text(event, "/involvedObject/uid").or_else(|| text(event, "/regarding/uid"));
    let own = text(pod, "/metadata/uid");
    uid.is_none() || own.is_none() || uid == own
}

fn diagnose_event(event: &Value) -> Option<Diagnosis> {
    let message = text(event, "/message").or_else(|| text(event, "/note")).unwrap_or_default();
    let is_often = count(event) >= OFTEN;
    match text(event, "/reason")? {
        "FailedMount" if message.contains("not found") || is_often => Some(volume(message)),
        "FailedAttachVolume" => Some(volume(message)),
        "FailedCreatePodSandBox" if is_often => Some(Diagnosis::new(
            "Sandbox",
            format!("the node cannot make the pod's sandbox: {message}"),
            "see to the node's network and runtime: node/NAME, or kubectl describe node",
        )),
        _ => None,
    }
}

fn volume(message: &str) -> Diagnosis {
    Diagnosis::new(
        "Volume",
        format!("a volume is not mounted: {message}"),
        "make what it refers to, or keep the copy on the original's node",
    )
}

fn count(event: &Value) -> i64 {
    let counts = ["/count", "/deprecatedCount", "/series/count"];
    counts.iter().filter_map(|field| event.pointer(field)?.as_i64()).max().unwrap_or(1)
}
