//! What the agent says of itself beside the metrics of lines: how far behind it is, how its checkpoints and rules are doing,
//! and what the process takes. These hold for the moment of the scrape, and are in no checkpoint.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::process;
use crate::engine::{Engine, FilesStatus, Status};
use crate::exposition::Family;
use crate::files::Trouble;
use crate::series::Snapshot;

/// What does not change while the process runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    /// When the process began, in seconds since 1970.
    start: Option<f64>,
}

impl Own {
    pub(super) fn new() -> Self {
        Self { start: process::start() }
    }

    /// All families, apart from those whose name a rule has given to a metric.
    pub(super) fn families(self, engine: &Engine, snapshot: &Snapshot, now: SystemTime) -> Vec<Family> {
        let mut families = vec![build()];
        let files = engine.files();
        families.extend(lag(&files, now));
        families.extend([troubles(&files), series(snapshot)]);
        families.extend(checkpoint(&engine.status(), now));
        families.extend(rules(&engine.status()));
        let names: HashSet<_> = snapshot.counts().map(|(metric, _)| base(&metric.name)).collect();
        let process = process::families(self.start).into_iter();
        families.extend(process.filter(|(name, _)| !names.contains(base(name))).map(|(_, family)| family));
        families
    }
}

/// OpenMetrics names a counter without `_total`.
fn base(name: &str) -> &str {
    name.strip_suffix("_total").unwrap_or(name)
}

fn build() -> Family {
    Family::gauge("chandler_agent_build_info", "Always 1; its label is the version of the agent.")
        .with(&[("version", env!("CARGO_PKG_VERSION"))], 1.0)
}

fn lag(files: &[FilesStatus], now: SystemTime) -> [Family; 3] {
    let mut bytes = Family::gauge(
        "chandler_agent_lag_bytes",
        "Bytes of the files of a source that were not read yet; compressed, where they are.",
    )
    .unit("bytes");
    let mut count = Family::gauge(
        "chandler_agent_lag_files",
        "Files of a source that have bytes that were not read yet.",
    );
    let mut seconds = Family::gauge(
        "chandler_agent_lag_seconds",
        "How long ago the oldest file of a source that has unread bytes was written to; 0 where there is none.",
    )
    .unit("seconds");
    for FilesStatus { source, lag, .. } in files {
        let labels = [("source", source.as_str())];
        bytes.push(&labels, number(lag.bytes));
        count.push(&labels, number(lag.files));
        seconds.push(&labels, lag.oldest.map_or(0.0, |oldest| age(oldest, now)));
    }
    [bytes, count, seconds]
}

fn series(snapshot: &Snapshot) -> Family {
    let help = "Series of a metric, the one for what is beyond its limit too.";
    let mut family = Family::gauge("chandler_agent_series", help);
    for (metric, series) in snapshot.counts() {
        family.push(&[("metric", &metric.name)], number(series as u64));
    }
    family
}

/// Each is zero before it happens for the first time: `increase()` sees that too.
fn troubles(files: &[FilesStatus]) -> Family {
    let help =
        "Files that could not be read as they should, by reason, since the agent began or took other rules.";
    let mut family = Family::counter("chandler_agent_file_troubles_total", help);
    for FilesStatus { source, troubles, .. } in files {
        for trouble in Trouble::ALL {
            let count = troubles.iter().find(|(other, _)| *other == trouble).map_or(0, |(_, count)| *count);
            family.push(&[("reason", trouble.as_str()), ("source", source)], number(count));
        }
    }
    family
}

fn checkpoint(status: &Status, now: SystemTime) -> [Family; 4] {
    let checkpoint = &status.checkpoint;
    let age_help = "How long ago the newest checkpoint was written: what was read since is not shown.";
    let generation_help = "Number of the newest checkpoint; it grows with each, across restarts too.";
    let failures_help = "Checkpoints that could not be written since the agent began.";
    [
        Family::gauge("chandler_agent_checkpoint_age_seconds", age_help)
            .unit("seconds")
            .with(&[], age(checkpoint.written, now)),
        Family::gauge("chandler_agent_checkpoint_size_bytes", "Size of the newest checkpoint.")
            .unit("bytes")
            .with(&[], number(checkpoint.bytes as u64)),
        Family::gauge("chandler_agent_checkpoint_generation", generation_help)
            .with(&[], number(checkpoint.generation)),
        Family::counter("chandler_agent_checkpoint_failures_total", failures_help)
            .with(&[], number(checkpoint.failures)),
    ]
}

fn rules(status: &Status) -> [Family; 2] {
    let rules = &status.rules;
    let newest_help =
        "Whether the newest rules are in force: 0 where they were refused and older ones still are.";
    let loaded_help = "When the rules in force were taken, in seconds since 1970.";
    [
        Family::gauge("chandler_agent_rules_last_reload_successful", newest_help)
            .with(&[], if rules.is_newest { 1.0 } else { 0.0 }),
        Family::gauge("chandler_agent_rules_last_reload_success_timestamp_seconds", loaded_help)
            .unit("seconds")
            .with(&[], age(SystemTime::UNIX_EPOCH, rules.loaded)),
    ]
}

/// Seconds between two times; none where the clock was set back meanwhile.
fn age(then: SystemTime, now: SystemTime) -> f64 {
    now.duration_since(then).unwrap_or(Duration::ZERO).as_secs_f64()
}

#[allow(clippy::cast_precision_loss, reason = "a number for people; it is exact below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}
