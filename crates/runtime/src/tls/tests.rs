//! Certificates are read and refused, and may come late.

use rcgen::{CertificateParams, KeyPair};
use std::fs::write;

use super::*;

/// Writes a certificate for localhost with its key, as the flags would name them.
fn files(folder: &Path) -> TlsArgs {
    crate::use_ring();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    write(folder.join("tls.crt"), certificate.pem()).unwrap();
    write(folder.join("tls.key"), key.serialize_pem()).unwrap();
    TlsArgs {
        tls_certificate: Some(folder.join("tls.crt")),
        tls_key: Some(folder.join("tls.key")),
        tls_client_authority: None,
    }
}

fn refusal(arguments: &TlsArgs) -> String {
    arguments.read().and_then(|identity| identity.unwrap().configure()).unwrap_err().to_string()
}

#[test]
fn key_of_another_certificate_is_refused() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut arguments = files(folder.path());
    arguments.tls_key = files(other.path()).tls_key;
    let error = refusal(&arguments);
    assert!(error.starts_with("cannot serve with the certificate in "), "{error}");
}

#[test]
fn file_that_holds_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = files(folder.path());
    fs::copy(folder.path().join("tls.key"), folder.path().join("tls.crt")).unwrap();
    let error = refusal(&arguments);
    assert!(error.ends_with("tls.crt holds no certificate"), "{error}");
    arguments.tls_key = Some(folder.path().join("missing"));
    assert!(refusal(&arguments).ends_with("missing"));
}

#[test]
fn authority_of_clients_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = files(folder.path());
    arguments.tls_client_authority = arguments.tls_key.clone();
    assert!(refusal(&arguments).ends_with("tls.key holds no certificate"));
}

#[tokio::test]
async fn who_comes_before_the_certificate_gets_it_when_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let identity = files(folder.path()).read().unwrap().unwrap();
    let tls = ServerTls::waiting();
    assert!(tls.current().is_none());
    let early = tokio::spawn({
        let tls = tls.clone();
        async move { tls.first().await }
    });
    tokio::task::yield_now().await;
    assert!(!early.is_finished());
    tls.replace(identity.configure().unwrap());
    assert!(Arc::ptr_eq(&early.await.unwrap(), &tls.current().unwrap()));
}
