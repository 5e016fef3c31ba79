//! The HTTP side of an admission. What is no answer is an error of HTTP, so that the API server's `failurePolicy` decides.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};

use super::events::Teller;
use super::live::Live;
use super::metrics::Metrics;
use super::namespaces::{FetchError, Namespaces};
use crate::facts::Namespace;
use crate::review::{Effect, Injector, MAX_REVIEW_SIZE, Reply, ReviewError};

/// How long a body may take to arrive: the API server itself waits no longer than thirty seconds for all of it.
const BODY: Duration = Duration::from_secs(10);

/// Reviews from this size on, in bytes, are answered on a thread of their own, so that small ones need not wait.
const LARGE: usize = 128 * 1024;

/// Answers reviews.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) live: Arc<Live>,
    pub(super) namespaces: Arc<Namespaces>,
    pub(super) metrics: Metrics,
    pub(super) events: Teller,
}

/// Why there is no answer.
pub(super) enum Refusal {
    NotReady,
    MediaType,
    Late,
    Unreadable,
    Namespace(FetchError),
    Review(ReviewError),
}

impl Webhook {
    /// The routes.
    pub(super) fn router(self) -> Router {
        Router::new().route("/inject", post(inject)).with_state(self)
    }

    async fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        let injector = self.live.injector().ok_or(Refusal::NotReady)?;
        let review = read_review(request).await?;
        let start = Instant::now();
        let reply = self.decide(injector, review).await?;
        self.metrics.observe(start.elapsed());
        Ok(reply)
    }

    /// The namespace of a pod may be newer than what the watch has shown.
    async fn decide(&self, injector: Arc<Injector>, review: Bytes) -> Result<Reply, Refusal> {
        let reply = decide(Arc::clone(&injector), review.clone(), None).await?;
        let Some(name) = &reply.unknown_namespace else { return Ok(reply) };
        match self.namespaces.fetch(name).await.map_err(Refusal::Namespace)? {
            Some(namespace) => decide(injector, review, Some(namespace)).await,
            None => Ok(reply),
        }
    }
}

async fn inject(State(webhook): State<Webhook>, request: Request) -> Response {
    match webhook.answer(request).await {
        Ok(Reply { body, effect, notices, .. }) => {
            notices.into_iter().for_each(|notices| webhook.events.tell(notices));
            webhook.metrics.count(match effect {
                Effect::Patched => "patched",
                Effect::Unchanged => "unchanged",
                Effect::Denied => "denied",
            });
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(refusal) => {
            webhook.metrics.count(refusal.reason());
            refusal.respond()
        }
    }
}

/// The bytes of a review, which are JSON by their own account.
pub(super) async fn read_review(request: Request) -> Result<Bytes, Refusal> {
    if !is_json(request.headers()) {
        return Err(Refusal::MediaType);
    }
    read_body(request.into_body()).await
}

async fn decide(
    injector: Arc<Injector>,
    review: Bytes,
    found: Option<Arc<Namespace>>,
) -> Result<Reply, Refusal> {
    let is_large = review.len() >= LARGE;
    let answer = move || injector.answer_in(&review, found.as_deref());
    if !is_large {
        return answer().map_err(Refusal::Review);
    }
    let decided = tokio::task::spawn_blocking(answer).await;
    // Only the end of the process cancels it.
    decided.map_err(|_| Refusal::NotReady)?.map_err(Refusal::Review)
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(BODY, axum::body::to_bytes(body, MAX_REVIEW_SIZE)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_large(&error) => {
            Err(Refusal::Review(ReviewError::TooLarge { size: MAX_REVIEW_SIZE.saturating_add(1) }))
        }
        Ok(Err(_)) => Err(Refusal::Unreadable),
        Err(_) => Err(Refusal::Late),
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
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
        (status, message).into_response()
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

#[cfg(test)]
mod tests;
