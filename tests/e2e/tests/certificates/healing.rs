//! A fresh start, and what somebody breaks by hand.

use std::sync::Arc;

use serde_json::json;

use crate::creator::Creator;
use crate::replica::Replica;
use crate::stage::Stage;

#[tokio::test]
async fn fresh_daemon_makes_its_secret_and_is_trusted() {
    let Some(stage) = Stage::open("fresh_daemon_makes_its_secret_and_is_trusted").await else { return };
    let replica = Replica::start(&stage, "only", &[]).await;
    replica.until_ready().await;
    replica.until_logged("there is no such configuration", 2).await;
    let secret = stage.secret().await.unwrap().unwrap();
    assert_eq!(secret.type_.as_deref(), Some("kubernetes.io/tls"));
    stage.configure(&[&replica]).await;
    stage.until_fitted().await;
    stage.until_published().await;
    let metrics = replica.ask("/metrics").await.unwrap();
    for line in [
        "chandler_certificate_expiry_seconds{kind=\"serving\"} ",
        "chandler_certificate_expiry_seconds{kind=\"authority\"} ",
        "chandler_certificate_changes_total{reason=\"created\"} 1",
        "chandler_certificate_changes_total{reason=\"bundle-written\"} 2",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let log = replica.log();
    assert_eq!(log.matches("there is no such configuration").count(), 2, "once for each kind: {log}");
    assert!(!log.contains("-----BEGIN"), "{log}");
    replica.end().await;
    stage.close().await;
}

#[tokio::test]
async fn what_somebody_breaks_is_healed_and_no_pod_is_refused() {
    let Some(stage) = Stage::open("what_somebody_breaks_is_healed_and_no_pod_is_refused").await else {
        return;
    };
    let stage = Arc::new(stage);
    let first = Replica::start(&stage, "first", &[]).await;
    let second = Replica::start(&stage, "second", &[]).await;
    first.until_ready().await;
    second.until_ready().await;
    stage.configure(&[&first, &second]).await;
    stage.until_fitted().await;
    let good = stage.texts().await.unwrap();
    let creator = Creator::begin(&stage).connecting(&stage, &[first.address, second.address]);

    stage.delete_secret().await;
    stage.until_secret("the deleted Secret to be back", |texts| *texts == good).await;
    // "aGVsbG8=" says hello.
    for broken in [
        json!({"data": {"tls.key": "aGVsbG8="}}),
        json!({"data": {"ca.crt": "aGVsbG8=", "ca.key": null}}),
        json!({"data": {"tls.crt": "", "tls.key": "", "ca.crt": null, "ca.key": null}}),
        json!({"data": {"tls.crt": "aGVsbG8="}, "immutable": true}),
    ] {
        stage.patch_secret(broken.clone()).await;
        stage.until_secret(&format!("{broken} to be healed"), |texts| *texts == good).await;
    }
    creator.end().await;

    for resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        let patch = json!([
            {"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"},
            {"op": "replace", "path": "/webhooks/1/clientConfig/caBundle", "value": ""},
        ]);
        stage.patch(&stage.path(resource), "application/json-patch+json", &patch).await;
    }
    stage.until_published().await;
    stage.until_fitted().await;
    Arc::into_inner(stage).unwrap().close().await;
}

#[tokio::test]
async fn what_others_have_in_the_configuration_stays_theirs() {
    let Some(stage) = Stage::open("what_others_have_in_the_configuration_stays_theirs").await else { return };
    let replica = Replica::start(&stage, "only", &[]).await;
    stage.configure(&[&replica]).await;
    stage.until_fitted().await;
    stage.until_published().await;
    // Whoever installs it applies it again, without caBundle and with another webhook, and then without the first one.
    let other = Replica::start(&stage, "other", &[]).await;
    other.until_ready().await;
    stage.configure(&[&replica, &other]).await;
    stage.until_published().await;
    assert_eq!(stage.bundles().await.unwrap().len(), 4);
    stage.until_fitted().await;
    stage.configure(&[&other]).await;
    assert_eq!(stage.bundles().await.unwrap().len(), 2);
    stage.until_fitted().await;
    stage.close().await;
}
