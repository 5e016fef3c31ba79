//! All ways beside each other, in rounds, so that what else the machine does hits all alike.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chandler_e2e::Replica;

use super::constant::Constant;
use super::place::{CLIENTS, Place, template};
use super::policy::Sidecar;
use super::{Admission, Latency, Way};
use crate::figures::{Amount, Bar, Figure};
use crate::samples::Timing;

/// Namespaces of the ways; the first is the one where nothing happens to pods.
pub const NOTHING: &str = "bench-nothing";
const CONSTANT: &str = "bench-constant";
const CONSTANT_ONCE: &str = "bench-constant-once";
const POLICY: &str = "bench-policy";
const OURS_ONE: &str = "bench-ours-one";
/// The one with three templates of ours.
pub const OURS: &str = "bench-ours";

/// The reinvocation policy of ours: the API server calls it again when a plugin of its own has changed the pod after it, as
/// one does that mounts a token into each new container.
pub const AGAIN: &str = "IfNeeded";

const WAYS: [(&str, &str); 6] = [
    (NOTHING, "no webhook"),
    (CONSTANT, "a constant webhook, registered as ours"),
    (CONSTANT_ONCE, "a constant webhook that is never called again"),
    (POLICY, "a MutatingAdmissionPolicy"),
    (OURS_ONE, "ours, one template"),
    (OURS, "ours, three templates"),
];

/// Rounds of one client, and its requests of each way in a round.
const ROUNDS: usize = 20;
const REQUESTS: usize = 60;

/// Rounds of many clients, and the requests of each of them.
const ROUNDS_AT_ONCE: usize = 6;
const REQUESTS_AT_ONCE: usize = 20;

/// What one way has shown so far.
#[derive(Debug, Default)]
struct Shown {
    one: Vec<f64>,
    /// The median of each round of one client.
    medians: Vec<f64>,
    many: Vec<f64>,
    rates: Vec<f64>,
    processor: Duration,
    requests: usize,
}

/// Sets everything up and measures. The daemon and the webhook beside it end with this.
///
/// # Errors
/// Something does not start, or a pod is refused.
pub async fn measure(place: &Arc<Place>) -> Result<(Admission, Vec<Figure>)> {
    let (daemon, _constant) = prepare(place).await?;
    let mut shown: Vec<Shown> = WAYS.iter().map(|_| Shown::default()).collect();
    for round in 0..ROUNDS {
        for (index, namespace) in in_turn(round) {
            let shown = shown.get_mut(index).context("no such way")?;
            let before = daemon.usage()?.processor;
            let times = place.create(namespace, REQUESTS).await?;
            shown.note(daemon.usage()?.processor.saturating_sub(before), times.len());
            shown.medians.push(Latency::of(times.clone()).p50);
            shown.one.extend(times);
        }
    }
    for round in 0..ROUNDS_AT_ONCE {
        for (index, namespace) in in_turn(round) {
            let shown = shown.get_mut(index).context("no such way")?;
            let (before, start) = (daemon.usage()?.processor, Instant::now());
            let times = place.create_at_once(namespace, REQUESTS_AT_ONCE).await?;
            shown.rates.push(times.len() as f64 / start.elapsed().as_secs_f64());
            shown.note(daemon.usage()?.processor.saturating_sub(before), times.len());
            shown.many.extend(times);
        }
    }
    let figures = ratios(&shown)?;
    let memory = daemon.usage()?.memory as f64;
    let ways = WAYS.iter().zip(shown).map(|((namespace, name), shown)| {
        let is_ours = [OURS, OURS_ONE].contains(namespace);
        shown.way(name, is_ours.then_some(memory))
    });
    Ok((Admission { ways: ways.collect::<Result<_>>()?, ..Admission::default() }, figures))
}

async fn prepare(place: &Place) -> Result<(Replica, Constant)> {
    for (namespace, _) in WAYS {
        place.make_namespace(namespace).await?;
    }
    let sidecar = Sidecar::of(&template("access-log")?)?;
    let constant = Constant::start(place.folder(), &sidecar.json_patch())?;
    place.lead(CONSTANT, constant.address.port(), AGAIN).await?;
    place.lead(CONSTANT_ONCE, constant.address.port(), "Never").await?;
    for object in sidecar.policy(POLICY, POLICY) {
        place.objects.apply(&object, "").await?.object()?;
    }
    place.apply_templates(OURS_ONE, &["access-log"]).await?;
    place.apply_templates(OURS, &["access-log", "trace-agent", "tenant"]).await?;
    let (daemon, _) = place.start_daemon("beside").await?;
    for namespace in [OURS_ONE, OURS] {
        place.lead(namespace, daemon.webhook.port(), AGAIN).await?;
    }
    for (namespace, _) in WAYS {
        if namespace != NOTHING {
            place.until_fitted(namespace).await?;
        }
        // Connections are there, and code is in memory.
        place.create(namespace, REQUESTS).await?;
    }
    Ok((daemon, constant))
}

/// The ways, each round another one first.
fn in_turn(round: usize) -> impl Iterator<Item = (usize, &'static str)> {
    WAYS.iter()
        .enumerate()
        .cycle()
        .skip(round % WAYS.len())
        .take(WAYS.len())
        .map(|(index, (namespace, _))| (index, *namespace))
}

/// What three templates of ours add, beside what the others add: of each round, held against the bar by their median.
fn ratios(shown: &[Shown]) -> Result<Vec<Figure>> {
    let [nothing, constant, once, policy, one, ours] = shown else {
        anyhow::bail!("not all ways were measured")
    };
    let extra = |way: &Shown| -> Result<Vec<f64>> {
        Ok(way.medians.iter().zip(&nothing.medians).map(|(way, nothing)| way - nothing).collect())
    };
    let beside = |ours: &Shown, other: &Shown| -> Result<Timing> {
        Timing::of(extra(ours)?.iter().zip(extra(other)?).map(|(ours, other)| ours / other).collect())
    };
    let figure = |work: &str, ours: &Shown, other: &Shown| -> Result<Figure> {
        let ratio = beside(ours, other)?;
        let (ours, other) = (median(extra(ours)?)?, median(extra(other)?)?);
        let text = format!("{} beside {}", Amount::Nanoseconds(ours), Amount::Nanoseconds(other));
        Ok(Figure::new(work, Amount::Times(ratio.median)).best(Amount::Times(ratio.best)).beside(&text))
    };
    let bar = Bar::AtMost(Amount::Times(1.1));
    Ok(vec![
        figure("Admission, three templates: time added, beside a constant webhook", ours, constant)?.bar(bar),
        figure("The same, beside a MutatingAdmissionPolicy", ours, policy)?.bar(bar),
        figure("The same, beside a constant webhook that is never called again", ours, once)?,
        figure("Admission, one template: time added, beside a constant webhook", one, constant)?,
        figure("The same, beside a MutatingAdmissionPolicy", one, policy)?,
    ])
}

fn median(mut numbers: Vec<f64>) -> Result<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().context("no round was measured")
}

impl Shown {
    fn note(&mut self, processor: Duration, requests: usize) {
        self.processor += processor;
        self.requests += requests;
    }

    fn way(self, name: &str, memory: Option<f64>) -> Result<Way> {
        let processor = self.processor.as_nanos() as f64 / self.requests.max(1) as f64;
        Ok(Way {
            name: name.to_owned(),
            one: Latency::of(self.one),
            many: Latency::of(self.many),
            rate: median(self.rates)?,
            processor: memory.map(|_| processor),
            memory,
        })
    }
}

/// Clients at once where there are many, for the page.
pub const MANY: usize = CLIENTS;
