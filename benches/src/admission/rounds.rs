//! All ways beside each other, in rounds, so that what else the machine does hits all alike.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::Replica;
use serde_json::Value;

use super::constant::Constant;
use super::place::{self, CLIENTS, Place, template};
use super::policy::Sidecar;
use super::{Admission, Latency, Way};
use crate::figures::{Amount, Bar, Figure};
use crate::inputs;
use crate::samples::Timing;

/// Namespaces of the ways; the first is the one where nothing happens to pods.
pub const NOTHING: &str = "bench-nothing";
const CONSTANT: &str = "bench-constant";
const CONSTANT_ONCE: &str = "bench-constant-once";
const SAME: &str = "bench-constant-same";
const POLICY: &str = "bench-policy";
const OURS_ONE: &str = "bench-ours-one";
/// The one with three templates of ours.
pub const OURS: &str = "bench-ours";

/// The reinvocation policy of ours: the API server calls it again when a plugin of its own has changed the pod after it, as
/// one does that mounts a token into each new container.
pub const AGAIN: &str = "IfNeeded";

const WAYS: [(&str, &str); 7] = [
    (NOTHING, "no webhook"),
    (CONSTANT, "a constant webhook, registered as ours"),
    (CONSTANT_ONCE, "a constant webhook that is never called again"),
    (SAME, "a constant webhook with the patch of the three templates"),
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
    let (daemon, _beside) = prepare(place).await?;
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

async fn prepare(place: &Place) -> Result<(Replica, [Constant; 2])> {
    for (namespace, _) in WAYS {
        place.make_namespace(namespace).await?;
    }
    let sidecar = Sidecar::of(&template("access-log")?)?;
    let constant = Constant::start(place.folder(), &sidecar.json_patch())?;
    place.lead(CONSTANT, constant.address.port(), AGAIN).await?;
    place.lead(CONSTANT_ONCE, constant.address.port(), "Never").await?;
    let same = Constant::start(place.folder(), &patch_of_three(place).await?)?;
    place.lead(SAME, same.address.port(), AGAIN).await?;
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
    Ok((daemon, [constant, same]))
}

/// The JSON Patch of the three templates, for the pod as a webhook sees it.
async fn patch_of_three(place: &Place) -> Result<Value> {
    let pod = place.objects.create(&place::pod(NOTHING)?, NOTHING, "dryRun=All").await?.object()?;
    let answer = inputs::injector(3, place.folder())?.answer(&inputs::review(&pod)?)?;
    let answer: Value = serde_json::from_slice(&answer.body)?;
    let patch = answer.pointer("/response/patch").and_then(Value::as_str).context("no patch")?;
    Ok(serde_json::from_slice(&STANDARD.decode(patch)?)?)
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

/// What ours adds to a request, beside what the others add.
fn ratios(shown: &[Shown]) -> Result<Vec<Figure>> {
    let [nothing, constant, once, same, policy, one, ours] = shown else {
        anyhow::bail!("not all ways were measured")
    };
    let figure = |work: &str, ours: &Shown, other: &Shown| -> Result<Figure> {
        let (added, beside) = (added(ours, nothing)?, added(other, nothing)?);
        let text =
            format!("{} beside {}", Amount::Nanoseconds(added.median), Amount::Nanoseconds(beside.median));
        Ok(Figure::new(work, Amount::Times(added.median / beside.median))
            .best(Amount::Times(added.best / beside.best))
            .beside(&text))
    };
    let bar = Bar::AtMost(Amount::Times(1.1));
    Ok(vec![
        figure(
            "Admission, three templates: time added, beside a constant webhook with the same patch",
            ours,
            same,
        )?
        .bar(bar),
        figure(
            "Admission, one template: time added, beside a constant webhook with the sidecar, called once",
            one,
            once,
        )?
        .bar(bar),
        figure("The same, beside a MutatingAdmissionPolicy with the sidecar", one, policy)?.bar(bar),
        figure("Three templates, beside that policy with the sidecar of one of them", ours, policy)?,
        figure(
            "What a second call costs: the constant webhook, beside one that is never called again",
            constant,
            once,
        )?,
    ])
}

/// What a way adds to a request: the median of what it added in each round, and how much longer its best round was than the
/// best one without it.
fn added(way: &Shown, nothing: &Shown) -> Result<Timing> {
    let differences = way.medians.iter().zip(&nothing.medians).map(|(way, nothing)| way - nothing);
    let least = |shown: &Shown| shown.medians.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(Timing { median: median(differences.collect())?, best: least(way) - least(nothing) })
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
