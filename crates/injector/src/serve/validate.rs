//! The webhook that validates templates when somebody applies them. It reads what it needs beside the watches, tries the
//! template on a thread of its own, and answers as the other webhook does.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use axum::routing::post;
use chandler_api::names;
use http::header;
use kube::Client;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::live::Live;
use super::metrics::Metrics;
use super::reception::{Reception, Refusal};
use super::surroundings::{self, Found};
use crate::review::{
    AdmissionRequest, AdmissionReview, Effect, Injector, Reading, Reply, Response, ReviewError, Status,
};
use crate::template::Problem;
use crate::validation::{Subject, Surroundings, Verdict};

/// How long a template is tried.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long after its arrival a template may still ask the API server; behind that it does without. A list waits up to
/// 100 ms there while others write, so that many templates at once would outlast whoever sent them.
const QUEUE: Duration = Duration::from_secs(1);

/// How many templates are looked at together: pods come first, and they need processors too.
const TOGETHER: usize = 2;

/// How many templates are in memory together, read and not judged yet, and most values of one and of the one before it:
/// far more than the API server stores of one that anybody writes.
const PLACES: usize = 4;
const MAX_VALUES: usize = 20_000;

/// Most errors that a refusal names, and the longest of them, in characters.
const MAX_ERRORS: usize = 20;
const MAX_ERROR_LENGTH: usize = 512;

/// Validates templates.
#[derive(Clone)]
pub(super) struct Validator {
    live: Arc<Live>,
    client: Client,
    metrics: Metrics,
    reception: Reception,
    places: Arc<Semaphore>,
    readers: Arc<Semaphore>,
    thinkers: Arc<Semaphore>,
}

impl fmt::Debug for Validator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Validator").field("live", &self.live).finish_non_exhaustive()
    }
}

impl Validator {
    /// Reads the cluster with `client`, where `live` does not know.
    pub(super) fn new(live: Arc<Live>, client: Client, metrics: Metrics, reception: Reception) -> Self {
        let semaphore = |count| Arc::new(Semaphore::new(count));
        let (places, readers, thinkers) = (semaphore(PLACES), semaphore(TOGETHER), semaphore(TOGETHER));
        Self { live, client, metrics, reception, places, readers, thinkers }
    }

    /// The routes.
    pub(super) fn router(self) -> Router {
        Router::new().route("/validate", post(validate)).with_state(self)
    }

    async fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        let arrival = Instant::now();
        let injector = self.live.injector().ok_or(Refusal::NotReady)?;
        let body = self.reception.receive(request).await?;
        // Nobody closes it.
        let _place = self.places.acquire().await.map_err(|_| Refusal::NotReady)?;
        let mut review = self.reception.work(body, read).await?;
        let response = if is_for_us(&review.request) {
            let object = std::mem::take(&mut review.request.object);
            self.judge(injector, object, arrival).await?
        } else {
            Response::default()
        };
        review.reply(response).map_err(Refusal::Review)
    }

    async fn judge(
        &self,
        injector: Arc<Injector>,
        object: Value,
        arrival: Instant,
    ) -> Result<Response<'static>, Refusal> {
        let subject = match Subject::compile(&object) {
            Ok(subject) => subject,
            Err(errors) => return Ok(respond(&object, &Verdict { errors, warnings: Vec::new() })),
        };
        let found = self.read_surroundings(&subject, &injector, arrival).await;
        // Nobody closes it.
        let turn = Arc::clone(&self.thinkers).acquire_owned().await.map_err(|_| Refusal::NotReady)?;
        let examined = tokio::task::spawn_blocking(move || {
            let verdict = examine(&subject, &injector, &found);
            drop(turn);
            respond(&object, &verdict)
        });
        // Only the end of the process cancels it.
        examined.await.map_err(|_| Refusal::NotReady)
    }

    async fn read_surroundings(&self, subject: &Subject, injector: &Injector, arrival: Instant) -> Found {
        let left = QUEUE.saturating_sub(arrival.elapsed());
        let Ok(Ok(_turn)) = tokio::time::timeout(left, self.readers.acquire()).await else {
            tracing::warn!("many templates at once: one is validated without pods and quotas");
            return Found::default();
        };
        let namespaces = subject.namespaces(injector);
        surroundings::read(&self.client, &namespaces, subject.namespace()).await
    }
}

async fn validate(State(validator): State<Validator>, request: Request) -> HttpResponse {
    match validator.answer(request).await {
        Ok(Reply { body, effect, .. }) => {
            validator.metrics.count_validation(if effect == Effect::Denied { "refused" } else { "allowed" });
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(refusal) => {
            validator.metrics.count_validation(refusal.reason());
            refusal.respond()
        }
    }
}

fn read(review: &[u8], values: usize) -> Result<AdmissionReview, ReviewError> {
    AdmissionReview::read(review, &Reading { values: values.min(MAX_VALUES), old_object: true })
}

fn examine(subject: &Subject, injector: &Injector, found: &Found) -> Verdict {
    let start = Instant::now();
    let Found { pods, quotas, limit_ranges } = found;
    let has_time = || start.elapsed() < PATIENCE;
    subject.examine(&Surroundings { injector, pods, quotas, limit_ranges, has_time: &has_time })
}

/// Whether a request is about a template that is new or says something new. Whatever else changes of one, such as its
/// labels, nobody is kept from it.
fn is_for_us(request: &AdmissionRequest) -> bool {
    let is_new = match request.operation.as_str() {
        "CREATE" => true,
        "UPDATE" => request.object.get("spec") != request.old_object.get("spec"),
        _ => false,
    };
    is_new
        && request.kind.group == names::GROUP
        && ["InjectionTemplate", "ClusterInjectionTemplate"].contains(&request.kind.kind.as_str())
        && request.sub_resource.as_deref().unwrap_or_default().is_empty()
}

fn respond(object: &Value, verdict: &Verdict) -> Response<'static> {
    let status = (!verdict.errors.is_empty()).then(|| refuse(object, &verdict.errors));
    Response::without_patch(status, &verdict.warnings)
}

/// In the words and fields that the API server has for what is invalid, so that clients show it as they show that.
fn refuse(object: &Value, errors: &[Problem]) -> Status {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (text("/kind"), text("/metadata/name"));
    let named: Vec<String> = errors.iter().take(MAX_ERRORS).map(|error| cut(&error.to_string())).collect();
    let causes: Vec<Value> = errors.iter().take(MAX_ERRORS).map(cause).collect();
    let more = match errors.len().saturating_sub(MAX_ERRORS) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Status {
        code: 422,
        reason: "Invalid",
        message: format!("{kind} {name:?} is invalid: {}{more}", named.join("; ")),
        details: Some(json!({"group": names::GROUP, "kind": kind, "name": name, "causes": causes})),
    }
}

fn cause(error: &Problem) -> Value {
    let field = chandler_template::format_path(&error.path);
    json!({"reason": "FieldValueInvalid", "field": field, "message": cut(&error.message)})
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_ERROR_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
