//! The checks that only the level restricted has, each named after a file `check_….go` of Kubernetes.

use serde_json::{Map, Value};

use crate::baseline::{self, added_besides, unmasked};
use crate::pod::{Finding, Part, Pod};
use crate::read::{boolean, integer, items, present, text, texts};

/// Sources of volumes that are allowed.
const SOURCES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// `allowPrivilegeEscalation`, which Windows does not have.
pub(crate) fn escalation(pod: Pod<'_>) -> Vec<Finding<'_>> {
    if pod.is_windows() {
        return Vec::new();
    }
    let may_escalate = |container: &Part<'_>| {
        boolean(container.value, "/securityContext/allowPrivilegeEscalation") != Some(false)
    };
    let bad = pod.containers().filter(may_escalate);
    bad.map(|container| container.found("does not set allowPrivilegeEscalation to false")).collect()
}

/// `capabilities_restricted`, which Windows does not have.
pub(crate) fn capabilities<'p>(pod: Pod<'p>) -> Vec<Finding<'p>> {
    if pod.is_windows() {
        return Vec::new();
    }
    let find = |container: Part<'p>| {
        let mut dropped = texts(container.value, "/securityContext/capabilities/drop");
        let kept = !dropped.any(|capability| capability == "ALL");
        let kept = kept.then(|| container.found("does not drop all capabilities"));
        kept.into_iter().chain(added_besides(container, &["NET_BIND_SERVICE"])).collect::<Vec<_>>()
    };
    pod.containers().flat_map(find).collect()
}

/// `procMount_restricted`, for all pods.
pub(crate) fn proc_mount(pod: Pod<'_>) -> Vec<Finding<'_>> {
    unmasked(pod)
}

/// `restrictedVolumes`. A volume without a source is an `emptyDir`: the API server makes it one.
pub(crate) fn volumes(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let find = |volume: &Value| {
        let mut set =
            volume.as_object().into_iter().flat_map(Map::iter).filter(|(_, value)| !value.is_null());
        let (source, _) = set.find(|(field, _)| *field != "name" && !SOURCES.contains(&field.as_str()))?;
        let article = if source.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        Some(Finding::of_pod(format!("volume {} is {article} {source}", text(volume, "/name"))))
    };
    items(pod.value, "/spec/volumes").filter_map(find).collect()
}

/// `runAsNonRoot`, for pods that have no users of their own.
pub(crate) fn non_root(pod: Pod<'_>) -> Vec<Finding<'_>> {
    if pod.has_own_users() {
        return Vec::new();
    }
    // What the pod says holds for containers that say nothing.
    let said = |part: &Part<'_>| boolean(part.value, "/securityContext/runAsNonRoot");
    let denied = pod.parts().filter(|part| said(part) == Some(false));
    let mut found: Vec<_> = denied.map(|part| part.found("sets runAsNonRoot to false")).collect();
    if said(&pod.own()).is_none() {
        let silent = pod.containers().filter(|container| said(container).is_none());
        found.extend(silent.map(|container| container.found("does not set runAsNonRoot to true")));
    }
    found
}

/// `runAsUser`, for pods that have no users of their own.
pub(crate) fn user(pod: Pod<'_>) -> Vec<Finding<'_>> {
    if pod.has_own_users() {
        return Vec::new();
    }
    let is_root = |part: &Part<'_>| integer(part.value, "/securityContext/runAsUser") == Some(0);
    pod.parts().filter(is_root).map(|part| part.found("runs as root")).collect()
}

/// `seccompProfile_restricted`, which Windows does not have.
pub(crate) fn seccomp(pod: Pod<'_>) -> Vec<Finding<'_>> {
    if pod.is_windows() {
        return Vec::new();
    }
    let has_profile = |part: &Part<'_>| present(part.value, "/securityContext/seccompProfile").is_some();
    let mut found = baseline::seccomp(pod);
    if !has_profile(&pod.own()) {
        let without = pod.containers().filter(|container| !has_profile(container));
        found.extend(without.map(|container| container.found("has no seccompProfile")));
    }
    found
}
