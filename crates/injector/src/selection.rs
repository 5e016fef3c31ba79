//! Which templates a pod gets, by mode, annotation, selector, network and operating system. Conditions come later:
//! they may need parameters, and may fail.

use std::fmt;

use chandler_api::injection::{HostNetwork, OperatingSystem, SelectionMode};
use chandler_api::names;
use serde_json::Value;

use crate::facts::Facts;
use crate::template::{Template, TemplateReference};
use crate::templates::TemplateSet;

/// A template that is looked at, and why.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'t> {
    /// The template.
    pub template: &'t Template,
    /// Why it is looked at.
    pub origin: Origin,
}

/// Why a template is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its mode is Mandatory.
    Mandatory,
    /// Its mode is Default.
    Default,
    /// The pod asks for it.
    Pod,
    /// The namespace asks for it.
    Namespace,
}

/// Why a template is not for a pod. No failure: it is what its author, or the pod's, wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// `chandler.dev/inject: "false"` on the pod or the namespace.
    TurnedOff(Holder),
    /// The labels of the namespace.
    NamespaceSelector,
    /// The labels of the pod.
    PodSelector,
    /// The pod uses the network of its node.
    HostNetwork,
    /// The pod is for another operating system.
    OperatingSystem,
    /// A condition, named here, is false.
    MatchCondition(String),
    /// Nobody asked for it.
    NotRequested,
}

/// Which object carries an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The pod.
    Pod,
    /// Its namespace.
    Namespace,
}

/// A template that was asked for and does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTemplate {
    /// As it was written.
    pub reference: String,
    /// Who asks.
    pub holder: Holder,
    /// The revision that exists instead of the pinned one.
    pub other_revision: Option<String>,
}

/// What selection gives: the templates to go on with, in order, and the others with their reason.
#[derive(Debug, Default)]
pub struct Selection<'t> {
    /// Templates for this pod, conditions aside.
    pub selected: Vec<Candidate<'t>>,
    /// Templates that were looked at and are not for this pod.
    pub rejected: Vec<(Candidate<'t>, Rejection)>,
    /// Names that mean nothing.
    pub unknown: Vec<UnknownTemplate>,
    /// What else somebody should know.
    pub warnings: Vec<String>,
}

/// Chooses the templates for a pod: Mandatory and Default by (order, name), then those that were asked for.
#[must_use]
pub fn select_templates<'t>(templates: &'t TemplateSet, facts: &Facts<'_>) -> Selection<'t> {
    let mut selection = Selection::default();
    let turned_off = find_switch(facts, &mut selection.warnings);
    for template in templates.unasked(facts.namespace.name()) {
        let origin = match template.mode {
            SelectionMode::Mandatory => Origin::Mandatory,
            _ => Origin::Default,
        };
        selection.admit(Candidate { template, origin }, turned_off, facts);
    }
    for (reference, holder) in requested_references(facts) {
        match look_up(templates, reference, facts.namespace.name()) {
            Ok(template) if selection.knows(template) => {}
            Ok(template) => {
                let origin = match holder {
                    Holder::Pod => Origin::Pod,
                    Holder::Namespace => Origin::Namespace,
                };
                selection.admit(Candidate { template, origin }, turned_off, facts);
            }
            Err(other_revision) => {
                selection.miss(UnknownTemplate { reference: reference.to_owned(), holder, other_revision });
            }
        }
    }
    selection
}

impl<'t> Selection<'t> {
    fn miss(&mut self, unknown: UnknownTemplate) {
        if !self.unknown.contains(&unknown) {
            self.unknown.push(unknown);
        }
    }

    fn knows(&self, template: &Template) -> bool {
        let is_same = |candidate: &Candidate<'_>| std::ptr::eq(candidate.template, template);
        self.selected.iter().any(is_same) || self.rejected.iter().any(|(candidate, _)| is_same(candidate))
    }

    fn admit(&mut self, candidate: Candidate<'t>, turned_off: Option<Holder>, facts: &Facts<'_>) {
        let rejection = match (candidate.origin, turned_off) {
            (Origin::Mandatory, _) | (_, None) => find_rejection(candidate.template, facts),
            (_, Some(holder)) => Some(Rejection::TurnedOff(holder)),
        };
        match rejection {
            None => self.selected.push(candidate),
            Some(rejection) => self.rejected.push((candidate, rejection)),
        }
    }
}

/// Finds a template by what an annotation says: `name`, `cluster/name`, each with or without `@revision`.
/// `Err` has the revision that exists where another is pinned.
fn look_up<'t>(
    templates: &'t TemplateSet,
    reference: &str,
    namespace: &str,
) -> Result<&'t Template, Option<String>> {
    let (path, revision) = match reference.split_once('@') {
        Some((path, revision)) => (path, Some(revision)),
        None => (reference, None),
    };
    let in_scope = |name: &str, namespace: Option<&str>| {
        templates.get(&TemplateReference { name: name.to_owned(), namespace: namespace.map(str::to_owned) })
    };
    let found = match path.strip_prefix(names::CLUSTER_PREFIX) {
        Some(name) => in_scope(name, None),
        None => in_scope(path, Some(namespace)).or_else(|| in_scope(path, None)),
    };
    match (found, revision) {
        (Some(template), Some(revision)) if template.revision != revision => {
            Err(Some(template.revision.clone()))
        }
        (Some(template), _) => Ok(template),
        (None, _) => Err(None),
    }
}

