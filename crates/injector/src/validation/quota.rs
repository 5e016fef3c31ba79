//! Quotas that want every container to say what it needs: a pod with one that does not is refused.

use serde_json::Value;

use super::pod::spec_of;
use super::read::{items, members, present, text};
use super::trial::Case;
use super::{Look, Rank, Warning};

/// What a quota can want of each container, by the names that its `hard` has for it.
const DEMANDS: [(&str, &str, &str); 6] = [
    ("cpu", "requests", "cpu"),
    ("memory", "requests", "memory"),
    ("requests.cpu", "requests", "cpu"),
    ("requests.memory", "requests", "memory"),
    ("limits.cpu", "limits", "cpu"),
    ("limits.memory", "limits", "memory"),
];

/// Scopes under which a quota counts only some pods, which a template does not know.
const NARROW_SCOPES: [&str; 4] = ["BestEffort", "Terminating", "PriorityClass", "CrossNamespacePodAffinity"];

/// What containers that the template adds leave unsaid, in namespaces that want it said.
pub(super) fn warnings(look: &Look<'_>, case: &Case) -> Vec<Warning> {
    let Ok(fitted) = &case.fitted else { return Vec::new() };
    let names: Vec<&str> = look.namespaces().into_iter().map(crate::facts::Namespace::name).collect();
    let mut warnings: Vec<Warning> = Vec::new();
    for quota in look.surroundings.quotas {
        let metadata = quota.get("metadata").unwrap_or(&Value::Null);
        let (namespace, name) = (text(metadata, "namespace"), text(metadata, "name"));
        if !names.contains(&namespace) || is_narrow(spec_of(quota)) || has_defaults(look, namespace) {
            continue;
        }
        for (list, container) in case.added() {
            let missing = missing(quota, container, fitted);
            if !missing.is_empty() {
                let (missing, container) = (missing.join(", "), text(container, "name"));
                let text = format!(
                    "the ResourceQuota {namespace}/{name} would refuse pods: {list}[{container}] has no {missing}"
                );
                warnings.push(Warning::new(Rank::Quota, text));
            }
        }
    }
    warnings
}

/// What a quota wants and a container does not say. A limit is a request too, and what the pod says as a whole counts
/// for all of its containers.
fn missing(quota: &Value, container: &Value, pod: &Value) -> Vec<String> {
    let says = |holder: &Value, side: &str, name: &str| {
        let resources = present(holder, "resources").unwrap_or(&Value::Null);
        members(resources, side).any(|(key, _)| key == name)
    };
    let is_said = |side: &str, name: &str| {
        let holders = [container, spec_of(pod)];
        holders
            .into_iter()
            .any(|holder| says(holder, side, name) || (side == "requests" && says(holder, "limits", name)))
    };
    let mut missing: Vec<String> = Vec::new();
    for (hard, side, name) in DEMANDS {
        let is_wanted = members(spec_of(quota), "hard").any(|(key, _)| key == hard);
        let word = format!("{side}.{name}");
        if is_wanted && !is_said(side, name) && !missing.contains(&word) {
            missing.push(word);
        }
    }
    missing
}

fn is_narrow(spec: &Value) -> bool {
    let scopes = items(spec, "scopes").filter_map(Value::as_str);
    let selector = present(spec, "scopeSelector").unwrap_or(&Value::Null);
    let selected = items(selector, "matchExpressions").map(|expression| text(expression, "scopeName"));
    scopes.chain(selected).any(|scope| NARROW_SCOPES.contains(&scope))
}

/// Whether a LimitRange fills in what containers leave unsaid.
fn has_defaults(look: &Look<'_>, namespace: &str) -> bool {
    let ranges = look.surroundings.limit_ranges.iter();
    let mut own = ranges
        .filter(|range| range.pointer("/metadata/namespace").and_then(Value::as_str) == Some(namespace));
    own.any(|range| {
        let mut limits = items(spec_of(range), "limits");
        limits.any(|limit| {
            text(limit, "type") == "Container"
                && ["default", "defaultRequest"].iter().any(|field| present(limit, field).is_some())
        })
    })
}
