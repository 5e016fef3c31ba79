//! What TARGET means: a pod, a node, or something that has pods.

use thiserror::Error;

use crate::cluster::{CARRIERS, NODES, PODS, Resource, SERVICES};

/// What is looked into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A pod by its name.
    Pod(String),
    /// A node by its name.
    Node(String),
    /// What has pods: a workload or a Service.
    Workload {
        /// Its kind.
        resource: &'static Resource,
        /// Its name.
        name: String,
    },
    /// The pods of a label selector.
    Selector(String),
}

/// Why a word is no target.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum TargetError {
    /// There is a type and no name.
    #[error("{word:?} names nothing: want POD, node/NAME or TYPE/NAME, such as deploy/shop")]
    NoName {
        /// What was typed.
        word: String,
    },
    /// The type has no pods.
    #[error("{word:?} is nothing that has pods; these do: {}", known())]
    Type {
        /// What was typed.
        word: String,
    },
}

/// Kinds whose pods can be found: those that select them by labels.
const WITH_PODS: [&str; 6] =
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"];

impl Target {
    /// Whether it is a node.
    pub(crate) fn is_node(&self) -> bool {
        matches!(self, Self::Node(_))
    }

    /// Reads `POD`, `pod/NAME`, `node/NAME` and `TYPE/NAME`.
    ///
    /// # Errors
    /// It is none of these.
    pub(crate) fn parse(word: &str) -> Result<Self, TargetError> {
        let Some((kind, name)) = word.split_once('/') else {
            return if word.is_empty() { Err(no_name(word)) } else { Ok(Self::Pod(word.to_owned())) };
        };
        if name.is_empty() || name.contains('/') {
            return Err(no_name(word));
        }
        let resource = kinds().find(|resource| resource.is_meant_by(kind));
        let resource = resource.ok_or_else(|| TargetError::Type { word: kind.to_owned() })?;
        let name = name.to_owned();
        Ok(match resource {
            resource if *resource == PODS => Self::Pod(name),
            resource if *resource == NODES => Self::Node(name),
            resource => Self::Workload { resource, name },
        })
    }
}

/// Every kind that can be a target, pods first.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Resource> {
    let carriers =
        CARRIERS.iter().filter(|resource| resource.kind == PODS.kind || WITH_PODS.contains(&resource.kind));
    carriers.chain([&SERVICES, &NODES])
}

fn no_name(word: &str) -> TargetError {
    TargetError::NoName { word: word.to_owned() }
}

fn known() -> String {
    let names: Vec<_> = kinds().map(Resource::singular).collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_nodes_and_what_has_pods_are_told_apart() {
        assert_eq!(Target::parse("web-0"), Ok(Target::Pod("web-0".to_owned())));
        assert_eq!(Target::parse("po/web-0"), Ok(Target::Pod("web-0".to_owned())));
        assert_eq!(Target::parse("nodes/worker"), Ok(Target::Node("worker".to_owned())));
        for (word, kind) in
            [("deploy/web", "Deployment"), ("svc/web", "Service"), ("statefulsets.apps/db", "StatefulSet")]
        {
            let Ok(Target::Workload { resource, .. }) = Target::parse(word) else { panic!("{word}") };
            assert_eq!(resource.kind, kind);
        }
    }

    #[test]
    fn words_that_are_no_target_are_told() {
        for word in ["", "deploy/", "pod/a/b"] {
            assert!(matches!(Target::parse(word), Err(TargetError::NoName { .. })), "{word}");
        }
        let message = Target::parse("configmap/a").unwrap_err().to_string();
        assert!(message.starts_with("\"configmap\" is nothing that has pods; these do: pod deployment"));
        assert!(message.ends_with("service node"), "{message}");
    }
}
