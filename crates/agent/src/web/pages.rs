//! The pages, and what is the same for all of them: headers, and who may see them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use chandler_runtime::readiness::Readiness;
use http::{HeaderMap, Method, StatusCode, header};

use super::access::{Gate, Refusal};
use super::live::TermsReceiver;
use super::scrape::Scraper;

/// After how many seconds who was turned away may come again.
const RETRY_AFTER: &str = "1";

/// What pages are made of.
#[derive(Debug, Clone)]
pub(super) struct Site {
    scraper: Arc<Scraper>,
    readiness: Readiness,
    terms: TermsReceiver,
    gate: Arc<Gate>,
}

impl Site {
    pub(super) fn new(scraper: Scraper, readiness: Readiness, terms: TermsReceiver) -> Self {
        Self { scraper: Arc::new(scraper), readiness, terms, gate: Arc::default() }
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", get(index))
            .route("/metrics", get(metrics))
            .route("/-/healthy", get(async || "healthy\n"))
            .route("/-/ready", get(ready))
            .fallback(async || (StatusCode::NOT_FOUND, "there is no such page\n"))
            .layer(from_fn_with_state(self.clone(), admit))
            .with_state(self)
    }
}

/// Turned away, but not for good.
pub(super) fn busy(why: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)], why).into_response()
}

/// Gives the page to who may see it, with the headers that every answer has.
async fn admit(State(site): State<Site>, request: Request, next: Next) -> Response {
    let terms = Arc::clone(&site.terms.borrow());
    let mut response = match site.gate.admit(&terms.users, request.headers()).await {
        Ok(()) => next.run(request).await,
        Err(Refusal::Busy) => busy("too many passwords are being checked\n"),
        Err(Refusal::Unknown) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic")];
            (StatusCode::UNAUTHORIZED, challenge, "a name and its password are needed\n").into_response()
        }
    };
    response.headers_mut().extend(terms.headers.clone());
    response
}

async fn metrics(State(site): State<Site>, method: Method, headers: HeaderMap) -> Response {
    site.scraper.answer(&method, &headers).await
}

async fn ready(State(site): State<Site>) -> Response {
    let missing = site.readiness.missing();
    if missing.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, format!("waiting for {}\n", missing.join(", "))).into_response()
}

async fn index() -> Html<&'static str> {
    Html(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>chandler-agent</title></head>\n",
        "<body>\n<h1>chandler-agent ",
        env!("CARGO_PKG_VERSION"),
        "</h1>\n<p>Turns JSON lines in logs into Prometheus metrics.</p>\n<ul>\n",
        "<li><a href=\"metrics\">Metrics</a></li>\n",
        "<li><a href=\"-/ready\">Whether it is ready</a>: all files were found and read once</li>\n",
        "<li><a href=\"-/healthy\">Whether it is healthy</a>: it answers</li>\n",
        "</ul>\n</body>\n</html>\n",
    ))
}
