//! The daemon, asked without the API server: what it says to a review, byte for byte.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::client::Body;
use kube::{Client, Config};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

/// How long an answer may take.
const BOUND: Duration = Duration::from_secs(30);

/// Leads to a daemon.
pub(crate) struct Direct(Client);

/// What a daemon answers.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Direct {
    /// Trusts that authority alone, and asks once: what comes is the answer.
    pub(crate) fn new(address: SocketAddr, authority: &str) -> Self {
        let mut config = Config::new(format!("https://{address}").parse().unwrap());
        config.root_cert = Some(vec![CertificateDer::from_pem_slice(authority.as_bytes()).unwrap().to_vec()]);
        config.default_retry = false;
        Self(Client::try_from(config).unwrap())
    }

    /// What it answers to a review.
    pub(crate) async fn post(&self, review: &Value) -> Said {
        self.try_post(review).await.unwrap()
    }

    /// The same, where it may not even take the connection.
    pub(crate) async fn try_post(&self, review: &Value) -> kube::Result<Said> {
        let request = http::Request::post("/inject").header("content-type", "application/json");
        let request = request.body(Body::from(review.to_string().into_bytes())).unwrap();
        let said = async {
            let (parts, body) = self.0.send(request).await?.into_parts();
            Ok(Said { status: parts.status.as_u16(), body: body.collect_bytes().await?.to_vec() })
        };
        tokio::time::timeout(BOUND, said).await.unwrap()
    }
}

impl Said {
    /// The review that it is.
    pub(crate) fn review(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// The JSON Patch in an answer.
pub(crate) fn patch_of(said: &Said) -> Value {
    let review = said.review();
    let patch = review["response"]["patch"].as_str().unwrap_or_else(|| panic!("no patch: {review}"));
    serde_json::from_slice(&STANDARD.decode(patch).unwrap()).unwrap()
}
