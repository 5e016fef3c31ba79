//! What one Secret holds: the authorities with their keys, and the certificate that is served with its key.

use std::collections::BTreeMap;
use std::iter;

use k8s_openapi::ByteString;
use k8s_openapi::jiff::Timestamp;
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use thiserror::Error;

use super::pair::{MakeError, Names, Pair, ParseError};
use super::policy::Policy;

/// Keys of the Secret's data: the names that kubernetes.io/tls and cert-manager have for them, and one of ours.
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
/// The bundle: all authorities to trust, oldest first.
const AUTHORITIES: &str = "ca.crt";
/// Their keys, in that order.
const AUTHORITY_KEYS: &str = "ca.key";

/// Authorities to trust, one of which signed the certificate that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// Authorities from which no certificate comes any more, oldest first.
    pub(super) older: Vec<Pair>,
    /// The one that signed the certificate.
    pub(super) issuer: Pair,
    /// Those from which certificates will come, oldest first.
    pub(super) newer: Vec<Pair>,
    /// The certificate.
    pub(super) serving: Pair,
}

/// Why a Secret is of no use. Says nothing of what it holds.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum MaterialError {
    /// Something is missing, or no text.
    #[error("{key} is missing or no text")]
    Missing {
        /// The key of the Secret's data.
        key: &'static str,
    },
    /// The certificate or an authority is of no use.
    #[error("{key} has {source}")]
    Pair {
        /// The key of the Secret's data.
        key: &'static str,
        /// What it holds.
        source: ParseError,
    },
    /// Authorities and keys do not pair up.
    #[error("{AUTHORITIES} has {certificates} certificates, and {AUTHORITY_KEYS} {keys} keys")]
    Count {
        /// Certificates.
        certificates: usize,
        /// Keys.
        keys: usize,
    },
    /// The certificate comes from somewhere else.
    #[error("no authority in {AUTHORITIES} has signed {CERTIFICATE}")]
    Issuer,
}

impl Material {
    /// A new authority and a certificate from it.
    ///
    /// # Errors
    /// They cannot be made.
    pub(super) fn create(names: &Names, policy: &Policy, now: Timestamp) -> Result<Self, MakeError> {
        let issuer = Pair::authority(now, policy.authority_lifetime)?;
        let serving = issuer.issue(names, now, policy.certificate_lifetime)?;
        Ok(Self { older: Vec::new(), issuer, newer: Vec::new(), serving })
    }

    /// Reads the data of a Secret.
    ///
    /// # Errors
    /// It is not what a material writes.
    pub fn read(data: &BTreeMap<String, ByteString>) -> Result<Self, MaterialError> {
        let refuse = |key| move |source| MaterialError::Pair { key, source };
        let serving = Pair::parse(text(data, CERTIFICATE)?, text(data, KEY)?).map_err(refuse(CERTIFICATE))?;
        let certificates = sections(text(data, AUTHORITIES)?);
        let keys = sections(text(data, AUTHORITY_KEYS)?);
        if certificates.len() != keys.len() {
            return Err(MaterialError::Count { certificates: certificates.len(), keys: keys.len() });
        }
        // Nobody checks what an authority says of itself, as it is trusted: its own signature tells what was edited.
        let pairs = iter::zip(&certificates, &keys).map(|(certificate, key)| {
            let pair = Pair::parse(certificate, key)?;
            if pair.has_signed(&pair) { Ok(pair) } else { Err(ParseError::Certificate) }
        });
        let mut older = pairs.collect::<Result<Vec<_>, _>>().map_err(refuse(AUTHORITIES))?;
        let place = older.iter().position(|authority| authority.has_signed(&serving));
        let newer = older.split_off(place.ok_or(MaterialError::Issuer)? + 1);
        let issuer = older.pop().ok_or(MaterialError::Issuer)?;
        Ok(Self { older, issuer, newer, serving })
    }

    /// The data of a Secret.
    #[must_use]
    pub fn write(&self) -> BTreeMap<String, ByteString> {
        let entry = |key: &str, text: String| (key.to_owned(), ByteString(text.into_bytes()));
        BTreeMap::from([
            entry(CERTIFICATE, self.serving.certificate().to_owned()),
            entry(KEY, self.serving.key().to_owned()),
            entry(AUTHORITIES, self.bundle()),
            entry(AUTHORITY_KEYS, self.authorities().map(Pair::key).collect()),
        ])
    }

    /// Every authority that is to be trusted, oldest first, PEM.
    #[must_use]
    pub fn bundle(&self) -> String {
        self.authorities().map(Pair::certificate).collect()
    }

    /// The authorities, oldest first.
    pub fn authorities(&self) -> impl Iterator<Item = &Pair> {
        self.older.iter().chain(iter::once(&self.issuer)).chain(&self.newer)
    }

    /// The authority that signed what is served.
    #[must_use]
    pub fn issuer(&self) -> &Pair {
        &self.issuer
    }

    /// What is served.
    #[must_use]
    pub fn serving(&self) -> &Pair {
        &self.serving
    }
}

fn text<'a>(data: &'a BTreeMap<String, ByteString>, key: &'static str) -> Result<&'a str, MaterialError> {
    let bytes = data.get(key).ok_or(MaterialError::Missing { key })?;
    std::str::from_utf8(&bytes.0).map_err(|_| MaterialError::Missing { key })
}

/// The parts of a PEM text, each as a text of its own. What is no PEM ends it: the counts tell.
fn sections(text: &str) -> Vec<&str> {
    const END: &str = "-----END ";
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(END).and_then(|at| Some(at + rest.get(at..)?.find('\n')? + 1)) {
        let Some((part, after)) = rest.split_at_checked(end) else { break };
        if <(SectionKind, Vec<u8>)>::from_pem_slice(part.as_bytes()).is_err() {
            break;
        }
        parts.push(part);
        rest = after;
    }
    parts
}