/// The lists of pod and namespace, in order: the pod's replaces the namespace's unless it starts with `+`.
fn requested_references<'a>(facts: &Facts<'a>) -> Vec<(&'a str, Holder)> {
    let pod = facts.pod_annotation(names::TEMPLATES).map(str::trim_start);
    let namespace = facts.namespace_annotation(names::TEMPLATES);
    let list = |text: Option<&'a str>, holder| {
        let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(move |name| (name, holder))
    };
    let (inherited, own) = match pod.map(|pod| (pod, pod.strip_prefix('+'))) {
        Some((_, Some(added))) => (namespace, Some(added)),
        Some((replacing, None)) => (None, Some(replacing)),
        None => (namespace, None),
    };
    list(inherited, Holder::Namespace).chain(list(own, Holder::Pod)).collect()
}

/// Who turned injection off, if anybody did.
fn find_switch(facts: &Facts<'_>, warnings: &mut Vec<String>) -> Option<Holder> {
    let switches = [
        (facts.pod_annotation(names::INJECT), Holder::Pod),
        (facts.namespace_annotation(names::INJECT), Holder::Namespace),
    ];
    let mut turned_off = None;
    for (value, holder) in switches {
        match value.map(str::trim) {
            Some("false") => turned_off = turned_off.or(Some(holder)),
            Some("true") | None => {}
            Some(_) => warnings.push(format!(
                "the annotation {} of the {holder} is neither \"true\" nor \"false\" and is ignored",
                names::INJECT
            )),
        }
    }
    turned_off
}

/// Whether the labels and annotations of a pod leave open if the template is for it: then its `spec` decides.
pub(crate) fn needs_spec(template: &Template) -> bool {
    let limits = &template.limits;
    limits.host_network == HostNetwork::Skip || !limits.os.is_empty() || !limits.conditions.is_empty()
}

/// Why the limits of a template leave a pod out; conditions aside.
pub(crate) fn find_rejection(template: &Template, facts: &Facts<'_>) -> Option<Rejection> {
    let limits = &template.limits;
    if !limits.namespace_selector.matches(facts.namespace_labels()) {
        Some(Rejection::NamespaceSelector)
    } else if !limits.pod_selector.matches(facts.pod_labels()) {
        Some(Rejection::PodSelector)
    } else if limits.host_network == HostNetwork::Skip && uses_host_network(facts.pod) {
        Some(Rejection::HostNetwork)
    } else if !limits.os.is_empty() && !limits.os.iter().any(|os| is_for(facts.pod, *os)) {
        Some(Rejection::OperatingSystem)
    } else {
        None
    }
}

fn uses_host_network(pod: &Value) -> bool {
    pod.pointer("/spec/hostNetwork").and_then(Value::as_bool).unwrap_or_default()
}

/// Whether a pod is for an operating system, by its `os`, else its node selector, else it is for Linux.
fn is_for(pod: &Value, os: OperatingSystem) -> bool {
    let named = pod.pointer("/spec/os/name").and_then(Value::as_str);
    let selected = || pod.get("spec")?.get("nodeSelector")?.get(names::NODE_OS_LABEL)?.as_str();
    let wanted = match os {
        OperatingSystem::Linux => "linux",
        OperatingSystem::Windows => "windows",
    };
    named.or_else(selected).unwrap_or("linux") == wanted
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pod => "pod",
            Self::Namespace => "namespace",
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mandatory => "mandatory",
            Self::Default => "default",
            Self::Pod => "requested by the pod",
            Self::Namespace => "requested by the namespace",
        })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TurnedOff(holder) => write!(formatter, "{}: \"false\" on the {holder}", names::INJECT),
            Self::NamespaceSelector => {
                formatter.write_str("the labels of the namespace do not match its namespaceSelector")
            }
            Self::PodSelector => formatter.write_str("the labels of the pod do not match its podSelector"),
            Self::HostNetwork => {
                formatter.write_str("the pod uses the network of its node (hostNetwork: Skip)")
            }
            Self::OperatingSystem => formatter.write_str("the pod is for another operating system"),
            Self::MatchCondition(name) => write!(formatter, "the match condition {name:?} is false"),
            Self::NotRequested => write!(formatter, "nobody asked for it with {}", names::TEMPLATES),
        }
    }
}

impl fmt::Display for UnknownTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reference, holder, other_revision } = self;
        write!(formatter, "the {holder} asks for template {reference:?}")?;
        match other_revision {
            Some(revision) => write!(formatter, ", whose revision is now {revision}"),
            None => formatter.write_str(", which exists neither in the namespace nor in the cluster"),
        }
    }
}

#[cfg(test)]
mod tests;
