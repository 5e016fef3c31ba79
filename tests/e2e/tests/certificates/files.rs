//! A certificate that somebody else keeps, in files.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::{Wait, wait_for};
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;

use crate::creator::connect;
use crate::replica::{BOUND, Replica};
use crate::stage::Stage;

/// Writes a certificate for loopback, which is its own authority.
fn write(folder: &Path) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join("tls.crt"), certificate.pem()).unwrap();
    std::fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
    certificate.pem()
}

#[tokio::test]
async fn files_of_somebody_else_are_served_with_and_read_again() {
    let Some(stage) = Stage::open("files_of_somebody_else_are_served_with_and_read_again").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path());
    let flag = |name: &str, file: &str| format!("--{name}={}", folder.path().join(file).display());
    let flags = [flag("tls-certificate", "tls.crt"), flag("tls-key", "tls.key")];
    let replica = Replica::start(&stage.scene, "only", &flags).await;
    replica.until_ready().await;
    stage.configure(&[&replica]).await;
    let publish = async |bundle: &str| {
        let patch = json!([{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": STANDARD.encode(bundle)}]);
        let path = stage.path("mutatingwebhookconfigurations");
        stage.patch(&path, "application/json-patch+json", &patch).await;
    };
    publish(&first).await;
    stage.until_fitted().await;
    let second = write(folder.path());
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
