//! What a Deployment and its Service do, without a node: two replicas behind one address, which are ended, killed and
//! started again. An address leads to a replica a while after it became ready, and still for a while after it did not.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chandler_e2e::{Line, Replica, ReplicaSpec, Usage, Wait, wait_for};
use rustix::process::Signal;

/// How long news of readiness travels to those who send requests: a look of the kubelet each second, the slices of the
/// endpoints, the rules of the nodes.
pub(crate) const PROPAGATION: Duration = Duration::from_millis(1500);

/// How long a replica that ends still serves: longer than the news travels.
pub(crate) const DRAIN: &str = "--drain-seconds=4";

/// How often replicas are asked whether they are ready.
const PAUSE: Duration = Duration::from_millis(200);

/// The replicas and their address.
pub(crate) struct Service {
    pub(crate) line: Line,
    specs: Vec<ReplicaSpec>,
    replicas: Vec<Replica>,
    /// Since when each set of targets is known; the line follows.
    news: Vec<(Instant, Vec<SocketAddr>)>,
    /// Where the line leads.
    targets: Vec<SocketAddr>,
    /// Memory of each process that has ended, in bytes.
    memory: Vec<u64>,
}

/// A time in which requests may be led to a replica that is dead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
}

impl Service {
    /// Starts all, and waits until they are ready.
    pub(crate) async fn start(specs: Vec<ReplicaSpec>) -> Self {
        let mut replicas = Vec::new();
        for spec in &specs {
            let replica = spec.start().await.unwrap();
            replica.until_ready().await.unwrap();
            replicas.push(replica);
        }
        let targets: Vec<SocketAddr> = replicas.iter().map(|replica| replica.webhook).collect();
        let line = Line::open(targets.clone()).await.unwrap();
        Self { line, specs, replicas, news: Vec::new(), targets, memory: Vec::new() }
    }

    /// Goes on for a while; the line follows the readiness of the replicas, late.
    pub(crate) async fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.follow().await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn follow(&mut self) {
        let mut ready = Vec::new();
        for replica in &self.replicas {
            if matches!(replica.readiness().await, Ok(Wait::Done(()))) {
                ready.push(replica.webhook);
            }
        }
        let now = Instant::now();
        if self.news.last().is_none_or(|(_, known)| *known != ready) {
            self.news.push((now, ready));
        }
        if let Some(index) = self.news.iter().rposition(|(since, _)| now - *since >= PROPAGATION) {
            self.targets.clone_from(&self.news[index].1);
            self.line.lead_to(self.targets.clone());
            self.news.drain(..index);
        }
    }

    /// Ends a replica as an update does: another is started and is ready first.
    pub(crate) async fn replace(&mut self, index: usize) {
        let next = self.specs[index].start().await.unwrap();
        next.until_ready().await.unwrap();
        let old = std::mem::replace(&mut self.replicas[index], next);
        self.note(old.usage().unwrap());
        // The endpoints name it until the news of both has travelled.
        let (status, ()) = tokio::join!(old.end(), self.pass(PROPAGATION * 2));
        let status = status.unwrap();
        assert!(status.success(), "a replica that is asked to end ends well: {status}");
    }

    /// Kills a replica, and starts another in its place. The time until nobody is led to the dead one any more.
    pub(crate) async fn kill(&mut self, index: usize) -> Window {
        self.note(self.replicas[index].usage().unwrap());
        let (dead, begin) = (self.replicas[index].webhook, Instant::now());
        self.replicas[index].process().unwrap().signal(Signal::KILL);
        while self.targets.contains(&dead) {
            self.pass(PAUSE).await;
        }
        let window = Window { begin, end: Instant::now() };
        self.replicas[index] = self.specs[index].start().await.unwrap();
        self.replicas[index].until_ready().await.unwrap();
        self.pass(PROPAGATION * 2).await;
        window
    }

    /// Which replica leads, by their logs.
    pub(crate) fn leader(&self) -> Option<usize> {
        self.replicas.iter().position(|replica| {
            let log = replica.log().unwrap();
            // Those of its name before it are in the same file.
            let last = log
                .lines()
                .rev()
                .find(|line| line.contains("leadership changed") || line.contains("\"listening\""));
            last.is_some_and(|line| line.contains("\"leads\":true"))
        })
    }

    /// Waits until one leads, and says which.
    pub(crate) async fn until_led(&self) -> usize {
        wait_for("a leader", Duration::from_secs(30), async || {
            Ok(self.leader().map_or_else(|| Wait::NotYet("none".to_owned()), Wait::Done))
        })
        .await
        .unwrap()
    }

    /// What the replicas use.
    pub(crate) fn usage(&self) -> Vec<Usage> {
        self.replicas.iter().map(|replica| replica.usage().unwrap()).collect()
    }

    fn note(&mut self, usage: Usage) {
        self.memory.push(usage.memory);
    }

    /// Waits until every replica knows that many templates.
    pub(crate) async fn until_templates(&self, count: usize) {
        wait_for("the templates to be effective", Duration::from_secs(30), async || {
            for replica in &self.replicas {
                let metrics = replica.metrics().await?;
                if !metrics.contains(&format!("\nchandler_injector_templates {count}\n")) {
                    return Ok(Wait::NotYet(metrics));
                }
            }
            Ok(Wait::Done(()))
        })
        .await
        .unwrap();
    }

    /// Ends all. Memory of every process when it ended, in bytes.
    pub(crate) async fn end(mut self) -> Vec<u64> {
        for usage in self.usage() {
            self.note(usage);
        }
        for replica in self.replicas.drain(..) {
            assert!(replica.end().await.unwrap().success());
        }
        self.memory
    }
}
