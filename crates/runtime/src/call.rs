//! One call to the API server, bounded in time: kube itself tries again and again, and has no bound.

use std::time::Duration;

use thiserror::Error;

/// How long the API server may take.
const BOUND: Duration = Duration::from_secs(5);

/// Why a call came to nothing.
#[derive(Debug, Error)]
pub(crate) enum CallError {
    /// The API server refused, or is away. The message is its own.
    #[error(transparent)]
    Refused(#[from] Box<kube::Error>),
    /// It did not answer.
    #[error("the API server did not answer in time")]
    Late,
}

impl CallError {
    /// Whether another was faster: what was changed is not any more what was read, or is there already.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(error) if matches!(&**error, kube::Error::Api(status) if status.code == 409))
    }
}

/// Waits for a call, but not for ever.
///
/// # Errors
/// It was refused, or not answered in time.
pub(crate) async fn bounded<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, CallError> {
    match tokio::time::timeout(BOUND, call).await {
        Ok(done) => done.map_err(|error| CallError::Refused(Box::new(error))),
        Err(_) => Err(CallError::Late),
    }
}
