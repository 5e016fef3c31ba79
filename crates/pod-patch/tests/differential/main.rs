//! Feeds generated and real pods with generated patches to our strategic merge and to Go's, and
//! compares the results. `make test` builds the oracle and names it in `CHANDLER_ORACLE`, and the
//! folder of real manifests in `CHANDLER_CORPUS`. `CHANDLER_SEED` and `CHANDLER_PAIRS` vary a run.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the summary of a run is part of its result")]

mod adjustments;
mod comparison;
mod coverage;
mod keys;
mod malformed;
mod new_values;
mod oracle;
mod patches;
mod pods;
mod random;
mod real_pods;
mod schema;
mod shrink;
mod table;
mod tally;
mod unknown;
mod verdict;

use chandler_pod_patch::DIFFERENCES;
use serde_json::Value;

use crate::adjustments::{ADJUSTMENTS, adjusted};
use crate::coverage::Coverage;
use crate::oracle::{Answer, Oracle, Pair};
use crate::patches::is_ambiguous;
use crate::pods::{Maker, Oddities};
use crate::random::Random;
use crate::schema::Schema;
use crate::tally::Tally;
use crate::verdict::{Inquiry, Verdict, ours, predicted};

/// How many pairs a run compares by default.
const PAIRS: u64 = 24_000;

/// How many pods are changed and compared with their change.
const TWO_WAY_PAIRS: u64 = 3_000;

/// How many of the pairs that differ are reduced and shown.
const SHOWN: usize = 3;

#[test]
fn pods_merge_as_in_go_but_for_the_named_differences() {
    let Some(oracle) = Oracle::from_environment() else { return };
    let schema = schema(&oracle);
    let real = real_pods::from_environment(&oracle);
    let (mut tally, mut coverage) = (Tally::start(), Coverage::default());
    let (mut explained, mut wrong) = (Vec::new(), Vec::new());
    let pair = |number| pair(&schema, &real, number);
    let mut number = 0..;
    let comparisons =
        (0..setting("CHANDLER_PAIRS", PAIRS)).map(|number| Inquiry::comparison(&schema, pair(number)));
    oracle.inquire(comparisons, |inquiry, answers| {
        let number = number.next().unwrap();
        let verdict = inquiry.verdict(&schema, answers);
        tally.add(&verdict, answers);
        coverage.add(&schema, &inquiry.pair.patch);
        match verdict {
            Verdict::Explained => explained.push(number),
            Verdict::Wrong => wrong.push(number),
            Verdict::Same { .. } => {}
        }
    });
    let attributions = explained.into_iter().map(|number| Inquiry::attribution(&schema, pair(number)));
    oracle.inquire(attributions, |inquiry, answers| tally.explain(&inquiry.needed(&schema, answers)));
    println!("{}\n{}", tally.summary(), coverage.summary());
    let reports: Vec<_> =
        wrong.iter().take(SHOWN).map(|wrong| report(&oracle, &schema, pair(*wrong))).collect();
    assert!(wrong.is_empty(), "{} pairs differ, among them:\n{}", wrong.len(), reports.join("\n"));
    tally.assert_each_difference_shows();
    coverage.assert_complete(&schema);
}

/// The patch that `kubectl` computes says in which order the items of changed lists stand, so that here
/// order counts as well.
#[test]
fn patches_that_kubectl_computes_give_exactly_the_pod_that_was_meant() {
    let Some(oracle) = Oracle::from_environment() else { return };
    let schema = schema(&oracle);
    let pods = pods_and_changed_pods(&oracle, &schema);
    for ((pod, changed), patch) in pods.iter().zip(oracle.two_way_patches(pods.clone())) {
        let pair = Pair {
            pod: pod.clone(),
            patch: patch.unwrap_or_else(|error| panic!("{error}: {pod}, {changed}")),
        };
        let merged = ours(&pair).unwrap_or_else(|error| panic!("{error}: {}", pair.patch));
        assert_eq!(merged, *changed, "pod {pod}, patch {}", pair.patch);
    }
    println!("two-way patches: {} pairs", pods.len());
    assert!(pods.len() > 1000);
}

