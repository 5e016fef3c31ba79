//! The watches: of both kinds of templates, and of the metadata of namespaces. Each goes on for ever, however often it is
//! cut, and nothing that an object holds stops it.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use chandler_api::names;
use chandler_runtime::cluster::watching;
use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use kube::api::{ApiResource, DynamicObject};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{DefaultBackoff, Error, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::live::{Change, TemplateObject, Watched};
use super::namespaces::namespace_of;
use crate::catalog::compile_object;
use crate::census::last_change;
use crate::template::TemplateReference;

/// Changes that may wait to be gathered: a list of thousands is read as fast as it can be taken.
pub(super) const QUEUE: usize = 1024;

/// Templates, and namespaces, that are listed at once: with more of them the list, and not what is kept, would decide about
/// memory.
const TEMPLATES_PAGE: u32 = 25;
const NAMESPACES_PAGE: u32 = 100;

/// How long a watch that failed waits at most before it begins anew. Kube's own thirty seconds would be half a minute of
/// old templates after the API server is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Pauses of a watch that fails again and again.
#[derive(Default)]
struct Pauses(DefaultBackoff);

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next().map(|pause| pause.min(LONGEST_PAUSE))
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.0.reset();
    }
}

/// Begins all watches.
pub(super) fn begin(tasks: &mut JoinSet<()>, client: &Client, changes: &Sender<Change>) {
    for (watched, kind) in
        [(Watched::Templates, "InjectionTemplate"), (Watched::ClusterTemplates, "ClusterInjectionTemplate")]
    {
        let kind = GroupVersionKind::gvk(names::GROUP, names::VERSION, kind);
        let resource = ApiResource::from_gvk(&kind);
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let mut seen = HashMap::new();
        let change = move |object, is_there| template_change(&mut seen, object, is_there);
        let events = watcher(api, watching().page_size(TEMPLATES_PAGE));
        tasks.spawn(watch(watched, events, change, changes.clone()));
    }
    let namespaces: Api<PartialObjectMeta<NamespaceObject>> = Api::all(client.clone());
    let events = watcher(namespaces, watching().page_size(NAMESPACES_PAGE));
    tasks.spawn(watch(Watched::Namespaces, events, namespace_change, changes.clone()));
}

/// Passes on what a watch sees, until nobody takes it any more.
async fn watch<K>(
    watched: Watched,
    events: impl futures_util::Stream<Item = Result<Event<K>, Error>>,
    mut change_of: impl FnMut(K, bool) -> Option<Change>,
    changes: Sender<Change>,
) {
    let mut events = pin!(events.backoff(Pauses::default()));
    while let Some(event) = events.next().await {
        let change = match event {
            Ok(Event::Init) => Some(Change::ListBegins(watched)),
            Ok(Event::InitApply(object) | Event::Apply(object)) => change_of(object, true),
            Ok(Event::InitDone) => Some(Change::ListEnds(watched)),
            Ok(Event::Delete(object)) => change_of(object, false),
            Err(error) => {
                tell(watched, &error);
                None
            }
        };
        if let Some(change) = change
            && changes.send(change).await.is_err()
        {
            return;
        }
    }
}

fn tell(watched: Watched, error: &Error) {
    let is_unknown =
        matches!(error, Error::InitialListFailed(kube::Error::Api(status)) if status.code == 404);
    if is_unknown {
        tracing::error!(
            watch = ?watched,
            definitions = names::DEFINITIONS,
            "the cluster does not know this kind: install the definitions, as the chart does; \
             until then no pod is fitted out"
        );
    } else {
        tracing::warn!(watch = ?watched, error = error.to_string(), "a watch was cut and begins anew");
    }
}

/// The uid and generation of each template that was compiled: the same spec is not compiled twice.
type Compiled = HashMap<TemplateReference, (Option<String>, i64)>;

