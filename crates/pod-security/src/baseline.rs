//! The checks of the level baseline, each named after a file `check_….go` of Kubernetes.

use serde_json::{Map, Value};

use crate::pod::{Finding, Part, Pod};
use crate::read::{boolean, integer, items, present, text, texts};

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

/// Types of profiles, of seccomp and of AppArmor, that confine.
const PROFILES: [&str; 2] = ["RuntimeDefault", "Localhost"];

const SELINUX_TYPES: [&str; 5] =
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

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

/// What an annotation says of a container's AppArmor profile where no field does.
const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Where probes and hooks name a host.
const HOSTS: [&str; 10] = [
    "/livenessProbe/httpGet/host",
    "/livenessProbe/tcpSocket/host",
    "/readinessProbe/httpGet/host",
    "/readinessProbe/tcpSocket/host",
    "/startupProbe/httpGet/host",
    "/startupProbe/tcpSocket/host",
    "/lifecycle/postStart/httpGet/host",
    "/lifecycle/postStart/tcpSocket/host",
    "/lifecycle/preStop/httpGet/host",
    "/lifecycle/preStop/tcpSocket/host",
];

/// `appArmorProfile`.
pub(crate) fn app_armor(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let annotations = pod.value.pointer("/metadata/annotations").and_then(Value::as_object);
    let is_allowed =
        |profile: &str| matches!(profile, "" | "runtime/default") || profile.starts_with("localhost/");
    let annotated = annotations.into_iter().flat_map(Map::iter).filter(|(key, value)| {
        key.starts_with(APP_ARMOR_ANNOTATION) && !value.as_str().is_none_or(is_allowed)
    });
    let annotated = annotated.map(|(key, value)| Finding::of_pod(format!("annotation {key} is {value}")));
    let set = pod.parts().filter_map(|part| unconfined(part, "appArmorProfile"));
    set.chain(annotated).collect()
}

/// `capabilities_baseline`.
pub(crate) fn capabilities(pod: Pod<'_>) -> Vec<Finding<'_>> {
    pod.containers().filter_map(|container| added_besides(container, &CAPABILITIES)).collect()
}

/// `hostNamespaces`.
pub(crate) fn host_namespaces(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let fields = ["hostNetwork", "hostPID", "hostIPC"].into_iter();
    let shared = fields.filter(|field| boolean(pod.value, &format!("/spec/{field}")) == Some(true));
    shared.map(|field| Finding::of_pod(format!("{field} is true"))).collect()
}

/// `hostPathVolumes`.
pub(crate) fn host_paths(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let volumes = items(pod.value, "/spec/volumes").filter(|volume| present(volume, "/hostPath").is_some());
    volumes.map(|volume| Finding::of_pod(format!("volume {} is a hostPath", text(volume, "/name")))).collect()
}

/// `hostPorts`.
pub(crate) fn host_ports(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let on_node = |port: &Value| integer(port, "/hostPort").is_some_and(|port| port != 0);
    let bad = pod.containers().filter(|container| items(container.value, "/ports").any(on_node));
    bad.map(|container| container.found("has a hostPort")).collect()
}

/// `hostProbesAndHostLifecycle`.
pub(crate) fn probe_hosts(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let names_host = |container: &Part<'_>| HOSTS.iter().any(|host| !text(container.value, host).is_empty());
    let bad = pod.containers().filter(names_host);
    bad.map(|container| container.found("has a probe or a hook with a host of its own")).collect()
}

/// `privileged`.
pub(crate) fn privileged(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let is_privileged =
        |container: &Part<'_>| boolean(container.value, "/securityContext/privileged") == Some(true);
    pod.containers().filter(is_privileged).map(|container| container.found("is privileged")).collect()
}

/// `procMount`, for pods that have no users of their own.
pub(crate) fn proc_mount(pod: Pod<'_>) -> Vec<Finding<'_>> {
    if pod.has_own_users() { Vec::new() } else { unmasked(pod) }
}

/// Every container that sees more of `/proc` than by default.
pub(crate) fn unmasked<'p>(pod: Pod<'p>) -> Vec<Finding<'p>> {
    let find = |container: Part<'p>| match text(container.value, "/securityContext/procMount") {
        "" | "Default" => None,
        mount => Some((container, mount)),
    };
    let bad = pod.containers().filter_map(find);
    bad.map(|(container, mount)| container.found(format_args!("has the procMount {mount}"))).collect()
}

/// `seLinuxOptions`.
pub(crate) fn selinux<'p>(pod: Pod<'p>) -> Vec<Finding<'p>> {
    let is_forbidden = |(field, value): &(&str, &str)| match *field {
        "type" => !SELINUX_TYPES.contains(value),
        _ => !value.is_empty(),
    };
    let find = |part: Part<'p>| {
        let set = ["type", "user", "role"].map(|field| {
            let pointer = format!("/securityContext/seLinuxOptions/{field}");
            (field, text(part.value, &pointer))
        });
        let (field, value) = set.into_iter().find(is_forbidden)?;
        Some(part.found(format_args!("has the SELinux {field} {value}")))
    };
    pod.parts().filter_map(find).collect()
}

/// `seccompProfile_baseline`.
pub(crate) fn seccomp(pod: Pod<'_>) -> Vec<Finding<'_>> {
    pod.parts().filter_map(|part| unconfined(part, "seccompProfile")).collect()
}

/// `sysctls`.
pub(crate) fn sysctls(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let names = items(pod.value, "/spec/securityContext/sysctls").map(|sysctl| text(sysctl, "/name"));
    let bad = names.filter(|name| !SYSCTLS.contains(name));
    bad.map(|name| Finding::of_pod(format!("the pod sets the sysctl {name}"))).collect()
}

/// `windowsHostProcess`.
pub(crate) fn host_process(pod: Pod<'_>) -> Vec<Finding<'_>> {
    let is_host =
        |part: &Part<'_>| boolean(part.value, "/securityContext/windowsOptions/hostProcess") == Some(true);
    pod.parts().filter(is_host).map(|part| part.found("is a hostProcess")).collect()
}

/// That a container adds a capability that is none of these.
pub(crate) fn added_besides<'p>(container: Part<'p>, allowed: &[&str]) -> Option<Finding<'p>> {
    let mut added = texts(container.value, "/securityContext/capabilities/add");
    let capability = added.find(|capability| !allowed.contains(capability))?;
    Some(container.found(format_args!("adds capability {capability}")))
}

/// That a profile is set and does not confine.
fn unconfined<'p>(part: Part<'p>, field: &str) -> Option<Finding<'p>> {
    let profile = present(part.value, &format!("/securityContext/{field}"))?;
    let kind = text(profile, "/type");
    (!PROFILES.contains(&kind)).then(|| part.found(format_args!("has the {field} {kind}")))
}
