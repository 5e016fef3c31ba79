//! The certificate that a daemon serves with, from files that are read again when they change: by content, on a timer,
//! since a mounted Secret changes by a switch of links that a watch of the file misses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use clap::Args;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;

/// How often files are looked at.
const PAUSE: Duration = Duration::from_secs(5);

/// Protocols that are offered, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where the certificate is.
#[derive(Debug, Clone, Args)]
pub struct TlsArgs {
    /// File with the certificate and those between it and its authority, PEM; read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: PathBuf,

    /// File with the certificate's key, PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_key: PathBuf,

    /// File with the authorities of clients, PEM. With it, only clients with a certificate of theirs are served.
    #[arg(long, value_name = "FILE")]
    pub tls_client_authority: Option<PathBuf>,
}

/// Why there is no certificate to serve with.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no PEM of that kind.
    #[error("{path} holds no {what}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// The certificate and the key do not fit together, or are of a kind that is not served with.
    #[error("cannot serve with the certificate in {path}")]
    Serve {
        /// The file of the certificate.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// An authority of clients cannot be trusted.
    #[error("cannot trust the authorities in {path}")]
    Trust {
        /// The file.
        path: PathBuf,
        /// Why.
        source: VerifierBuilderError,
    },
}

/// What every new connection is served with; may be replaced at any time.
#[derive(Debug, Clone)]
pub struct ServerTls {
    current: Arc<ArcSwap<ServerConfig>>,
}

/// The bytes of the files, to see whether they changed.
#[derive(Debug, PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authority: Option<Vec<u8>>,
}

impl ServerTls {
    /// Serves with this.
    #[must_use]
    pub fn new(configuration: ServerConfig) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(configuration)) }
    }

    /// What a connection that begins now is served with.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Serves connections that begin from now on with something else.
    pub fn replace(&self, configuration: ServerConfig) {
        self.current.store(Arc::new(configuration));
    }
}

impl TlsArgs {
    /// Reads the files.
    ///
    /// # Errors
    /// One cannot be read, holds something else, or does not fit to the others.
    pub fn load(&self) -> Result<ServerTls, TlsError> {
        self.read().and_then(|files| self.configure(&files)).map(ServerTls::new)
    }

    /// Reads the files again and again. What cannot be served with is said, and the last good certificate stays.
    pub async fn keep_current(&self, tls: &ServerTls) {
        let mut known = self.read().ok();
        let mut ticks = tokio::time::interval(PAUSE);
        loop {
            ticks.tick().await;
            let read = match self.read() {
                Ok(files) if known.as_ref() == Some(&files) => continue,
                Ok(files) => files,
                Err(error) => {
                    tracing::warn!(
                        error = error.to_string(),
                        "the certificate cannot be read; the last one stays"
                    );
                    continue;
                }
            };
            match self.configure(&read) {
                Ok(configuration) => {
                    tls.replace(configuration);
                    known = Some(read);
                    tracing::info!(path = %self.tls_certificate.display(), "serving with a new certificate");
                }
                // The files of a pair may change one after the other: the next look finds both.
                Err(error) => {
                    tracing::warn!(
                        error = error.to_string(),
                        "the new certificate is not used; the last one stays"
                    );
                }
            }
        }
    }

    fn read(&self) -> Result<Files, TlsError> {
        Ok(Files {
            certificate: read(&self.tls_certificate)?,
            key: read(&self.tls_key)?,
            authority: self.tls_client_authority.as_deref().map(read).transpose()?,
        })
    }

    fn configure(&self, files: &Files) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder();
        let builder = match (&self.tls_client_authority, &files.authority) {
            (Some(path), Some(bytes)) => {
                let verifier = WebPkiClientVerifier::builder(roots(path, bytes)?.into()).build();
                builder.with_client_cert_verifier(
                    verifier.map_err(|source| TlsError::Trust { path: path.clone(), source })?,
                )
            }
            _ => builder.with_no_client_auth(),
        };
        let chain = certificates(&self.tls_certificate, &files.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|source| TlsError::Parse {
            path: self.tls_key.clone(),
            what: "key",
            source,
        })?;
        let mut configuration = builder
            .with_single_cert(chain, key)
            .map_err(|source| TlsError::Serve { path: self.tls_certificate.clone(), source })?;
        configuration.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(configuration)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })
}

fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refuse = |source| TlsError::Parse { path: path.to_owned(), what: "certificate", source };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(bytes).collect::<Result<_, _>>().map_err(refuse)?;
    if chain.is_empty() { Err(refuse(pem::Error::NoItemsFound)) } else { Ok(chain) }
}

fn roots(path: &Path, bytes: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, bytes)? {
        roots.add(certificate).map_err(|source| TlsError::Serve { path: path.to_owned(), source })?;
    }
    Ok(roots)
}

#[cfg(test)]
mod tests;
