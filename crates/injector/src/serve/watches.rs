//! The watches: of both kinds of templates, and of the metadata of namespaces. Each goes on for ever, however often it is
//! cut, and nothing that an object holds stops it.

use std::pin::pin;

use chandler_api::names;
use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use kube::api::{ApiResource, DynamicObject};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Config, Error, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;

use super::live::{Change, Watched};
use super::namespaces::namespace_of;
use crate::catalog::compile_object;
use crate::template::TemplateReference;

/// Changes that may wait to be gathered: a list of thousands is read as fast as it can be taken.
pub(super) const QUEUE: usize = 1024;

/// Begins all watches.
pub(super) fn begin(tasks: &mut JoinSet<()>, client: &Client, changes: &Sender<Change>) {
    for (watched, kind) in
        [(Watched::Templates, "InjectionTemplate"), (Watched::ClusterTemplates, "ClusterInjectionTemplate")]
    {
        let kind = GroupVersionKind::gvk(names::GROUP, names::VERSION, kind);
        let resource = ApiResource::from_gvk(&kind);
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        tasks.spawn(watch(watched, watcher(api, Config::default()), template_change, changes.clone()));
    }
    let namespaces: Api<PartialObjectMeta<NamespaceObject>> = Api::all(client.clone());
    let events = watcher(namespaces, Config::default());
    tasks.spawn(watch(Watched::Namespaces, events, namespace_change, changes.clone()));
}

/// Passes on what a watch sees, until nobody takes it any more.
async fn watch<K>(
    watched: Watched,
    events: impl futures_util::Stream<Item = Result<Event<K>, Error>>,
    change_of: fn(K, bool) -> Option<Change>,
    changes: Sender<Change>,
) {
    let mut events = pin!(events.default_backoff());
    while let Some(event) = events.next().await {
        let change = match event {
            Ok(Event::Init) => Some(Change::ListBegins(watched)),
            Ok(Event::InitApply(object) | Event::Apply(object)) => change_of(object, true),
            Ok(Event::InitDone) => Some(Change::ListEnds(watched)),
            Ok(Event::Delete(object)) => change_of(object, false),
            Err(error) => {
                tracing::warn!(watch = ?watched, error = error.to_string(), "a watch was cut and begins anew");
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

fn template_change(object: DynamicObject, is_there: bool) -> Option<Change> {
    let reference = TemplateReference { name: object.name_any(), namespace: object.namespace() };
    if !is_there {
        return Some(Change::NoTemplate(reference));
    }
    // What the kind is, a list does not say of its items.
    let kind = if reference.namespace.is_some() { "InjectionTemplate" } else { "ClusterInjectionTemplate" };
    let mut object = serde_json::to_value(object).ok()?;
    let fields = object.as_object_mut()?;
    fields.insert("apiVersion".to_owned(), Value::from(names::API_VERSION));
    fields.insert("kind".to_owned(), Value::from(kind));
    Some(Change::Template(reference, compile_object(&object, "")))
}

fn namespace_change(object: PartialObjectMeta<NamespaceObject>, is_there: bool) -> Option<Change> {
    Some(match is_there {
        true => Change::Namespace(namespace_of(object)),
        false => Change::NoNamespace(object.name_any()),
    })
}
