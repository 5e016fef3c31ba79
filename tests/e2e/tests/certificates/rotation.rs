//! Lives of seconds: authorities and certificates follow each other while pods are created.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chandler_e2e::{Wait, wait_for};

use crate::creator::Creator;
use crate::replica::Replica;
use crate::stage::Stage;

/// Ten seconds from a certificate to the next, twenty from an authority to the next.
fn lives() -> [String; 3] {
    ["--authority-lifetime=30s", "--certificate-lifetime=15s", "--rotation-overlap=4s"].map(str::to_owned)
}

/// The authorities that have been seen in the Secret, until there have been so many and the first is gone.
async fn until_authorities(stage: &Stage, count: usize) {
    let mut seen = BTreeSet::new();
    let mut first = None;
    wait_for("authorities to follow each other", Duration::from_secs(180), async || {
        let bundle = stage.texts().await?.remove("ca.crt").unwrap_or_default();
        let now: Vec<String> =
            bundle.split_inclusive("-----END CERTIFICATE-----\n").map(str::to_owned).collect();
        let first = first.get_or_insert_with(|| now[0].clone());
        seen.extend(now.iter().cloned());
        let is_done = seen.len() >= count && !now.contains(first);
        Ok(if is_done { Wait::Done(()) } else { Wait::NotYet(format!("{} authorities so far", seen.len())) })
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authorities_follow_each_other_and_no_pod_is_refused() {
    let Some(stage) = Stage::open("authorities_follow_each_other_and_no_pod_is_refused").await else {
        return;
    };
    let stage = Arc::new(stage);
    let first = Replica::start(&stage, "first", &lives()).await;
    let second = Replica::start(&stage, "second", &lives()).await;
    first.until_ready().await;
    second.until_ready().await;
    stage.configure(&[&first, &second]).await;
    stage.until_fitted().await;
    let creator = Creator::begin(&stage).connecting(&stage, &[first.address, second.address]);
    until_authorities(&stage, 3).await;
    creator.end().await;
    first.end().await;
    second.end().await;
    Arc::into_inner(stage).unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leader_that_is_killed_has_a_follower_that_goes_on() {
    let Some(stage) = Stage::open("leader_that_is_killed_has_a_follower_that_goes_on").await else { return };
    let stage = Arc::new(stage);
    let leader = Replica::start(&stage, "leader", &lives()).await;
    stage.until_leader(|holder| holder == "leader").await;
    let follower = Replica::start(&stage, "follower", &lives()).await;
    follower.until_ready().await;
    stage.configure(&[&follower]).await;
    stage.until_fitted().await;
    let creator = Creator::begin(&stage).connecting(&stage, &[follower.address]);
    leader.kill().await;
    stage.until_leader(|holder| holder == "follower").await;
    until_authorities(&stage, 2).await;
    creator.end().await;
    Arc::into_inner(stage).unwrap().close().await;
}
