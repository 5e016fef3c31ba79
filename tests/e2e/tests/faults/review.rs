//! Reviews sent to the daemon as the API server sends them, without one.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::review_of;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::stage::NAMESPACE;

/// Who asks.
pub(crate) struct Reviews {
    address: SocketAddr,
    tls: TlsConnector,
}

impl Reviews {
    pub(crate) fn new(address: SocketAddr, authority: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { address, tls: TlsConnector::from(Arc::new(config)) }
    }

    /// What the daemon answers to the creation of a pod.
    pub(crate) async fn answer(&self) -> Result<Value> {
        let stream = TcpStream::connect(self.address).await?;
        let stream = self.tls.connect(ServerName::try_from("localhost")?, stream).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = http::Request::post("/inject").header("host", "localhost");
        let request =
            request.header("content-type", "application/json").body(Full::<Bytes>::from(review()))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).context("no JSON")
    }
}

/// The label that an answer adds.
pub(crate) fn label_of(answer: &Value) -> Value {
    let patch = STANDARD.decode(answer["response"]["patch"].as_str().unwrap_or_default()).unwrap();
    let operations: Value = serde_json::from_slice(&patch).unwrap_or_default();
    let labels =
        operations.as_array().into_iter().flatten().find(|operation| operation["path"] == "/metadata/labels");
    labels.map(|operation| operation["value"]["fitted"].clone()).unwrap_or_default()
}

fn review() -> String {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "app"},
        "spec": {"containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    review_of(&pod, NAMESPACE).to_string()
}
