//! A pod as the checks look at it: itself and its containers, each with its security context.

use std::fmt;

use serde_json::Value;

use crate::read::{boolean, items, text};

/// The lists of containers, in the order in which Kubernetes' `visitContainers` goes through them.
const LISTS: [(&str, &str); 3] = [
    ("initContainers", "/spec/initContainers"),
    ("containers", "/spec/containers"),
    ("ephemeralContainers", "/spec/ephemeralContainers"),
];

/// Whose field a level refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject<'p> {
    /// The pod's own.
    Pod,
    /// A container's.
    Container {
        /// `initContainers`, `containers` or `ephemeralContainers`.
        list: &'static str,
        /// Its name; empty where it has none.
        name: &'p str,
    },
}

/// A pod, as an API server holds it.
#[derive(Clone, Copy)]
pub(crate) struct Pod<'p> {
    pub(crate) value: &'p Value,
}

/// A container, or the pod itself.
#[derive(Clone, Copy)]
pub(crate) struct Part<'p> {
    pub(crate) subject: Subject<'p>,
    /// The container, or the pod's `spec`.
    pub(crate) value: &'p Value,
}

/// That a part breaks a rule.
pub(crate) struct Finding<'p> {
    pub(crate) subject: Subject<'p>,
    pub(crate) detail: String,
}

impl<'p> Pod<'p> {
    /// The pod's own fields.
    pub(crate) fn own(self) -> Part<'p> {
        Part { subject: Subject::Pod, value: self.value.get("spec").unwrap_or(&Value::Null) }
    }

    /// Every container.
    pub(crate) fn containers(self) -> impl Iterator<Item = Part<'p>> {
        LISTS.into_iter().flat_map(move |(list, pointer)| {
            items(self.value, pointer).map(move |value| {
                let subject = Subject::Container { list, name: text(value, "/name") };
                Part { subject, value }
            })
        })
    }

    /// The pod and every container: all that has a security context.
    pub(crate) fn parts(self) -> impl Iterator<Item = Part<'p>> {
        std::iter::once(self.own()).chain(self.containers())
    }

    pub(crate) fn is_windows(self) -> bool {
        text(self.value, "/spec/os/name") == "windows"
    }

    /// Whether root in a container is not root of the node.
    pub(crate) fn has_own_users(self) -> bool {
        boolean(self.value, "/spec/hostUsers") == Some(false)
    }
}

impl<'p> Part<'p> {
    /// That it breaks a rule by what it does: a phrase without a subject.
    pub(crate) fn found(self, what: impl fmt::Display) -> Finding<'p> {
        Finding { subject: self.subject, detail: format!("{} {what}", self.subject) }
    }
}

impl Finding<'_> {
    /// That the pod breaks a rule: a whole sentence.
    pub(crate) fn of_pod(detail: String) -> Self {
        Self { subject: Subject::Pod, detail }
    }
}

/// In a sentence: `the pod`, `container app`.
impl fmt::Display for Subject<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pod => formatter.write_str("the pod"),
            Self::Container { name, .. } => write!(formatter, "container {name}"),
        }
    }
}
