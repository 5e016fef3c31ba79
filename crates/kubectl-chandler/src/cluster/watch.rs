//! Looks at one object for as long as somebody wants to: each state that it comes to, whatever happens to the connection.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use kube::api::{WatchEvent, WatchParams};
use kube::core::Request;
use serde_json::Value;
use tokio::sync::mpsc;

use super::resource::Resource;
use super::{Cluster, ClusterError};

/// How long one watch may last; another follows.
const LENGTH: u32 = 280;

/// Between two tries where there is no watch to be had.
const PAUSE: Duration = Duration::from_millis(500);

/// What was seen of an object.
#[derive(Debug)]
pub(crate) enum Sighting {
    /// It is like this.
    There(Value),
    /// It is gone.
    Gone,
}

impl Cluster {
    /// Sends each state of an object after `version`, until nobody listens or it is gone.
    ///
    /// # Errors
    /// Whoever asks may not, so that there is nothing to be waited for.
    pub(crate) async fn watch(
        &self,
        (resource, namespace, name): (&Resource, Option<&str>, &str),
        mut version: String,
        seen: &mpsc::UnboundedSender<Sighting>,
    ) -> Result<(), ClusterError> {
        loop {
            let outcome = self.watch_once((resource, namespace, name), &mut version, seen).await;
            if let Ok(true) = outcome {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
            // The version may be too old to go on from.
            match self.get(resource, namespace, name).await {
                Ok(object) => {
                    version = version_of(&object);
                    let _ = seen.send(Sighting::There(object));
                }
                Err(ClusterError::NotFound { .. }) => {
                    let _ = seen.send(Sighting::Gone);
                    return Ok(());
                }
                Err(error @ (ClusterError::Forbidden { .. } | ClusterError::Unauthorized { .. })) => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
    }

    /// One watch; whether that was the last.
    async fn watch_once(
        &self,
        (resource, namespace, name): (&Resource, Option<&str>, &str),
        version: &mut String,
        seen: &mpsc::UnboundedSender<Sighting>,
    ) -> Result<bool, kube::Error> {
        let parameters = WatchParams::default().fields(&format!("metadata.name={name}")).timeout(LENGTH);
        let request = Request::new(resource.path(namespace)).watch(&parameters, version);
        let request = request.map_err(kube::Error::BuildRequest)?;
        let events = self.client.request_events::<Value>(request).await?;
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.try_next().await? {
            let sighting = match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    *version = version_of(&object);
                    Sighting::There(object)
                }
                WatchEvent::Deleted(_) => Sighting::Gone,
                WatchEvent::Bookmark(_) => continue,
                WatchEvent::Error(status) => return Err(kube::Error::Api(status)),
            };
            let is_last = matches!(sighting, Sighting::Gone);
            if seen.send(sighting).is_err() || is_last {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Where to go on from.
fn version_of(object: &Value) -> String {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or("0").to_owned()
}
