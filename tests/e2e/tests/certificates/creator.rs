//! Pods that are created all the time, and clients that connect anew all the time: what fails is remembered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::stage::{Stage, is_fitted};

/// Clients at once.
const CLIENTS: usize = 3;

/// Fewer would show nothing.
const FEWEST: usize = 20;

pub(crate) struct Creator {
    is_over: Arc<AtomicBool>,
    clients: JoinSet<Report>,
}

#[derive(Debug, Default)]
struct Report {
    good: usize,
    bad: Vec<String>,
}

impl Creator {
    /// Begins.
    pub(crate) fn begin(stage: &Arc<Stage>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (stage, is_over) = (Arc::clone(stage), Arc::clone(&is_over));
            clients.spawn(async move {
                let mut report = Report::default();
                while !is_over.load(Ordering::Relaxed) {
                    let answer = stage.dry().await;
                    if is_fitted(&answer) {
                        report.good += 1;
                    } else {
                        report.bad.push(answer.body.to_string());
                    }
                }
                report
            });
        }
        Self { is_over, clients }
    }

    /// Also connects to these, as the API server would that has nothing but the bundle of this moment.
    pub(crate) fn connecting(mut self, stage: &Arc<Stage>, addresses: &[SocketAddr]) -> Self {
        let (stage, is_over, addresses) = (Arc::clone(stage), Arc::clone(&self.is_over), addresses.to_vec());
        self.clients.spawn(async move {
            let mut report = Report::default();
            while !is_over.load(Ordering::Relaxed) {
                let bundle = stage.bundles().await.unwrap().remove(0);
                for address in &addresses {
                    match connect(*address, &bundle).await {
                        Ok(_) => report.good += 1,
                        Err(error) => report.bad.push(format!("{address}: {error}")),
                    }
                }
            }
            report
        });
        self
    }

    /// Ends; nothing may have failed.
    pub(crate) async fn end(mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(report) = self.clients.join_next().await {
            let Report { good, bad } = report.unwrap();
            assert!(bad.is_empty(), "{} of {} failed: {bad:#?}", bad.len(), good + bad.len());
            assert!(good >= FEWEST, "only {good} were tried");
            println!("{good} good, none bad");
        }
    }
}

/// Connects with trust in a bundle. The certificate that it was shown.
pub(crate) async fn connect(address: SocketAddr, bundle: &str) -> anyhow::Result<CertificateDer<'static>> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
        roots.add(authority?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1")?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned())
}
