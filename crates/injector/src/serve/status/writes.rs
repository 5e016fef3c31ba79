//! Writes of statuses: only of those that differ, a few at a time, and later and later for one that fails.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chandler_api::{InjectionTemplateStatus, names};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::json;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::condition::differs;
use super::metrics::StatusMetrics;
use crate::serve::live::TemplateObject;
use crate::template::TemplateReference;

/// How many statuses are written at a time.
static AT_A_TIME: Semaphore = Semaphore::const_new(4);

/// How long the API server may take for one.
const CALL: Duration = Duration::from_secs(5);

/// The first rest after a failure, and the longest.
const RESTS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// Why a status was not written.
#[derive(Debug, Error)]
enum WriteError {
    /// The API server refused, or is away.
    #[error("the status cannot be written: {0}")]
    Call(#[source] Box<kube::Error>),
    /// It did not answer.
    #[error("the API server did not answer within {} s", CALL.as_secs())]
    Late,
    /// The process ends.
    #[error("the daemon ends")]
    Ending,
}

type Done = (TemplateReference, Result<Written, WriteError>);

/// What became of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// It is written.
    Yes,
    /// The template is gone, or another of its name came.
    Gone,
}

/// Writes that are under way, and when those that failed are due.
pub(super) struct Writes {
    client: Client,
    metrics: StatusMetrics,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
    writing: HashSet<TemplateReference>,
    rests: HashMap<TemplateReference, (Instant, Duration)>,
}

impl Writes {
    pub(super) fn new(client: Client, metrics: StatusMetrics) -> Self {
        Self {
            client,
            metrics,
            under_way: FuturesUnordered::new(),
            writing: HashSet::new(),
            rests: HashMap::new(),
        }
    }

    /// Begins to write what differs, but for what is being written and for what rests after a failure.
    pub(super) fn begin<'a>(
        &mut self,
        wanted: impl Iterator<Item = (&'a TemplateReference, &'a TemplateObject, InjectionTemplateStatus)>,
    ) {
        let now = Instant::now();
        // What is as it should be by now, or gone, has nothing to rest from.
        let mut rests = std::mem::take(&mut self.rests);
        for (reference, object, status) in wanted.filter(|(_, object, status)| differs(object, status)) {
            let rest = rests.remove_entry(reference);
            let is_due = rest.as_ref().is_none_or(|(_, (until, _))| now >= *until);
            self.rests.extend(rest);
            if is_due && self.writing.insert(reference.clone()) {
                let write = write(self.client.clone(), reference.clone(), object.uid.clone(), status);
                self.under_way.push(Box::pin(write));
            }
        }
    }

    /// Whether a write that failed is due.
    pub(super) fn are_due(&self) -> bool {
        let now = Instant::now();
        self.rests.values().any(|(until, _)| now >= *until)
    }

    /// Waits for the next write to end; for ever where none is under way.
    pub(super) async fn next(&mut self) {
        let Some((reference, result)) = self.under_way.next().await else {
            return std::future::pending().await;
        };
        self.writing.remove(&reference);
        let rest = self.rests.remove(&reference).map_or(Duration::ZERO, |(_, rest)| rest);
        match result {
            Ok(Written::Yes) => self.metrics.count("written"),
            Ok(Written::Gone) => self.metrics.count("gone"),
            Err(error) => {
                self.metrics.count("failed");
                tracing::warn!(template = %reference, error = error.to_string(), "a status was not written");
                let rest = (rest * 2).clamp(RESTS.0, RESTS.1);
                self.rests.insert(reference, (Instant::now() + rest, rest));
            }
        }
    }
}

async fn write(
    client: Client,
    reference: TemplateReference,
    uid: String,
    status: InjectionTemplateStatus,
) -> Done {
    let written = try_write(client, &reference, &uid, &status).await;
    (reference, written)
}

async fn try_write(
    client: Client,
    reference: &TemplateReference,
    uid: &str,
    status: &InjectionTemplateStatus,
) -> Result<Written, WriteError> {
    let _permit = AT_A_TIME.acquire().await.map_err(|_| WriteError::Ending)?;
    let (kind, api) = api_of(client, reference);
    let object = json!({
        "apiVersion": names::API_VERSION, "kind": kind,
        // Another template of the same name is not meant.
        "metadata": {"name": reference.name, "uid": uid},
        "status": status,
    });
    let parameters = PatchParams::apply(names::STATUS_FIELD_MANAGER).force();
    let patch = Patch::Apply(&object);
    let write = api.patch_status(&reference.name, &parameters, &patch);
    match tokio::time::timeout(CALL, write).await {
        Ok(Ok(_)) => Ok(Written::Yes),
        Ok(Err(kube::Error::Api(status))) if [404, 409].contains(&status.code) => Ok(Written::Gone),
        Ok(Err(error)) => Err(WriteError::Call(Box::new(error))),
        Err(_) => Err(WriteError::Late),
    }
}

fn api_of(client: Client, reference: &TemplateReference) -> (&'static str, Api<DynamicObject>) {
    let resource = |kind| ApiResource::from_gvk(&GroupVersionKind::gvk(names::GROUP, names::VERSION, kind));
    match &reference.namespace {
        Some(namespace) => {
            let kind = "InjectionTemplate";
            (kind, Api::namespaced_with(client, namespace, &resource(kind)))
        }
        None => {
            let kind = "ClusterInjectionTemplate";
            (kind, Api::all_with(client, &resource(kind)))
        }
    }
}
