//! All programs beside each other, in rounds, so that what else the machine does hits all alike.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::page::middle_and_least;
use super::place::{Place, Way};
use super::{Rate, Sessions, Start};
use crate::figures::{Amount, Bar, Figure};

/// Runs of each program.
const ROUNDS: usize = 30;

/// Rounds in the same pods: a node holds 110, and fewer are started sooner.
const BATCH: usize = 10;

/// Rounds of streams, and the blocks of 64 KiB of one: 200 MB.
const STREAMS: usize = 7;
const BLOCKS: usize = 3052;

/// In this time the kubelet has done what the last run left to do.
const REST: Duration = Duration::from_secs(1);

/// Measures.
///
/// # Errors
/// A program cannot be run, or hangs.
pub async fn measure(place: &Place) -> Result<(Sessions, Vec<Figure>)> {
    let start = |name: &str| Start { name: name.to_owned(), times: Vec::new(), runs: 0, lost: 0 };
    let mut starts = [
        start("`kubectl debug`"),
        start("`kubectl chandler debug`, first session"),
        start("`kubectl exec`"),
        start("`kubectl chandler debug`, in a session"),
    ];
    let rate = |name: &str| Rate { name: name.to_owned(), out: Vec::new(), into: Vec::new() };
    let mut rates = [rate("`kubectl exec`"), rate("`kubectl chandler debug`")];
    for batch in 0..ROUNDS / BATCH {
        let pods: Vec<String> = (0..2 * BATCH).map(|pod| format!("pod-{batch}-{pod}")).collect();
        place.make_pods(&pods).await?;
        for (round, pods) in pods.chunks_exact(2).enumerate() {
            let [theirs, ours] = pods else { continue };
            starts_of(place, round, [theirs, ours], &mut starts).await?;
        }
        let streams = STREAMS * (batch + 1) * BATCH / ROUNDS - STREAMS * batch * BATCH / ROUNDS;
        for round in 0..streams {
            let pod = pods.get(1).context("no pod")?;
            rates_of(place, (round, pod), &mut rates).await?;
        }
        place.remove_pods().await?;
    }
    let figures = figures(&starts, &rates);
    Ok((Sessions { starts: starts.into(), rates: rates.into() }, figures))
}

/// One run of each, each round another one first: what the session of one leaves behind must not hit the same one always.
async fn starts_of(
    place: &Place,
    round: usize,
    [theirs, ours]: [&str; 2],
    starts: &mut [Start; 4],
) -> Result<()> {
    let mut first = [(0, Way::Debug, theirs), (1, Way::Ours, ours)];
    let mut next = [(2, Way::Exec, theirs), (3, Way::Ours, ours)];
    if round % 2 == 1 {
        first.reverse();
        next.reverse();
    }
    for (index, way, pod) in first.into_iter().chain(next) {
        tokio::time::sleep(REST).await;
        let answered = place.answer(way, pod).await?;
        if let (Some(start), Some(time)) = (starts.get_mut(index), answered) {
            start.times.push(time.as_nanos() as f64);
        }
    }
    let anew = [(0, Way::Debug, theirs), (1, Way::OursAnew, ours)];
    for (index, way, pod) in anew.into_iter().chain(next) {
        let said = place.says(way, pod).await?;
        if let Some(start) = starts.get_mut(index) {
            start.runs += 1;
            start.lost += usize::from(!said);
        }
    }
    Ok(())
}

async fn rates_of(place: &Place, (round, pod): (usize, &str), rates: &mut [Rate; 2]) -> Result<()> {
    let mut ways = [(0, Way::Exec), (1, Way::Ours)];
    if round % 2 == 1 {
        ways.reverse();
    }
    for (index, way) in ways {
        let (out, into) = (place.rate_out(way, pod, BLOCKS).await?, place.rate_into(way, pod, BLOCKS).await?);
        if let Some(rate) = rates.get_mut(index) {
            rate.out.push(out);
            rate.into.push(into);
        }
    }
    Ok(())
}

fn figures([debug, first, exec, again]: &[Start; 4], [theirs, ours]: &[Rate; 2]) -> Vec<Figure> {
    vec![
        sooner("First session: until output, beside kubectl debug", first, debug),
        sooner("Command in a session: until output, beside kubectl exec", again, exec),
        more("Bytes a second out of a session, beside kubectl exec", &ours.out, &theirs.out),
        more("Bytes a second into a session, beside kubectl exec", &ours.into, &theirs.into),
    ]
}

fn sooner(work: &str, ours: &Start, theirs: &Start) -> Figure {
    let (own, other) = (middle_and_least(&ours.times), middle_and_least(&theirs.times));
    let beside = format!(
        "{} beside {}; output lost in {} of {} runs beside {} of {}",
        Amount::Nanoseconds(own.0),
        Amount::Nanoseconds(other.0),
        ours.lost,
        ours.runs,
        theirs.lost,
        theirs.runs
    );
    Figure::new(work, Amount::Times(own.0 / other.0))
        .best(Amount::Times(own.1 / other.1))
        .bar(Bar::AtMost(Amount::Times(1.0)))
        .beside(&beside)
}

fn more(work: &str, ours: &[f64], theirs: &[f64]) -> Figure {
    let (own, other) = (middle_and_least(ours).0, middle_and_least(theirs).0);
    Figure::new(work, Amount::Times(own / other)).bar(Bar::AtLeast(Amount::Times(1.0))).beside(&format!(
        "{:.0} MB/s beside {:.0} MB/s",
        own / 1e6,
        other / 1e6
    ))
}
