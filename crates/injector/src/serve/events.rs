//! Events on workloads whose pods were refused, or came without a template that failed. Each replica tells what it has
//! decided itself. No admission waits for it: what does not fit is dropped and counted.

mod metrics;
mod series;
mod workload;

use std::time::Duration;

use chandler_api::names;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::{Event, EventSeries};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;
use thiserror::Error;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::notice::{Controller, Notices};
pub(super) use metrics::EventMetrics;
use series::{Due, Series, Subject};
use workload::Workloads;

/// Notices that may wait to be told.
const QUEUE: usize = 256;

/// Most notices that are taken at once.
const BATCH: usize = 64;

/// How often there is a look at what is due, and so the time between two writes at least: twenty in a second.
const PACE: Duration = Duration::from_millis(50);

/// How long the API server may take for one call.
const CALL: Duration = Duration::from_secs(5);

/// Longest part of a workload's name that the name of its Event begins with.
const MAX_NAME: usize = 200;

/// Takes notices from admissions.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    notices: Sender<Notices>,
    metrics: EventMetrics,
}

/// Makes Events of notices.
pub(super) struct Herald {
    client: Client,
    /// Who this is among the replicas.
    identity: String,
    notices: Receiver<Notices>,
    series: Series,
    workloads: Workloads,
    metrics: EventMetrics,
}

/// Why an Event was not written.
#[derive(Debug, Error)]
enum EventError {
    /// The API server refused, or is away.
    #[error("the Event cannot be written: {0}")]
    Call(#[source] Box<kube::Error>),
    /// It did not answer.
    #[error("the API server did not answer within {} s", CALL.as_secs())]
    Late,
}

/// Both ends of the way from admissions to Events.
pub(super) fn events(client: Client, identity: &str, metrics: EventMetrics) -> (Teller, Herald) {
    let (sender, notices) = mpsc::channel(QUEUE);
    let herald = Herald {
        workloads: Workloads::new(client.clone()),
        client,
        identity: identity.to_owned(),
        notices,
        series: Series::default(),
        metrics: metrics.clone(),
    };
    (Teller { notices: sender, metrics }, herald)
}

impl Teller {
    /// One whose notices a test takes.
    #[cfg(test)]
    pub(super) fn unheard(registry: &prometheus::Registry) -> (Self, Receiver<Notices>) {
        let (notices, receiver) = mpsc::channel(QUEUE);
        let metrics = EventMetrics::register(registry).unwrap();
        (Self { notices, metrics }, receiver)
    }

