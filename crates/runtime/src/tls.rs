//! The certificate that a daemon serves with, as rustls wants it, and the flags that name its files. It may be replaced at
//! any time, and may come only when the daemon serves already: connections wait for the first one.

mod clients;
mod terms;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use clap::Args;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;
use tokio::sync::watch;

use crate::authority::expiry;
use clients::Doorkeeper;
pub use terms::{Demand, Terms};

/// Where the certificate is, if it is in files, and who may connect.
#[derive(Debug, Clone, Default, Args)]
pub struct TlsArgs {
    /// File with the certificate and those between it and its authority, PEM; read again when it changes. Without it the
    /// daemon has an authority of its own.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,

    /// File with the certificate's key, PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

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
    /// There is no PEM of that kind.
    #[error("{place} holds no {what}")]
    Parse {
        /// The file, or the Secret.
        place: String,
        /// What it should hold.
        what: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// The certificate and the key do not fit together, or are of a kind that is not served with.
    #[error("cannot serve with the certificate in {place}")]
    Serve {
        /// The file or the Secret of the certificate.
        place: String,
        /// Why.
        source: rustls::Error,
    },
    /// An authority of clients cannot be trusted.
    #[error("cannot trust the authorities in {place}")]
    Trust {
        /// The file.
        place: String,
        /// Why.
        source: VerifierBuilderError,
    },
}

/// What every new connection is served with; may be replaced at any time.
#[derive(Debug, Clone)]
pub struct ServerTls {
    current: watch::Sender<Option<Arc<ServerConfig>>>,
}

/// A PEM text, and where it is from.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem {
    /// For people: the file, or the Secret.
    pub place: String,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// A certificate with its key, and the authorities of clients where they need one.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate and those between it and its authority.
    pub certificate: Pem,
    /// Its key.
    pub key: Pem,
    /// The authorities of clients.
    pub clients: Option<Pem>,
}

impl ServerTls {
    /// There is no certificate yet: connections wait for it.
    #[must_use]
    pub fn waiting() -> Self {
        Self { current: watch::Sender::new(None) }
    }

    /// What a connection that begins now is served with; none where there is no certificate yet.
    #[must_use]
    pub fn current(&self) -> Option<Arc<ServerConfig>> {
        self.current.borrow().clone()
    }

    /// What a connection that begins now is served with, as soon as there is a certificate.
    pub async fn first(&self) -> Arc<ServerConfig> {
        let mut current = self.current.subscribe();
        loop {
            if let Some(configuration) = current.borrow_and_update().clone() {
                return configuration;
            }
            // We hold a sender: it does not end.
            let _ = current.changed().await;
        }
    }

    /// Serves connections that begin from now on with something else.
    pub fn replace(&self, configuration: ServerConfig) {
        self.current.send_replace(Some(Arc::new(configuration)));
    }
}

impl TlsArgs {
    /// Reads the files; none where there are none.
    pub(crate) fn read(&self) -> Result<Option<Identity>, TlsError> {
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else { return Ok(None) };
        let (certificate, key) = (Pem::read(certificate)?, Pem::read(key)?);
        Ok(Some(Identity { certificate, key, clients: self.clients()? }))
    }

    /// The authorities of clients, where they need one.
    pub(crate) fn clients(&self) -> Result<Option<Pem>, TlsError> {
        self.tls_client_authority.as_deref().map(Pem::read).transpose()
    }
}

impl Pem {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Path) -> Result<Self, TlsError> {
        let bytes = fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
        Ok(Self { place: path.display().to_string(), bytes })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let refuse = |source| TlsError::Parse { place: self.place.clone(), what: "certificate", source };
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(&self.bytes).collect::<Result<_, _>>().map_err(refuse)?;
        if chain.is_empty() { Err(refuse(pem::Error::NoItemsFound)) } else { Ok(chain) }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let refuse = |source| TlsError::Parse { place: self.place.clone(), what: "key", source };
        PrivateKeyDer::from_pem_slice(&self.bytes).map_err(refuse)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let roots = self.roots()?.into();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
        verifier.map_err(|source| TlsError::Trust { place: self.place.clone(), source })
    }

    /// The authorities to trust that it holds.
    pub(crate) fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in self.certificates()? {
            let refuse = |source| TlsError::Serve { place: self.place.clone(), source };
            roots.add(certificate).map_err(refuse)?;
        }
        Ok(roots)
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pem").field("place", &self.place).finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("place", &self.certificate.place).finish_non_exhaustive()
    }
}

impl Identity {
    /// What rustls serves with. Where there are authorities of clients, each needs a certificate of theirs.
    pub(crate) fn configure(&self) -> Result<ServerConfig, TlsError> {
        let demand = if self.clients.is_some() { Demand::Authorized } else { Demand::Nothing };
        self.configure_by(&Terms { demand, ..Terms::default() })
    }

    /// What rustls serves with, on these terms.
    ///
    /// # Errors
    /// What it holds is not what it should be, or the terms leave nothing that could be spoken.
    pub fn configure_by(&self, terms: &Terms) -> Result<ServerConfig, TlsError> {
        let refuse = |source| TlsError::Serve { place: self.certificate.place.clone(), source };
        let provider = Arc::new(terms.provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(&terms.versions).map_err(refuse)?;
        let builder = match self.doorkeeper(terms, &provider)? {
            None => builder.with_no_client_auth(),
            Some(doorkeeper) => builder.with_client_cert_verifier(Arc::new(doorkeeper)),
        };
        let certified = builder.with_single_cert(self.certificate.certificates()?, self.key.key()?);
        let mut configuration = certified.map_err(refuse)?;
        configuration.alpn_protocols = terms.protocols();
        configuration.ignore_client_order = terms.own_order;
        Ok(configuration)
    }

    /// When the certificate is good no more, if it says so.
    #[must_use]
    pub fn expires(&self) -> Option<SystemTime> {
        expiry(&self.certificate.bytes).map(SystemTime::from)
    }

    fn doorkeeper(
        &self,
        terms: &Terms,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Doorkeeper>, TlsError> {
        if !terms.demand.asks() {
            return Ok(None);
        }
        let authorities = match &self.clients {
            _ if !terms.demand.needs_authorities() => None,
            Some(clients) => Some(clients.verifier(provider)?),
            None => {
                let place = self.certificate.place.clone();
                return Err(TlsError::Trust { place, source: VerifierBuilderError::NoRootAnchors });
            }
        };
        Ok(Some(Doorkeeper {
            authorities,
            is_strict: terms.demand.is_strict(),
            names: terms.client_names.clone(),
            algorithms: provider.signature_verification_algorithms,
        }))
    }
}

#[cfg(test)]
mod tests;
