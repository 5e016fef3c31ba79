//! Certificates are read, refused and replaced.

use rcgen::{CertificateParams, KeyPair};
use std::fs::write;

use super::*;

struct Pair {
    certificate: String,
    key: String,
}

fn pair() -> Pair {
    crate::use_ring();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    Pair { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn arguments(folder: &Path, pair: &Pair) -> TlsArgs {
    let arguments = TlsArgs {
        tls_certificate: folder.join("tls.crt"),
        tls_key: folder.join("tls.key"),
        tls_client_authority: None,
    };
    write(&arguments.tls_certificate, &pair.certificate).unwrap();
    write(&arguments.tls_key, &pair.key).unwrap();
    arguments
}

#[test]
fn key_of_another_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut mixed = pair();
    mixed.key = pair().key;
    let error = arguments(folder.path(), &mixed).load().unwrap_err();
    assert!(error.to_string().starts_with("cannot serve with the certificate in "), "{error}");
}

#[test]
fn file_that_holds_something_else_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut good = pair();
    good.certificate.clone_from(&good.key);
    let error = arguments(folder.path(), &good).load().unwrap_err();
    assert!(error.to_string().ends_with("tls.crt holds no certificate"), "{error}");
    let mut arguments = arguments(folder.path(), &pair());
    arguments.tls_key = folder.path().join("missing");
    assert!(arguments.load().unwrap_err().to_string().ends_with("missing"));
}

#[tokio::test(start_paused = true)]
async fn changed_files_are_served_with_once_they_fit_together() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (pair(), pair());
    let arguments = arguments(folder.path(), &first);
    let tls = arguments.load().unwrap();
    let before = tls.current();
    let keeper = tokio::spawn({
        let (arguments, tls) = (arguments.clone(), tls.clone());
        async move { arguments.keep_current(&tls).await }
    });
    tokio::time::sleep(PAUSE * 2).await;
    assert!(Arc::ptr_eq(&before, &tls.current()), "nothing has changed");
    write(&arguments.tls_certificate, &second.certificate).unwrap();
    tokio::time::sleep(PAUSE * 2).await;
    assert!(Arc::ptr_eq(&before, &tls.current()), "half of a pair is not served with");
    write(&arguments.tls_key, &second.key).unwrap();
    tokio::time::sleep(PAUSE * 2).await;
    assert!(!Arc::ptr_eq(&before, &tls.current()), "the new pair is served with");
    keeper.abort();
}
