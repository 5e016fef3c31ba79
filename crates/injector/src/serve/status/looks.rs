//! Looks at single pods, off any hot path and a few at a time.

use std::time::Duration;

use kube::Client;
use serde_json::Value;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::census::{Look, PodKey, Seen};
use crate::serve::raw::{ReadError, read};

/// How many pods are looked at at a time.
static AT_A_TIME: Semaphore = Semaphore::const_new(4);

/// How long the API server may take for one.
const CALL: Duration = Duration::from_secs(5);

/// Most values of a pod: four are in memory at a time.
const MAX_VALUES: usize = 20_000;

/// Why a pod could not be looked at.
#[derive(Debug, Error)]
pub(super) enum LookError {
    /// The API server refused, or is away.
    #[error("the pod cannot be read")]
    Read(#[source] ReadError),
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
            Self::Read(source) => format!("{self}: {source}"),
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

/// The pod, raw and without what the API server keeps for itself; none where it is gone, or of no use: it would be so the
/// next time as well.
async fn read_pod(client: &Client, look: &Look) -> Result<Option<Value>, LookError> {
    let path = format!("/api/v1/namespaces/{}/pods/{}", look.namespace, look.name);
    let request = http::Request::get(path)
        .body(Vec::new())
        .map_err(|error| LookError::Read(ReadError::Call(Box::new(kube::Error::HttpError(error)))))?;
    match tokio::time::timeout(CALL, read(client, request, MAX_VALUES)).await {
        Ok(Ok(pod)) => Ok(Some(pod)),
        Ok(Err(ReadError::Call(error))) if matches!(&*error, kube::Error::Api(status) if status.code == 404) => {
            Ok(None)
        }
        Ok(Err(ReadError::Decode(error))) => {
            let (namespace, name) = (&*look.namespace, &*look.name);
            tracing::debug!(
                namespace,
                name,
                error = error.to_string(),
                "a pod is of no use and counts nowhere"
            );
            Ok(None)
        }
        Ok(Err(error)) => Err(LookError::Read(error)),
        Err(_) => Err(LookError::Late),
    }
}
