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
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::readiness::Readiness;
use crate::shutdown::{ShutdownArgs, Trigger};
use crate::tls::{Demand, Identity, Pem, Terms};

/// A server that runs, and what a client must trust.
struct Running {
    client: Client,
    trigger: Trigger,
    server: tokio::task::JoinHandle<()>,
}

struct Client {
    address: SocketAddr,
    authority: CertificateDer<'static>,
    /// Its own certificate with its key, where it has one.
    own: Option<(String, String)>,
}

async fn start(connections: u32) -> Running {
    start_with_drain(connections, 0).await
}

async fn start_with_drain(connections: u32, drain_seconds: u16) -> Running {
    crate::use_ring();
    let (certificate, key) = certified();
    let tls = ServerTls::waiting();
    tls.replace(identity(&certificate, &key, None).configure().unwrap());
    serve(connections, drain_seconds, (tls, &certificate)).await
}

/// A certificate for localhost with its key, PEM. It is its own authority.
fn certified() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn identity(certificate: &str, key: &str, clients: Option<&str>) -> Identity {
    let pem = |text: &str| Pem { place: "a test".to_owned(), bytes: text.as_bytes().to_vec() };
    Identity { certificate: pem(certificate), key: pem(key), clients: clients.map(pem) }
}

async fn serve(connections: u32, drain_seconds: u16, (tls, certificate): (ServerTls, &str)) -> Running {
    let arguments = ServerArgs { address: "127.0.0.1:0".parse().unwrap(), max_connections: connections };
    let bound = arguments.bind(tls).await.unwrap();
    let (trigger, shutdown) = ShutdownArgs { drain_seconds, grace_seconds: 5 }.shutdown();
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
    let authority = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    Running { client: Client { address, authority, own: None }, trigger, server }
}

