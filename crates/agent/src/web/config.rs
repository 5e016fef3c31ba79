//! The web configuration file of Prometheus' exporters: TLS, headers of answers, and names with hashed passwords. Who has
//! one for other exporters uses it here too. What it asks for is done, or refused by the name of its field.

mod header;
mod tls;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use http::HeaderMap;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

pub use tls::{ClientAuth, TlsConfig, TlsVersion};

/// Costs of a hash that are taken: beyond them one check takes seconds, and anybody may ask for one.
const COSTS: RangeInclusive<u32> = 4..=14;

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebConfig {
    /// The certificate, and how TLS is spoken. Without a certificate there is no TLS.
    #[serde(rename = "tls_server_config", deserialize_with = "or_default")]
    pub tls: TlsConfig,
    /// What is the same in every answer.
    #[serde(rename = "http_server_config", deserialize_with = "or_default")]
    pub http: HttpConfig,
    /// Names and bcrypt hashes of passwords; without any, everybody may scrape.
    #[serde(rename = "basic_auth_users", deserialize_with = "or_default")]
    pub users: BTreeMap<String, String>,
    /// Never in force here.
    #[serde(deserialize_with = "or_default")]
    rate_limit: RateLimit,
}

/// What is the same in every answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Whether HTTP/2 is offered, which only TLS can.
    pub http2: bool,
    /// Headers that every answer has, of a few that browsers look at; none where the value is empty.
    #[serde(deserialize_with = "or_default")]
    pub headers: BTreeMap<String, String>,
}

/// How many requests may come. Scrapes at once are few in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RateLimit {
    interval: String,
    burst: u32,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { http2: true, headers: BTreeMap::new() }
    }
}

/// Why the file is of no use.
#[derive(Debug, Error)]
pub enum WebConfigError {
    /// It cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not the YAML that is expected.
    #[error("{path} is no web configuration: {reason}")]
    Decode {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A field asks for what cannot be done.
    #[error("{path}: {field}: {reason}")]
    Field {
        /// The file.
        path: PathBuf,
        /// The field.
        field: String,
        /// Why, and what to do.
        reason: Cow<'static, str>,
    },
}

/// A field that asks for what cannot be done, and why.
#[derive(Debug)]
struct Refusal {
    field: String,
    reason: Cow<'static, str>,
}

impl Refusal {
    fn new(field: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

impl WebConfig {
    /// Reads and checks the file. Files that it names are relative to its folder, as for other exporters.
    ///
    /// # Errors
    /// It cannot be read, or asks for what cannot be done.
    pub fn read(path: &Path) -> Result<Self, WebConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| WebConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    /// The same of a text that stands in that file.
    ///
    /// # Errors
    /// It asks for what cannot be done.
    pub fn parse(path: &Path, text: &str) -> Result<Self, WebConfigError> {
        // What stands around a fault may be a secret.
        let options = serde_saphyr::options! { with_snippet: false };
        let decoded: Result<Option<Self>, _> = serde_saphyr::from_str_with_options(text, options);
        let config = decoded
            .map_err(|error| WebConfigError::Decode { path: path.to_owned(), reason: error.to_string() })?;
        // An empty file asks for nothing.
        let mut config = config.unwrap_or_default();
        config.check().map_err(|Refusal { field, reason }| WebConfigError::Field {
            path: path.to_owned(),
            field,
            reason,
        })?;
        config.tls.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// What every answer has.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        // Those that are of no use were refused before.
        header::all(&self.http.headers).unwrap_or_default()
    }

    fn check(&self) -> Result<(), Refusal> {
        self.tls.check()?;
        header::all(&self.http.headers)?;
        for (name, hash) in &self.users {
            check_user(name, hash)?;
        }
        if !matches!(self.rate_limit.interval.as_str(), "" | "0" | "0s") {
            let reason = "requests are not limited in time: leave it out; only a few scrapes run at once";
            return Err(Refusal::new("rate_limit", reason));
        }
        Ok(())
    }
}

fn check_user(name: &str, hash: &str) -> Result<(), Refusal> {
    let refuse = |reason| Err(Refusal::new(format!("basic_auth_users.{name}"), reason));
    if name.contains(':') {
        return refuse("the name of a user cannot have a colon");
    }
    let parts = hash.parse::<bcrypt::HashParts>();
    if !parts.is_ok_and(|parts| COSTS.contains(&parts.get_cost())) {
        return refuse("this is no bcrypt hash of cost 4 to 14: make one with htpasswd -nBC 10 NAME");
    }
    Ok(())
}

/// Nothing behind the name of a section asks for nothing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
