//! The leader keeps the Secret. Each write says which version of the Secret it is about, so that of two that take
//! themselves for the leader one fails and looks again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::{DeleteParams, ObjectMeta, PostParams, Preconditions};
use thiserror::Error;
use tokio::sync::watch;

use super::OwnAuthority;
use super::bundle::Published;
use super::metrics::Metrics;
use super::secret::Seen;
use crate::authority::{self, Change, MakeError, Material, MaterialError, Reason, Wanted};
use crate::call::{CallError, bounded};

/// How often the Secret is looked at when nothing is heard of it.
const LOOK: Duration = Duration::from_secs(10);

/// The shortest pause between two looks.
const SHORTEST: Duration = Duration::from_millis(200);

/// How long a change takes at most to be known to every replica and every API server.
const SETTLE: Duration = Duration::from_secs(60);

/// Type of the Secret.
const TYPE: &str = "kubernetes.io/tls";

/// Keeps the Secret.
#[derive(Debug)]
pub(super) struct SecretKeeper {
    pub(super) api: Api<Secret>,
    pub(super) own: OwnAuthority,
    pub(super) seen: Seen,
    /// What each of the webhook configurations says.
    pub(super) published: Vec<watch::Receiver<Option<Published>>>,
    pub(super) metrics: Metrics,
}

/// Why the Secret is not as it should be.
#[derive(Debug, Error)]
enum KeepError {
    #[error("it cannot be read or written: {0}")]
    Call(#[from] CallError),
    #[error("{0}")]
    Make(#[from] MakeError),
}

impl SecretKeeper {
    /// Keeps it as long as this is polled.
    pub(super) async fn keep(self) {
        let mut bell = self.seen.bell();
        let pause = (self.own.policy.overlap / 8).clamp(SHORTEST, LOOK);
        loop {
            bell.mark_unchanged();
            match self.look().await {
                Ok(()) => {}
                Err(KeepError::Call(error)) if error.is_conflict() => {
                    tracing::debug!(secret = self.own.secret, "the Secret was changed by another");
                }
                Err(error) => {
                    tracing::warn!(
                        secret = self.own.secret,
                        error = error.to_string(),
                        "the Secret is not kept"
                    );
                }
            }
            // Also where somebody changes it all the time, the API server is not asked all the time.
            tokio::time::sleep(SHORTEST).await;
            let _ = tokio::time::timeout(pause, bell.changed()).await;
        }
    }

    async fn look(&self) -> Result<(), KeepError> {
        let found = bounded(self.api.get_opt(&self.own.secret)).await?;
        let read = found.as_ref().map(read_secret);
        let held = self.seen.held().borrow().clone();
        let held = held.as_ref().map(|held| &held.material);
        let wanted = Wanted {
            policy: &self.own.policy,
            names: &self.own.names,
            now: Timestamp::now(),
            is_settled: self.is_settled(read.as_ref().and_then(|read| read.as_ref().ok())),
        };
        if let Some(change) = authority::keep(read.as_ref(), held, &wanted)? {
            self.write(found, &change).await?;
        }
        Ok(())
    }

    /// Whether everybody has had the time to follow to what the Secret holds: it has been known here for a while, and
    /// for a while every webhook has had its bundle.
    fn is_settled(&self, found: Option<&Material>) -> bool {
        let Some(held) = self.seen.held().borrow().clone() else { return false };
        let settle = self.own.policy.overlap.min(SETTLE);
        let is_old = |since: Instant| since.elapsed() >= settle;
        let bundle = held.material.bundle();
        let is_published = |published: &watch::Receiver<Option<Published>>| {
            let published = published.borrow();
            published.as_ref().is_some_and(|published| published.bundle == bundle && is_old(published.since))
        };
        found == Some(&held.material) && is_old(held.since) && self.published.iter().all(is_published)
    }

    async fn write(&self, found: Option<Secret>, change: &Change) -> Result<(), CallError> {
        let parameters = PostParams::default();
        match found {
            // It can never be changed again. The next look finds none.
            Some(Secret { immutable: Some(true), metadata, .. }) => return self.delete(metadata).await,
            Some(secret) => {
                let secret = with_data(secret, &change.material);
                bounded(self.api.replace(&self.own.secret, &parameters, &secret)).await?;
            }
            None => {
                let secret = with_data(self.new_secret(), &change.material);
                bounded(self.api.create(&parameters, &secret)).await?;
            }
        }
        let reasons: Vec<&str> = change.reasons.iter().map(|reason| Reason::label(*reason)).collect();
        reasons.iter().for_each(|reason| self.metrics.count(reason));
        let material = &change.material;
        tracing::info!(
            secret = self.own.secret,
            reasons = reasons.join(", "),
            authorities = material.authorities().count(),
            certificate_expires = %material.serving().expires(),
            authority_expires = %material.issuer().expires(),
            "the Secret was written"
        );
        Ok(())
    }

    /// Deletes the very Secret that was looked at.
    async fn delete(&self, metadata: ObjectMeta) -> Result<(), CallError> {
        let preconditions = Preconditions { resource_version: metadata.resource_version, uid: metadata.uid };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        bounded(self.api.delete(&self.own.secret, &parameters)).await?;
        tracing::info!(secret = self.own.secret, "the Secret was immutable and is made anew");
        Ok(())
    }

    fn new_secret(&self) -> Secret {
        let name = Some(self.own.secret.clone());
        let metadata = ObjectMeta { name, ..ObjectMeta::default() };
        Secret { metadata, type_: Some(TYPE.to_owned()), ..Secret::default() }
    }
}

fn read_secret(secret: &Secret) -> Result<Material, MaterialError> {
    Material::read(secret.data.as_ref().unwrap_or(&BTreeMap::new()))
}

/// The Secret with that in it; what else it holds is somebody else's.
fn with_data(mut secret: Secret, material: &Material) -> Secret {
    secret.data.get_or_insert_default().extend(material.write());
    secret
}
