//! Whether a template is in force.

use serde_json::json;

use crate::stage::{Stage, asking, label};

#[tokio::test]
async fn broken_template_says_what_is_wrong_and_which_revision_serves_until_it_is_mended() {
    let test = "broken_template_says_what_is_wrong_and_which_revision_serves_until_it_is_mended";
    let Some(stage) = Stage::open(test).await else { return };
    stage.call(0).await;
    stage.apply("a", label("first")).await;
    let good = stage.until("a revision", "a", |template| template["status"]["revision"].is_string()).await;
    stage.create(&asking("app", "a")).await;
    stage.until_counts("a", [1, 0, 0]).await;
    let is =
        |template: &serde_json::Value, reason: &str| template["status"]["conditions"][0]["reason"] == reason;
    stage.apply("a", label("{{params.unknown}}")).await;
    let broken = stage.until("the problem", "a", |template| is(template, "LastRevisionServes")).await;
    let condition = &broken["status"]["conditions"][0];
    assert_eq!((&condition["status"], &condition["observedGeneration"]), (&json!("False"), &json!(2)));
    assert!(condition["message"].as_str().unwrap().contains("unknown"), "{condition}");
    assert_eq!(broken["status"]["revision"], good["status"]["revision"]);
    assert_eq!(broken["status"]["pods"]["injected"], 1, "the revision that serves is the one that it has");
    stage.apply("b", label("{{params.unknown}}")).await;
    let never = stage.until("the problem", "b", |template| is(template, "NothingServes")).await;
    assert!(never["status"]["revision"].is_null());
    stage.apply("a", label("second")).await;
    let mended = stage.until("the mended one", "a", |template| is(template, "InForce")).await;
    assert_ne!(mended["status"]["revision"], good["status"]["revision"]);
    assert_eq!(mended["status"]["observedGeneration"], 3);
    stage.close().await;
}

#[tokio::test]
async fn status_that_somebody_else_wrote_is_mended_and_one_that_is_right_is_left_alone() {
    let test = "status_that_somebody_else_wrote_is_mended_and_one_that_is_right_is_left_alone";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("a", label("x")).await;
    let right = stage.until_counts("a", [0, 0, 0]).await;
    // What comes later has a status, so there were turns since.
    stage.apply("b", label("x")).await;
    stage.until_counts("b", [0, 0, 0]).await;
    assert_eq!(
        stage.template("a").await["metadata"]["resourceVersion"],
        right["metadata"]["resourceVersion"]
    );
    let uri = format!(
        "/apis/chandler.dev/v1alpha1/namespaces/{}/injectiontemplates/a/status",
        stage.scene.namespace
    );
    let forged = json!({"status": {"revision": "forged", "pods": {"injected": 1000}}});
    let patch = ("application/merge-patch+json", &forged);
    chandler_e2e::send(&stage.scene.client, http::Method::PATCH, &uri, patch)
        .await
        .unwrap()
        .object()
        .unwrap();
    let mended = stage.until_counts("a", [0, 0, 0]).await;
    assert_eq!(mended["status"]["revision"], right["status"]["revision"]);
    assert_eq!(mended["metadata"]["generation"], right["metadata"]["generation"]);
    stage.close().await;
}
