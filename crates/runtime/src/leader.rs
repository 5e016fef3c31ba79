//! Which of several replicas leads: the one whose name is in a Lease. A lease is stale when *we* have seen no change of it
//! for its duration; clocks of different machines are never compared.

use std::time::Duration;

use clap::Args;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::call::{CallError, bounded};

/// The lease, and who this is.
#[derive(Debug, Clone, Args)]
pub struct LeaderArgs {
    /// Namespace of the daemon: of its lease, its Service and its Secret.
    #[arg(long, value_name = "NAME", env = "POD_NAMESPACE", default_value = "default")]
    pub namespace: String,

    /// Name of this replica, different for each; in a cluster that of its pod.
    #[arg(long, value_name = "NAME", env = "POD_NAME", default_value_t = process_identity())]
    pub identity: String,

    /// Seconds after which a leader that has not been heard of is replaced.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(2..))]
    pub lease_seconds: u16,
}

/// A candidate for a lease.
#[derive(Debug)]
pub struct Candidate {
    api: Api<Lease>,
    name: String,
    identity: String,
    duration: Duration,
    /// The lease as it was when it last changed, and when we saw that.
    seen: Option<(Option<String>, Instant)>,
    leads: watch::Sender<bool>,
}

/// Whether this replica leads.
#[derive(Debug, Clone)]
pub struct Leadership {
    leads: watch::Receiver<bool>,
}

impl LeaderArgs {
    /// A candidate for the lease of that name. It leads nothing before it runs.
    #[must_use]
    pub fn candidate(&self, client: &Client, name: &str) -> (Candidate, Leadership) {
        let (sender, receiver) = watch::channel(false);
        let candidate = Candidate {
            api: Api::namespaced(client.clone(), &self.namespace),
            name: name.to_owned(),
            identity: self.identity.clone(),
            duration: Duration::from_secs(self.lease_seconds.into()),
            seen: None,
            leads: sender,
        };
        (candidate, Leadership { leads: receiver })
    }
}

impl Leadership {
    /// Whether this replica leads now.
    #[must_use]
    pub fn leads(&self) -> bool {
        *self.leads.borrow()
    }

    /// Waits until it leads, or until it does not.
    pub async fn until(&mut self, leads: bool) {
        // An error says that the candidate is gone: then nothing changes any more.
        if self.leads.wait_for(|now| *now == leads).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Candidate {
    /// Stands for election until `end`, and then gives the lease back, so that another need not wait for it.
    pub async fn run(mut self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            let next = Instant::now() + self.duration / 5;
            match self.look_within_term().await {
                Ok(leads) => self.tell(leads),
                Err(error) => tracing::warn!(error = error.to_string(), "the lease is not known"),
            }
            // One that cannot renew stops to lead before another may begin.
            let next = next.max(Instant::now());
            if self.term_end().is_some_and(|end| end <= next) {
                self.tell(false);
            }
            tokio::select! {
                () = sleep_until(next) => {},
                () = &mut end => break,
            }
        }
        if *self.leads.borrow() {
            self.tell(false);
            if let Err(error) = self.give_back().await {
                tracing::warn!(error = error.to_string(), "the lease was not given back");
            }
        }
    }

    fn tell(&self, leads: bool) {
        if self.leads.send_replace(leads) != leads {
            tracing::info!(lease = self.name, identity = self.identity, leads, "leadership changed");
        }
    }

    /// Until when we lead by what was renewed last; none where we do not lead. Then another may think of taking over soon.
    fn term_end(&self) -> Option<Instant> {
        let (_, renewed) = self.seen.as_ref().filter(|_| *self.leads.borrow())?;
        Some(*renewed + self.duration * 3 / 5)
    }

    /// Looks at the lease. One who leads waits for no answer that comes too late.
    async fn look_within_term(&mut self) -> Result<bool, CallError> {
        match self.term_end() {
            Some(end) => timeout_at(end, self.look()).await.unwrap_or(Err(CallError::Late)),
            None => self.look().await,
        }
    }

    /// Looks at the lease, and takes or renews it where it is ours to take. Whether we lead.
    async fn look(&mut self) -> Result<bool, CallError> {
        let (api, name) = (self.api.clone(), self.name.clone());
        let Some(lease) = bounded(api.get_opt(&name)).await? else {
            let lease = self.lease(None, 0);
            return self.write(api.create(&PostParams::default(), &lease)).await;
        };
        let holder = lease.spec.as_ref().and_then(|spec| spec.holder_identity.clone()).unwrap_or_default();
        if holder == self.identity || holder.is_empty() || self.is_stale(&lease) {
            let mine = self.lease(Some(&lease), i32::from(holder != self.identity));
            return self.write(api.replace(&name, &PostParams::default(), &mine)).await;
        }
        Ok(false)
    }

    /// Remembers when the lease changed; whether that was too long ago.
    fn is_stale(&mut self, lease: &Lease) -> bool {
        let version = lease.metadata.resource_version.clone();
        match &self.seen {
            Some((known, at)) if *known == version => at.elapsed() > self.duration,
            _ => {
                self.seen = Some((version, Instant::now()));
                false
            }
        }
    }

    /// Whether a write made the lease ours. Another may have been faster.
    async fn write(&mut self, write: impl Future<Output = kube::Result<Lease>>) -> Result<bool, CallError> {
        let began = Instant::now();
        match bounded(write).await {
            Ok(lease) => {
                self.seen = Some((lease.metadata.resource_version, began));
                Ok(true)
            }
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn give_back(&self) -> Result<(), CallError> {
        let Some(lease) = bounded(self.api.get_opt(&self.name)).await? else { return Ok(()) };
        let mut free = self.lease(Some(&lease), 0);
        if let Some(spec) = &mut free.spec {
            spec.holder_identity = Some(String::new());
        }
        bounded(self.api.replace(&self.name, &PostParams::default(), &free)).await.map(drop)
    }

    /// The lease with us as its holder. Its version makes sure that it is the one that we saw.
    fn lease(&self, seen: Option<&Lease>, transitions: i32) -> Lease {
        let now = MicroTime(Timestamp::now());
        let known = seen.and_then(|lease| lease.spec.clone()).unwrap_or_default();
        let acquired = if transitions == 0 { known.acquire_time } else { None };
        let metadata = seen.map_or_else(
            || ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            |lease| lease.metadata.clone(),
        );
        let spec = LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.duration.as_secs()).ok(),
            acquire_time: acquired.or_else(|| Some(now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(known.lease_transitions.unwrap_or_default().saturating_add(transitions)),
            ..known
        };
        Lease { metadata, spec: Some(spec) }
    }
}

/// Another for each process of this machine.
fn process_identity() -> String {
    format!("process-{}", std::process::id())
}
