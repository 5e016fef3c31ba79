//! The leader keeps the `caBundle` of every webhook of a configuration equal to the authorities in the Secret.
//!
//! It is written by a JSON patch of the very version that was looked at, and then its ownership is given up, in a second
//! write. A field that we owned would keep its webhook from being taken away: whoever installs the configuration by
//! server-side apply, as Helm does, would be left with a webhook of nothing but our field, and refused.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use http::Request;
use http::header::CONTENT_TYPE;
use k8s_openapi::ByteString;
use kube::api::{ApiResource, DynamicObject};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::watcher;
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::metrics::Metrics;
use super::secret::HeldReceiver;
use crate::call::{CallError, bounded};
use crate::cluster::watching;

/// How often the configuration is looked at when nothing is heard of it.
const LOOK: Duration = Duration::from_secs(30);

/// How soon it is looked at again when a call came to nothing, and at the soonest.
const RETRY: Duration = Duration::from_secs(2);
const SHORTEST: Duration = Duration::from_millis(200);

/// What every webhook of a configuration has had for a while. One that does not exist counts as having it: nobody connects
/// because of it.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) bundle: String,
    pub(super) since: Instant,
}

/// Keeps one configuration.
pub(super) struct BundleKeeper {
    pub(super) client: Client,
    pub(super) api: Api<DynamicObject>,
    pub(super) resource: ApiResource,
    pub(super) name: String,
    pub(super) field_manager: &'static str,
    pub(super) published: watch::Sender<Option<Published>>,
    pub(super) metrics: Metrics,
}

impl BundleKeeper {
    /// Keeps it as long as this is polled.
    pub(super) async fn keep(self, mut held: HeldReceiver) {
        let selection = watching().fields(&format!("metadata.name={}", self.name));
        let mut events = pin!(watcher(self.api.clone(), selection).default_backoff());
        let mut is_missing = false;
        loop {
            let bundle = held.borrow_and_update().as_ref().map(|held| held.material.bundle());
            let mut pause = LOOK;
            if let Some(bundle) = bundle {
                match self.look(bundle).await {
                    Ok(is_there) => self.tell_missing(&mut is_missing, !is_there),
                    Err(error) => {
                        self.published.send_replace(None);
                        pause = RETRY;
                        self.warn(&error.to_string(), "caBundle is not kept");
                    }
                }
                tokio::time::sleep(SHORTEST).await;
            }
            tokio::select! {
                changed = held.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(pause) => {},
                event = events.next() => match event {
                    Some(Err(error)) => self.warn(&error.to_string(), "a watch was cut and begins anew"),
                    Some(Ok(_)) => {},
                    None => return,
                },
            }
        }
    }

    /// Whether there is a configuration; its webhooks have the bundle then.
    async fn look(&self, bundle: String) -> Result<bool, CallError> {
        let found = bounded(self.api.get_opt(&self.name)).await?;
        let is_there = found.is_some();
        if let Some(configuration) = found {
            self.write(&configuration, &bundle).await?;
        }
        self.published.send_if_modified(|published| {
            let is_new = published.as_ref().is_none_or(|published| published.bundle != bundle);
            if is_new {
                *published = Some(Published { bundle, since: Instant::now() });
            }
            is_new
        });
        Ok(is_there)
    }

    async fn write(&self, configuration: &DynamicObject, bundle: &str) -> Result<(), CallError> {
        let changes = bundle_changes(configuration, bundle);
        if !changes.is_empty() {
            // Whatever it was before, it is not published from here on.
            self.published.send_replace(None);
            self.patch(configuration, changes).await?;
            self.metrics.count("bundle-written");
            tracing::info!(configuration = self.name, kind = self.resource.kind, "caBundle was written");
        } else if let Some(change) = release(configuration, self.field_manager) {
            self.patch(configuration, vec![change]).await?;
        }
        Ok(())
    }

    /// Patches the version that was looked at and no other.
    async fn patch(&self, configuration: &DynamicObject, changes: Vec<Value>) -> Result<(), CallError> {
        let ApiResource { api_version, plural, .. } = &self.resource;
        let uri = format!("/apis/{api_version}/{plural}/{}?fieldManager={}", self.name, self.field_manager);
        let version = &configuration.metadata.resource_version;
        let mut patch = vec![json!({"op": "test", "path": "/metadata/resourceVersion", "value": version})];
        patch.extend(changes);
        let request = Request::patch(uri).header(CONTENT_TYPE, "application/json-patch+json");
        let request = request.body(Value::from(patch).to_string().into_bytes());
        let call = async { self.client.request::<Value>(request.map_err(kube::Error::HttpError)?).await };
        bounded(call).await.map(drop)
    }

    fn tell_missing(&self, known: &mut bool, is_missing: bool) {
        if is_missing && !*known {
            tracing::info!(
                configuration = self.name,
                kind = self.resource.kind,
                "there is no such configuration; it gets its caBundle when it comes"
            );
        }
        *known = is_missing;
    }

    fn warn(&self, error: &str, what: &'static str) {
        tracing::warn!(configuration = self.name, kind = self.resource.kind, error, "{what}");
    }
}

/// What gives each webhook the bundle that does not have it; nothing else is touched.
fn bundle_changes(configuration: &DynamicObject, bundle: &str) -> Vec<Value> {
    let encoded = json!(ByteString(bundle.as_bytes().to_vec()));
    let webhooks = configuration.data.get("webhooks").and_then(Value::as_array);
    let lacking = webhooks.into_iter().flatten().enumerate();
    let lacking = lacking.filter(|(_, webhook)| webhook.pointer("/clientConfig/caBundle") != Some(&encoded));
    let change = |place| json!({"op": "add", "path": format!("/webhooks/{place}/clientConfig/caBundle"), "value": encoded});
    lacking.map(|(place, _)| change(place)).collect()
}

/// What takes us from the owners of fields; none where we are none of them. An empty list would mean something else.
fn release(configuration: &DynamicObject, field_manager: &str) -> Option<Value> {
    let owners = configuration.metadata.managed_fields.as_deref().filter(|owners| owners.len() > 1)?;
    let place = owners.iter().position(|owner| owner.manager.as_deref() == Some(field_manager))?;
    Some(json!({"op": "remove", "path": format!("/metadata/managedFields/{place}")}))
}
