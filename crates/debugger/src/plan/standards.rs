//! Pod Security looks at the whole pod each time a container is added: a pod that is older than its namespace's level may
//! be refused whatever is added. The rules that are looked at here are those that such pods break most.

use serde_json::Value;

use super::field::{is_true, items, name_of, text};
use super::security::{Level, enforced_level};

/// Capabilities that the level baseline lets a container add.
const BASELINE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// A sentence where the pod itself does not meet the level that its namespace enforces.
pub(crate) fn pod_notes(pod: &Value, namespace: &Value) -> Option<String> {
    let level = enforced_level(namespace);
    let violation = violation(pod, level)?;
    let name = text(namespace, "/metadata/name").unwrap_or_default();
    Some(format!(
        "the pod itself does not meet Pod Security {level}, which namespace {name} enforces: {violation}. Nothing can be added to it unless the cluster makes an exception; debug a copy in another namespace"
    ))
}

/// What the pod does that a level does not allow.
fn violation(pod: &Value, level: Level) -> Option<String> {
    if level == Level::Privileged {
        return None;
    }
    let baseline = of_pod(pod).or_else(|| containers(pod).find_map(of_container));
    if baseline.is_some() || level == Level::Baseline {
        return baseline;
    }
    containers(pod).find_map(|container| of_restricted(pod, container))
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["/spec/initContainers", "/spec/containers", "/spec/ephemeralContainers"]
        .into_iter()
        .flat_map(|list| items(pod, list))
}

fn of_pod(pod: &Value) -> Option<String> {
    let fields = ["/spec/hostNetwork", "/spec/hostPID", "/spec/hostIPC"];
    if let Some(field) = fields.iter().find(|field| is_true(pod, field)) {
        return Some(format!("{} is true", field.trim_start_matches("/spec/")));
    }
    let volume = items(pod, "/spec/volumes").iter().find(|volume| volume.get("hostPath").is_some())?;
    Some(format!("volume {} is a hostPath", name_of(volume)))
}

fn of_container(container: &Value) -> Option<String> {
    let name = name_of(container);
    if is_true(container, "/securityContext/privileged") {
        return Some(format!("container {name} is privileged"));
    }
    let added = items(container, "/securityContext/capabilities/add").iter().filter_map(Value::as_str);
    let mut forbidden = added.filter(|capability| !BASELINE_CAPABILITIES.contains(capability));
    if let Some(capability) = forbidden.next() {
        return Some(format!("container {name} adds capability {capability}"));
    }
    let is_host_port =
        |port: &Value| port.get("hostPort").and_then(Value::as_u64).is_some_and(|port| port > 0);
    let has_host_port = items(container, "/ports").iter().any(is_host_port);
    has_host_port.then(|| format!("container {name} has a hostPort"))
}

fn of_restricted(pod: &Value, container: &Value) -> Option<String> {
    let name = name_of(container);
    let own = |field: &str| container.pointer("/securityContext")?.get(field);
    let either = |field: &str| own(field).or_else(|| pod.pointer("/spec/securityContext")?.get(field));
    let drops_all = items(container, "/securityContext/capabilities/drop").iter().any(|item| item == "ALL");
    if own("allowPrivilegeEscalation") != Some(&Value::Bool(false)) {
        return Some(format!("container {name} does not set allowPrivilegeEscalation to false"));
    }
    if !drops_all {
        return Some(format!("container {name} does not drop all capabilities"));
    }
    if either("runAsNonRoot") != Some(&Value::Bool(true))
        || either("runAsUser").and_then(Value::as_i64) == Some(0)
    {
        return Some(format!("container {name} may run as root"));
    }
    either("seccompProfile").is_none().then(|| format!("container {name} has no seccompProfile"))
}
