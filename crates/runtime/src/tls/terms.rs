//! How TLS is spoken: versions, cipher suites, groups of keys, protocols above it, and what is demanded of clients.

use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::{DEFAULT_VERSIONS, ProtocolVersion, SupportedCipherSuite, SupportedProtocolVersion};

/// How TLS is spoken. By default as rustls does, with HTTP/2, and no client needs a certificate.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Versions that are spoken.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// Cipher suites, the better ones first.
    pub cipher_suites: Vec<SupportedCipherSuite>,
    /// Groups of the key exchange, the better ones first.
    pub groups: Vec<&'static dyn SupportedKxGroup>,
    /// Whether the order of [`Self::cipher_suites`] counts, and not that of the client.
    pub own_order: bool,
    /// Whether HTTP/2 is offered beside HTTP/1.1.
    pub http2: bool,
    /// What clients have to show.
    pub demand: Demand,
    /// Names one of which a client's certificate has to have; any where there are none.
    pub client_names: Vec<String>,
}

/// What clients have to show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    #[default]
    Nothing,
    /// Nothing; they are asked for a certificate, and may show any.
    AnyOrNothing,
    /// A certificate, whoever signed it.
    Any,
    /// Nothing, or a certificate of one of the authorities.
    AuthorizedOrNothing,
    /// A certificate of one of the authorities.
    Authorized,
}

impl Default for Terms {
    fn default() -> Self {
        let CryptoProvider { cipher_suites, kx_groups: groups, .. } = default_provider();
        Self {
            versions: DEFAULT_VERSIONS.to_vec(),
            cipher_suites,
            groups,
            own_order: false,
            http2: true,
            demand: Demand::default(),
            client_names: Vec::new(),
        }
    }
}

impl Terms {
    pub(super) fn provider(&self) -> CryptoProvider {
        let (cipher_suites, kx_groups) = (self.cipher_suites.clone(), self.groups.clone());
        CryptoProvider { cipher_suites, kx_groups, ..default_provider() }
    }

    /// Protocols that are offered, the better one first.
    pub(super) fn protocols(&self) -> Vec<Vec<u8>> {
        let protocols: &[&[u8]] = if self.http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        protocols.iter().map(|protocol| protocol.to_vec()).collect()
    }

    /// Whether a cipher suite is of TLS 1.3, which has others than 1.2.
    #[must_use]
    pub fn is_of_1_3(suite: &SupportedCipherSuite) -> bool {
        suite.version().version == ProtocolVersion::TLSv1_3
    }
}

impl Demand {
    /// Whether nobody is served without a certificate.
    #[must_use]
    pub fn is_strict(self) -> bool {
        matches!(self, Self::Any | Self::Authorized)
    }

    /// Whether certificates are asked for at all.
    #[must_use]
    pub fn asks(self) -> bool {
        self != Self::Nothing
    }

    /// Whether a certificate has to be of one of the authorities.
    #[must_use]
    pub fn needs_authorities(self) -> bool {
        matches!(self, Self::Authorized | Self::AuthorizedOrNothing)
    }
}
