//! Namespaces that a request is for before the watch has shown them: each is fetched once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use kube::core::PartialObjectMeta;
use kube::{Api, Client};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Mutex;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::live::Change;
use crate::census::{is_selecting, last_change};
use crate::facts::Namespace;

/// How long the API server may take: it waits for the answer to the request meanwhile.
const CALL: Duration = Duration::from_secs(2);

/// How long what was fetched may be taken for what is there.
const BURST: Duration = Duration::from_secs(2);

/// Fetches namespaces.
#[derive(Debug)]
pub(super) struct Namespaces {
    api: Api<PartialObjectMeta<NamespaceObject>>,
    changes: Sender<Change>,
    /// The last one. Requests for one namespace come in bursts, and the watch may need a moment.
    last: Mutex<Option<(Arc<Namespace>, Instant)>>,
}

/// Why a namespace is not known.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    /// The API server refused, or is away.
    #[error("namespace {name:?} cannot be read: {source}")]
    Call { name: String, source: Box<kube::Error> },
    /// It did not answer.
    #[error("namespace {name:?} was not read within {} s", CALL.as_secs())]
    Late { name: String },
}

impl Namespaces {
    /// Fetches through that client, and tells of what it finds.
    pub(super) fn new(client: &Client, changes: Sender<Change>) -> Self {
        Self { api: Api::all(client.clone()), changes, last: Mutex::default() }
    }

    /// The namespace of that name; none where there is none.
    pub(super) async fn fetch(&self, name: &str) -> Result<Option<Arc<Namespace>>, FetchError> {
        let mut last = self.last.lock().await;
        let is_it = |(known, at): &&(Arc<Namespace>, Instant)| known.name() == name && at.elapsed() < BURST;
        if let Some((known, _)) = last.as_ref().filter(is_it) {
            return Ok(Some(Arc::clone(known)));
        }
        let fetched = timeout(CALL, self.api.get_opt(name)).await;
        let fetched = fetched.map_err(|_| FetchError::Late { name: name.to_owned() })?;
        let fetched =
            fetched.map_err(|source| FetchError::Call { name: name.to_owned(), source: Box::new(source) })?;
        let Some(object) = fetched else { return Ok(None) };
        let namespace = Arc::new(namespace_of(object));
        *last = Some((Arc::clone(&namespace), Instant::now()));
        // Where nobody gathers any more, the daemon is about to end.
        let _ = self.changes.send(Change::FetchedNamespace(Arc::clone(&namespace))).await;
        Ok(Some(namespace))
    }
}

/// What is kept of a namespace.
pub(super) fn namespace_of(object: PartialObjectMeta<NamespaceObject>) -> Namespace {
    let mut metadata = object.metadata;
    let name = metadata.name.clone().unwrap_or_default();
    let changed = last_change(&metadata, is_selecting);
    // Nobody's business, and most of its size.
    metadata.managed_fields = None;
    let metadata = serde_json::to_value(metadata).unwrap_or(Value::Null);
    Namespace::from_metadata(&name, &metadata).changed_at(changed)
}