    /// Passes notices on without waiting.
    pub(super) fn tell(&self, notices: Notices) {
        if let Err(error) = self.notices.try_send(notices) {
            let (mpsc::error::TrySendError::Full(notices) | mpsc::error::TrySendError::Closed(notices)) =
                error;
            self.metrics.dropped(notices.notices.len());
        }
    }
}

impl Herald {
    /// Writes Events until nobody tells anything any more.
    pub(super) async fn herald(mut self) {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                taken = self.notices.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        return;
                    }
                    for notices in batch.drain(..) {
                        self.take(notices).await;
                    }
                }
                _ = pace.tick(), if !self.series.is_empty() => self.write_one().await,
            }
        }
    }

    async fn take(&mut self, Notices { owner, notices }: Notices) {
        let now = Instant::now();
        let workload = self.workloads.of(&owner, now).await;
        for notice in notices {
            let subject =
                Subject { workload: workload.clone(), template: notice.template, reason: notice.reason };
            if self.series.add(subject, notice.message, now) {
                self.metrics.dropped(1);
            }
        }
    }

    /// Writes what is due first, if anything is.
    async fn write_one(&mut self) {
        let now = Instant::now();
        let Some(due) = self.series.due(now) else { return };
        let written = self.write(&due).await;
        match &written {
            Ok(_) => self.metrics.sent(),
            Err(error) => {
                self.metrics.failed();
                tracing::warn!(
                    kind = due.subject.workload.kind,
                    name = due.subject.workload.name,
                    error = error.to_string(),
                    "an Event was not written"
                );
            }
        }
        self.series.written(&due, written.ok(), now);
    }

    /// Gives the name under which the Event is now.
    async fn write(&self, due: &Due) -> Result<String, EventError> {
        let api: Api<Event> = Api::namespaced(self.client.clone(), &due.subject.workload.namespace);
        if let Some(name) = &due.name {
            let series = EventSeries { count: due.count, last_observed_time: MicroTime(Timestamp::now()) };
            let patch = Patch::Merge(json!({"series": series}));
            match bounded(api.patch(name, &PatchParams::default(), &patch)).await {
                // The API server keeps Events for an hour.
                Err(EventError::Call(error)) if is_status(&error, 404) => {}
                patched => return patched.map(|_| name.clone()),
            }
        }
        let event = self.event(due);
        let name = event.metadata.name.clone().unwrap_or_default();
        bounded(api.create(&PostParams::default(), &event)).await.map(|_| name)
    }

    fn event(&self, due: &Due) -> Event {
        let Subject { workload, template: _, reason } = &due.subject;
        let now = Timestamp::now();
        Event {
            metadata: ObjectMeta {
                // As other reporters name theirs: one that nobody else gives.
                name: Some(format!("{}.{:x}", start_of_name(&workload.name), now.as_nanosecond())),
                namespace: Some(workload.namespace.clone()),
                ..ObjectMeta::default()
            },
            event_time: Some(MicroTime(now)),
            series: (due.count > 1)
                .then_some(EventSeries { count: due.count, last_observed_time: MicroTime(now) }),
            regarding: Some(reference_to(workload)),
            reporting_controller: Some(names::EVENT_REPORTER.to_owned()),
            reporting_instance: Some(self.identity.chars().take(128).collect()),
            action: Some("Inject".to_owned()),
            reason: Some((*reason).to_owned()),
            note: Some(due.message.clone()),
            type_: Some("Warning".to_owned()),
            ..Event::default()
        }
    }
}

/// The start of a name, which is a name as well: it does not end in a hyphen or a dot.
fn start_of_name(name: &str) -> &str {
    let end = name.char_indices().nth(MAX_NAME).map_or(name.len(), |(end, _)| end);
    name.get(..end).unwrap_or_default().trim_end_matches(['-', '.'])
}

fn reference_to(workload: &Controller) -> ObjectReference {
    ObjectReference {
        api_version: Some(workload.api_version.clone()),
        kind: Some(workload.kind.clone()),
        name: Some(workload.name.clone()),
        namespace: Some(workload.namespace.clone()),
        uid: Some(workload.uid.clone()),
        ..ObjectReference::default()
    }
}

async fn bounded<T>(call: impl Future<Output = kube::Result<T>>) -> Result<T, EventError> {
    match tokio::time::timeout(CALL, call).await {
        Ok(done) => done.map_err(|error| EventError::Call(Box::new(error))),
        Err(_) => Err(EventError::Late),
    }
}

fn is_status(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}

#[cfg(test)]
mod tests {
    use prometheus::{Registry, TextEncoder};

    use super::*;
    use crate::notice::Notice;

    #[test]
    fn long_name_is_cut_where_a_name_can_end() {
        let long = format!("{}-.-{}", "a".repeat(MAX_NAME - 2), "b".repeat(50));
        assert_eq!(start_of_name(&long), "a".repeat(MAX_NAME - 2));
        assert_eq!(start_of_name("web-1"), "web-1");
    }

    #[test]
    fn admission_does_not_wait_and_what_has_no_room_is_counted() {
        let registry = Registry::new();
        let (teller, _unheard) = Teller::unheard(&registry);
        let owner = Controller {
            namespace: "shop".into(),
            api_version: "apps/v1".into(),
            kind: "ReplicaSet".into(),
            name: "web".into(),
            uid: "u-1".into(),
        };
        let notice = Notice { reason: names::EVENT_DENIED, template: "a".into(), message: String::new() };
        for _ in 0..QUEUE + 3 {
            teller.tell(Notices { owner: owner.clone(), notices: vec![notice.clone(), notice.clone()] });
        }
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        assert!(text.contains("chandler_injector_events_total{result=\"dropped\"} 6"), "{text}");
    }
}