impl Client {
    async fn connect(&self, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let mut config = match &self.own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    async fn get(&self, path: &str) -> String {
        self.try_get(path).await.unwrap()
    }

    /// In TLS 1.3 a client learns only from the answer that it is refused.
    async fn try_get(&self, path: &str) -> hyper::Result<String> {
        let stream = self.connect(&[b"http/1.1"]).await;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let request =
            http::Request::get(path).header("host", "localhost").body(Full::<Bytes>::default()).unwrap();
        let response = sender.send_request(request).await?;
        Ok(String::from_utf8(response.into_body().collect().await?.to_bytes().to_vec()).unwrap())
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

#[tokio::test]
async fn with_an_authority_of_clients_only_those_with_a_certificate_of_it_are_served() {
    crate::use_ring();
    let (certificate, key) = certified();
    let (trusted, stranger) = (certified(), certified());
    let tls = ServerTls::waiting();
    tls.replace(identity(&certificate, &key, Some(&trusted.0)).configure().unwrap());
    let mut running = serve(16, 0, (tls, &certificate)).await;
    assert!(running.client.try_get("/").await.is_err(), "it has no certificate");
    running.client.own = Some(stranger);
    assert!(running.client.try_get("/").await.is_err(), "nobody here has signed it");
    running.client.own = Some(trusted);
    assert_eq!(running.client.get("/").await, "here");
}

/// Who of these is served on such terms: nobody in particular, a stranger, one whom the authority knows.
async fn served(demand: Demand, client_names: &[&str]) -> [bool; 3] {
    crate::use_ring();
    let (certificate, key) = certified();
    let (trusted, stranger) = (certified(), certified());
    let client_names = client_names.iter().map(|name| (*name).to_owned()).collect();
    let terms = Terms { demand, client_names, ..Terms::default() };
    let tls = ServerTls::waiting();
    tls.replace(identity(&certificate, &key, Some(&trusted.0)).configure_by(&terms).unwrap());
    let mut running = serve(16, 0, (tls, &certificate)).await;
    let mut served = [false; 3];
    for (served, own) in served.iter_mut().zip([None, Some(stranger), Some(trusted)]) {
        running.client.own = own;
        *served = running.client.try_get("/").await.is_ok();
    }
    served
}

#[tokio::test]
async fn each_demand_lets_in_whom_it_says() {
    assert_eq!(served(Demand::Nothing, &[]).await, [true, true, true]);
    assert_eq!(served(Demand::AnyOrNothing, &[]).await, [true, true, true]);
    assert_eq!(served(Demand::Any, &[]).await, [false, true, true]);
    assert_eq!(served(Demand::AuthorizedOrNothing, &[]).await, [true, false, true]);
    assert_eq!(served(Demand::Authorized, &[]).await, [false, false, true]);
}

#[tokio::test]
async fn client_needs_one_of_the_names_where_there_are_some() {
    assert_eq!(served(Demand::Authorized, &["other", "localhost"]).await, [false, false, true]);
    assert_eq!(served(Demand::Authorized, &["other"]).await, [false, false, false]);
    assert_eq!(served(Demand::Any, &["localhost"]).await, [false, true, true]);
}

#[tokio::test]
async fn terms_that_need_authorities_of_clients_do_not_go_without() {
    let (certificate, key) = certified();
    let terms = Terms { demand: Demand::Authorized, ..Terms::default() };
    assert!(identity(&certificate, &key, None).configure_by(&terms).is_err());
}

#[tokio::test]
async fn without_http_2_a_client_that_prefers_it_gets_the_other() {
    crate::use_ring();
    let (certificate, key) = certified();
    let tls = ServerTls::waiting();
    let terms = Terms { http2: false, ..Terms::default() };
    tls.replace(identity(&certificate, &key, None).configure_by(&terms).unwrap());
    let running = serve(16, 0, (tls, &certificate)).await;
    let stream = running.client.connect(&[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[tokio::test]
async fn without_tls_requests_are_answered_in_the_open_and_ended_as_well() {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), 1, None).await.unwrap();
    let address = server.address();
    let (trigger, shutdown) = ShutdownArgs { drain_seconds: 0, grace_seconds: 5 }.shutdown();
    let router = Router::new().route("/", get(async || "here"));
    let server = tokio::spawn(async move { server.serve(router, &shutdown).await });
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..2 {
        let request = http::Request::get("/").header("host", "localhost").body(Full::<Bytes>::default());
        let response = sender.send_request(request.unwrap()).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "here");
    }
    trigger.end(&Readiness::default()).await;
    server.await.unwrap();
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn who_connects_before_there_is_a_certificate_is_served_when_it_comes() {
    crate::use_ring();
    let (certificate, key) = certified();
    let tls = ServerTls::waiting();
    let running = serve(16, 0, (tls.clone(), &certificate)).await;
    let early = running.client.get("/");
    let mut early = std::pin::pin!(early);
    let waited = tokio::time::timeout(Duration::from_millis(100), early.as_mut()).await;
    assert!(waited.is_err(), "there is nothing to serve with");
    tls.replace(identity(&certificate, &key, None).configure().unwrap());
    assert_eq!(early.await, "here");
}

#[tokio::test]
async fn while_the_end_is_near_requests_are_answered_and_asked_to_come_over_another_connection() {
    let running = start_with_drain(16, 600).await;
    let stream = running.client.connect(&[b"http/1.1"]).await;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut ask = async || {
        let request = http::Request::get("/").header("host", "localhost").body(Full::<Bytes>::default());
        sender.send_request(request.unwrap()).await.unwrap()
    };
    assert!(ask().await.headers().get("connection").is_none());
    let readiness = Readiness::default();
    let ending = running.trigger.end(&readiness);
    let mut ending = std::pin::pin!(ending);
    let early = tokio::time::timeout(Duration::from_millis(50), ending.as_mut()).await;
    assert!(early.is_err(), "it drains");
    assert_eq!(ask().await.headers().get("connection").unwrap(), "close");
    connection.await.unwrap().unwrap();
    assert_eq!(running.client.get("/").await, "here", "new connections are served as well");
}

#[tokio::test]
async fn connection_that_never_speaks_over_tls_gives_its_place_up() {
    let running = start(1).await;
    let _silent = running.client.connect(&[b"h2", b"http/1.1"]).await;
    let answer = tokio::time::timeout(Duration::from_secs(30), running.client.get("/")).await;
    assert_eq!(answer.expect("the silent one is hung up on"), "here");
}
