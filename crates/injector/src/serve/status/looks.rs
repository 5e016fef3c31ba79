//! Looks at single pods, off any hot path and a few at a time.

use std::time::Duration;

use kube::Client;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::census::{Look, PodKey, Seen};

/// How many pods are looked at at a time.
static AT_A_TIME: Semaphore = Semaphore::const_new(4);

/// How long the API server may take for one.
const CALL: Duration = Duration::from_secs(5);

/// Why a pod could not be looked at.
#[derive(Debug, Error)]
pub(super) enum LookError {
    /// The API server refused, or is away.
    #[error("the pod cannot be read")]
    Call(#[source] Box<kube::Error>),
    /// It did not answer.
    #[error("the API server did not answer within {} s", CALL.as_secs())]
    Late,
    /// The process ends.
    #[error("the daemon ends")]
    Ending,
}

impl LookError {
    pub(super) fn chain(&self) -> String {
        match self {
            Self::Call(source) => format!("{self}: {source}"),
            Self::Late | Self::Ending => self.to_string(),
        }
    }
}

/// Reads a pod and decides about it.
pub(super) async fn look_at(client: Client, look: Look) -> (PodKey, Result<Seen, LookError>) {
    let key = look.key;
    (key, try_look(client, look).await)
}

async fn try_look(client: Client, look: Look) -> Result<Seen, LookError> {
    let _permit = AT_A_TIME.acquire().await.map_err(|_| LookError::Ending)?;
    let pod = read_pod(&client, &look).await?;
    // Conditions may take a while.
    tokio::task::spawn_blocking(move || look.at(pod.as_ref())).await.map_err(|_| LookError::Ending)
}

/// The pod, raw and without what the API server keeps for itself; none where it is gone.
async fn read_pod(client: &Client, look: &Look) -> Result<Option<Value>, LookError> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", look.namespace, look.name);
    let request = http::Request::get(path)
        .body(Vec::new())
        .map_err(|error| LookError::Call(Box::new(kube::Error::HttpError(error))))?;
    match tokio::time::timeout(CALL, client.request::<Value>(request)).await {
        Ok(Ok(mut pod)) => {
            let metadata = pod.get_mut("metadata").and_then(Value::as_object_mut);
            metadata.map(|metadata| metadata.remove("managedFields"));
            Ok(Some(pod))
        }
        Ok(Err(kube::Error::Api(status))) if status.code == 404 => Ok(None),
        Ok(Err(error)) => Err(LookError::Call(Box::new(error))),
        Err(_) => Err(LookError::Late),
    }
}
