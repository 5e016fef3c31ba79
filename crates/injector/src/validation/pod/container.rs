//! One container, and what containers of one pod may not share.

use std::collections::HashSet;

use serde_json::Value;

use super::read::{count_present, flag, integer, items, present, text};
use super::{CONTAINER_LISTS, ContainerName, Inspection, Nature, spec_of, words};
use super::{probe, resources, security_context, volume};

/// Fields that an init container has only when it is a sidecar.
const SIDECAR_FIELDS: [&str; 4] = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

pub(super) fn check(inspection: &mut Inspection<'_>, container: &Value, list: &str) {
    check_text(inspection, container);
    ports(inspection, container);
    variables(inspection, container);
    volume::check_mounts(inspection, container);
    resources::check(inspection, present(container, "resources"), "resources");
    security_context::check_container(inspection, container);
    let is_init = list == "initContainers" && text(container, "restartPolicy") != "Always";
    if is_init {
        for field in SIDECAR_FIELDS.into_iter().filter(|field| present(container, field).is_some()) {
            let message = "may not be set for an init container without restartPolicy: Always";
            inspection.note_as(Nature::Presence, field, message);
        }
    } else {
        probe::check_all(inspection, container);
    }
}

fn check_text(inspection: &mut Inspection<'_>, container: &Value) {
    if text(container, "name").is_empty() {
        inspection.note("name", "is required");
    }
    inspection.check_words(container, ("name", "name"), words::label);
    if text(container, "image").is_empty() {
        inspection.note_as(Nature::Image, "image", "is required");
    }
    let choices: [(&str, &[&str]); 3] = [
        ("imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
        ("restartPolicy", &["Always", "OnFailure", "Never"]),
        ("terminationMessagePolicy", &["File", "FallbackToLogsOnError"]),
    ];
    for (field, allowed) in choices {
        inspection.check_choice(container, (field, field), allowed);
    }
}

fn ports(inspection: &mut Inspection<'_>, container: &Value) {
    let mut names = HashSet::new();
    for port in items(container, "ports") {
        let number = integer(port, "containerPort").unwrap_or_default();
        let place = |field: &str| format!("ports[{number}/{}].{field}", protocol_of(port));
        for field in ["containerPort", "hostPort"] {
            let found = integer(port, field);
            let is_wrong = found.is_some_and(|port| !(1..=65535).contains(&port));
            // Nought is as good as nothing, and a port has to have a number.
            if is_wrong && (field == "containerPort" || found != Some(0)) {
                inspection.note(place(field), "is not a port: 1 to 65535");
            }
        }
        inspection.check_choice(port, ("protocol", &place("protocol")), &["TCP", "UDP", "SCTP"]);
        inspection.check_words(port, ("name", &place("name")), words::port_name);
        let name = text(port, "name");
        if !name.is_empty() && !names.insert(name) {
            inspection.note(place("name"), "another port of the container has that name");
        }
    }
}

fn variables(inspection: &mut Inspection<'_>, container: &Value) {
    for variable in items(container, "env") {
        let name = text(variable, "name");
        let place = |field: &str| format!("env[{name}].{field}");
        if name.is_empty() {
            inspection.note(place("name"), "is required");
        }
        inspection.check_words(variable, ("name", &place("name")), words::variable);
        let Some(source) = present(variable, "valueFrom") else { continue };
        match count_present(source, &SOURCES) {
            1 if !text(variable, "value").is_empty() => {
                inspection.note_as(Nature::Presence, place("valueFrom"), "may not be set beside value");
            }
            0 | 1 => {}
            _ => inspection.note_as(Nature::Presence, place("valueFrom"), "has more than one source"),
        }
    }
}

/// A container name is unique over the lists of a pod.
pub(super) fn check_names(inspection: &mut Inspection<'_>) {
    let mut seen = HashSet::new();
    for list in CONTAINER_LISTS {
        for name in items(spec_of(inspection.pod), list).map(|container| text(container, "name")) {
            if !name.is_empty() && !seen.insert(name) {
                inspection.container = Some(ContainerName { list, name: name.to_owned() });
                inspection.note("name", "another container of the pod has that name");
            }
        }
    }
    inspection.container = None;
}

/// Regular containers run together: no two have the same port of the node. In the node's network every port is one.
pub(super) fn check_host_ports(inspection: &mut Inspection<'_>) {
    let spec = spec_of(inspection.pod);
    let on_node = flag(spec, "hostNetwork");
    let mut seen = HashSet::new();
    for container in items(spec, "containers") {
        for port in items(container, "ports") {
            let number = integer(port, "containerPort").unwrap_or_default();
            let host = integer(port, "hostPort").filter(|host| *host != 0).or(on_node.then_some(number));
            let Some(host) = host else { continue };
            let name = ContainerName { list: "containers", name: text(container, "name").to_owned() };
            inspection.container = Some(name);
            let (protocol, place) =
                (protocol_of(port), format!("ports[{number}/{}].hostPort", protocol_of(port)));
            if !seen.insert((host, protocol, text(port, "hostIP"))) {
                inspection.note(place.clone(), "another container has that port of the node");
            }
            if on_node && host != number {
                inspection.note(place, "must be containerPort in the network of the node");
            }
        }
    }
    inspection.container = None;
}

fn protocol_of(port: &Value) -> &str {
    Some(text(port, "protocol")).filter(|text| !text.is_empty()).unwrap_or("TCP")
}
