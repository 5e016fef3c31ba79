//! What concerns the pod as a whole.

use serde_json::Value;

use super::read::{flag, integer, items, members, present, text};
use super::{Inspection, Nature, resources, security_context, spec_of, words};

/// Most name servers of a pod.
const MAX_NAME_SERVERS: usize = 3;

const CHOICES: [(&str, &[&str]); 3] = [
    ("restartPolicy", &["Always", "OnFailure", "Never"]),
    ("dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]),
    ("preemptionPolicy", &["PreemptLowerPriority", "Never"]),
];

type Rule = fn(&str) -> Option<&'static str>;

const WORDS: [(&str, Rule); 6] = [
    ("hostname", words::label),
    ("subdomain", words::label),
    ("serviceAccountName", words::subdomain),
    ("priorityClassName", words::subdomain),
    ("runtimeClassName", words::subdomain),
    ("nodeName", words::subdomain),
];

pub(super) fn check(inspection: &mut Inspection<'_>) {
    let spec = spec_of(inspection.pod);
    for (field, allowed) in CHOICES {
        inspection.check_choice(spec, (field, &format!("spec.{field}")), allowed);
    }
    for (field, rule) in WORDS {
        inspection.check_words(spec, (field, &format!("spec.{field}")), rule);
    }
    if let Some(os) = present(spec, "os") {
        inspection.check_choice(os, ("name", "spec.os.name"), &["linux", "windows"]);
    }
    check_times(inspection, spec);
    check_metadata(inspection);
    check_labels(inspection, spec, ("nodeSelector", "spec.nodeSelector"));
    resources::check(inspection, present(spec, "resources"), "spec.resources");
    security_context::check_pod(inspection);
    check_host(inspection, spec);
    check_dns(inspection, spec);
    tolerations(inspection, spec);
    constraints(inspection, spec);
}

fn check_times(inspection: &mut Inspection<'_>, spec: &Value) {
    if integer(spec, "activeDeadlineSeconds")
        .is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds))
    {
        inspection.note("spec.activeDeadlineSeconds", "must be from 1 to 2147483647");
    }
}

fn check_metadata(inspection: &mut Inspection<'_>) {
    let metadata = inspection.pod.get("metadata").unwrap_or(&Value::Null);
    check_labels(inspection, metadata, ("labels", "metadata.labels"));
    for (key, _) in members(metadata, "annotations") {
        if let Some(message) = words::label_key(&key.to_lowercase()) {
            inspection.note(format!("metadata.annotations[{key}]"), message);
        }
    }
}

fn check_labels(inspection: &mut Inspection<'_>, holder: &Value, (field, place): (&str, &str)) {
    for (key, value) in members(holder, field) {
        let place = format!("{place}[{key}]");
        if let Some(message) = words::label_key(key) {
            inspection.note(place.clone(), message);
        }
        if let Some(message) = value.as_str().and_then(words::label_value) {
            inspection.note(place, message);
        }
    }
}

/// What a pod may not share with its node all at once.
fn check_host(inspection: &mut Inspection<'_>, spec: &Value) {
    if flag(spec, "shareProcessNamespace") && flag(spec, "hostPID") {
        inspection.note("spec.shareProcessNamespace", "may not be true beside hostPID");
    }
    if spec.get("hostUsers") == Some(&Value::Bool(false)) {
        for field in ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|field| flag(spec, field)) {
            inspection.note(format!("spec.{field}"), "may not be true where hostUsers is false");
        }
    }
}

fn check_dns(inspection: &mut Inspection<'_>, spec: &Value) {
    let config = present(spec, "dnsConfig").unwrap_or(&Value::Null);
    let servers = items(config, "nameservers");
    if text(spec, "dnsPolicy") == "None" && servers.len() == 0 {
        inspection.note("spec.dnsConfig.nameservers", "dnsPolicy None needs one at least");
    }
    if servers.len() > MAX_NAME_SERVERS {
        inspection.note("spec.dnsConfig.nameservers", "has more than 3 items");
    }
    for (index, server) in servers.enumerate() {
        if let Some(message) = server.as_str().and_then(words::address) {
            inspection.note(format!("spec.dnsConfig.nameservers[{index}]"), message);
        }
    }
    for (index, alias) in items(spec, "hostAliases").enumerate() {
        if let Some(message) = words::address(text(alias, "ip")) {
            inspection.note(format!("spec.hostAliases[{index}].ip"), message);
        }
    }
}

fn tolerations(inspection: &mut Inspection<'_>, spec: &Value) {
    for (index, toleration) in items(spec, "tolerations").enumerate() {
        let place = |field: &str| format!("spec.tolerations[{index}].{field}");
        let (key, operator) = (text(toleration, "key"), text(toleration, "operator"));
        inspection.check_words(toleration, ("key", &place("key")), words::label_key);
        inspection.check_choice(
            toleration,
            ("operator", &place("operator")),
            &["Exists", "Equal", "Lt", "Gt"],
        );
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        inspection.check_choice(toleration, ("effect", &place("effect")), &effects);
        if key.is_empty() && operator != "Exists" {
            inspection.note(place("operator"), "must be Exists where key is empty");
        }
        if operator == "Exists" && !text(toleration, "value").is_empty() {
            inspection.note(place("value"), "must be empty where operator is Exists");
        }
        let has_seconds = present(toleration, "tolerationSeconds").is_some();
        if has_seconds && text(toleration, "effect") != "NoExecute" {
            inspection.note(place("effect"), "must be NoExecute where tolerationSeconds is set");
        }
    }
}

fn constraints(inspection: &mut Inspection<'_>, spec: &Value) {
    for constraint in items(spec, "topologySpreadConstraints") {
        let (key, answer) = (text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable"));
        let place = |field: &str| format!("spec.topologySpreadConstraints[{key}/{answer}].{field}");
        if integer(constraint, "maxSkew").is_none_or(|skew| skew <= 0) {
            inspection.note(place("maxSkew"), "must be greater than 0");
        }
        if key.is_empty() {
            inspection.note_as(Nature::Presence, place("topologyKey"), "is required");
        }
        let answers = ["DoNotSchedule", "ScheduleAnyway"];
        inspection.check_choice(constraint, ("whenUnsatisfiable", &place("whenUnsatisfiable")), &answers);
    }
}
