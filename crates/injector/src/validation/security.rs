//! What Pod Security admission would refuse, by Kubernetes' own checks of the levels baseline and restricted.

use serde_json::Value;

use super::pod::{CONTAINER_LISTS, ContainerName, spec_of};
use super::read::{flag, integer, items, present, text};

/// Levels that refuse something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Baseline,
    Restricted,
}

/// What a level refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// The container that it is about; none for the pod itself.
    pub(super) container: Option<ContainerName>,
    /// In the words of Kubernetes.
    pub(super) message: &'static str,
}

/// Capabilities that every container may add.
const CAPABILITIES: [&str; 13] = [
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

/// Sources of volumes that the level restricted allows.
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

/// Settings of the kernel that are safe.
const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

impl Level {
    /// The level that the labels of a namespace enforce; none where that refuses nothing.
    pub(super) fn enforced(namespace: &Value) -> Option<Self> {
        let labels = namespace.get("metadata")?.get("labels")?;
        match text(labels, "pod-security.kubernetes.io/enforce") {
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// Everything in a pod that a level refuses.
pub(super) fn violations(pod: &Value, level: Level) -> Vec<Violation> {
    let spec = spec_of(pod);
    let mut found: Vec<Violation> =
        of_pod(spec, level).into_iter().map(|message| Violation { container: None, message }).collect();
    let is_windows = present(spec, "os").is_some_and(|os| text(os, "name") == "windows");
    for list in CONTAINER_LISTS {
        for container in items(spec, list) {
            let name = ContainerName { list, name: text(container, "name").to_owned() };
            let mut messages = of_container(container, level);
            if level == Level::Restricted {
                messages.extend(users(spec, container));
                messages.extend(if is_windows { Vec::new() } else { escalation(spec, container) });
            }
            let violations =
                messages.into_iter().map(|message| Violation { container: Some(name.clone()), message });
            found.extend(violations);
        }
    }
    found
}

fn of_pod(spec: &Value, level: Level) -> Vec<&'static str> {
    let context = present(spec, "securityContext").unwrap_or(&Value::Null);
    let volumes = || items(spec, "volumes");
    let has_other_source = |volume: &Value| {
        let mut sources = volume.as_object().into_iter().flat_map(|volume| volume.keys());
        sources.any(|source| source != "name" && !SOURCES.contains(&source.as_str()))
    };
    let is_unsafe = |sysctl: &Value| !SYSCTLS.contains(&text(sysctl, "name"));
    let shares = ["hostNetwork", "hostPID", "hostIPC"].into_iter().any(|field| flag(spec, field));
    let is_restricted = level == Level::Restricted;
    let mut found = shared(context);
    found.extend(when(shares, "host namespaces"));
    found.extend(when(
        !is_restricted && volumes().any(|volume| present(volume, "hostPath").is_some()),
        "hostPath volumes",
    ));
    found.extend(when(is_restricted && volumes().any(has_other_source), "restricted volume types"));
    found.extend(when(items(context, "sysctls").any(is_unsafe), "forbidden sysctls"));
    let is_root = is_restricted && has_own_users(spec);
    found.extend(when(
        is_root && context.get("runAsNonRoot") == Some(&Value::Bool(false)),
        "runAsNonRoot != true",
    ));
    found.extend(when(is_root && integer(context, "runAsUser") == Some(0), "runAsUser=0"));
    found
}

/// What the level baseline refuses in a container, and the level restricted does not say in words of its own.
fn of_container(container: &Value, level: Level) -> Vec<&'static str> {
    let context = present(container, "securityContext").unwrap_or(&Value::Null);
    let capabilities = present(context, "capabilities").unwrap_or(&Value::Null);
    let is_forbidden = |name: &Value| !name.as_str().is_some_and(|name| CAPABILITIES.contains(&name));
    let on_node = |port: &Value| integer(port, "hostPort").is_some_and(|port| port != 0);
    let mut found = shared(context);
    found.extend(when(flag(context, "privileged"), "privileged"));
    found.extend(when(
        level == Level::Baseline && items(capabilities, "add").any(is_forbidden),
        "non-default capabilities",
    ));
    found.extend(when(items(container, "ports").any(on_node), "hostPort"));
    found.extend(when(text(context, "procMount") == "Unmasked", "procMount"));
    found.extend(when(names_host(container), "probe or lifecycle host"));
    found
}

/// What the level baseline refuses in any security context.
fn shared(context: &Value) -> Vec<&'static str> {
    let part = |field: &str| present(context, field).unwrap_or(&Value::Null);
    let selinux = part("seLinuxOptions");
    let has_selinux = !SELINUX_TYPES.contains(&text(selinux, "type"))
        || ["user", "role"].into_iter().any(|field| !text(selinux, field).is_empty());
    let is_unconfined = |field: &str| text(part(field), "type") == "Unconfined";
    let mut found = Vec::new();
    found.extend(when(has_selinux, "seLinuxOptions"));
    found.extend(when(is_unconfined("seccompProfile"), "seccompProfile"));
    found.extend(when(is_unconfined("appArmorProfile"), "forbidden AppArmor profile"));
    found.extend(when(flag(part("windowsOptions"), "hostProcess"), "hostProcess"));
    found
}

/// What the level restricted says of users.
fn users(spec: &Value, container: &Value) -> Vec<&'static str> {
    if !has_own_users(spec) {
        return Vec::new();
    }
    let context = present(container, "securityContext").unwrap_or(&Value::Null);
    let of_pod = present(spec, "securityContext").unwrap_or(&Value::Null);
    let decides = present(context, "runAsNonRoot").or(present(of_pod, "runAsNonRoot"));
    let mut found = Vec::new();
    found.extend(when(decides != Some(&Value::Bool(true)), "runAsNonRoot != true"));
    found.extend(when(integer(context, "runAsUser") == Some(0), "runAsUser=0"));
    found
}

/// What the level restricted says of what only Linux has.
fn escalation(spec: &Value, container: &Value) -> Vec<&'static str> {
    let context = present(container, "securityContext").unwrap_or(&Value::Null);
    let of_pod = present(spec, "securityContext").unwrap_or(&Value::Null);
    let capabilities = present(context, "capabilities").unwrap_or(&Value::Null);
    let drops_all = items(capabilities, "drop").any(|name| name == "ALL");
    let adds = items(capabilities, "add").any(|name| name != "NET_BIND_SERVICE");
    let has_profile = present(context, "seccompProfile").or(present(of_pod, "seccompProfile")).is_some();
    let may_escalate = context.get("allowPrivilegeEscalation") != Some(&Value::Bool(false));
    let mut found = Vec::new();
    found.extend(when(may_escalate, "allowPrivilegeEscalation != false"));
    found.extend(when(!drops_all || adds, "unrestricted capabilities"));
    found.extend(when(!has_profile, "seccompProfile"));
    found
}

/// Whether root in a container is root of the node.
fn has_own_users(spec: &Value) -> bool {
    spec.get("hostUsers") != Some(&Value::Bool(false))
}

fn names_host(container: &Value) -> bool {
    let part = |field: &str| present(container, field).unwrap_or(&Value::Null);
    let lifecycle = part("lifecycle");
    let hooks = ["postStart", "preStop"].into_iter().filter_map(|field| present(lifecycle, field));
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map(part);
    let mut actions = probes.into_iter().chain(hooks).flat_map(|handler| {
        ["httpGet", "tcpSocket"].into_iter().filter_map(move |action| present(handler, action))
    });
    actions.any(|action| !text(action, "host").is_empty())
}

fn when(holds: bool, message: &'static str) -> Option<&'static str> {
    holds.then_some(message)
}
