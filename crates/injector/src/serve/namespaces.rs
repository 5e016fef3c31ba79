//! Namespaces that a request is for before the watch has shown them: each is fetched once for all who ask at that time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, ready};
use k8s_openapi::api::core::v1::Namespace as NamespaceObject;
use kube::core::PartialObjectMeta;
use kube::{Api, Client};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::census::{is_selecting, last_change};
use crate::facts::Namespace;

/// How long the API server may take: it waits for the answer to the request meanwhile.
const CALL: Duration = Duration::from_secs(2);

/// How long what was found, or that nothing could be, may be taken for how it is: requests for one namespace come in
/// bursts, and the watch may need a moment.
const BURST: Duration = Duration::from_secs(2);

/// How long nothing may be taken for what there is: it may be made at any moment.
const ABSENCE: Duration = Duration::from_millis(250);

/// Calls at once, and names that are asked for at once: whoever reaches the port may invent names.
const CALLS: usize = 4;
const NAMES: usize = 1024;

/// Longest name that a namespace can have, in bytes.
const MAX_NAME: usize = 63;

/// What becomes of asking for one name.
type Fetched = Result<Option<Arc<Namespace>>, Arc<FetchError>>;

/// One call, and all who wait for it.
type Fetching = Shared<BoxFuture<'static, Fetched>>;

/// Fetches namespaces.
pub(super) struct Namespaces {
    api: Api<PartialObjectMeta<NamespaceObject>>,
    turns: Arc<Semaphore>,
    /// By name: what was begun, and when.
    begun: Mutex<HashMap<String, (Fetching, Instant)>>,
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
    /// So many are asked for that none more is.
    #[error("namespace {name:?} is not read: {NAMES} others are already")]
    Busy { name: String },
}

impl fmt::Debug for Namespaces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Namespaces").field("turns", &self.turns).finish_non_exhaustive()
    }
}

impl Namespaces {
    /// Fetches through that client.
    pub(super) fn new(client: &Client) -> Self {
        let turns = Arc::new(Semaphore::new(CALLS));
        Self { api: Api::all(client.clone()), turns, begun: Mutex::default() }
    }

    /// The namespace of that name; none where there is none.
    pub(super) async fn fetch(&self, name: &str) -> Fetched {
        if !can_be_name(name) {
            return Ok(None);
        }
        self.fetching(name).await
    }

    /// The call for that name that goes on or has just ended; else another.
    fn fetching(&self, name: &str) -> Fetching {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, (fetching, at)| is_fresh(fetching, at.elapsed()));
        if let Some((fetching, _)) = begun.get(name) {
            return fetching.clone();
        }
        if begun.len() >= NAMES {
            return ready(Err(Arc::new(FetchError::Busy { name: name.to_owned() }))).boxed().shared();
        }
        let call = call(self.api.clone(), Arc::clone(&self.turns), name.to_owned());
        let fetching = call.map(|fetched| fetched.map_err(Arc::new)).boxed().shared();
        begun.insert(name.to_owned(), (fetching.clone(), Instant::now()));
        fetching
    }
}

fn can_be_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_allowed)
}

fn is_fresh(fetching: &Fetching, age: Duration) -> bool {
    match fetching.peek() {
        Some(Ok(None)) => age < ABSENCE,
        Some(_) => age < BURST,
        None => true,
    }
}

/// Asks the API server, in turn.
async fn call(
    api: Api<PartialObjectMeta<NamespaceObject>>,
    turns: Arc<Semaphore>,
    name: String,
) -> Result<Option<Arc<Namespace>>, FetchError> {
    let asked = async {
        // Only closing the semaphore fails, which nobody does.
        let _turn = turns.acquire().await.ok();
        api.get_opt(&name).await
    };
    match timeout(CALL, asked).await {
        Ok(Ok(found)) => Ok(found.map(|object| Arc::new(namespace_of(object)))),
        Ok(Err(source)) => Err(FetchError::Call { name, source: Box::new(source) }),
        Err(_) => Err(FetchError::Late { name }),
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

#[cfg(test)]
mod tests;
