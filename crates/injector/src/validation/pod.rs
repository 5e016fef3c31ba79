//! What the API server would refuse in a pod, whoever brings it: the rules of Kubernetes' own validation that a template
//! can break. Values that a rule does not know are let through: the server may be newer.

mod container;
mod decoding;
mod probe;
pub(super) mod read;
mod resources;
mod security_context;
mod spec;
mod volume;
mod words;

use std::fmt;

use serde_json::Value;

use read::{items, text};

/// The lists of a pod that a template can put containers in.
pub(super) const CONTAINER_LISTS: [&str; 2] = ["initContainers", "containers"];

/// One thing in a pod that the API server would refuse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// The container that it is about; none for the pod itself.
    pub(super) container: Option<ContainerName>,
    /// The field, from the container or from the pod's root, as a merge names it: `volumeMounts[/logs].name`.
    pub(super) field: String,
    /// What is wrong, without values.
    pub(super) message: String,
    pub(super) nature: Nature,
}

/// A container of a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ContainerName {
    /// `containers` or `initContainers`.
    pub(super) list: &'static str,
    /// Its name.
    pub(super) name: String,
}

/// What a finding depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nature {
    /// The value of a field.
    Value,
    /// That a field is there at all.
    Presence,
    /// A container that has no image.
    Image,
    /// A mount of a volume, named here, that the pod does not have.
    Volume(String),
}

/// Everything in a pod that the API server would refuse.
pub(super) fn inspect(pod: &Value) -> Vec<Finding> {
    let mut inspection = Inspection { pod, found: Vec::new(), container: None };
    decoding::check(&mut inspection);
    spec::check(&mut inspection);
    volume::check_volumes(&mut inspection);
    for list in CONTAINER_LISTS {
        for container in items(spec_of(pod), list) {
            inspection.container = Some(ContainerName { list, name: text(container, "name").to_owned() });
            container::check(&mut inspection, container, list);
        }
    }
    inspection.container = None;
    container::check_names(&mut inspection);
    container::check_host_ports(&mut inspection);
    inspection.found
}

pub(super) fn spec_of(pod: &Value) -> &Value {
    pod.get("spec").unwrap_or(&Value::Null)
}

/// A pod that is looked at, and what was found so far.
struct Inspection<'p> {
    pod: &'p Value,
    found: Vec<Finding>,
    /// Where the look is at.
    container: Option<ContainerName>,
}

impl Inspection<'_> {
    fn note(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.note_as(Nature::Value, field, message);
    }

    fn note_as(&mut self, nature: Nature, field: impl Into<String>, message: impl Into<String>) {
        let (field, message) = (field.into(), message.into());
        self.found.push(Finding { container: self.container.clone(), field, message, nature });
    }

    /// Notes a text that is there and none of those allowed.
    fn check_choice(&mut self, holder: &Value, (field, place): (&str, &str), allowed: &[&str]) {
        let chosen = text(holder, field);
        if !chosen.is_empty() && !allowed.contains(&chosen) {
            self.note(place, format!("is none of {}", allowed.join(", ")));
        }
    }

    /// Notes a text that is there and breaks a rule for words.
    fn check_words(
        &mut self,
        holder: &Value,
        (field, place): (&str, &str),
        rule: fn(&str) -> Option<&'static str>,
    ) {
        let found = text(holder, field);
        if let Some(message) = Some(found).filter(|found| !found.is_empty()).and_then(rule) {
            self.note(place, message);
        }
    }
}

impl Finding {
    /// Where in the pod it is: `spec.initContainers[proxy].startupProbe`.
    pub(super) fn path(&self) -> String {
        match &self.container {
            None => self.field.clone(),
            Some(container) if self.field.is_empty() => format!("spec.{container}"),
            Some(container) => format!("spec.{container}.{}", self.field),
        }
    }
}

impl fmt::Display for ContainerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}[{}]", self.list, self.name)
    }
}

#[cfg(test)]
mod tests;
