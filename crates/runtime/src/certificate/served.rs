//! What is served with now, and the change to something else.

use crate::authority::expiry;
use crate::readiness::Condition;
use crate::tls::{Identity, ServerTls, TlsError};

use super::metrics::{Kind, Metrics};

/// What is served with.
#[derive(Debug)]
pub(super) struct Served {
    tls: ServerTls,
    condition: Condition,
    pub(super) metrics: Metrics,
    known: Option<Identity>,
}

impl Served {
    /// The condition holds as soon as there is something to serve with.
    pub(super) fn new(tls: ServerTls, condition: Condition, metrics: Metrics) -> Self {
        Self { tls, condition, metrics, known: None }
    }

    /// Serves with this from now on; where it cannot be served with, the last certificate stays.
    pub(super) fn take(&mut self, read: Result<Identity, TlsError>) {
        let served = read.and_then(|identity| self.serve(identity));
        if let Err(error) = served {
            tracing::warn!(
                error = error.to_string(),
                "the certificate is of no use; the last one stays, if there is one"
            );
        }
    }

    fn serve(&mut self, identity: Identity) -> Result<(), TlsError> {
        if self.known.as_ref() == Some(&identity) {
            return Ok(());
        }
        self.tls.replace(identity.configure()?);
        self.condition.hold();
        let expires = expiry(&identity.certificate.bytes);
        if let Some(expires) = expires {
            self.metrics.expires(Kind::Serving, expires);
        }
        let expires = expires.map(|time| time.to_string()).unwrap_or_default();
        tracing::info!(place = identity.certificate.place, expires, "serving with a new certificate");
        self.known = Some(identity);
        Ok(())
    }
}
