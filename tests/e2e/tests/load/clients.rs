//! Clients that create pods by dry run for as long as they are let, and what came of each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chandler_e2e::send;
use http::Method;
use kube::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::templates::missing;

/// How many there are.
const CLIENTS: usize = 16;

/// Editions of a template, one a second, that a pod may be behind: a change is effective in under a second where the machine
/// has nothing else to do.
const BEHIND: u64 = 5;

/// What came of all requests.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) fitted: usize,
    /// Pods that came back without something that a template adds.
    pub(crate) misses: Vec<String>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) times: Vec<Duration>,
}

/// A request that failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
    pub(crate) message: String,
}

/// The clients.
pub(crate) struct Clients {
    running: JoinSet<Tally>,
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Clients {
    /// They begin.
    pub(crate) fn begin(client: &Client, namespace: &str, edition: &Arc<AtomicU64>) -> Self {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let mut running = JoinSet::new();
        for index in 0..CLIENTS {
            let (client, stop, edition) = (client.clone(), Arc::clone(&stop), Arc::clone(edition));
            let uri = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
            running.spawn(async move {
                let (pod, mut tally) = (pod(index), Tally::default());
                while !stop.load(Ordering::SeqCst) {
                    tally.create(&client, &uri, (&pod, &edition)).await;
                }
                tally
            });
        }
        Self { running, stop }
    }

    /// They end; what came of all.
    pub(crate) async fn end(self) -> Tally {
        self.stop.store(true, Ordering::SeqCst);
        self.running.join_all().await.into_iter().fold(Tally::default(), Tally::with)
    }
}

impl Tally {
    async fn create(&mut self, client: &Client, uri: &str, (pod, edition): (&Value, &AtomicU64)) {
        let oldest = edition.load(Ordering::SeqCst).saturating_sub(BEHIND);
        let begin = Instant::now();
        let answer = send(client, Method::POST, uri, ("application/json", pod)).await;
        let end = Instant::now();
        self.times.push(end - begin);
        // One more is applied before it is known that it was.
        let newest = edition.load(Ordering::SeqCst) + 1;
        match answer {
            Ok(answer) if answer.status < 300 => match missing(&answer.body, oldest..=newest) {
                None => self.fitted += 1,
                Some(missing) => self.misses.push(missing),
            },
            Ok(answer) => self.failures.push(Failure { begin, end, message: answer.message().to_owned() }),
            Err(error) => self.failures.push(Failure { begin, end, message: format!("{error:#}") }),
        }
    }

    fn with(mut self, other: Self) -> Self {
        self.fitted += other.fitted;
        self.misses.extend(other.misses);
        self.failures.extend(other.failures);
        self.times.extend(other.times);
        self
    }
}

fn pod(index: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("app-{index}")},
        "spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "image": "example.com/app:1"}]},
    })
}
