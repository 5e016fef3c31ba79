//! What cannot be debugged is told within seconds, with the reason and the next step.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::place::{Place, container, pod};

/// Well below `--timeout`: nothing was waited out.
const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn image_that_is_not_there_is_told_before_the_time_is_over() {
    let test = "image_that_is_not_there_is_told_before_the_time_is_over";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let start = Instant::now();
    let output = place
        .debug("web -o json --image chandler.dev/nothing:none --image-pull-policy Never", &["true"])
        .await;
    assert_eq!(output.code, 125, "{output:?}");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    let value = output.value();
    assert!(value["reason"].as_str().unwrap().starts_with("Image"), "{value}");
    assert!(value["message"].as_str().unwrap().contains("chandler.dev/nothing:none"), "{value}");
    assert_ne!(value["nextStep"], json!(null), "{value}");
}

#[tokio::test]
async fn what_is_not_there_is_told_with_what_there_is() {
    let Some(place) = Place::open("what_is_not_there_is_told_with_what_there_is").await else { return };
    let mut two = pod("web");
    two["spec"]["containers"] = json!([container("app"), sleeping("second")]);
    place.apply(&two).await;
    place.until_ready("web").await;
    let output = place.debug("web -c third", &["true"]).await;
    assert_eq!(output.code, 125, "{output:?}");
    assert!(output.stderr.contains("app") && output.stderr.contains("second"), "{output:?}");

    let output = place.debug("nobody", &["true"]).await;
    assert_eq!(output.code, 125);
    assert!(output.stderr.contains("there is no pod \"nobody\" in namespace"), "{output:?}");
    let output = place.debug("deploy/nothing", &["true"]).await;
    assert_eq!(output.code, 125);
    assert!(output.stderr.contains("there is no deployment \"nothing\""), "{output:?}");
    let output = place.debug("configmap/nothing", &["true"]).await;
    assert_eq!(output.code, 2, "{output:?}");
}

#[tokio::test]
async fn pod_that_has_ended_or_crashes_is_offered_a_copy() {
    let Some(place) = Place::open("pod_that_has_ended_or_crashes_is_offered_a_copy").await else { return };
    let mut ended = pod("ended");
    ended["spec"]["restartPolicy"] = json!("Never");
    ended["spec"]["containers"][0]["command"] = json!(["sh", "-c", "exit 3"]);
    place.apply(&ended).await;
    let has_ended = |pod: &serde_json::Value| pod["status"]["phase"] == "Failed";
    place.until("ended", "ended", has_ended).await;
    let output = place.debug("ended", &["true"]).await;
    assert_eq!(output.code, 125, "{output:?}");
    assert!(output.stderr.contains("--copy"), "{output:?}");
}

fn sleeping(name: &str) -> serde_json::Value {
    let mut container = container(name);
    container["command"] = json!(["sh", "-c", "trap exit TERM; sleep 100000 & wait"]);
    container
}
