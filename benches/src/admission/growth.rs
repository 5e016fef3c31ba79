//! What our daemon costs as a cluster grows: in templates, and in namespaces.

use std::ops::Range;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use super::place::{Change, Place};
use super::rounds::{AGAIN, NOTHING, OURS};
use super::{Admission, Latency, Point};
use crate::figures::{Amount, Bar, Figure};

/// Templates beside those of the ways, of which three apply to a pod.
const TEMPLATES: [usize; 4] = [1, 10, 100, 1000];

/// Namespaces beside those that there are.
const NAMESPACES: [usize; 4] = [10, 100, 1000, 10_000];

/// The cluster of the bar.
const BAR_TEMPLATES: usize = 200;
const BAR_NAMESPACES: usize = 1000;

/// What memory and the start may be there.
const MEMORY: f64 = 25.0 * 1024.0 * 1024.0;
const START: f64 = 300e6;

/// Requests of each way at each size, and those before they count.
const REQUESTS: usize = 100;
const WARM: usize = 20;

/// How often a start is timed: the median counts.
const STARTS: usize = 3;

/// Grows the cluster, measures at each size, and adds the points.
///
/// # Errors
/// Something does not start, or a pod is refused.
pub async fn measure(place: &Arc<Place>, admission: &mut Admission) -> Result<Vec<Figure>> {
    let [few, some, many, most] = NAMESPACES;
    for (from, to) in [(0, few), (few, some)] {
        grow(place, namespace, from..to, Change::Create).await?;
        admission.namespaces.push(look(place, to).await?);
    }
    let mut before = 0;
    for count in TEMPLATES {
        grow(place, template, before..count, Change::Create).await?;
        admission.templates.push(look(place, count).await?);
        before = count;
    }
    grow(place, template, BAR_TEMPLATES..before, Change::Delete).await?;
    grow(place, namespace, some..many, Change::Create).await?;
    let bar = look(place, BAR_NAMESPACES).await?;
    grow(place, template, 0..BAR_TEMPLATES, Change::Delete).await?;
    admission.namespaces.push(look(place, many).await?);
    grow(place, namespace, many..most, Change::Create).await?;
    admission.namespaces.push(look(place, most).await?);
    Ok(figures(bar))
}

fn figures(bar: Point) -> Vec<Figure> {
    vec![
        Figure::new("chandler-injector, 200 templates, 1,000 namespaces: memory", Amount::Bytes(bar.memory))
            .bar(Bar::AtMost(Amount::Bytes(MEMORY))),
        Figure::new("The same: start to ready", Amount::Nanoseconds(bar.start))
            .bar(Bar::AtMost(Amount::Nanoseconds(START))),
    ]
}

async fn grow(
    place: &Arc<Place>,
    object: fn(usize) -> Value,
    range: Range<usize>,
    change: Change,
) -> Result<()> {
    place.change(range.map(object).collect(), change).await
}

/// Starts a daemon and measures it.
async fn look(place: &Arc<Place>, count: usize) -> Result<Point> {
    let mut starts = Vec::new();
    for _ in 1..STARTS {
        let (daemon, start) = place.start_daemon("growth").await?;
        starts.push(start.as_nanos() as f64);
        drop(daemon);
    }
    let (daemon, start) = place.start_daemon("growth").await?;
    starts.push(start.as_nanos() as f64);
    place.lead(OURS, daemon.webhook.port(), AGAIN).await?;
    place.until_fitted(OURS).await?;
    place.create(OURS, WARM).await?;
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..REQUESTS / WARM {
        nothing.extend(place.create(NOTHING, WARM).await?);
        ours.extend(place.create(OURS, WARM).await?);
    }
    Ok(Point {
        count,
        extra: Latency::of(ours).p50 - Latency::of(nothing).p50,
        memory: daemon.usage()?.memory as f64,
        start: Latency::of(starts).p50,
    })
}

/// A template for other pods.
fn template(index: usize) -> Value {
    let image = format!("registry.example.com/other:{index}");
    json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate",
        "metadata": {"name": format!("other-{index}")},
        "spec": {
            "select": {
                "mode": "Default",
                "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": format!("suite-{index}")}},
            },
            "patches": [{"pod": {"spec": {"containers": [{"name": format!("other-{index}"), "image": image}]}}}],
        },
    })
}

/// A namespace with what platforms write on them.
fn namespace(index: usize) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {
            "name": format!("team-{index}"),
            "labels": {"team": format!("team-{index}"), "pool": "general", "example.com/cost-centre": "4711"},
            "annotations": {"example.com/owner": format!("team-{index}@example.com")},
        },
    })
}