/// Generated pods, each with what a plain patch makes of it.
fn pods_and_changed_pods(oracle: &Oracle, schema: &Schema) -> Vec<(Value, Value)> {
    let mut pods = Vec::new();
    let plain = |number| {
        let random = Random::of_pair(setting("CHANDLER_SEED", 1), number);
        pair_of(&mut Maker { schema, random, oddities: Oddities::default() }, None)
    };
    let inquiries = (0..TWO_WAY_PAIRS).map(|number| Inquiry::comparison(schema, plain(number)));
    oracle.inquire(inquiries, |inquiry, answers| {
        let Ok(changed) = predicted(&answers[1]) else { return };
        if ![&inquiry.pair.pod, &changed].into_iter().any(keys::has_items_of_two_fields) {
            pods.push((inquiry.pair.pod.clone(), changed));
        }
    });
    pods
}

#[test]
fn merge_table_is_that_of_gos_struct_tags_but_for_the_named_differences() {
    let Some(oracle) = Oracle::from_environment() else { return };
    let (wrong, differences) = table::disagreements(&schema(&oracle));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(differences, ["ports", "topology-spread"]);
}

#[test]
fn each_named_difference_has_its_prediction() {
    let mut named: Vec<_> = DIFFERENCES.iter().map(|difference| difference.name).collect();
    let mut predicted: Vec<_> = ADJUSTMENTS.iter().map(|adjustment| adjustment.name).collect();
    predicted.push("order");
    named.sort_unstable();
    predicted.sort_unstable();
    assert_eq!(named, predicted);
}

fn schema(oracle: &Oracle) -> Schema {
    serde_json::from_str(&oracle.print(&["merge-keys".to_owned()])).unwrap()
}

/// Reads a number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// The pair of that number: every fourth of a real pod, where there are some.
fn pair(schema: &Schema, real: &[Value], number: u64) -> Pair {
    let mut random = Random::of_pair(setting("CHANDLER_SEED", 1), number);
    let oddities = Oddities::chosen(&mut random);
    let mut maker = Maker { schema, random, oddities };
    let real = (!real.is_empty() && number.is_multiple_of(4)).then(|| maker.random.pick(real).clone());
    pair_of(&mut maker, real)
}

/// That pod, or a generated one, with a patch whose result is certain.
fn pair_of(maker: &mut Maker<'_>, pod: Option<Value>) -> Pair {
    let pod = pod.unwrap_or_else(|| maker.pod());
    loop {
        let patch = maker.patch(&pod);
        if !is_ambiguous(&patch) {
            return Pair { pod, patch };
        }
    }
}

/// The smallest pair that differs like this one, with both results.
fn report(oracle: &Oracle, schema: &Schema, pair: Pair) -> String {
    let small = shrink::shrink(pair, |candidates| {
        let mut verdicts = Vec::with_capacity(candidates.len());
        let inquiries = candidates.into_iter().map(|pair| Inquiry::comparison(schema, pair));
        oracle.inquire(inquiries, |inquiry, answers| {
            let wrong = inquiry.verdict(schema, answers) == Verdict::Wrong;
            verdicts.push(wrong && !is_ambiguous(&inquiry.pair.patch));
        });
        verdicts
    });
    let mut go = Vec::new();
    oracle.inquire([Inquiry::comparison(schema, small.clone())].into_iter(), |_, answers| {
        go = answers.to_vec();
    });
    let lines = [
        ("pod", small.pod.to_string()),
        ("patch", small.patch.to_string()),
        ("ours", shown(&ours(&small))),
        ("go", shown(&go[0])),
        ("asked", serde_json::json!(adjusted(schema, &small, None)).to_string()),
        ("predicted", shown(&predicted(&go[1]))),
    ];
    lines.map(|(label, text)| format!("{label:>9}: {text}\n")).concat()
}

fn shown(answer: &Answer) -> String {
    match answer {
        Ok(value) => value.to_string(),
        Err(error) => format!("error: {error}"),
    }
}
