//! What every pod has that the tool makes: marks, an end, and no restart.

use std::time::Duration;

use chandler_api::names;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::PodWish;
use super::field::set;

/// The marks of a pod, as its `metadata` begins.
pub(crate) fn metadata(wish: &PodWish<'_>, kind: &str) -> Value {
    let mut annotations = Map::new();
    let mut annotate = |name: &str, value: String| drop(annotations.insert(name.to_owned(), value.into()));
    if !wish.inject {
        annotate(names::INJECT, "false".to_owned());
    }
    if let Some(maker) = wish.made_by {
        annotate(names::MADE_BY, maker.to_owned());
    }
    if let Some(end) = wish.lifetime.and_then(|lifetime| end(wish.now, lifetime)) {
        annotate(names::EXPIRES, end.to_string());
    }
    json!({
        "name": wish.name,
        "namespace": wish.namespace,
        "labels": {names::DEBUG_LABEL: kind},
        "annotations": annotations,
    })
}

/// It is not started again, and ends in time.
pub(crate) fn write_end(spec: &mut Value, wish: &PodWish<'_>) {
    set(spec, "restartPolicy", "Never");
    if let Some(lifetime) = wish.lifetime {
        set(spec, "activeDeadlineSeconds", lifetime.as_secs().clamp(1, i32::MAX as u64));
    }
}

/// To the second: nobody needs more.
fn end(now: Timestamp, lifetime: Duration) -> Option<Timestamp> {
    let end = now.checked_add(SignedDuration::try_from(lifetime).ok()?).ok()?;
    Timestamp::from_second(end.as_second()).ok()
}
