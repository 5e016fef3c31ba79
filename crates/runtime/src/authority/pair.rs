//! A certificate with its key: made, read, and what it says.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// How long before its making a certificate begins to be good: for those whose clocks are behind.
const BACKDATE: Duration = Duration::from_secs(24 * 3600);

/// Names and addresses that a certificate is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names(BTreeSet<String>);

/// A certificate with its key, PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    certificate: String,
    key: String,
    said: Said,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    made: Timestamp,
    expires: Timestamp,
    names: Names,
    is_authority: bool,
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum MakeError {
    /// A name cannot be in a certificate.
    #[error("{name:?} is no name of a server")]
    Name {
        /// The name.
        name: String,
    },
    /// It cannot be made.
    #[error("a certificate cannot be made")]
    Make(#[from] rcgen::Error),
    /// A time is out of the range of times.
    #[error("a time is out of range")]
    Time,
    /// What was made cannot be read.
    #[error("a certificate that was made cannot be read")]
    Read(#[from] ParseError),
}

/// Why something is no pair. Says nothing of what was there instead.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum ParseError {
    /// It is no certificate.
    #[error("no certificate")]
    Certificate,
    /// It is no key.
    #[error("no key")]
    Key,
    /// Each is one, of another pair.
    #[error("a key that is not the certificate's")]
    Mismatch,
}

impl Names {
    /// Names of servers, each once.
    ///
    /// # Errors
    /// One of them is none.
    pub fn new(names: impl IntoIterator<Item = String>) -> Result<Self, MakeError> {
        let names = names.into_iter().map(|name| match ServerName::try_from(name.as_str()) {
            Ok(ServerName::IpAddress(address)) => Ok(IpAddr::from(address).to_string()),
            Ok(_) => Ok(name),
            Err(_) => Err(MakeError::Name { name }),
        });
        names.collect::<Result<_, _>>().map(Self)
    }
}

impl Pair {
    /// A new authority, good from now on.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn authority(now: Timestamp, lifetime: Duration) -> Result<Self, MakeError> {
        let mut parameters = parameters(&Names::default(), now, add(now, lifetime)?)?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        // Another for each, so that a chain is built from the right one.
        parameters.distinguished_name.push(DnType::CommonName, format!("chandler authority of {now}"));
        let key = KeyPair::generate()?;
        let certificate = parameters.self_signed(&key)?;
        Ok(Self::parse(&certificate.pem(), &key.serialize_pem())?)
    }

    /// A certificate from this authority for a server, good from now on and no longer than the authority.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn issue(&self, names: &Names, now: Timestamp, lifetime: Duration) -> Result<Self, MakeError> {
        let expires = add(now, lifetime)?.min(self.expires());
        let mut parameters = parameters(names, now, expires)?;
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.distinguished_name.push(DnType::CommonName, "chandler");
        let issuer = Issuer::from_ca_cert_pem(&self.certificate, KeyPair::from_pem(&self.key)?)?;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &issuer)?;
        Ok(Self::parse(&certificate.pem(), &key.serialize_pem())?)
    }

    /// Reads a pair; of a chain, its first certificate.
    ///
    /// # Errors
    /// One of the two is something else, or they do not fit.
    pub fn parse(certificate: &str, key: &str) -> Result<Self, ParseError> {
        let der = der(certificate)?;
        // What a client of rustls would not read is not served to one: it is stricter than `x509`.
        ParsedCertificate::try_from(&der).map_err(|_| ParseError::Certificate)?;
        let parsed = x509(&der)?;
        let pair = KeyPair::from_pem(key).map_err(|_| ParseError::Key)?;
        if pair.subject_public_key_info() != parsed.public_key().raw {
            return Err(ParseError::Mismatch);
        }
        let said = said(&parsed).ok_or(ParseError::Certificate)?;
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), said })
    }

    /// Whether this is the authority that signed a certificate.
    pub(super) fn has_signed(&self, other: &Self) -> bool {
        let verified = || {
            let (own, other) = (der(&self.certificate).ok()?, der(&other.certificate).ok()?);
            let (own, other) = (x509(&own).ok()?, x509(&other).ok()?);
            let is_named = own.subject() == other.issuer();
            (is_named && other.verify_signature(Some(own.public_key())).is_ok()).then_some(())
        };
        self.said.is_authority && verified().is_some()
    }

    /// The certificate, PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The key, PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// When it was made.
    #[must_use]
    pub fn made(&self) -> Timestamp {
        self.said.made
    }

    /// From when on it is good no more.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.said.expires
    }

    /// Names and addresses that it is for.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.said.names
    }

    /// Whether it is good no more.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.said.expires
    }

    /// Whether so much of its life is over that it is time for another.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let (made, expires) = (self.said.made.as_second(), self.said.expires.as_second());
        now.as_second() >= made.saturating_add(expires.saturating_sub(made) / 3 * 2)
    }

    /// Whether it was made that long ago.
    pub(super) fn is_older(&self, age: Duration, now: Timestamp) -> bool {
        now.duration_since(self.said.made) >= age.try_into().unwrap_or_default()
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pair").field("said", &self.said).finish_non_exhaustive()
    }
}

/// When a certificate, PEM, is good no more; of a chain, its first.
pub(crate) fn expiry(certificate: &[u8]) -> Option<Timestamp> {
    let certificate = CertificateDer::from_pem_slice(certificate).ok()?;
    said(&x509(&certificate).ok()?).map(|said| said.expires)
}

fn parameters(names: &Names, now: Timestamp, expires: Timestamp) -> Result<CertificateParams, MakeError> {
    let mut parameters = CertificateParams::new(names.0.iter().cloned().collect::<Vec<_>>())?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    let begins = now.checked_sub(BACKDATE).map_err(|_| MakeError::Time)?;
    let epoch = date_time_ymd(1970, 1, 1);
    let seconds = |time: Timestamp| u64::try_from(time.as_second()).map_err(|_| MakeError::Time);
    parameters.not_before = epoch + Duration::from_secs(seconds(begins)?);
    parameters.not_after = epoch + Duration::from_secs(seconds(expires)?);
    Ok(parameters)
}

fn add(time: Timestamp, duration: Duration) -> Result<Timestamp, MakeError> {
    time.checked_add(duration).map_err(|_| MakeError::Time)
}

fn der(certificate: &str) -> Result<CertificateDer<'static>, ParseError> {
    CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| ParseError::Certificate)
}

fn x509<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, ParseError> {
    X509Certificate::from_der(certificate).map(|(_, parsed)| parsed).map_err(|_| ParseError::Certificate)
}

fn said(certificate: &X509Certificate<'_>) -> Option<Said> {
    let validity = certificate.validity();
    let begins = Timestamp::from_second(validity.not_before.timestamp()).ok()?;
    let alternatives = certificate.subject_alternative_name().ok()?;
    let names = alternatives.iter().flat_map(|extension| &extension.value.general_names);
    Some(Said {
        made: begins.checked_add(BACKDATE).ok()?,
        expires: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
        names: Names(names.filter_map(name_of).collect()),
        is_authority: certificate.is_ca(),
    })
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    }
}
