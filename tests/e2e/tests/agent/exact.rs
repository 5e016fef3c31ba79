//! One run of everything that happens to logs and to the agent, seen by Prometheus.
//!
//! What is compared: the agent shows a new series as zero first, so its first sample is 0, and `increase()` from before
//! that sample to exactly the last one has nothing to guess: Prometheus extrapolates no counter below zero, and not
//! beyond the end of its range, where the last sample is. So it has to be what was written, to the last digit.

use std::collections::{BTreeMap, BTreeSet};

use chandler_agent_world::agent::get;
use chandler_agent_world::page::name_of;
use chandler_agent_world::round::{Plan, Round};
use serde_json::Value;

use crate::prometheus::{JOBS, Prometheus, free_address, lint, programs, series_of};

const PROGRAM: &str = env!("CARGO_BIN_EXE_agent-daemon");

/// How long a new series is zero, in seconds: more than a scrape and a start of the agent take.
const ZERO_FIRST: &str = "5";

/// More than the run takes.
const RANGE: &str = "30m";

#[test]
fn increase_is_what_was_written_although_the_agent_was_killed() {
    let Some(programs) = programs("increase_is_what_was_written_although_the_agent_was_killed") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let address = free_address().unwrap();
    let plan = Plan { steps: 400, ..Plan::of(1) };
    let prometheus = Prometheus::start(&programs, folder.path(), address).unwrap();
    // It takes some seconds until it tries for the first time.
    prometheus.wait_for_both("up").unwrap();
    let round = Round::start(folder.path(), PROGRAM, plan, |setup| {
        setup.address = address.to_string();
        setup.options =
            ["--checkpoint-interval", "0.2", "--look-interval", "0.05", "--zero-first", ZERO_FIRST]
                .map(Into::into)
                .into();
    });
    let mut round = round.unwrap();
    round.go_through().unwrap_or_else(|error| panic!("{error:#}"));

    let answer = get(address, "/metrics", "").unwrap();
    assert_eq!(lint(&programs, &answer.body).unwrap(), "");
    let truth: BTreeMap<String, f64> = round.watch.with_truth(|truth| {
        let counters = truth.series.iter().filter(|(series, _)| is_sum(name_of(series)));
        counters.map(|(series, worth)| (series.clone(), worth.shown().to_f64())).collect()
    });
    // The last scrapes are of the end.
    let lines: i128 = round.watch.with_truth(|truth| truth.lines.values().sum());
    prometheus.wait_for_both(&format!("sum by (job) (lines_total) == {lines}")).unwrap();
    prometheus.wait_for_both("up == 1").unwrap();
    for (job, _) in JOBS {
        assert_eq!(samples(&prometheus, job, &truth), truth, "{job}");
        assert_eq!(increases(&prometheus, job, &truth), truth, "{job}");
    }
    let report = round.run_out().unwrap_or_else(|error| panic!("{error:#}"));
    println!("{report:?}, {} series", truth.len());
    assert!(report.ends > 0);
}

fn is_sum(name: &str) -> bool {
    ["_total", "_bucket", "_count", "_sum"].iter().any(|suffix| name.ends_with(suffix))
}

fn names(truth: &BTreeMap<String, f64>) -> BTreeSet<&str> {
    truth.keys().map(|series| name_of(series)).collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

/// The last sample of each sum, after a look at all of them: the first is zero, and none is below the one before.
fn samples(prometheus: &Prometheus, job: &str, truth: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let names = names(truth).into_iter().collect::<Vec<_>>().join("|");
    let selector = format!("{{job=\"{job}\",__name__=~\"{names}\"}}[{RANGE}]");
    let results = prometheus.query(&selector, None).unwrap();
    let last = results.iter().map(|result| {
        let series = series_of(result["metric"]["__name__"].as_str().unwrap(), &result["metric"]);
        let values: Vec<f64> =
            result["values"].as_array().unwrap().iter().map(|pair| number(&pair[1])).collect();
        assert_eq!(values.first(), Some(&0.0), "the first sample of {series}");
        assert!(values.is_sorted(), "{series} goes down: {values:?}");
        (series, *values.last().unwrap())
    });
    last.collect()
}

/// What each sum gained, up to its last sample.
fn increases(prometheus: &Prometheus, job: &str, truth: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let end = prometheus.query(&format!("max(timestamp(lines_total{{job=\"{job}\"}}))"), None).unwrap();
    let end = number(&end[0]["value"][1]);
    let increase = |name: &&str| {
        let query = format!("increase({name}{{job=\"{job}\"}}[{RANGE}])");
        let results = prometheus.query(&query, Some(end)).unwrap();
        results
            .iter()
            .map(|result| (series_of(name, &result["metric"]), number(&result["value"][1])))
            .collect::<Vec<_>>()
    };
    names(truth).iter().flat_map(increase).collect()
}
