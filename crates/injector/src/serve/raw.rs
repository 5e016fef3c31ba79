//! Reads objects of users from the API server, raw, and no more of them than there is memory for.

use futures_util::AsyncReadExt as _;
use kube::Client;
use serde_json::Value;
use thiserror::Error;

use crate::review::read_object;

/// Most bytes of an answer: more than the API server stores of one object.
const MAX_SIZE: u64 = 2 * 1024 * 1024;

/// Why nothing was read.
#[derive(Debug, Error)]
pub(super) enum ReadError {
    /// The API server refused, or is away.
    #[error(transparent)]
    Call(Box<kube::Error>),
    /// The answer broke off.
    #[error("the answer broke off: {0}")]
    Broken(std::io::Error),
    /// It is no JSON, or there is too much of it.
    #[error("the answer is of no use: {0}")]
    Decode(serde_json::Error),
}

/// What the API server answers, of no more than so many values, and without the `managedFields` of an object.
///
/// # Errors
/// There is no answer, or too much of one.
pub(super) async fn read(
    client: &Client,
    request: http::Request<Vec<u8>>,
    values: usize,
) -> Result<Value, ReadError> {
    let answer = client.request_stream(request).await.map_err(|error| ReadError::Call(Box::new(error)))?;
    let mut bytes = Vec::new();
    // What is cut off is no JSON any more.
    std::pin::pin!(answer).take(MAX_SIZE).read_to_end(&mut bytes).await.map_err(ReadError::Broken)?;
    read_object(&bytes, values).map_err(ReadError::Decode)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;

    async fn read_answer(answer: String) -> Result<Value, ReadError> {
        let router = Router::new().fallback(async move || answer);
        let router = router.map_request(|request: http::Request<kube::client::Body>| request.map(Body::new));
        let request = http::Request::get("/api/v1/namespaces/a/pods/b").body(Vec::new()).unwrap();
        read(&Client::new(router, "default"), request, 100).await
    }

    #[tokio::test]
    async fn object_of_more_bytes_or_values_than_there_is_room_for_is_not_read() {
        let pod = json!({"metadata": {"name": "b"}, "spec": {"containers": []}});
        assert_eq!(read_answer(pod.to_string()).await.unwrap(), pod);
        let many = json!({"spec": vec![0; 100]}).to_string();
        let long = json!({"spec": "a".repeat(2 << 20)}).to_string();
        for answer in [many, long, "{".to_owned()] {
            assert!(matches!(read_answer(answer).await, Err(ReadError::Decode(_))));
        }
    }
}