fn template_change(seen: &mut Compiled, object: DynamicObject, is_there: bool) -> Option<Change> {
    let reference = TemplateReference { name: object.name_any(), namespace: object.namespace() };
    if !is_there {
        seen.remove(&reference);
        return Some(Change::NoTemplate(reference));
    }
    let facts = Box::new(facts_of(&object));
    if let Some(generation) = object.metadata.generation {
        let version = (object.metadata.uid.clone(), generation);
        if seen.insert(reference.clone(), version.clone()) == Some(version) {
            return Some(Change::SameTemplate(reference, facts));
        }
    }
    // What the kind is, a list does not say of its items.
    let kind = if reference.namespace.is_some() { "InjectionTemplate" } else { "ClusterInjectionTemplate" };
    let mut object = serde_json::to_value(object).ok()?;
    let fields = object.as_object_mut()?;
    fields.insert("apiVersion".to_owned(), Value::from(names::API_VERSION));
    fields.insert("kind".to_owned(), Value::from(kind));
    Some(Change::Template(reference, facts, compile_object(&object, "")))
}

fn facts_of(object: &DynamicObject) -> TemplateObject {
    let metadata = &object.metadata;
    let created = metadata.creation_timestamp.as_ref().map_or(i64::MIN, |time| time.0.as_second());
    let status = object.data.get("status").cloned();
    TemplateObject {
        uid: metadata.uid.clone().unwrap_or_default(),
        generation: metadata.generation,
        since: last_change(metadata, |fields| fields.get("f:spec").is_some()).max(created),
        problems: None,
        // One that is not as we write it is written anew.
        status: status.and_then(|status| serde_json::from_value(status).ok()),
    }
}

fn namespace_change(object: PartialObjectMeta<NamespaceObject>, is_there: bool) -> Option<Change> {
    Some(match is_there {
        true => Change::Namespace(namespace_of(object)),
        false => Change::NoNamespace(object.name_any()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(uid: &str, generation: i64, status: Value) -> DynamicObject {
        let metadata = json!({
            "name": "a", "uid": uid, "generation": generation, "creationTimestamp": "1970-01-01T00:00:10Z",
            "managedFields": [
                {"manager": "m", "operation": "Apply", "time": "1970-01-01T00:00:20Z", "fieldsV1": {"f:spec": {}}},
                {"manager": "n", "operation": "Apply", "time": "1970-01-01T00:00:30Z", "fieldsV1": {"f:metadata": {}}},
                {"manager": "s", "operation": "Apply", "time": "1970-01-01T00:00:40Z", "subresource": "status",
                 "fieldsV1": {"f:spec": {}}},
            ],
        });
        let spec = json!({"patches": [{"pod": {}}]});
        serde_json::from_value(json!({"metadata": metadata, "spec": spec, "status": status})).unwrap()
    }

    #[test]
    fn template_is_compiled_when_its_spec_changes_and_not_for_its_status() {
        let mut seen = HashMap::new();
        let mut is_compiled = |uid, generation, status| {
            let change = template_change(&mut seen, object(uid, generation, status), true).unwrap();
            matches!(change, Change::Template(_, _, Ok(_)))
        };
        assert!(is_compiled("u", 1, Value::Null));
        assert!(!is_compiled("u", 1, json!({"revision": "0c1d"})));
        assert!(is_compiled("u", 2, json!({"revision": "0c1d"})));
        assert!(is_compiled("v", 2, json!("no status as we write it")), "another object of the same name");
    }

    #[test]
    fn template_is_in_force_since_somebody_wrote_its_spec() {
        let facts = facts_of(&object("u", 3, json!({"revision": "0c1d"})));
        assert_eq!((facts.since, facts.generation, facts.uid.as_str()), (20, Some(3), "u"));
        assert_eq!(facts.status.unwrap().revision.as_deref(), Some("0c1d"));
        assert!(facts_of(&object("u", 3, json!("no status as we write it"))).status.is_none());
    }
}
