//! The Secret as every replica sees it: watched, and served with at once.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Event, watcher};
use tokio::sync::watch;

use super::files::PAUSE;
use super::metrics::Kind;
use super::served::Served;
use crate::authority::Material;
use crate::cluster::watching;
use crate::tls::{Identity, Pem, TlsArgs, TlsError};

/// What is served with, and since when it is known here.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) material: Material,
    pub(super) since: Instant,
}

/// The last good content of the Secret; none where there has been none.
pub(super) type HeldReceiver = watch::Receiver<Option<Arc<Held>>>;

/// What this replica has seen of the Secret.
#[derive(Clone, Default)]
pub(super) struct Seen {
    held: watch::Sender<Option<Arc<Held>>>,
    /// Rings whenever something becomes of the Secret, whatever it is.
    bell: watch::Sender<()>,
}

impl Seen {
    pub(super) fn held(&self) -> HeldReceiver {
        self.held.subscribe()
    }

    pub(super) fn bell(&self) -> watch::Receiver<()> {
        self.bell.subscribe()
    }

    /// What is of no use leaves the last good content in its place.
    fn take(&self, secret: &Secret, name: &str) {
        let data = secret.data.clone().unwrap_or_default();
        match Material::read(&data) {
            Ok(material) => drop(self.held.send_if_modified(|held| {
                let is_new = held.as_ref().is_none_or(|held| held.material != material);
                if is_new {
                    *held = Some(Arc::new(Held { material, since: Instant::now() }));
                }
                is_new
            })),
            Err(error) => {
                tracing::warn!(
                    secret = name,
                    error = error.to_string(),
                    "the Secret is of no use; the last certificate stays, if there is one"
                );
            }
        }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seen").finish_non_exhaustive()
    }
}

/// Watches the Secret for ever.
pub(super) async fn follow(api: Api<Secret>, name: String, seen: Seen) {
    let selection = watching().fields(&format!("metadata.name={name}"));
    let mut events = pin!(watcher(api, selection).default_backoff());
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::InitApply(secret) | Event::Apply(secret)) => seen.take(&secret, &name),
            Ok(Event::Init | Event::InitDone) => {}
            Ok(Event::Delete(_)) => {
                tracing::warn!(
                    secret = name,
                    "the Secret is gone; the last certificate stays, if there is one"
                );
            }
            Err(error) => {
                tracing::warn!(
                    secret = name,
                    error = error.to_string(),
                    "the watch of the Secret was cut and begins anew"
                );
                continue;
            }
        }
        seen.bell.send_replace(());
    }
}

/// Serves with what is held, for ever. The authorities of clients are read from their file, as with files.
pub(super) async fn serve(mut held: HeldReceiver, arguments: TlsArgs, mut served: Served, name: String) {
    let mut ticks = tokio::time::interval(PAUSE);
    loop {
        tokio::select! {
            changed = held.changed() => if changed.is_err() { return },
            _ = ticks.tick() => {},
        }
        let Some(now) = held.borrow_and_update().clone() else { continue };
        served.take(identity(&now.material, &arguments, &name));
        served.metrics.expires(Kind::Authority, now.material.issuer().expires());
    }
}

fn identity(material: &Material, arguments: &TlsArgs, name: &str) -> Result<Identity, TlsError> {
    let pem = |text: &str| Pem { place: format!("Secret {name}"), bytes: text.as_bytes().to_vec() };
    let serving = material.serving();
    let (certificate, key) = (pem(serving.certificate()), pem(serving.key()));
    Ok(Identity { certificate, key, clients: arguments.clients()? })
}
