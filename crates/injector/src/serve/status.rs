//! The leader's duty to say of each template whether it is in force, and how many pods have of it what they should. It
//! watches the metadata of pods, and looks at single ones where that is not enough.

mod condition;
mod looks;
mod metrics;
mod pods;
mod writes;

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use k8s_openapi::jiff::Timestamp;
use kube::Client;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::live::Known;
use crate::census::{Census, Look, PodKey, Seen};
use crate::template::Template;
use condition::status_of;
use looks::{LookError, look_at};
use metrics::Gauges;
pub(super) use metrics::StatusMetrics;
use pods::{PodChange, watch_pods};
use writes::Writes;

/// Changes of pods that may wait to be counted.
const QUEUE: usize = 1024;

/// Most changes of pods that are taken at once.
const BATCH: usize = 256;

/// Most pods that are looked at in a second.
const LOOKS_PER_SECOND: usize = 20;

/// Most pods that are looked at in one turn, however long it lasts.
const MAX_LOOKS: usize = 100;

/// Longest rest after the API server let us look at no pod.
const MAX_REST: Duration = Duration::from_secs(300);

/// Whose pods are counted, and how often.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// Namespace whose pods are not counted in the status of templates; may be repeated. The daemon's own never is.
    #[arg(long = "excluded-namespace", value_name = "NAME", default_values_t = ["kube-system".to_owned()])]
    pub excluded_namespaces: Vec<String>,

    /// Milliseconds between two turns, and so between two writes of one status.
    #[arg(long, value_name = "N", default_value_t = 5000, hide = true, value_parser = clap::value_parser!(u64).range(50..))]
    pub status_milliseconds: u64,
}

/// What the duty works with.
#[derive(Clone)]
pub(super) struct Duty {
    pub(super) client: Client,
    pub(super) arguments: StatusArgs,
    /// The namespace of the daemon.
    pub(super) own_namespace: String,
    pub(super) known: watch::Receiver<Known>,
    pub(super) metrics: StatusMetrics,
}

/// Keeps the status of all templates until it is dropped.
pub(super) async fn keep_status(duty: Duty) {
    let (sender, changes) = mpsc::channel(QUEUE);
    let watching = watch_pods(duty.client.clone(), sender);
    tokio::join!(watching, Keeper::new(duty).keep(changes));
}

/// What the duty knows.
struct Keeper {
    duty: Duty,
    census: Census,
    /// Whether all pods have been listed once.
    is_listed: bool,
    /// Whether anything happened since pods were counted.
    is_stale: bool,
    under_way: HashSet<PodKey>,
    /// No pod is looked at before that time, and how long the rest was.
    rest: (Instant, Duration),
    writes: Writes,
    gauges: Gauges,
}

impl Keeper {
    fn new(duty: Duty) -> Self {
        let excluded = duty.arguments.excluded_namespaces.iter().chain([&duty.own_namespace]).cloned();
        Self {
            census: Census::new(excluded),
            is_listed: false,
            is_stale: true,
            under_way: HashSet::new(),
            rest: (Instant::now(), Duration::ZERO),
            writes: Writes::new(duty.client.clone(), duty.metrics.clone()),
            gauges: duty.metrics.gauges(),
            duty,
        }
    }

    async fn keep(mut self, mut changes: mpsc::Receiver<PodChange>) {
        let mut turns = interval(Duration::from_millis(self.duty.arguments.status_milliseconds));
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        let mut looks = FuturesUnordered::new();
        loop {
            tokio::select! {
                taken = changes.recv_many(&mut batch, BATCH) => {
                    if taken == 0 {
                        return;
                    }
                    batch.drain(..).for_each(|change| self.take(change));
                }
                Some(done) = looks.next(), if !looks.is_empty() => self.take_look(done),
                () = self.writes.next() => {}
                _ = turns.tick() => {
                    self.turn();
                    let due = self.due_looks();
                    looks.extend(due.into_iter().map(|look| look_at(self.duty.client.clone(), look)));
                }
            }
        }
    }

    fn take(&mut self, change: PodChange) {
        let counts = match change {
            PodChange::ListBegins => {
                self.census.begin_list();
                false
            }
            PodChange::ListEnds => {
                self.census.end_list();
                self.is_listed = true;
                true
            }
            PodChange::Pod(pod) => self.census.see(pod),
            PodChange::NoPod(key) => self.census.lose(key),
        };
        self.is_stale |= counts;
    }

    /// Counts, and begins to write what is not as it should be.
    fn turn(&mut self) {
        if self.duty.known.has_changed().unwrap_or_default() {
            self.is_stale = true;
        }
        let known = self.duty.known.borrow_and_update().clone();
        if !known.is_listed || !(self.is_stale || self.writes.are_due()) {
            return;
        }
        let since =
            known.objects.iter().map(|(reference, object)| (reference.clone(), object.since)).collect();
        self.census.know(known.injector.clone(), &since);
        let tally = self.census.count();
        self.is_stale = false;
        if self.is_listed {
            self.gauges.set(&tally, self.census.len());
        }
        let now = Timestamp::now();
        let wanted = known.objects.iter().map(|(reference, object)| {
            let revision = known.injector.templates.get(reference).map(Template::revision);
            let pods = tally.counts.get(reference).filter(|_| self.is_listed).copied();
            (reference, object, status_of(object, revision, pods, now))
        });
        self.writes.begin(wanted);
    }

    /// Pods to look at now, which are under way from here on.
    fn due_looks(&mut self) -> Vec<Look> {
        if !self.is_listed || Instant::now() < self.rest.0 {
            return Vec::new();
        }
        let turn = self.duty.arguments.status_milliseconds;
        let fair = usize::try_from(turn).unwrap_or(MAX_LOOKS).saturating_mul(LOOKS_PER_SECOND) / 1000;
        let room = fair.clamp(1, MAX_LOOKS).saturating_sub(self.under_way.len());
        let looks = self.census.looks(room, &self.under_way);
        self.under_way.extend(looks.iter().map(|look| look.key));
        looks
    }

    fn take_look(&mut self, (key, seen): (PodKey, Result<Seen, LookError>)) {
        self.under_way.remove(&key);
        match seen {
            Ok(seen) => {
                self.census.take_over(&seen);
                self.is_stale = true;
                self.rest.1 = Duration::ZERO;
            }
            // One rest, however many looks failed together.
            Err(error) if Instant::now() >= self.rest.0 => {
                let pause = (self.rest.1 * 2).clamp(Duration::from_secs(1), MAX_REST);
                self.rest = (Instant::now() + pause, pause);
                tracing::warn!(error = error.chain(), "a pod could not be looked at");
            }
            Err(_) => {}
        }
    }
}
