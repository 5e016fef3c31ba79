//! Certificates of a cluster: one authority, and a certificate for each part of the control plane.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, Error, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// The authority that every part of a cluster trusts.
#[derive(Debug)]
pub struct Authority {
    /// Its certificate, PEM.
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Who a certificate is for, in Kubernetes' terms.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The user: the common name.
    pub user: &'a str,
    /// The group: the organisation.
    pub group: Option<&'a str>,
    /// Addresses and names that it serves at.
    pub names: &'a [&'a str],
}

/// A certificate with its key, both PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

impl Authority {
    /// Makes an authority with a key of its own.
    ///
    /// # Errors
    /// No key can be made.
    pub fn new() -> Result<Self, Error> {
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        parameters.distinguished_name.push(DnType::CommonName, "chandler-cluster");
        let key = KeyPair::generate()?;
        let certificate = parameters.self_signed(&key)?.pem();
        Ok(Self { certificate, issuer: Issuer::new(parameters, key) })
    }

    /// Issues a certificate for both sides of a connection.
    ///
    /// # Errors
    /// A name is not one that a certificate can hold.
    pub fn issue(&self, identity: Identity<'_>) -> Result<Certified, Error> {
        let names: Vec<String> = identity.names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name.push(DnType::CommonName, identity.user);
        if let Some(group) = identity.group {
            parameters.distinguished_name.push(DnType::OrganizationName, group);
        }
        parameters.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer)?.pem();
        Ok(Certified { certificate, key: key.serialize_pem() })
    }
}

/// A pair of keys for the tokens of service accounts, PEM: the private one, and the public one.
///
/// # Errors
/// No key can be made.
pub fn token_keys() -> Result<(String, String), Error> {
    KeyPair::generate().map(|pair| (pair.serialize_pem(), pair.public_key_pem()))
}
