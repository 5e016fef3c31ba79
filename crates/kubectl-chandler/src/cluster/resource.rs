//! The kinds that are read from a cluster: what they are called there, and how people type them.

/// A kind, as the API server serves it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    /// What people type in place of the plural.
    pub(crate) short: &'static [&'static str],
}

/// Every kind that carries a pod.
pub(crate) const CARRIERS: [Resource; 9] = [
    PODS,
    Resource { short: &["deploy"], ..apps("Deployment", "deployments") },
    Resource { short: &["sts"], ..apps("StatefulSet", "statefulsets") },
    Resource { short: &["ds"], ..apps("DaemonSet", "daemonsets") },
    Resource { short: &["rs"], ..apps("ReplicaSet", "replicasets") },
    Resource { group: "batch", ..core("Job", "jobs") },
    Resource { group: "batch", short: &["cj"], ..core("CronJob", "cronjobs") },
    Resource { short: &["rc"], ..core("ReplicationController", "replicationcontrollers") },
    core("PodTemplate", "podtemplates"),
];

pub(crate) const PODS: Resource = Resource { short: &["po"], ..core("Pod", "pods") };
pub(crate) const JOBS: Resource = Resource { group: "batch", ..core("Job", "jobs") };
pub(crate) const NAMESPACES: Resource = core("Namespace", "namespaces");
pub(crate) const NODES: Resource = Resource { short: &["no"], ..core("Node", "nodes") };
pub(crate) const SERVICES: Resource = Resource { short: &["svc"], ..core("Service", "services") };
/// Events as the core group has them: what the kubelet and the scheduler say of a pod.
pub(crate) const EVENTS: Resource = core("Event", "events");
/// Events as they are written today.
pub(crate) const SESSION_EVENTS: Resource = Resource { group: "events.k8s.io", ..core("Event", "events") };
pub(crate) const TOOLBOXES: Resource = ours("DebugToolbox", "debugtoolboxes");
pub(super) const ACCESS_REVIEWS: Resource =
    Resource { group: "authorization.k8s.io", ..core("SelfSubjectAccessReview", "selfsubjectaccessreviews") };
pub(super) const SELF_REVIEWS: Resource =
    Resource { group: "authentication.k8s.io", ..core("SelfSubjectReview", "selfsubjectreviews") };
pub(crate) const TEMPLATES: Resource = ours("InjectionTemplate", "injectiontemplates");
pub(crate) const CLUSTER_TEMPLATES: Resource = ours("ClusterInjectionTemplate", "clusterinjectiontemplates");
pub(crate) const WEBHOOKS: Resource = Resource {
    group: "admissionregistration.k8s.io",
    ..core("MutatingWebhookConfiguration", "mutatingwebhookconfigurations")
};

const fn core(kind: &'static str, plural: &'static str) -> Resource {
    Resource { group: "", version: "v1", kind, plural, short: &[] }
}

const fn apps(kind: &'static str, plural: &'static str) -> Resource {
    Resource { group: "apps", ..core(kind, plural) }
}

const fn ours(kind: &'static str, plural: &'static str) -> Resource {
    use chandler_api::names::{GROUP, VERSION};
    Resource { group: GROUP, version: VERSION, kind, plural, short: &[] }
}

impl Resource {
    /// The carrier of pods that somebody means by `deploy`, `deployments`, `Deployment`, `deployments.apps` or
    /// `deployments.v1.apps`.
    pub(crate) fn carrier(typed: &str) -> Option<&'static Self> {
        CARRIERS.iter().find(|resource| resource.is_meant_by(typed))
    }

    /// Whether somebody means this kind by the word, with or without a group.
    pub(crate) fn is_meant_by(&self, typed: &str) -> bool {
        let typed = typed.to_ascii_lowercase();
        let (word, qualifier) = typed.split_once('.').unwrap_or((&typed, ""));
        self.is_called(word) && self.is_qualified_by(qualifier)
    }

    fn is_called(&self, word: &str) -> bool {
        word == self.plural || word == self.singular() || self.short.contains(&word)
    }

    fn is_qualified_by(&self, qualifier: &str) -> bool {
        let versioned = format!("{}.{}", self.version, self.group);
        ["", self.group, self.version, versioned.as_str()].contains(&qualifier)
    }

    /// The name of one, as in `deployment/web`.
    pub(crate) fn singular(&self) -> String {
        self.kind.to_ascii_lowercase()
    }

    /// The plural with its group, as in `deployments.apps`.
    pub(crate) fn full_name(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `apiVersion` of its objects.
    pub(crate) fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Where its objects are, below the API server's address.
    pub(crate) fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let scope = namespace.map(|namespace| format!("namespaces/{namespace}/")).unwrap_or_default();
        format!("{root}/{}/{scope}{}", self.api_version(), self.plural)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_every_name_that_kubectl_knows() {
        for typed in
            ["deploy", "deployment", "deployments", "Deployment", "deployments.apps", "deploy.v1.apps"]
        {
            assert_eq!(Resource::carrier(typed).map(|found| found.kind), Some("Deployment"), "{typed}");
        }
        for (typed, kind) in
            [("po", "Pod"), ("sts", "StatefulSet"), ("ds", "DaemonSet"), ("rs", "ReplicaSet")]
        {
            assert_eq!(Resource::carrier(typed).map(|found| found.kind), Some(kind));
        }
        for (typed, kind) in
            [("cj", "CronJob"), ("rc", "ReplicationController"), ("podtemplate", "PodTemplate")]
        {
            assert_eq!(Resource::carrier(typed).map(|found| found.kind), Some(kind));
        }
        for typed in ["service", "deployments.example.com", "", "jobs.batch.volcano.sh"] {
            assert_eq!(Resource::carrier(typed), None, "{typed}");
        }
    }

    #[test]
    fn paths_are_those_of_the_api_server() {
        assert_eq!(PODS.path(Some("shop")), "/api/v1/namespaces/shop/pods");
        assert_eq!(CLUSTER_TEMPLATES.path(None), "/apis/chandler.dev/v1alpha1/clusterinjectiontemplates");
    }
}
