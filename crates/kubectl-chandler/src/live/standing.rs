//! How what a pod's record says stands to the templates of now.

use chandler_api::names;
use chandler_injector::TemplateReference;
use chandler_injector::record::read_record;
use serde::Serialize;
use serde_json::Value;

use super::Live;

/// How what a pod has of a template stands to the template of now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) enum State {
    /// The pod has the revision of now.
    Current,
    /// The pod has another revision.
    Outdated,
    /// The pod has another revision, and asks for that one: a new pod would get none.
    Pinned,
    /// The template is gone.
    Gone,
    /// Nobody knows: the template does not compile, and which revision serves is not said.
    Unknown,
    /// By its metadata the template is for the pod, and its record does not have it.
    MayMiss,
}

/// One template of a pod's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standing {
    /// `name`, or `cluster/name`.
    pub(crate) template: String,
    #[serde(skip)]
    pub(crate) reference: TemplateReference,
    /// The revision that the pod has.
    pub(crate) recorded: String,
    /// The revision that a new pod would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    pub(crate) state: State,
}

impl State {
    /// The word for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Outdated => "outdated",
            Self::Pinned => "pinned",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
            Self::MayMiss => "may miss",
        }
    }
}

/// What the record of a pod says, entry by entry.
pub(crate) fn record_standing(pod: &Value, namespace: &str, live: &Live) -> Vec<Standing> {
    let record = annotation(pod, names::INJECTED).unwrap_or_default();
    let entries = read_record(record, namespace).map(|entry| {
        let template = live.template(&entry.reference);
        let current = template.and_then(|template| template.revision.clone());
        let state = match (template, &current) {
            (None, _) => State::Gone,
            (Some(_), None) => State::Unknown,
            (Some(_), Some(current)) if current == entry.revision => State::Current,
            _ if is_pinned(pod, namespace, live, (&entry.reference, entry.revision)) => State::Pinned,
            _ => State::Outdated,
        };
        let (template, recorded) = (entry.reference.to_string(), entry.revision.to_owned());
        Standing { template, reference: entry.reference, recorded, current, state }
    });
    entries.collect()
}

/// Whether the pod or its namespace asks for just this revision.
fn is_pinned(
    pod: &Value,
    namespace: &str,
    live: &Live,
    (reference, revision): (&TemplateReference, &str),
) -> bool {
    let namespace = live.namespace(namespace);
    let lists = [annotation(pod, names::TEMPLATES), annotation(namespace.object(), names::TEMPLATES)];
    let entries = lists.into_iter().flatten().flat_map(|list| list.trim_start_matches([' ', '+']).split(','));
    let mut pins = entries.filter_map(|entry| entry.trim().split_once('@'));
    pins.any(|(name, pin)| {
        let name = name.strip_prefix(names::CLUSTER_PREFIX).unwrap_or(name);
        name == reference.name && pin == revision
    })
}

fn annotation<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}
