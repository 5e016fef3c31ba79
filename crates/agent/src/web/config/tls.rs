//! The TLS section of the web configuration file, in the words of Go's `crypto/tls`, and what rustls makes of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chandler_runtime::tls::{Demand, Identity, Pem, Terms, TlsError};
use rustls::{ProtocolVersion, version};
use serde::Deserialize;

use super::{Refusal, or_default};

/// The certificate, who may connect, and how TLS is spoken. Each PEM is in a file or stands in the configuration itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate and those between it and its authority.
    #[serde(deserialize_with = "or_default")]
    cert: String,
    #[serde(deserialize_with = "or_default")]
    cert_file: PathBuf,
    #[serde(deserialize_with = "or_default")]
    key: Secret,
    #[serde(deserialize_with = "or_default")]
    key_file: PathBuf,
    #[serde(deserialize_with = "or_default")]
    client_auth_type: ClientAuth,
    /// Authorities of clients.
    #[serde(deserialize_with = "or_default")]
    client_ca: String,
    #[serde(deserialize_with = "or_default")]
    client_ca_file: PathBuf,
    #[serde(deserialize_with = "or_default")]
    client_allowed_sans: Vec<String>,
    min_version: TlsVersion,
    max_version: TlsVersion,
    /// Of TLS 1.2; those of 1.3 are spoken in any case. All where there are none.
    #[serde(deserialize_with = "or_default")]
    cipher_suites: Vec<String>,
    prefer_server_cipher_suites: bool,
    /// All that are known where there are none.
    #[serde(deserialize_with = "or_default")]
    curve_preferences: Vec<String>,
}

/// A key that is not shown.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

/// What clients have to show, in the words of Go's `crypto/tls`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum ClientAuth {
    /// Nothing.
    #[default]
    #[serde(rename = "NoClientCert", alias = "")]
    Nothing,
    /// Nothing; a certificate is asked for and may be any.
    #[serde(rename = "RequestClientCert")]
    AnyOrNothing,
    /// A certificate, whoever signed it.
    #[serde(rename = "RequireAnyClientCert", alias = "RequireClientCert")]
    Any,
    /// Nothing, or a certificate of one of the authorities.
    #[serde(rename = "VerifyClientCertIfGiven")]
    AuthorizedOrNothing,
    /// A certificate of one of the authorities.
    #[serde(rename = "RequireAndVerifyClientCert")]
    Authorized,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum TlsVersion {
    /// 1.0, which is not spoken.
    #[serde(rename = "TLS10")]
    Tls10,
    /// 1.1, which is not spoken.
    #[serde(rename = "TLS11")]
    Tls11,
    /// 1.2.
    #[serde(rename = "TLS12")]
    Tls12,
    /// 1.3.
    #[serde(rename = "TLS13")]
    Tls13,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            cert: String::new(),
            cert_file: PathBuf::new(),
            key: Secret::default(),
            key_file: PathBuf::new(),
            client_auth_type: ClientAuth::default(),
            client_ca: String::new(),
            client_ca_file: PathBuf::new(),
            client_allowed_sans: Vec::new(),
            min_version: TlsVersion::Tls12,
            max_version: TlsVersion::Tls13,
            cipher_suites: Vec::new(),
            prefer_server_cipher_suites: true,
            curve_preferences: Vec::new(),
        }
    }
}

