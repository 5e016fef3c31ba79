//! Requests and limits.

use chandler_quantity::Quantity;
use serde_json::Value;

use super::Inspection;
use super::read::members;

const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Checks the resources of a container, or of the whole pod.
pub(super) fn check(inspection: &mut Inspection<'_>, resources: Option<&Value>, place: &str) {
    let Some(resources) = resources else { return };
    for side in ["limits", "requests"] {
        for (name, amount) in members(resources, side) {
            let place = format!("{place}.{side}[{name}]");
            check_name(inspection, name, &place);
            match quantity(amount) {
                None => inspection.note(place, "is not a quantity such as 500m or 1Gi"),
                Some(amount) if amount.nanos() < 0 => inspection.note(place, "must not be negative"),
                Some(_) => {}
            }
        }
    }
    for (name, request) in members(resources, "requests") {
        let limit = resources.get("limits").and_then(|limits| limits.get(name)).and_then(quantity);
        let (Some(request), Some(limit)) = (quantity(request), limit) else { continue };
        let place = format!("{place}.requests[{name}]");
        if request > limit {
            inspection.note(place, "is more than the limit");
        } else if request != limit && !may_be_less(name) {
            inspection.note(place, "must be equal to the limit");
        }
    }
}

fn check_name(inspection: &mut Inspection<'_>, name: &str, place: &str) {
    let is_standard = STANDARD.contains(&name) || name.starts_with("hugepages-");
    if !name.contains('/') && !is_standard {
        let message =
            "is no resource of a container: cpu, memory, ephemeral-storage, hugepages-SIZE or DOMAIN/NAME";
        inspection.note(place, message);
    }
}

/// Whether a container may be given less than it may use.
fn may_be_less(name: &str) -> bool {
    STANDARD.contains(&name) || name.starts_with("kubernetes.io/")
}

/// What a value amounts to, written as text or as a number.
pub(in crate::validation) fn quantity(value: &Value) -> Option<Quantity> {
    match value {
        Value::String(text) => Quantity::parse(text).ok(),
        Value::Number(number) => Quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}
