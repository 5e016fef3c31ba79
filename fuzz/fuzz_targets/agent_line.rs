//! Any bytes as lines of a log: JSON is told from what is none as serde_json does, an explanation says what was counted,
//! the page can be read, and a store that is taken from a checkpoint shows the same page.

#![no_main]

use std::sync::LazyLock;

use chandler_agent::observation::{Observation, Observations, Reason, read_labels};
use chandler_agent::rules::{Line, Reader, Rules, Source};
use chandler_agent::series::Store;
use chandler_fuzz::agent::{NOW, pages, rules, store_of};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

/// What is behind it is left out: an explanation repeats every observation of a line, and an array has as many as bytes.
const LONGEST: usize = 64 << 10;

/// Deeper nesting than this is no JSON for the agent.
const SURE_DEPTH: usize = 100;

static RULES: LazyLock<Option<Rules>> = LazyLock::new(rules);

fuzz_target!(|bytes: &[u8]| {
    let Some(rules) = &*RULES else { panic!("the rules are wrong") };
    let text = String::from_utf8_lossy(bytes.get(..LONGEST).unwrap_or(bytes));
    let mut reader = Reader::default();
    for line in text.split('\n') {
        for source in &rules.sources {
            check_line(rules, source, Line { text: line, read_at: NOW }, &mut reader);
        }
    }
    check_store(rules, &text);
});

fn check_line(rules: &Rules, source: &Source, line: Line<'_>, reader: &mut Reader) {
    let mut out = Observations::default();
    source.observe(line, reader, &mut out);
    for one in &out.all {
        let labels = out.labels.get(one.labels.clone()).unwrap_or_default();
        let names = rules.metrics.get(one.metric).map(|metric| metric.labels.len());
        assert_eq!(Some(read_labels(labels).count()), names, "{line:?}");
    }
    let explanation = rules.explain(source, line);
    let explained: usize = explanation.rules.iter().map(|rule| rule.observations.len()).sum();
    let metric = |one: &Observation| rules.metrics.get(one.metric);
    let fresh = out.all.iter().filter(|one| metric(one).is_some_and(|metric| metric.takes_time(one.time, NOW)));
    assert_eq!(explained, fresh.count(), "{line:?}");
    let whole = out.problems.iter().find(|problem| problem.rule.is_none()).map(|problem| problem.reason);
    check_json(line.text, whole);
}

fn check_json(text: &str, problem: Option<Reason>) {
    let is_blank = text.trim_matches([' ', '\t', '\r', '\n']).is_empty();
    let brackets = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if is_blank || brackets > SURE_DEPTH {
        return;
    }
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    match problem {
        Some(Reason::NotJson | Reason::TrailingText) => assert!(!is_json, "{text:?}"),
        _ => assert!(is_json, "{text:?}: {problem:?}"),
    }
}

fn check_store(rules: &Rules, text: &str) {
    let mut store = store_of(rules, text);
    let snapshot = store.snapshot(NOW);
    let before = pages(&snapshot);
    let restored = Store::restore(rules.metrics.clone(), snapshot.saved().clone(), NOW);
    let Ok(restored) = restored else { panic!("what was saved cannot be taken") };
    assert_eq!(pages(&restored.zero_first(None).snapshot(NOW)), before);
}
