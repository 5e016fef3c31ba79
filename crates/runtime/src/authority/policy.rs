//! How long authorities and certificates live, and for which names they are.

use std::time::Duration;

use clap::Args;
use k8s_openapi::jiff::{Span, SpanRelativeTo};
use thiserror::Error;

use super::pair::{MakeError, Names};

/// The longest life: what is longer is a slip of the pen.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Flags of an authority of our own.
#[derive(Debug, Clone, Args)]
pub struct AuthorityArgs {
    /// Further name or address that the certificate is for; may be given several times.
    #[arg(long = "certificate-name", value_name = "NAME")]
    pub certificate_names: Vec<String>,

    /// How long an authority of our own lives, as 365d or 8760h. After two thirds of it another one is made.
    #[arg(long, value_name = "DURATION", default_value = "365d", value_parser = parse_duration)]
    pub authority_lifetime: Duration,

    /// How long a certificate of our own lives. After two thirds of it another one is made.
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = parse_duration)]
    pub certificate_lifetime: Duration,

    /// How long a new authority is published before a certificate comes from it, and an old one after none does.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_duration)]
    pub rotation_overlap: Duration,
}

/// How long what lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Life of an authority.
    pub authority_lifetime: Duration,
    /// Life of a certificate.
    pub certificate_lifetime: Duration,
    /// How long authorities are published before they are used, and after.
    pub overlap: Duration,
}

/// What is wrong with the flags.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// There would be no time to follow.
    #[error("{flag} must be at least {times} times --rotation-overlap")]
    TooShort {
        /// The flag.
        flag: &'static str,
        /// How many times.
        times: u32,
    },
    /// A certificate would outlive its authority.
    #[error("--certificate-lifetime must not be longer than --authority-lifetime")]
    OutlivesAuthority,
    /// A name is none.
    #[error("--certificate-name or the name of the service is not one that a certificate can be for")]
    Name(#[source] MakeError),
}

impl AuthorityArgs {
    /// The lives, once they fit together.
    ///
    /// # Errors
    /// They do not.
    pub fn policy(&self) -> Result<Policy, PolicyError> {
        let policy = Policy {
            authority_lifetime: self.authority_lifetime,
            certificate_lifetime: self.certificate_lifetime,
            overlap: self.rotation_overlap,
        };
        let is_shorter = |life: Duration, times: u32| life < policy.overlap.saturating_mul(times);
        // In the last third of an authority the next one ripens, and there must be time left for it to take over.
        if is_shorter(policy.authority_lifetime, 6) {
            return Err(PolicyError::TooShort { flag: "--authority-lifetime", times: 6 });
        }
        if is_shorter(policy.certificate_lifetime, 3) {
            return Err(PolicyError::TooShort { flag: "--certificate-lifetime", times: 3 });
        }
        if policy.certificate_lifetime > policy.authority_lifetime {
            return Err(PolicyError::OutlivesAuthority);
        }
        Ok(policy)
    }

    /// The names of a service, and those that the flags add.
    ///
    /// # Errors
    /// One of them is no name.
    pub fn names(&self, service: &str, namespace: &str) -> Result<Names, PolicyError> {
        let service = format!("{service}.{namespace}.svc");
        let own = [format!("{service}.cluster.local"), service];
        let names = own.into_iter().chain(self.certificate_names.iter().cloned());
        Names::new(names).map_err(PolicyError::Name)
    }
}

/// Reads `90d`, `2160h`, `1h 30m` or `P90D`; a day has 24 hours.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let span: Span = text.parse().map_err(|_| "not a duration: write it as 90d, 2160h or 30s".to_owned())?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "months and years differ in length: write days".to_owned())?;
    match Duration::try_from(duration) {
        Ok(duration) if (Duration::from_secs(1)..=LONGEST).contains(&duration) => Ok(duration),
        _ => Err("it must be between 1 s and 36500d".to_owned()),
    }
}
