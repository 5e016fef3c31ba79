//! Files that change while they are served with.

use std::fs::write;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};

use super::*;
use crate::authority::expiry;

fn pair() -> (String, String) {
    crate::use_ring();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn arguments(folder: &Path) -> TlsArgs {
    TlsArgs {
        tls_certificate: Some(folder.join("tls.crt")),
        tls_key: Some(folder.join("tls.key")),
        tls_client_authority: None,
    }
}

#[tokio::test(start_paused = true)]
async fn changed_files_are_served_with_once_they_fit_together() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (pair(), pair());
    let arguments = arguments(folder.path());
    let change = |name: &str, text: &str| write(folder.path().join(name), text).unwrap();
    change("tls.crt", &first.0);
    change("tls.key", &first.1);
    let (tls, readiness, registry) = (ServerTls::waiting(), Readiness::default(), Registry::new());
    let metrics = Metrics::register(&registry).unwrap();
    let served = Served::new(tls.clone(), readiness.condition("certificate"), metrics);
    assert!(!readiness.is_ready());
    let follower = tokio::spawn(files::follow(arguments, served));
    let pause = async || tokio::time::sleep(files::PAUSE * 2).await;
    pause().await;
    assert!(readiness.is_ready());
    let before = tls.current().unwrap();
    pause().await;
    assert!(Arc::ptr_eq(&before, &tls.current().unwrap()), "nothing has changed");
    change("tls.crt", &second.0);
    pause().await;
    assert!(Arc::ptr_eq(&before, &tls.current().unwrap()), "half of a pair is not served with");
    change("tls.key", &second.1);
    pause().await;
    assert!(!Arc::ptr_eq(&before, &tls.current().unwrap()), "the new pair is served with");
    let expires = expiry(second.0.as_bytes()).unwrap().as_second();
    let family = registry.gather().into_iter().find(|family| family.name().ends_with("expiry_seconds"));
    assert_eq!(family.unwrap().get_metric()[0].get_gauge().get_value() as i64, expires);
    follower.abort();
}
