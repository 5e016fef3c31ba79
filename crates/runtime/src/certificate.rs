//! Where a daemon's certificate comes from: files that somebody else keeps, or a Secret that the daemons keep themselves.
//!
//! Every replica watches the one Secret and serves with what it holds; one that is deleted or of no use leaves the last
//! good certificate serving. The leader keeps the Secret, by [`crate::authority`], and the `caBundle` of the webhooks by
//! which the API server finds the daemons. With files it does neither: cert-manager keeps both.

mod bundle;
mod files;
mod keeper;
mod metrics;
mod secret;
mod served;

use std::fmt;
use std::sync::Arc;

use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ApiResource, DynamicObject};
use kube::{Api, Client};
use prometheus::Registry;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::authority::{Names, Policy};
use crate::readiness::Readiness;
use crate::tls::{ServerTls, TlsArgs, TlsError};
use bundle::BundleKeeper;
use keeper::SecretKeeper;
use metrics::Metrics;
use secret::Seen;
use served::Served;

/// An authority of our own, and where it is kept.
#[derive(Debug, Clone)]
pub struct OwnAuthority {
    /// How long what lives.
    pub policy: Policy,
    /// Names that the certificate is for.
    pub names: Names,
    /// Namespace of the Secret.
    pub namespace: String,
    /// Name of the Secret.
    pub secret: String,
    /// Name of the MutatingWebhookConfiguration and of the ValidatingWebhookConfiguration whose `caBundle` is kept.
    pub webhook_configuration: Option<String>,
    /// Who the `caBundle` belongs to.
    pub field_manager: &'static str,
}

/// The certificate of a daemon.
#[derive(Debug)]
pub struct Certificate {
    arguments: TlsArgs,
    own: Option<OwnAuthority>,
    tls: ServerTls,
}

/// What the leader does for all.
#[derive(Debug, Clone)]
pub struct CertificateDuties(Option<Arc<Duties>>);

struct Duties {
    own: OwnAuthority,
    client: Client,
    seen: Seen,
    metrics: Metrics,
}

impl Certificate {
    /// Reads the files; where there are none the certificate comes later, from the authority.
    ///
    /// # Errors
    /// A file cannot be used.
    pub fn open(arguments: &TlsArgs, own: OwnAuthority) -> Result<Self, TlsError> {
        let tls = ServerTls::waiting();
        let own = match arguments.read()? {
            Some(identity) => {
                tls.replace(identity.configure()?);
                None
            }
            None => {
                arguments.clients()?.map(|clients| clients.roots()).transpose()?;
                Some(own)
            }
        };
        Ok(Self { arguments: arguments.clone(), own, tls })
    }

    /// What to serve with, now and later.
    #[must_use]
    pub fn tls(&self) -> ServerTls {
        self.tls.clone()
    }

    /// Begins to keep it current. The daemon is ready as soon as there is something to serve with.
    ///
    /// # Errors
    /// A metric is there already.
    pub fn begin(
        self,
        tasks: &mut JoinSet<()>,
        client: &Client,
        (readiness, registry): (&Readiness, &Registry),
    ) -> prometheus::Result<CertificateDuties> {
        let metrics = Metrics::register(registry)?;
        let served = Served::new(self.tls, readiness.condition("certificate"), metrics.clone());
        let Some(own) = self.own else {
            tasks.spawn(files::follow(self.arguments, served));
            return Ok(CertificateDuties(None));
        };
        let seen = Seen::default();
        let api = Api::namespaced(client.clone(), &own.namespace);
        tasks.spawn(secret::follow(api, own.secret.clone(), seen.clone()));
        tasks.spawn(secret::serve(seen.held(), self.arguments, served, own.secret.clone()));
        let duties = Duties { own, client: client.clone(), seen, metrics };
        Ok(CertificateDuties(Some(Arc::new(duties))))
    }
}

impl CertificateDuties {
    /// Begins what the leader does; ends with the tasks.
    pub fn begin(&self, tasks: &mut JoinSet<()>) {
        let Some(duties) = self.0.as_deref() else { return };
        let Duties { own, client, seen, metrics } = duties;
        let mut published = Vec::new();
        for (resource, name) in own.webhook_configuration.as_deref().into_iter().flat_map(configurations) {
            let (sender, receiver) = watch::channel(None);
            published.push(receiver);
            let keeper = BundleKeeper {
                client: client.clone(),
                api: Api::<DynamicObject>::all_with(client.clone(), &resource),
                resource,
                name,
                field_manager: own.field_manager,
                published: sender,
                metrics: metrics.clone(),
            };
            tasks.spawn(keeper.keep(seen.held()));
        }
        let api: Api<Secret> = Api::namespaced(client.clone(), &own.namespace);
        let keeper =
            SecretKeeper { api, own: own.clone(), seen: seen.clone(), published, metrics: metrics.clone() };
        tasks.spawn(keeper.keep());
    }
}

impl fmt::Debug for Duties {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Duties").field("own", &self.own).finish_non_exhaustive()
    }
}

/// The two configurations of that name.
fn configurations(name: &str) -> [(ApiResource, String); 2] {
    [
        (ApiResource::erase::<MutatingWebhookConfiguration>(&()), name.to_owned()),
        (ApiResource::erase::<ValidatingWebhookConfiguration>(&()), name.to_owned()),
    ]
}

#[cfg(test)]
mod tests;
