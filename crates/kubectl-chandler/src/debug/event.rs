//! A word on the pod that somebody looks into it: an Event, for whoever asks later.

use std::time::{SystemTime, UNIX_EPOCH};

use chandler_api::names;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use super::pods::name_of;
use super::session::Session;
use crate::cluster::{Cluster, ClusterError, SESSION_EVENTS};

/// Longest note that the API server takes, in bytes.
const LONGEST: usize = 1024;

/// So much of a pod's name leaves room for what makes the Event's own.
const LONGEST_STEM: usize = 230;

/// Writes it.
///
/// # Errors
/// The API server does not take it.
pub(crate) async fn write(cluster: &Cluster, session: &Session) -> Result<(), ClusterError> {
    let user = cluster.user().await;
    let event = event_of(session, user.as_deref(), Timestamp::now());
    cluster.create((&SESSION_EVENTS, Some(&session.namespace)), &event, false).await.map(drop)
}

fn event_of(session: &Session, user: Option<&str>, now: Timestamp) -> Value {
    let user = user.unwrap_or("somebody");
    let Session { pod, container, target, image, profile, namespace, .. } = session;
    let what = target.as_ref().map_or_else(|| "the node".to_owned(), |target| format!("container {target}"));
    let note = format!("{user} debugs {what} with {image} as profile {profile} (session {container})");
    let note = note.get(..note.floor_char_boundary(LONGEST)).unwrap_or_default();
    let stem = name_of(pod).get(..LONGEST_STEM).unwrap_or(name_of(pod)).trim_end_matches(['-', '.']);
    let metadata = |field: &str| pod.pointer(&format!("/metadata/{field}")).cloned().unwrap_or_default();
    json!({
        "apiVersion": SESSION_EVENTS.api_version(),
        "kind": SESSION_EVENTS.kind,
        "metadata": {"name": format!("{stem}.{:x}", unique()), "namespace": namespace},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        "type": "Normal",
        "reason": names::EVENT_DEBUGGING,
        "action": names::EVENT_DEBUGGING,
        "reportingController": names::DEBUG_EVENT_REPORTER,
        "reportingInstance": names::DEBUG_EVENT_REPORTER,
        "regarding": {
            "apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": metadata("name"),
            "uid": metadata("uid"), "resourceVersion": metadata("resourceVersion"),
            "fieldPath": field_path(pod, container),
        },
        "note": note,
    })
}

fn field_path(pod: &Value, container: &str) -> String {
    let own = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let is_own = |other: &Value| other.get("name").and_then(Value::as_str) == Some(container);
    let list = if own.into_iter().any(is_own) { "containers" } else { "ephemeralContainers" };
    format!("spec.{list}{{{container}}}")
}

/// As kubectl and the kubelet tell Events of one object apart.
fn unique() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chandler_debugger::script::ViewChoice;

    #[test]
    fn event_says_who_looks_into_what_with_which_image() {
        let session = Session {
            namespace: "shop".to_owned(),
            pod: json!({"metadata": {"name": "web-0", "uid": "1"}}),
            container: "chandler-bcdfg".to_owned(),
            target: Some("app".to_owned()),
            image: "example.com/tools:1".to_owned(),
            profile: "general".to_owned(),
            reentered: false,
            view: ViewChoice::Target,
            sent: None,
        };
        let event = event_of(&session, Some("ann"), "2026-01-01T00:00:00.0005Z".parse().unwrap());
        let note =
            "ann debugs container app with example.com/tools:1 as profile general (session chandler-bcdfg)";
        assert_eq!(event["note"], note);
        assert_eq!(event["eventTime"], "2026-01-01T00:00:00.000500Z");
        assert_eq!(event["regarding"]["name"], "web-0");
        assert!(event["metadata"]["name"].as_str().unwrap().starts_with("web-0."));
        assert_eq!(event["regarding"]["fieldPath"], "spec.ephemeralContainers{chandler-bcdfg}");

        let long = Session {
            pod: json!({"metadata": {"name": format!("{}-{}", "a".repeat(229), "b".repeat(20))}}),
            image: "ü".repeat(2000),
            ..session
        };
        let event = event_of(&long, None, Timestamp::UNIX_EPOCH);
        let (name, note) = (event["metadata"]["name"].as_str().unwrap(), event["note"].as_str().unwrap());
        assert!(name.len() <= 253 && name.starts_with(&format!("{}.", "a".repeat(229))), "{name}");
        assert!((1020..=1024).contains(&note.len()), "{}", note.len());
    }
}
