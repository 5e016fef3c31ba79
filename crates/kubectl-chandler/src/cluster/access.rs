//! Asks the API server whether whoever asks may do something, before it is tried.

use serde_json::{Value, json};

use super::error::rule;
use super::resource::{ACCESS_REVIEWS, Resource};
use super::{Cluster, ClusterError};

/// Something that rules of RBAC give.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right<'r> {
    pub(crate) verb: &'static str,
    pub(crate) resource: &'r Resource,
    pub(crate) subresource: Option<&'static str>,
    /// None: of all namespaces, or of objects that are in none.
    pub(crate) namespace: Option<&'r str>,
}

/// What the API server says of a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is there.
    Given,
    /// It is not.
    Missing,
    /// There was no answer: trying will tell.
    Untold,
}

impl Cluster {
    /// Asks about one right.
    pub(crate) async fn review(&self, right: Right<'_>) -> Access {
        let Right { verb, resource, subresource, namespace } = right;
        let attributes = json!({
            "verb": verb, "group": resource.group, "resource": resource.plural, "subresource": subresource,
            "namespace": namespace,
        });
        let review = json!({
            "apiVersion": ACCESS_REVIEWS.api_version(), "kind": ACCESS_REVIEWS.kind,
            "spec": {"resourceAttributes": attributes},
        });
        let answer = self.create((&ACCESS_REVIEWS, None), &review, false).await;
        match answer.ok().and_then(|answer| answer.pointer("/status/allowed").and_then(Value::as_bool)) {
            Some(true) => Access::Given,
            Some(false) => Access::Missing,
            None => Access::Untold,
        }
    }
}

impl Right<'_> {
    /// That it is missing, in the words of the API server, with the rule that gives it.
    pub(crate) fn missing(&self) -> ClusterError {
        let Right { verb, resource, subresource, namespace } = self;
        let part = subresource.map(|part| format!("/{part}")).unwrap_or_default();
        let place = namespace.map(|namespace| format!(" in the namespace {namespace:?}")).unwrap_or_default();
        let plural = resource.plural;
        let group = resource.group;
        let role = namespace
            .map_or_else(|| "ClusterRole".to_owned(), |namespace| format!("Role in namespace {namespace}"));
        ClusterError::Forbidden {
            message: format!(
                "you may not {verb} resource \"{plural}{part}\" in API group \"{group}\"{place}"
            ),
            role,
            rule: rule(resource, *subresource, &[verb]),
        }
    }
}
