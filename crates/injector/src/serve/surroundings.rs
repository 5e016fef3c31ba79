//! What the API server knows that a template is held against and no watch brings: some pods, quotas and their defaults.
//! What cannot be read in time is left out: it costs a warning, and never refuses a template.

use std::time::Duration;

use futures_util::future::join_all;
use k8s_openapi::api::core::v1::{LimitRange, Pod, ResourceQuota};
use kube::api::ListParams;
use kube::{Client, Resource};
use serde_json::Value;

use super::raw::read as read_raw;

/// How long reading may take in all.
const BOUND: Duration = Duration::from_secs(2);

/// Most pods that are read.
const MAX_PODS: usize = 20;

/// Most namespaces whose pods are read.
const MAX_NAMESPACES: usize = 4;

/// Most quotas, and most ranges, that are read.
const MAX_QUOTAS: u32 = 500;

/// Most values of the objects that are read of a kind: those of pods are shared among namespaces.
const MAX_VALUES: usize = 50_000;

/// Objects of the cluster, raw.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pods: Vec<Value>,
    pub(super) quotas: Vec<Value>,
    pub(super) limit_ranges: Vec<Value>,
}

/// Reads what there is around a template that is for those namespaces; `own` where it is for one alone.
pub(super) async fn read(client: &Client, namespaces: &[String], own: Option<&str>) -> Found {
    let chosen: Vec<&String> = namespaces.iter().take(MAX_NAMESPACES).collect();
    let parts = chosen.len().max(1);
    let share = (u32::try_from(MAX_PODS / parts).unwrap_or(u32::MAX), MAX_VALUES / parts);
    let pods = chosen.into_iter().map(|namespace| list::<Pod>(client, Some(namespace), share));
    let (pods, quotas, limit_ranges) = tokio::join!(
        join_all(pods),
        list::<ResourceQuota>(client, own, (MAX_QUOTAS, MAX_VALUES)),
        list::<LimitRange>(client, own, (MAX_QUOTAS, MAX_VALUES)),
    );
    Found { pods: pods.into_iter().flatten().collect(), quotas, limit_ranges }
}

/// The first objects of a kind; none, after a word in the log, where they cannot be read.
async fn list<K: Resource<DynamicType = ()>>(
    client: &Client,
    namespace: Option<&str>,
    (limit, values): (u32, usize),
) -> Vec<Value> {
    let path = K::url_path(&(), namespace);
    let kind = K::plural(&());
    let request = kube::core::Request::new(path).list(&ListParams::default().limit(limit));
    let listed = async {
        let request = request.map_err(|error| error.to_string())?;
        read_raw(client, request, values).await.map_err(|error| error.to_string())
    };
    let listed =
        tokio::time::timeout(BOUND, listed).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    match listed {
        Ok(mut list) => match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        Err(error) => {
            tracing::warn!(
                kind = kind.as_ref(),
                namespace,
                error,
                "a template is validated without these objects"
            );
            Vec::new()
        }
    }
}
