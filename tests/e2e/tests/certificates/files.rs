//! A certificate that somebody else keeps, in files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::{Certificate, Wait, wait_for};
use serde_json::json;

use crate::creator::connect;
use crate::replica::{BOUND, Replica};
use crate::stage::Stage;

#[tokio::test]
async fn files_of_somebody_else_are_served_with_and_read_again() {
    let Some(stage) = Stage::open("files_of_somebody_else_are_served_with_and_read_again").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let first = Certificate::write(folder.path(), &stage.scene.namespace).unwrap().authority;
    let flag = |name: &str, file: &str| format!("--{name}={}", folder.path().join(file).display());
    let flags = [flag("tls-certificate", "tls.crt"), flag("tls-key", "tls.key")];
    let replica = Replica::start(&stage, "only", &flags).await;
    replica.until_ready().await;
    stage.configure(&[&replica]).await;
    let publish = async |bundle: &str| {
        let patch = json!([{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": STANDARD.encode(bundle)}]);
        let path = stage.path("mutatingwebhookconfigurations");
        stage.patch(&path, "application/json-patch+json", &patch).await;
    };
    publish(&first).await;
    stage.until_fitted().await;
    let second = Certificate::write(folder.path(), &stage.scene.namespace).unwrap().authority;
    publish(&second).await;
    wait_for("the new files to be served with", BOUND, async || {
        connect(replica.address, &second).await.map(|_| Wait::Done(()))
    })
    .await
    .unwrap();
    stage.until_fitted().await;
    assert_eq!(stage.until_leader(|holder| holder == "only").await, "only");
    assert!(stage.secret().await.unwrap().is_none(), "there is no need for one");
    assert_eq!(stage.bundles().await.unwrap(), [second, String::new()], "caBundle is not ours");
    stage.close().await;
}
