//! Probes and lifecycle handlers.

use serde_json::Value;

use super::read::{count_present, integer, present, text};
use super::{Inspection, Nature, words};

const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
const COUNTS: [&str; 5] =
    ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

pub(super) fn check_all(inspection: &mut Inspection<'_>, container: &Value) {
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = present(container, field) {
            check_probe(inspection, probe, field);
        }
    }
    let lifecycle = present(container, "lifecycle").unwrap_or(&Value::Null);
    for field in ["postStart", "preStop"] {
        if let Some(handler) = present(lifecycle, field) {
            check_handler(inspection, handler, &format!("lifecycle.{field}"));
        }
    }
}

fn check_probe(inspection: &mut Inspection<'_>, probe: &Value, field: &str) {
    check_handler(inspection, probe, field);
    for count in COUNTS {
        if integer(probe, count).is_some_and(|count| count < 0) {
            inspection.note(format!("{field}.{count}"), "must not be negative");
        }
    }
    let successes = integer(probe, "successThreshold").unwrap_or_default();
    if field != "readinessProbe" && successes > 1 {
        inspection.note(format!("{field}.successThreshold"), "must be 1");
    }
    let place = format!("{field}.terminationGracePeriodSeconds");
    match integer(probe, "terminationGracePeriodSeconds") {
        Some(_) if field == "readinessProbe" => {
            inspection.note_as(Nature::Presence, place, "may not be set for a readinessProbe");
        }
        Some(seconds) if seconds <= 0 => inspection.note(place, "must be greater than 0"),
        _ => {}
    }
}

fn check_handler(inspection: &mut Inspection<'_>, handler: &Value, field: &str) {
    match count_present(handler, &HANDLERS) {
        0 if handler.as_object().is_some_and(|fields| fields.keys().all(|key| is_known(key))) => {
            inspection.note_as(Nature::Presence, field, "has no handler: exec, httpGet, tcpSocket or grpc");
        }
        0 | 1 => {}
        _ => inspection.note_as(Nature::Presence, field, "has more than one handler"),
    }
    for action in ["httpGet", "tcpSocket", "grpc"] {
        let Some(action_value) = present(handler, action) else { continue };
        check_port(inspection, action_value, &format!("{field}.{action}.port"));
        inspection.check_choice(
            action_value,
            ("scheme", &format!("{field}.{action}.scheme")),
            &["HTTP", "HTTPS"],
        );
    }
}

/// A field that is not known may be a handler of a newer server.
fn is_known(key: &str) -> bool {
    COUNTS.contains(&key) || key == "terminationGracePeriodSeconds"
}

fn check_port(inspection: &mut Inspection<'_>, action: &Value, place: &str) {
    match present(action, "port") {
        Some(Value::String(_)) => inspection.check_words(action, ("port", place), words::port_name),
        Some(Value::Number(number)) if !number.as_i64().is_some_and(|port| (1..=65535).contains(&port)) => {
            inspection.note(place, "is not a port: 1 to 65535");
        }
        Some(_) => {}
        None => inspection.note(place, "is required"),
    }
    if action.get("port").is_some_and(Value::is_string) && text(action, "port").is_empty() {
        inspection.note(place, "is required");
    }
}
