//! Real sockets, real TLS: what is served, what is refused, and how it ends.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::readiness::Readiness;
use crate::shutdown::{ShutdownArgs, Trigger};
use crate::tls::TlsArgs;

/// A server that runs, and what a client must trust.
struct Running {
    client: Client,
    trigger: Trigger,
    server: tokio::task::JoinHandle<()>,
}

struct Client {
    address: SocketAddr,
    authority: CertificateDer<'static>,
}

async fn start(connections: u32) -> Running {
    crate::use_ring();
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let files = TlsArgs {
        tls_certificate: folder.path().join("tls.crt"),
        tls_key: folder.path().join("tls.key"),
        tls_client_authority: None,
    };
    std::fs::write(&files.tls_certificate, certificate.pem()).unwrap();
    std::fs::write(&files.tls_key, key.serialize_pem()).unwrap();
    let arguments = HttpsArgs { address: "127.0.0.1:0".parse().unwrap(), max_connections: connections };
    let bound = arguments.bind(files.load().unwrap()).await.unwrap();
    let (trigger, shutdown) = ShutdownArgs { drain_seconds: 0, grace_seconds: 5 }.shutdown();
    let address = bound.address();
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "slow"
    };
    let router = Router::new()
        .route("/", get(async || "here"))
        .route("/slow", get(slow))
        .route("/echo", post(async |body: Bytes| body));
    let server = tokio::spawn(async move { bound.serve(router, &shutdown).await });
    let authority = CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap();
    Running { client: Client { address, authority }, trigger, server }
}

impl Client {
    async fn connect(&self, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn get(&self, path: &str) -> String {
        let stream = self.connect(&[b"http/1.1"]).await;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request =
            http::Request::get(path).header("host", "localhost").body(Full::<Bytes>::default()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }
}

#[tokio::test]
async fn http_1_and_2_are_served_over_tls() {
    let running = start(16).await;
    assert_eq!(running.client.get("/").await, "here");
    let stream = running.client.connect(&[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let io = TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let body = Full::new(Bytes::from(vec![7; 100_000]));
    let request = http::Request::post("https://localhost/echo").body(body).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 100_000);
}

#[tokio::test]
async fn what_is_no_tls_is_hung_up_on_and_the_next_is_served() {
    let running = start(16).await;
    let mut stream = TcpStream::connect(running.client.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer).await {
        Ok(_) => assert!(!answer.starts_with(b"HTTP"), "{answer:?}"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert_eq!(running.client.get("/").await, "here");
}

#[tokio::test]
async fn no_more_connections_are_let_in_than_there_is_room_for() {
    let running = start(1).await;
    let first = running.client.connect(&[b"http/1.1"]).await;
    let second = running.client.get("/");
    let mut second = std::pin::pin!(second);
    let early = tokio::time::timeout(Duration::from_millis(200), second.as_mut()).await;
    assert!(early.is_err(), "the second waits");
    drop(first);
    assert_eq!(second.await, "here");
}

#[tokio::test]
async fn request_that_has_begun_is_finished_and_no_other_is_taken() {
    let running = start(16).await;
    let slow = running.client.get("/slow");
    let mut slow = std::pin::pin!(slow);
    // Long enough for it to be on its way.
    let early = tokio::time::timeout(Duration::from_millis(100), slow.as_mut()).await;
    assert!(early.is_err(), "it is slow");
    running.trigger.end(&Readiness::default()).await;
    assert_eq!(slow.await, "slow");
    running.server.await.unwrap();
    let refused = TcpStream::connect(running.client.address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
