//! What the platform would say to what a template adds: Pod Security, quotas, and a few habits that end badly.

use std::collections::BTreeMap;

use chandler_api::injection::{OnError, SelectionMode};
use chandler_pod_security::{Level, Subject, violations};
use serde_json::Value;

use super::pod::ContainerName;
use super::read::text;
use super::trial::{Case, restricted_case};
use super::{Look, Rank, Warning, enumerate, quota};
use crate::template::TemplateReference;

/// Most namespaces that a warning names.
const MAX_NAMED: usize = 2;

/// Most reasons that a warning gives.
const MAX_REASONS: usize = 6;

pub(super) fn warnings(look: &Look<'_>, cases: &[Case]) -> Vec<Warning> {
    let plain = cases.iter().find(|case| case.is_for && case.fitted.is_ok());
    let mut warnings: Vec<Warning> = lock_out(look).into_iter().collect();
    warnings.extend(pod_security(look));
    warnings.extend(shadow(look));
    if let Some(case) = plain {
        warnings.extend(quota::warnings(look, case));
        warnings.extend(images(case));
    }
    warnings
}

/// A template that no pod gets around, and that refuses those on which it fails.
fn lock_out(look: &Look<'_>) -> Option<Warning> {
    let (template, limits) = (look.template, &look.template.limits);
    let is_everywhere = template.reference.namespace.is_none()
        && limits.namespace_selector.is_empty()
        && limits.pod_selector.is_empty();
    let is_strict = template.mode == SelectionMode::Mandatory && template.on_error == OnError::Deny;
    let text = "mode Mandatory with onError Deny and no selector: while the template fails, no namespace gets new pods; a namespaceSelector bounds the damage";
    (is_everywhere && is_strict).then(|| Warning::new(Rank::LockOut, text))
}

/// What the levels that namespaces enforce would refuse of what the template adds to a pod that they let through.
fn pod_security(look: &Look<'_>) -> Vec<Warning> {
    let mut namespaces: BTreeMap<Level, Vec<&str>> = BTreeMap::new();
    for namespace in look.namespaces() {
        let level = Level::enforced(namespace.object());
        if level > Level::Privileged {
            namespaces.entry(level).or_default().push(namespace.name());
        }
    }
    let case = if namespaces.is_empty() { None } else { restricted_case(look) };
    let fitted = case.as_ref().and_then(|case| case.fitted.as_ref().ok());
    let Some(fitted) = fitted else { return Vec::new() };
    let mut warnings = Vec::new();
    for (level, names) in namespaces {
        let names = enumerate(names, MAX_NAMED);
        for (place, reasons) in refused_by(fitted, level) {
            let reasons = enumerate(reasons, MAX_REASONS);
            let level = level.name();
            let text = format!("Pod Security {level:?} (namespace {names}) would refuse {place}: {reasons}");
            warnings.push(Warning::new(Rank::PodSecurity, text));
        }
    }
    warnings
}

/// The reasons, by the part of the pod that they are about.
fn refused_by(pod: &Value, level: Level) -> BTreeMap<String, Vec<&'static str>> {
    let mut refused: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for violation in violations(pod, level) {
        let place = match violation.subject {
            Subject::Pod => violation.subject.to_string(),
            Subject::Container { list, name } => ContainerName { list, name: name.to_owned() }.to_string(),
        };
        let reasons = refused.entry(place).or_default();
        if !reasons.contains(&violation.reason) {
            reasons.push(violation.reason);
        }
    }
    refused
}

/// A name that means another template than before.
fn shadow(look: &Look<'_>) -> Option<Warning> {
    let (templates, own) = (&look.surroundings.injector.templates, &look.template.reference);
    if look.template.mode != SelectionMode::OnRequest {
        return None;
    }
    let name = &own.name;
    let text = if own.namespace.is_some() {
        templates.get(&TemplateReference { name: name.clone(), namespace: None })?;
        format!(
            "pods of this namespace that ask for {name} get this template, and no longer the cluster's of that name"
        )
    } else {
        let is_hidden = |other: &&TemplateReference| other.name == *name && other.namespace.is_some();
        let mut hidden: Vec<&str> =
            templates.references().filter(is_hidden).filter_map(|other| other.namespace.as_deref()).collect();
        hidden.sort_unstable();
        let first = (!hidden.is_empty()).then(|| enumerate(hidden, MAX_NAMED))?;
        format!("pods that ask for {name} get their namespace's own template of that name: in {first}")
    };
    Some(Warning::new(Rank::Shadow, text))
}

/// Images that mean another thing tomorrow.
fn images(case: &Case) -> Vec<Warning> {
    let loose = case.added().into_iter().filter(|(_, container)| is_loose(text(container, "image")));
    let loose = loose.filter(|_| !case.choice.is_guessed);
    let warnings = loose.map(|(list, container)| {
        let (name, image) = (text(container, "name"), text(container, "image"));
        let text = format!("{list}[{name}]: the image {image:?} has no fixed tag: pods of one workload may run different ones");
        Warning::new(Rank::Image, text)
    });
    warnings.collect()
}

fn is_loose(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    let tag = last.split_once(':').map_or("latest", |(_, tag)| tag);
    !image.contains('@') && tag == "latest"
}
