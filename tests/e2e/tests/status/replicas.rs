//! One of several replicas writes.

use std::time::Duration;

use chandler_e2e::{Wait, wait_for};

use crate::stage::{Stage, asking, label};

const WRITTEN: &str = "chandler_injector_status_writes_total{result=\"written\"}";

#[tokio::test]
async fn one_of_two_replicas_writes_and_the_other_goes_on_when_it_is_killed() {
    let test = "one_of_two_replicas_writes_and_the_other_goes_on_when_it_is_killed";
    let Some(mut stage) = Stage::open(test).await else { return };
    stage.apply("a", label("x")).await;
    stage.until_counts("a", [0, 0, 0]).await;
    stage.start("second").await;
    stage.call(1).await;
    stage.create(&asking("app", "a")).await;
    stage.until_counts("a", [1, 0, 0]).await;
    let (first, second) = (stage.replicas[0].metric(WRITTEN).await, stage.replicas[1].metric(WRITTEN).await);
    assert!(first > 1.5 && second < 0.5, "{first} and {second} writes");
    let leader = stage.replicas.remove(0);
    leader.kill();
    stage.create(&asking("later", "a")).await;
    stage.until_counts("a", [2, 0, 0]).await;
    wait_for("the second to have written", Duration::from_secs(20), async || {
        let writes = stage.replicas[0].metric(WRITTEN).await;
        Ok(if writes > 0.5 { Wait::Done(()) } else { Wait::NotYet(writes.to_string()) })
    })
    .await
    .unwrap();
    stage.close().await;
}
