//! Why a cluster gives no answer, in words that say what to do about it.

use std::path::PathBuf;
use std::time::Duration;

use chandler_api::names;
use kube::config::KubeconfigError;
use thiserror::Error;

use super::resource::Resource;

/// Why a cluster gives no answer.
#[derive(Debug, Error)]
pub(crate) enum ClusterError {
    /// Nothing says where a cluster is.
    #[error("no cluster: there is no kubeconfig at {path:?} (--kubeconfig or KUBECONFIG names another)")]
    NoKubeconfig {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The kubeconfig is broken, or lacks what was asked for.
    #[error("the kubeconfig leads to no cluster: {reason}")]
    Kubeconfig {
        /// Why.
        reason: String,
    },
    /// Nobody answers.
    #[error("cannot reach the API server at {server}: {reason}")]
    Unreachable {
        /// Its address.
        server: String,
        /// Why.
        reason: String,
    },
    /// No answer in time.
    #[error("the API server at {server} gave no answer within {bound:?} (--request-timeout)")]
    Late {
        /// Its address.
        server: String,
        /// The time that it had.
        bound: Duration,
    },
    /// It does not know who asks.
    #[error(
        "the API server at {server} does not accept these credentials: log in anew, or see the user of the context"
    )]
    Unauthorized {
        /// Its address.
        server: String,
    },
    /// Whoever asks may not.
    #[error("{message}\n  what is missing is a {role} with the rule {rule}")]
    Forbidden {
        /// What the API server says.
        message: String,
        /// `Role in namespace NAME`, or `ClusterRole`.
        role: String,
        /// The rule, as JSON.
        rule: String,
    },
    /// Whoever asks may, and what they ask for is not allowed here: Pod Security, quotas, webhooks, or the API's own rules.
    #[error("the API server does not take {object}: {reason}")]
    Denied {
        /// What was sent.
        object: String,
        /// Why.
        reason: String,
    },
    /// There is one of that name already.
    #[error("the API server does not take {object}: {reason}")]
    Exists {
        /// What was sent.
        object: String,
        /// What the API server says.
        reason: String,
    },
    /// The definitions are not installed.
    #[error(
        "the cluster does not know {resource}: the definitions of Chandler are not installed; its chart (charts/chandler) brings them, or kubectl apply -f crds/"
    )]
    NotServed {
        /// What was asked for.
        resource: String,
    },
    /// There is no object of that name.
    #[error("there is no {object}")]
    NotFound {
        /// What was asked for.
        object: String,
    },
    /// There is nothing to look into.
    #[error("there are no running pods of {what}")]
    NoPods {
        /// What they were looked for by.
        what: String,
    },
    /// The list went on for so long that the API server forgot how it began.
    #[error(
        "the list of {resource} took longer than the API server keeps it: try again, or ask for less with -n or -l"
    )]
    Expired {
        /// What was listed.
        resource: String,
    },
    /// Another answer that is none.
    #[error("the API server does not {act} {object}: {reason}")]
    Refused {
        /// `give` or `take`.
        act: &'static str,
        /// What was asked for.
        object: String,
        /// Why.
        reason: String,
    },
    /// A name that is none.
    #[error("{name:?} is no name of an object")]
    Name {
        /// What was typed.
        name: String,
    },
}

/// A question to the API server, for the words of an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'q> {
    pub(super) server: &'q str,
    /// As rules of RBAC have it.
    pub(super) verb: &'static str,
    pub(super) resource: &'q Resource,
    pub(super) subresource: Option<&'static str>,
    pub(super) namespace: Option<&'q str>,
    /// None: all of them.
    pub(super) name: Option<&'q str>,
}

