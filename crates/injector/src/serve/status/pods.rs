//! The watch of the metadata of pods that have not ended.

use std::pin::pin;

use chandler_runtime::cluster::watching;
use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Event, watcher};
use kube::{Api, Client};
use tokio::sync::mpsc::Sender;

use crate::census::{PodKey, PodMetadata};

/// A pod that ends leaves this selection: the API server says that it was deleted.
const ALIVE: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// How many pods the API server sends at once in a list.
const PAGE: u32 = 250;

/// One thing that the watch has seen.
#[derive(Debug)]
pub(super) enum PodChange {
    ListBegins,
    ListEnds,
    Pod(PodMetadata),
    NoPod(PodKey),
}

/// Passes on what the watch sees, until nobody takes it any more.
pub(super) async fn watch_pods(client: Client, changes: Sender<PodChange>) {
    let pods: Api<PartialObjectMeta<Pod>> = Api::all(client);
    let events = watcher(pods, watching().fields(ALIVE).page_size(PAGE));
    let mut events = pin!(events.default_backoff());
    while let Some(event) = events.next().await {
        let change = match event {
            Ok(Event::Init) => PodChange::ListBegins,
            Ok(Event::InitApply(pod) | Event::Apply(pod)) => PodChange::Pod(PodMetadata::of(&pod.metadata)),
            Ok(Event::InitDone) => PodChange::ListEnds,
            Ok(Event::Delete(pod)) => {
                PodChange::NoPod(PodKey::of(pod.metadata.uid.as_deref().unwrap_or_default()))
            }
            Err(error) => {
                tracing::warn!(error = error.to_string(), "the watch of pods was cut and begins anew");
                continue;
            }
        };
        if changes.send(change).await.is_err() {
            return;
        }
    }
}
