//! A client that sends bytes and sees what comes of them: no library of HTTP would send most of these.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long an answer may take: longer than every limit of time of the daemon.
const BOUND: Duration = Duration::from_secs(60);

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// An answer.
    Status(u16),
    /// The other side hung up without one.
    HungUp,
}

/// Knows where the daemon is, and trusts it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    authority: CertificateDer<'static>,
}

/// A connection that is used for as long as the other side keeps it.
pub(crate) struct Connection<'a> {
    client: &'a Client,
    stream: Option<TlsStream<TcpStream>>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr, authority: &str) -> Self {
        Self { address, authority: CertificateDer::from_pem_slice(authority.as_bytes()).unwrap() }
    }

    /// A connection over TLS that speaks one protocol.
    pub(crate) async fn connect(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn ask(&self, request: &[u8]) -> Seen {
        self.connection().ask(request).await
    }

    pub(crate) fn connection(&self) -> Connection<'_> {
        Connection { client: self, stream: None }
    }

    /// Sends bytes without TLS. What comes back is no HTTP.
    pub(crate) async fn ask_without_tls(&self, bytes: &[u8]) -> Seen {
        exchange(&mut TcpStream::connect(self.address).await.unwrap(), bytes).await.0
    }
}

impl Connection<'_> {
    /// Sends a request, over a new connection where the other side has closed the one before.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Seen {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.client.connect(b"http/1.1").await,
        };
        let (seen, is_kept) = exchange(&mut stream, request).await;
        self.stream = is_kept.then_some(stream);
        seen
    }
}

/// A review of that media type and body.
pub(crate) fn post(media_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /inject HTTP/1.1\r\nhost: localhost\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Sends bytes and reads the answer; and whether the connection stays.
pub(crate) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    bytes: &[u8],
) -> (Seen, bool) {
    // Who refuses a request may hang up before all of it was sent; there may be an answer all the same.
    let written = stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok();
    let (seen, is_kept) = read_answer(stream).await;
    (seen, is_kept && written)
}

/// Reads an answer; and whether the connection stays.
pub(crate) async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> (Seen, bool) {
    let read = tokio::time::timeout(BOUND, read_head(stream));
    let Some(head) = read.await.unwrap() else { return (Seen::HungUp, false) };
    let status =
        head.strip_prefix("http/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let Some(status) = status else { return (Seen::HungUp, false) };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length];
    let is_whole = stream.read_exact(&mut body).await.is_ok();
    (Seen::Status(status), is_whole && !head.contains("connection: close"))
}

/// The head of an answer, in small letters; none where there is no whole one.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8_lossy(&head).to_lowercase())
}
