//! Pod Security looks at the whole pod each time a container is added: a pod that is older than its namespace's level may
//! be refused whatever is added.

use chandler_pod_security::{Level, violations};
use serde_json::Value;

use super::field::text;

/// A sentence where the pod itself does not meet the level that its namespace enforces. It names one thing of all that
/// the pod breaks.
pub(crate) fn pod_note(pod: &Value, namespace: &Value) -> Option<String> {
    let level = Level::enforced(namespace);
    let violation = violations(pod, level).into_iter().next()?.detail;
    let name = text(namespace, "/metadata/name").unwrap_or_default();
    Some(format!(
        "the pod itself does not meet Pod Security {level}, which namespace {name} enforces: {violation}. Nothing can be added to it unless the cluster makes an exception; debug a copy in another namespace"
    ))
}