impl TlsConfig {
    /// Whether there is TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.cert.is_empty() || is_set(&self.cert_file)
    }

    /// Whether a version is asked for that is too old to be spoken: the next one is the oldest then.
    #[must_use]
    pub fn asks_for_old_version(&self) -> bool {
        self.min_version < TlsVersion::Tls12
    }

    /// Reads the certificate, its key, and the authorities of clients.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn identity(&self, config: &Path) -> Result<Identity, TlsError> {
        let pem = |file: &Path, text: &str| match is_set(file) {
            true => Pem::read(file),
            false => Ok(Pem { place: config.display().to_string(), bytes: text.as_bytes().to_vec() }),
        };
        let has_clients = is_set(&self.client_ca_file) || !self.client_ca.is_empty();
        Ok(Identity {
            certificate: pem(&self.cert_file, &self.cert)?,
            key: pem(&self.key_file, &self.key.0)?,
            clients: has_clients.then(|| pem(&self.client_ca_file, &self.client_ca)).transpose()?,
        })
    }

    /// How TLS is spoken.
    #[must_use]
    pub fn terms(&self, http2: bool) -> Terms {
        // What cannot be spoken was refused before.
        let terms = self.try_terms().unwrap_or_default();
        Terms { http2, ..terms }
    }

    pub(super) fn check(&self) -> Result<(), Refusal> {
        let pairs = [
            ("cert", !self.cert.is_empty(), is_set(&self.cert_file)),
            ("key", !self.key.0.is_empty(), is_set(&self.key_file)),
            ("client_ca", !self.client_ca.is_empty(), is_set(&self.client_ca_file)),
        ];
        if let Some((name, ..)) = pairs.iter().find(|(_, text, file)| *text && *file) {
            return refuse(name, format!("{name} and {name}_file say the same: leave one of them out"));
        }
        let [has_cert, has_key, has_clients] = pairs.map(|(_, text, file)| text || file);
        if has_cert != has_key {
            return refuse("", "cert_file and key_file belong together: set both or none");
        }
        if !has_cert && *self != Self::default() {
            return refuse("", "nothing of this can be without cert_file and key_file");
        }
        self.check_clients(has_clients)?;
        self.try_terms().map(drop)
    }

    fn check_clients(&self, has_authorities: bool) -> Result<(), Refusal> {
        let demand = Demand::from(self.client_auth_type);
        if demand.needs_authorities() && !has_authorities {
            return refuse("client_auth_type", "client_ca_file is needed to check certificates of clients");
        }
        if !demand.asks() && has_authorities {
            let reason = "with authorities of clients it has to be RequireAndVerifyClientCert or \
                          VerifyClientCertIfGiven";
            return refuse("client_auth_type", reason);
        }
        if !demand.is_strict() && !self.client_allowed_sans.is_empty() {
            let reason = "needs client_auth_type RequireAndVerifyClientCert: else a client comes without a certificate";
            return refuse("client_allowed_sans", reason);
        }
        Ok(())
    }

    fn try_terms(&self) -> Result<Terms, Refusal> {
        let mut terms = Terms {
            own_order: self.prefer_server_cipher_suites,
            demand: self.client_auth_type.into(),
            client_names: self.client_allowed_sans.clone(),
            ..Terms::default()
        };
        if self.max_version < TlsVersion::Tls12 || self.max_version < self.min_version {
            return refuse("max_version", "only TLS12 and TLS13 are spoken, and it is not below min_version");
        }
        let spoken = [(TlsVersion::Tls12, &version::TLS12), (TlsVersion::Tls13, &version::TLS13)];
        let wanted = spoken.iter().filter(|(name, _)| (self.min_version..=self.max_version).contains(name));
        terms.versions = wanted.map(|(_, version)| *version).collect();
        self.choose_suites(&mut terms)?;
        self.choose_groups(&mut terms)?;
        Ok(terms)
    }

    fn choose_suites(&self, terms: &mut Terms) -> Result<(), Refusal> {
        if self.cipher_suites.is_empty() {
            return Ok(());
        }
        let known = std::mem::take(&mut terms.cipher_suites);
        let (newer, older): (Vec<_>, Vec<_>) = known.into_iter().partition(Terms::is_of_1_3);
        let name = |suite: &rustls::SupportedCipherSuite| go_name(suite.suite().as_str().unwrap_or_default());
        let all: BTreeSet<_> = older.iter().chain(&newer).map(name).collect();
        if let Some(unknown) = self.cipher_suites.iter().find(|suite| !all.contains(*suite)) {
            let all = Vec::from_iter(all).join(", ");
            return refuse(
                "cipher_suites",
                format!("{unknown} is not spoken: leave it out; these are: {all}"),
            );
        }
        let wanted = |wanted: &String| older.iter().copied().find(|suite| name(suite) == *wanted);
        let older: Vec<_> = self.cipher_suites.iter().filter_map(wanted).collect();
        // Without a suite a version cannot be spoken.
        let has_older = !older.is_empty();
        terms.versions.retain(|version| version.version == ProtocolVersion::TLSv1_3 || has_older);
        if terms.versions.is_empty() {
            return refuse("cipher_suites", "none of them is of TLS 1.2, and TLS 1.3 is not spoken");
        }
        terms.cipher_suites = newer.into_iter().chain(older).collect();
        Ok(())
    }

    fn choose_groups(&self, terms: &mut Terms) -> Result<(), Refusal> {
        if self.curve_preferences.is_empty() {
            return Ok(());
        }
        let known = std::mem::take(&mut terms.groups);
        for curve in &self.curve_preferences {
            let name = match curve.as_str() {
                "CurveP256" => "secp256r1",
                "CurveP384" => "secp384r1",
                other => other,
            };
            let group = known.iter().find(|group| group.name().as_str() == Some(name));
            let Some(group) = group else {
                let reason = "is not spoken: leave it out; these are: X25519, CurveP256, CurveP384";
                return refuse("curve_preferences", format!("{curve} {reason}"));
            };
            terms.groups.push(*group);
        }
        Ok(())
    }

    pub(super) fn resolve(&mut self, folder: &Path) {
        for file in [&mut self.cert_file, &mut self.key_file, &mut self.client_ca_file] {
            if is_set(file) {
                // What is absolute stays so.
                *file = folder.join(&*file);
            }
        }
    }
}

impl From<ClientAuth> for Demand {
    fn from(auth: ClientAuth) -> Self {
        match auth {
            ClientAuth::Nothing => Self::Nothing,
            ClientAuth::AnyOrNothing => Self::AnyOrNothing,
            ClientAuth::Any => Self::Any,
            ClientAuth::AuthorizedOrNothing => Self::AuthorizedOrNothing,
            ClientAuth::Authorized => Self::Authorized,
        }
    }
}

/// Go has no `13` in the names of suites.
fn go_name(name: &str) -> String {
    name.replacen("TLS13_", "TLS_", 1)
}

fn is_set(file: &Path) -> bool {
    !file.as_os_str().is_empty()
}

fn refuse<T>(field: &str, reason: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, Refusal> {
    let dot = if field.is_empty() { "" } else { "." };
    Err(Refusal::new(format!("tls_server_config{dot}{field}"), reason))
}
