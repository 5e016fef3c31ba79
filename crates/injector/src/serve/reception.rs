//! How a review comes in, and why there may be no answer to it: within bounds of time and memory, whoever sends it. What is
//! no answer is an error of HTTP, so that the API server's `failurePolicy` decides.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::sync::{Notify, Semaphore};

use super::namespaces::FetchError;
use super::room::{Place, Room};
use crate::review::{MAX_REVIEW_SIZE, MAX_REVIEW_VALUES, ReviewError};

/// How long a body may take to arrive: the API server itself waits no longer than thirty seconds for all of it.
pub(super) const BODY: Duration = Duration::from_secs(10);

/// Reviews from this size on, in bytes, are answered on a thread of their own, so that small ones need not wait.
pub(super) const LARGE: usize = 128 * 1024;

/// As are those of more values than that.
const SMALL_VALUES: usize = 10_000;

/// Large reviews that are read and answered at once: one may take thirty megabytes then. Further ones wait.
const LARGE_AT_ONCE: usize = 1;

/// Bytes of small reviews, and of large ones, that arrive or wait at once.
pub(super) const SMALL_ROOM: usize = 8 * 1024 * 1024;
pub(super) const LARGE_ROOM: usize = 16 * 1024 * 1024;

/// Seconds after which the API server asks again, within its own limit of time, where there is no answer yet.
const RETRY_AFTER: &str = "1";

/// Takes reviews in.
#[derive(Debug, Clone)]
pub(super) struct Reception {
    small: Room,
    large: Room,
    /// Turns to read and answer a large review.
    turns: Arc<Semaphore>,
}

/// The bytes of a review, and the room that they take until it is dropped.
#[derive(Debug)]
pub(super) struct Received {
    bytes: Vec<u8>,
    _place: Place,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    NotReady,
    MediaType,
    NoRoom,
    Late,
    Unreadable,
    Namespace(Arc<FetchError>),
    Review(ReviewError),
}

impl Default for Reception {
    fn default() -> Self {
        let turns = Arc::new(Semaphore::new(LARGE_AT_ONCE));
        Self { small: Room::of(SMALL_ROOM), large: Room::of(LARGE_ROOM), turns }
    }
}

impl Reception {
    /// The bytes of a review, which are JSON by their own account.
    pub(super) async fn receive(&self, request: Request) -> Result<Arc<Received>, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::MediaType);
        }
        let ended = Arc::new(Notify::new());
        let collected = tokio::time::timeout(BODY, self.collect(request.into_body(), &ended));
        tokio::select! {
            biased;
            () = ended.notified() => Err(Refusal::NoRoom),
            collected = collected => collected.unwrap_or(Err(Refusal::Late)).map(Arc::new),
        }
    }

    /// Reads a body; as soon as it is large, its place is among the large ones.
    async fn collect(&self, mut body: Body, ended: &Arc<Notify>) -> Result<Received, Refusal> {
        let expected = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        bound(expected)?;
        let (mut place, mut bytes) = (self.small.enter(ended), Vec::new());
        // What is promised may never come, and takes no more room than a small one until the rest does.
        take_room(&mut place, &mut bytes, expected.min(LARGE)).await;
        while let Some(frame) = body.frame().await {
            let Ok(part) = frame.map_err(|_| Refusal::Unreadable)?.into_data() else { continue };
            let size = bytes.len().saturating_add(part.len());
            bound(size)?;
            if bytes.len() < LARGE && size >= LARGE {
                place = self.large.enter(ended);
                place.grow(bytes.capacity()).await;
            }
            if size > bytes.capacity() {
                let twice = bytes.capacity().saturating_mul(2).min(MAX_REVIEW_SIZE);
                take_room(&mut place, &mut bytes, size.max(expected).max(twice)).await;
            }
            bytes.extend_from_slice(&part);
        }
        place.keep();
        Ok(Received { bytes, _place: place })
    }

    /// Works on a review with no more than so many values: at once where it is small, else in turn and on a thread of its own.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        review: Arc<Received>,
        work: impl Fn(&[u8], usize) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, Refusal> {
        if review.bytes.len() < LARGE {
            match work(&review.bytes, SMALL_VALUES) {
                Err(ReviewError::TooManyValues { .. }) => {}
                done => return done.map_err(Refusal::Review),
            }
        }
        // Nobody closes it.
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Refusal::NotReady)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&review.bytes, MAX_REVIEW_VALUES);
            drop((review, turn));
            done
        });
        // Only the end of the process cancels it.
        done.await.map_err(|_| Refusal::NotReady)?.map_err(Refusal::Review)
    }
}

/// Lets bytes have that capacity. Memory that was used before is there whether it is written to or not, so there has to be
/// room for it first.
async fn take_room(place: &mut Place, bytes: &mut Vec<u8>, capacity: usize) {
    place.grow(capacity).await;
    bytes.reserve_exact(capacity.saturating_sub(bytes.len()));
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
        // Whoever reaches the port can have as many of these as there is time for; the metric counts them.
        tracing::debug!(reason = self.reason(), message, "a review has no answer");
        let mut response = (status, message).into_response();
        for (name, value) in self.headers() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotReady | Self::NoRoom | Self::Namespace(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Late => StatusCode::REQUEST_TIMEOUT,
            Self::Review(ReviewError::TooLarge { .. } | ReviewError::TooManyValues { .. }) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Review(ReviewError::Encode { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unreadable | Self::Review(_) => StatusCode::BAD_REQUEST,
        }
    }

    /// What the client is to do next.
    fn headers(&self) -> impl Iterator<Item = (HeaderName, &'static str)> {
        let comes_again = self.status() == StatusCode::SERVICE_UNAVAILABLE;
        // The rest of the body is not waited for.
        let is_cut = matches!(self, Self::NoRoom | Self::Late | Self::Review(ReviewError::TooLarge { .. }));
        let retry = comes_again.then_some((header::RETRY_AFTER, RETRY_AFTER));
        retry.into_iter().chain(is_cut.then_some((header::CONNECTION, "close")))
    }

    /// From a closed set, for the metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::NotReady => "not_ready",
            Self::MediaType => "media_type",
            Self::NoRoom => "no_room",
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
            Self::NoRoom => {
                "too many bodies arrive at once, and this one arrived for the longest time".to_owned()
            }
            Self::Late => format!("the body did not arrive within {} s", BODY.as_secs()),
            Self::Unreadable => "the body ended early".to_owned(),
            Self::Namespace(error) => error.to_string(),
            Self::Review(error) => error.to_string(),
        }
    }
}
