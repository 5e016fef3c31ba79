//! A daemon that serves nobody but an API server that shows a certificate.

use chandler_api::names;
use chandler_e2e::{review_of, skip};
use serde_json::json;

use crate::daemon::{Stage, pod};

#[tokio::test]
async fn only_the_api_server_with_its_certificate_is_served() {
    let test = "only_the_api_server_with_its_certificate_is_served";
    let Some(stage) = Stage::open(test).await else { return };
    let Some(cluster) = stage.scene.cluster() else {
        return skip(test, "an API server that shows webhooks a certificate is configured so");
    };
    stage.apply("a", json!({"patches": [{"pod": {"metadata": {"labels": {"fitted": "yes"}}}}]})).await;
    let asking = pod(json!({names::TEMPLATES: "a"}));
    stage.until("the template", &asking, |answer| answer.body["metadata"]["labels"]["fitted"] == "yes").await;

    let trusting = |authority: &std::path::Path| format!("--tls-client-authority={}", authority.display());
    let client = stage.scene.client.clone();
    let guarded = stage.start_another(client.clone(), &[&trusting(&cluster.authority())]).await;
    guarded.until_ready().await;
    let webhook = stage.lead_to(guarded.address).await;
    let before = stage.calls(&webhook).await;
    let fitted = stage.dry(&asking).await.object().unwrap();
    assert_eq!(fitted["metadata"]["labels"]["fitted"], "yes");
    assert!(stage.calls(&webhook).await > before, "nobody else has answered");
    let review = review_of(&asking, &stage.scene.namespace);
    let stranger = guarded.direct.try_post(&review).await;
    assert!(stranger.is_err(), "served without a certificate: {stranger:?}");

    // One whose authority is another has nothing for this API server.
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(elsewhere.path(), stage.authority()).unwrap();
    let other = stage.start_another(client, &[&trusting(elsewhere.path())]).await;
    other.until_ready().await;
    stage.lead_to(other.address).await;
    let refused = stage.until("the other daemon", &asking, |answer| answer.status >= 300).await;
    assert!(refused.message().contains("failed calling webhook"), "{}", refused.message());
    other.end().await;
    guarded.end().await;
    stage.close().await;
}