impl ClusterError {
    /// One of a closed set, for programs.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::NoKubeconfig { .. } | Self::Kubeconfig { .. } => "Kubeconfig",
            Self::Unreachable { .. } | Self::Late { .. } => "Unreachable",
            Self::Unauthorized { .. } => "Unauthorized",
            Self::Forbidden { .. } => "Forbidden",
            Self::Denied { .. } => "Denied",
            Self::NotServed { .. } => "NotServed",
            Self::NotFound { .. } => "NotFound",
            Self::NoPods { .. } => "NoPods",
            Self::Exists { .. } | Self::Expired { .. } | Self::Refused { .. } => "Refused",
            Self::Name { .. } => "Name",
        }
    }

    /// Whether what was asked for may have been done all the same.
    pub(crate) fn is_uncertain(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Late { .. })
    }

    /// What is wrong with a kubeconfig.
    pub(super) fn of_kubeconfig(error: KubeconfigError) -> Self {
        match error {
            KubeconfigError::ReadConfig(source, path) if source.kind() == std::io::ErrorKind::NotFound => {
                Self::NoKubeconfig { path }
            }
            KubeconfigError::ReadConfig(source, path) => {
                Self::Kubeconfig { reason: format!("{}: {source}", path.display()) }
            }
            KubeconfigError::CurrentContextNotSet => {
                Self::Kubeconfig { reason: "it sets no current-context; --context names one".to_owned() }
            }
            KubeconfigError::LoadContext(name) => {
                Self::Kubeconfig { reason: format!("it has no context {name:?}") }
            }
            KubeconfigError::LoadClusterOfContext(name) => {
                Self::Kubeconfig { reason: format!("it has no cluster {name:?}") }
            }
            other => Self::Kubeconfig { reason: other.to_string() },
        }
    }

    /// What it means that a question failed.
    pub(super) fn of_answer(error: kube::Error, question: Question<'_>) -> Self {
        let server = question.server.to_owned();
        match error {
            kube::Error::Api(status) => match status.code {
                401 => Self::Unauthorized { server },
                403 if question.writes() && !is_missing_right(&status.message) => {
                    question.denied(status.message)
                }
                422 if question.writes() => question.denied(status.message),
                // A webhook may deny with any code.
                400.. if question.writes() && is_denied_by_webhook(&status.message) => {
                    question.denied(status.message)
                }
                403 => question.forbidden(status.message),
                404 if question.is_ours() && status.details.is_none() => {
                    Self::NotServed { resource: question.resource.full_name() }
                }
                404 => Self::NotFound { object: question.object() },
                409 if question.verb == "create" => {
                    Self::Exists { object: question.object(), reason: status.message }
                }
                410 => Self::Expired { resource: question.resource.full_name() },
                _ => question.refused(status.message),
            },
            kube::Error::Auth(source) => Self::Kubeconfig { reason: root_of(&source) },
            kube::Error::Service(source) => Self::Unreachable { server, reason: root_of(source.as_ref()) },
            kube::Error::HyperError(source) => Self::Unreachable { server, reason: root_of(&source) },
            other => question.refused(root_of(&other)),
        }
    }
}

impl Question<'_> {
    fn is_ours(&self) -> bool {
        self.resource.group == names::GROUP
    }

    fn object(&self) -> String {
        let Self { resource, namespace, name, .. } = self;
        let what =
            name.map_or_else(|| resource.full_name(), |name| format!("{} {name:?}", resource.singular()));
        let place = namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
        format!("{what}{place}")
    }

    fn forbidden(&self, message: String) -> ClusterError {
        let role = self
            .namespace
            .map_or_else(|| "ClusterRole".to_owned(), |namespace| format!("Role in namespace {namespace}"));
        let rule = rule(self.resource, self.subresource, &[self.verb]);
        ClusterError::Forbidden { message, role, rule }
    }

    fn denied(&self, reason: String) -> ClusterError {
        ClusterError::Denied { object: self.object(), reason }
    }

    fn refused(&self, reason: String) -> ClusterError {
        let act = if self.writes() { "take" } else { "give" };
        ClusterError::Refused { act, object: self.object(), reason }
    }

    fn writes(&self) -> bool {
        !["get", "list", "watch"].contains(&self.verb)
    }
}

/// A rule of RBAC, as JSON.
pub(super) fn rule(resource: &Resource, subresource: Option<&str>, verbs: &[&str]) -> String {
    let part = subresource.map(|part| format!("/{part}")).unwrap_or_default();
    let plural = format!("{}{part}", resource.plural);
    serde_json::json!({"apiGroups": [resource.group], "resources": [plural], "verbs": verbs}).to_string()
}

/// Authorizers all say it like this; admission has other words.
fn is_missing_right(message: &str) -> bool {
    message.contains("\" cannot ") && message.contains(" resource \"")
}

/// The API server's own words ahead of those of a webhook or a policy.
fn is_denied_by_webhook(message: &str) -> bool {
    message.contains("denied the request") || message.contains("denied request")
}

/// Whether a connection was used that the server had closed in the meantime: nothing was done.
pub(super) fn was_closed(error: &kube::Error) -> bool {
    root_of(error) == "connection closed before message completed"
}

/// What an error comes from: those above it say it again in other words.
fn root_of(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    match causes.last().unwrap_or(error) {
        root if root.downcast_ref::<std::io::Error>().is_some_and(is_late) => {
            "no connection within 10 s, or what --request-timeout leaves of them".to_owned()
        }
        root => root.to_string(),
    }
}

fn is_late(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}
