//! The API server is away, or what the daemon wants to go on from is.

use std::time::Duration;

use chandler_e2e::{Outage, Wait};

use crate::stage::Stage;

/// How long the API server is away at least; CHANDLER_OUTAGE_SECONDS says otherwise.
const SECONDS: u64 = 5;

#[tokio::test]
async fn without_the_api_server_the_last_state_serves_and_what_changed_after_is_caught_up_with() {
    let test = "without_the_api_server_the_last_state_serves_and_what_changed_after_is_caught_up_with";
    let Some(stage) = Stage::open(test, &[]).await else { return };
    let seconds = std::env::var("CHANDLER_OUTAGE_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let outage = Outage::begin(&stage.cluster).await.unwrap();
    stage.until_logged("a watch was cut and begins anew").await;
    let end = tokio::time::Instant::now() + Duration::from_secs(seconds);
    while tokio::time::Instant::now() < end {
        assert_eq!(stage.label().await, "first", "the last state serves");
        let ready = stage.replica.readiness().await.unwrap();
        assert!(matches!(ready, Wait::Done(())), "it stays ready: {ready:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let restored = outage.end(&stage.client).await.unwrap();
    stage.apply("second").await;
    stage.until_label("second").await;
    drop((stage, restored));
}

#[tokio::test]
async fn watch_whose_history_is_gone_lists_anew() {
    let Some(stage) = Stage::open("watch_whose_history_is_gone_lists_anew", &[]).await else { return };
    stage.line.cut();
    stage.until_logged("a watch was cut and begins anew").await;
    // Behind its back.
    stage.apply("second").await;
    // An API server that has just started knows no history: what is older than its first list is gone (410).
    let restored = Outage::begin(&stage.cluster).await.unwrap().end(&stage.client).await.unwrap();
    assert_eq!(stage.label().await, "first");
    stage.mend();
    stage.until_label("second").await;
    stage.until_logged("too old resource version").await;
    stage.apply("third").await;
    stage.until_label("third").await;
    drop((stage, restored));
}

#[tokio::test]
async fn watch_that_falls_silent_without_a_word_is_taken_up_again() {
    let test = "watch_that_falls_silent_without_a_word_is_taken_up_again";
    let Some(stage) = Stage::open(test, &[]).await else { return };
    stage.line.freeze();
    // Nobody tells the daemon; over new connections it could know.
    stage.mend();
    stage.apply("second").await;
    assert_eq!(stage.label().await, "first");
    stage.until_label("second").await;
    stage.apply("third").await;
    stage.until_label("third").await;
}

#[tokio::test]
async fn daemon_of_a_cluster_without_our_kinds_waits_for_them() {
    let Some(stage) = Stage::begin("daemon_of_a_cluster_without_our_kinds_waits_for_them", &[]).await else {
        return;
    };
    stage.until_logged("the cluster does not know this kind").await;
    let Wait::NotYet(missing) = stage.replica.readiness().await.unwrap() else {
        panic!("it cannot be ready")
    };
    assert!(missing.contains("waiting for cluster-templates, templates"), "{missing}");
    let refused = stage.reviews.answer().await.unwrap_err().to_string();
    assert!(refused.starts_with("503"), "the API server's policy decides: {refused}");
    stage.define().await;
    stage.apply("first").await;
    stage.until_label("first").await;
}
