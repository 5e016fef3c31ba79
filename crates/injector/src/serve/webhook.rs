//! The webhook that fits pods out.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::header;

use super::events::Teller;
use super::live::Live;
use super::metrics::Metrics;
use super::namespaces::Namespaces;
use super::reception::{Received, Reception, Refusal};
use crate::facts::Namespace;
use crate::review::{Effect, Injector, Reply};

/// Answers reviews.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) live: Arc<Live>,
    pub(super) namespaces: Arc<Namespaces>,
    pub(super) metrics: Metrics,
    pub(super) events: Teller,
    pub(super) reception: Reception,
}

impl Webhook {
    /// The routes.
    pub(super) fn router(self) -> Router {
        Router::new().route("/inject", post(inject)).with_state(self)
    }

    async fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        let injector = self.live.injector().ok_or(Refusal::NotReady)?;
        let review = self.reception.receive(request).await?;
        let start = Instant::now();
        let reply = self.decide(injector, review).await?;
        self.metrics.observe(start.elapsed());
        Ok(reply)
    }

    /// The namespace of a pod may be newer than what the watch has shown.
    async fn decide(&self, injector: Arc<Injector>, review: Arc<Received>) -> Result<Reply, Refusal> {
        let reply = self.decide_in(Arc::clone(&injector), Arc::clone(&review), None).await?;
        let Some(name) = &reply.unknown_namespace else { return Ok(reply) };
        match self.namespaces.fetch(name).await.map_err(Refusal::Namespace)? {
            Some(namespace) => self.decide_in(injector, review, Some(namespace)).await,
            None => Ok(reply),
        }
    }

    async fn decide_in(
        &self,
        injector: Arc<Injector>,
        review: Arc<Received>,
        found: Option<Arc<Namespace>>,
    ) -> Result<Reply, Refusal> {
        let answer = move |bytes: &[u8], values| injector.answer_in(bytes, found.as_deref(), values);
        self.reception.work(review, answer).await
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

#[cfg(test)]
mod tests;
