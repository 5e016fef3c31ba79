//! A replica whose clock is off by nearly a day, which is as far as certificates are dated back, by the real means of
//! lying to a process about the time.

use std::io::Write as _;

use k8s_openapi::jiff::Timestamp;

use crate::replica::{Replica, faketime};
use crate::stage::Stage;

/// It makes the material, then follows one whose clock is right, and nothing of what is good is made anew.
async fn tell(test: &str, off: &str) {
    if faketime().is_none() {
        let is_required = std::env::var_os("CHANDLER_REQUIRE_CLUSTERS").is_some();
        assert!(!is_required, "the package faketime is not installed");
        // Past the test runner, for what counts such lines.
        let _ = writeln!(std::io::stderr(), "\nSKIPPED {test}: the package faketime is not installed");
        return;
    }
    let Some(stage) = Stage::open(test).await else { return };
    let wrong = Replica::start_off(&stage, "wrong", off).await;
    stage.until_leader(|holder| holder == "wrong").await;
    wrong.until_ready().await;
    let made = stage.texts().await.unwrap();
    let right = Replica::start(&stage, "right", &[]).await;
    right.until_ready().await;
    stage.configure(&[&wrong, &right]).await;
    stage.until_fitted().await;
    // The one whose clock is right leads now.
    wrong.end().await;
    stage.until_leader(|holder| holder == "right").await;
    stage.configure(&[&right]).await;
    stage.until_fitted().await;
    stage.delete_secret().await;
    let restored = stage.until_secret("the Secret to be back", |texts| !texts.is_empty()).await;
    assert_eq!(restored, made);
    // And the other way round: the one whose clock is wrong takes over.
    let wrong = Replica::start_off(&stage, "wrong", off).await;
    wrong.until_ready().await;
    assert!(is_off(&wrong), "its clock is right");
    right.kill().await;
    stage.until_leader(|holder| holder == "wrong").await;
    stage.configure(&[&wrong]).await;
    stage.delete_secret().await;
    stage.until_secret("the Secret to be back", |texts| *texts == made).await;
    stage.until_fitted().await;
    stage.close().await;
}

/// Whether its own words are of another time.
fn is_off(replica: &Replica) -> bool {
    let log = replica.log();
    let said: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    let time: Timestamp = said["timestamp"].as_str().unwrap().parse().unwrap();
    time.duration_since(Timestamp::now()).abs().as_secs() > 22 * 3600
}

#[tokio::test]
async fn clock_that_is_nearly_a_day_ahead_breaks_nothing() {
    tell("clock_that_is_nearly_a_day_ahead_breaks_nothing", "+23h").await;
}

#[tokio::test]
async fn clock_that_is_nearly_a_day_behind_breaks_nothing() {
    tell("clock_that_is_nearly_a_day_behind_breaks_nothing", "-23h").await;
}
