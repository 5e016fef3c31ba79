//! How a review comes in, and why there may be no answer to it: within bounds of time and memory, whoever sends it. What is
//! no answer is an error of HTTP, so that the API server's `failurePolicy` decides.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::namespaces::FetchError;
use crate::review::{MAX_REVIEW_SIZE, ReviewError};

/// How long a body may take to arrive: the API server itself waits no longer than thirty seconds for all of it.
pub(super) const BODY: Duration = Duration::from_secs(10);

/// Reviews from this size on, in bytes, are answered on a thread of their own, so that small ones need not wait.
pub(super) const LARGE: usize = 128 * 1024;

/// Large reviews at once; further ones wait, so that memory is bounded whoever sends them.
pub(super) const LARGE_AT_ONCE: usize = 4;

/// Seconds after which the API server asks again, within its own limit of time, where there is no answer yet.
const RETRY_AFTER: &str = "1";

/// Takes reviews in.
#[derive(Debug, Clone)]
pub(super) struct Reception {
    /// Room for large reviews.
    room: Arc<Semaphore>,
}

/// The bytes of a review, and the room that a large one takes until it is dropped.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    NotReady,
    MediaType,
    Late,
    Unreadable,
    Namespace(FetchError),
    Review(ReviewError),
}

impl Default for Reception {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(LARGE_AT_ONCE)) }
    }
}

impl Received {
    /// Whether it takes room that others wait for.
    pub(super) fn is_large(&self) -> bool {
        self.room.is_some()
    }
}

impl Reception {
    /// The bytes of a review, which are JSON by their own account.
    pub(super) async fn receive(&self, request: Request) -> Result<Received, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::MediaType);
        }
        let collected = tokio::time::timeout(BODY, self.collect(request.into_body())).await;
        collected.unwrap_or(Err(Refusal::Late))
    }

    /// Reads a body; before it becomes large it waits for room.
    async fn collect(&self, mut body: Body) -> Result<Received, Refusal> {
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        bound(expected)?;
        let (mut bytes, mut room) = (Vec::with_capacity(expected.min(LARGE)), None);
        while let Some(frame) = body.frame().await {
            let Ok(part) = frame.map_err(|_| Refusal::Unreadable)?.into_data() else { continue };
            let size = bytes.len().saturating_add(part.len());
            bound(size)?;
            if size >= LARGE && room.is_none() {
                // Only closing the semaphore fails, which nobody does.
                room = Arc::clone(&self.room).acquire_owned().await.ok();
                bytes.reserve(expected.saturating_sub(bytes.len()));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(Received { bytes, room })
    }
}

/// Refuses what is larger than any review.
fn bound(size: usize) -> Result<(), Refusal> {
    if size > MAX_REVIEW_SIZE { Err(Refusal::Review(ReviewError::TooLarge { size })) } else { Ok(()) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

impl Refusal {
    /// The error of HTTP.
    pub(super) fn respond(&self) -> Response {
        let (status, message) = (self.status(), self.message());
        tracing::warn!(reason = self.reason(), message, "a review has no answer");
        let mut response = (status, message).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotReady | Self::Namespace(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::Review(ReviewError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Review(ReviewError::Encode { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unreadable | Self::Review(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// What the client is to do next.
    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::NotReady | Self::Namespace(_) => Some((header::RETRY_AFTER, RETRY_AFTER)),
            // The rest of the body is not waited for.
            Self::Late | Self::Review(ReviewError::TooLarge { .. }) => Some((header::CONNECTION, "close")),
            Self::MediaType | Self::Unreadable | Self::Review(_) => None,
        }
    }

    /// From a closed set, for the metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::NotReady => "not_ready",
            Self::MediaType => "media_type",
            Self::Late => "late_body",
            Self::Unreadable => "unreadable_body",
            Self::Namespace(_) => "no_namespace",
            Self::Review(error) => error.reason(),
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotReady => "templates and namespaces are not all listed yet".to_owned(),
            Self::MediaType => "want content-type application/json".to_owned(),
            Self::Late => format!("the body did not arrive within {} s", BODY.as_secs()),
            Self::Unreadable => "the body ended early".to_owned(),
            Self::Namespace(error) => error.to_string(),
            Self::Review(error) => error.to_string(),
        }
    }
}
