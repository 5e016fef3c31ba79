//! Leader election on a real API server.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use chandler_e2e::{Needs, Scene};
use chandler_runtime::leader::{LeaderArgs, Leadership};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const LEASE: &str = "captain";

/// More than enough for any of it.
const BOUND: Duration = Duration::from_secs(30);

struct Replica {
    leadership: Leadership,
    task: JoinHandle<()>,
    end: oneshot::Sender<()>,
}

fn stand(scene: &Scene, identity: &str) -> Replica {
    let arguments =
        LeaderArgs { namespace: scene.namespace.clone(), identity: identity.to_owned(), lease_seconds: 3 };
    let (candidate, leadership) = arguments.candidate(&scene.client, LEASE);
    let (end, ended) = oneshot::channel::<()>();
    let task = tokio::spawn(candidate.run(async { drop(ended.await) }));
    Replica { leadership, task, end }
}

impl Replica {
    async fn until(&mut self, leads: bool) {
        tokio::time::timeout(BOUND, self.leadership.until(leads)).await.unwrap();
    }
}

#[tokio::test]
async fn one_leads_and_another_follows_when_it_is_killed() {
    let Some(scene) = Scene::open(Needs::ApiServer, "one_leads_and_another_follows").await.unwrap() else {
        return;
    };
    let mut first = stand(&scene, "first");
    first.until(true).await;
    let mut second = stand(&scene, "second");
    // Two terms of the lease: the first renews, the second has no chance.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(first.leadership.leads() && !second.leadership.leads());
    // No goodbye.
    first.task.abort();
    second.until(true).await;
    let leases: Api<Lease> = scene.api();
    let spec = leases.get(LEASE).await.unwrap().spec.unwrap();
    assert_eq!(spec.holder_identity.as_deref(), Some("second"));
    assert_eq!(spec.lease_transitions, Some(1));
}

#[tokio::test]
async fn one_that_ends_gives_the_lease_back() {
    let Some(scene) = Scene::open(Needs::ApiServer, "one_that_ends_gives_the_lease_back").await.unwrap()
    else {
        return;
    };
    let mut first = stand(&scene, "first");
    first.until(true).await;
    first.end.send(()).unwrap();
    first.task.await.unwrap();
    let leases: Api<Lease> = scene.api();
    let holder = leases.get(LEASE).await.unwrap().spec.unwrap().holder_identity;
    assert_eq!(holder.as_deref(), Some(""));
    let mut second = stand(&scene, "second");
    second.until(true).await;
}

#[tokio::test]
async fn clock_of_a_dead_leader_that_was_an_hour_ahead_means_nothing() {
    let test = "clock_of_a_dead_leader_that_was_an_hour_ahead_means_nothing";
    let Some(scene) = Scene::open(Needs::ApiServer, test).await.unwrap() else { return };
    let leases: Api<Lease> = scene.api();
    let future = "2999-01-01T00:00:00.000000Z";
    let spec = json!({"holderIdentity": "dead", "leaseDurationSeconds": 3, "renewTime": future, "acquireTime": future});
    let lease = serde_json::from_value(json!({"metadata": {"name": LEASE}, "spec": spec})).unwrap();
    leases.create(&PostParams::default(), &lease).await.unwrap();
    stand(&scene, "alive").until(true).await;
}
