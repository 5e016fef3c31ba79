//! What a Deployment and its Service do, without a node: two replicas behind one address, which are ended, killed and
//! started again. An address leads to a replica a while after it became ready, and still for a while after it did not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chandler_e2e::{Line, Replica, ReplicaSpec, Wait, wait_for};
use rustix::process::Signal;
use serde_json::Value;

use crate::memory::Life;

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
    /// The memory of each replica that runs.
    lives: Vec<Life>,
    /// Of those that have ended.
    ended: Vec<Life>,
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
        let lives = specs.iter().map(|spec| Life::of(&spec.name)).collect();
        Self { line, specs, replicas, news: Vec::new(), targets, lives, ended: Vec::new() }
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
        self.look();
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
        self.bury(index);
        let old = std::mem::replace(&mut self.replicas[index], next);
        // The endpoints name it until the news of both has travelled.
        let (status, ()) = tokio::join!(old.end(), self.pass(PROPAGATION * 2));
        let status = status.unwrap();
        assert!(status.success(), "a replica that is asked to end ends well: {status}");
    }

    /// Kills a replica, and starts another in its place. The time until nobody is led to the dead one any more.
    pub(crate) async fn kill(&mut self, index: usize) -> Window {
        let (dead, begin) = (self.replicas[index].webhook, Instant::now());
        self.replicas[index].process().unwrap().signal(Signal::KILL);
        while self.targets.contains(&dead) {
            self.pass(PAUSE).await;
        }
        let window = Window { begin, end: Instant::now() };
        self.bury(index);
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

    /// Looks at the memory of all that run.
    fn look(&mut self) {
        for (replica, life) in self.replicas.iter().zip(&mut self.lives) {
            // One that was killed has none.
            if let Ok(usage) = replica.usage() {
                life.note(usage.memory);
            }
        }
    }

    /// One ends, and another takes its place.
    fn bury(&mut self, index: usize) {
        let next = Life::of(&self.specs[index].name);
        self.ended.push(std::mem::replace(&mut self.lives[index], next));
    }

    /// How often leaders changed the Secret, by reason.
    pub(crate) fn changed(&self) -> BTreeMap<String, usize> {
        let mut changed = BTreeMap::new();
        for replica in &self.replicas {
            let log = replica.log().unwrap();
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            for reasons in lines.filter_map(|line| Some(line.get("reasons")?.as_str()?.to_owned())) {
                reasons.split(", ").for_each(|reason| *changed.entry(reason.to_owned()).or_default() += 1);
            }
        }
        changed
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

    /// Ends all. The memory of every process that there was.
    pub(crate) async fn end(mut self) -> Vec<Life> {
        for replica in self.replicas.drain(..) {
            assert!(replica.end().await.unwrap().success());
        }
        self.ended.into_iter().chain(self.lives).collect()
    }
}
