//! Waits for what is about to start: looks at it again and again, tells what it waits for, and why that never comes.

use std::time::Duration;

use chandler_debugger::standing::{Standing, judge};
use serde_json::Value;
use tokio::time::Instant;

use super::context::Context;
use super::failure::Failure;
use super::pods::name_of;
use super::voice::Voice;
use crate::cluster::{Cluster, EVENTS, Listing};

/// Nothing is said of waiting before this is over.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// How often is said what is waited for, and Events are asked for.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);

/// Between two looks at a pod that is about to start.
const PAUSE: Duration = Duration::from_millis(250);

/// Tells what is waited for.
pub(super) struct Patience {
    start: Instant,
    /// What was said of it.
    told: Option<String>,
}

impl Patience {
    /// The waiting begins.
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), told: None }
    }

    /// On a terminal the seconds go by; elsewhere only what is new is a line.
    pub(super) fn tell(&mut self, seen: &str, voice: &Voice) {
        let time = self.start.elapsed();
        if time < PATIENCE {
            return;
        }
        if voice.is_watched() || self.told.as_deref() != Some(seen) {
            voice.progress(format_args!("waiting for {seen} ({} s)", time.as_secs()));
            self.told = Some(seen.to_owned());
        }
    }
}

/// Waits for a container before there is a session.
pub(super) struct Waiting<'w> {
    context: &'w Context<'w>,
    voice: &'w Voice,
    patience: Patience,
    events: Vec<Value>,
    asks: Instant,
}

impl<'w> Waiting<'w> {
    /// Nothing was waited for yet.
    pub(super) fn new(context: &'w Context<'_>, voice: &'w Voice) -> Self {
        Self { context, voice, patience: Patience::new(), events: Vec::new(), asks: Instant::now() }
    }

    /// The pod after a moment.
    ///
    /// # Errors
    /// The container does not start, the time is over, or the pod cannot be seen.
    pub(super) async fn look_again(&mut self, pod: &Value, container: &str) -> Result<Value, Failure> {
        if self.asks <= Instant::now() {
            self.events = events_of(self.context.cluster, pod).await;
            self.asks = Instant::now() + INTERVAL;
        }
        let seen = match judge(pod, container, &self.events) {
            Standing::Stuck(diagnosis) => {
                self.voice.clear();
                return Err(Failure::Stuck(diagnosis));
            }
            Standing::Waiting(why) => format!("container {container}: {why}"),
            Standing::Running | Standing::Ended { .. } => format!("container {container}"),
        };
        self.patience.tell(&seen, self.voice);
        let late = || Failure::Late { waited: self.context.request.timeout, seen };
        self.context.look_again(pod, PAUSE, late).await
    }
}

/// What the scheduler and the kubelet say of the pod; nothing where we may not see it.
pub(super) async fn events_of(cluster: &Cluster, pod: &Value) -> Vec<Value> {
    let mut events = Vec::new();
    let fields = format!("involvedObject.name={}", name_of(pod));
    let listing = Listing {
        resource: &EVENTS,
        namespace: Some(cluster.namespace()),
        labels: None,
        fields: Some(&fields),
        metadata_only: false,
    };
    let _ = cluster.list(listing, &mut |event| events.push(event)).await;
    events
}
