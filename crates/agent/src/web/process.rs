//! What the process takes, by the names that all exporters have for it. What `/proc` does not tell is left out.

use std::fs;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use crate::exposition::Family;

/// Places of numbers in `/proc/self/stat`, counted behind the name of the program (proc(5) counts from 1 with two before).
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;
const START_TICKS: usize = 19;
const VIRTUAL_BYTES: usize = 20;
const RESIDENT_PAGES: usize = 21;

/// When the process began, in seconds since 1970.
pub(super) fn start() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(boot + numbers()?.get(START_TICKS)? / ticks())
}

/// The families that can be told, each with its name.
pub(super) fn families(start: Option<f64>) -> Vec<(&'static str, Family)> {
    let numbers = numbers().unwrap_or_default();
    let number = |place: usize| numbers.get(place).copied();
    let seconds =
        number(USER_TICKS).zip(number(SYSTEM_TICKS)).map(|(user, system)| (user + system) / ticks());
    let gauges = [
        (
            "process_resident_memory_bytes",
            "Memory that the process has in RAM.",
            "bytes",
            number(RESIDENT_PAGES).map(|pages| pages * page_bytes()),
        ),
        (
            "process_virtual_memory_bytes",
            "Memory that the process has addresses for.",
            "bytes",
            number(VIRTUAL_BYTES),
        ),
        ("process_open_fds", "File descriptors that are open.", "", open_files()),
        ("process_max_fds", "File descriptors that may be open at once.", "", most_files()),
        ("process_start_time_seconds", "When the process began, in seconds since 1970.", "seconds", start),
    ];
    let cpu = seconds.map(|seconds| {
        let name = "process_cpu_seconds_total";
        let help = "Processor time of the process, its own and the system's for it.";
        (name, Family::counter(name, help).unit("seconds").with(&[], seconds))
    });
    let gauges = gauges.into_iter().filter_map(|(name, help, unit, value)| {
        Some((name, Family::gauge(name, help).unit(unit).with(&[], value?)))
    });
    cpu.into_iter().chain(gauges).collect()
}

/// The numbers behind the name of the program, which may hold anything, parentheses too. What is none becomes NaN.
fn numbers() -> Option<Vec<f64>> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Some(rest.split_whitespace().map(|field| field.parse().unwrap_or(f64::NAN)).collect())
}

#[allow(clippy::cast_precision_loss, reason = "a hundred, or a few thousand")]
fn ticks() -> f64 {
    clock_ticks_per_second() as f64
}

#[allow(clippy::cast_precision_loss, reason = "a power of two")]
fn page_bytes() -> f64 {
    page_size() as f64
}

#[allow(clippy::cast_precision_loss, reason = "some thousands")]
fn open_files() -> Option<f64> {
    // The folder is open itself while it is read.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as f64)
}

#[allow(clippy::cast_precision_loss, reason = "a number for people")]
fn most_files() -> Option<f64> {
    getrlimit(Resource::Nofile).current.map(|limit| limit as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    #[test]
    fn no_rule_has_the_name_of_a_metric_of_the_process() {
        let families = families(Some(1.0));
        assert!(families.len() >= 6, "{families:?}");
        for (name, _) in families {
            let (kind, value) =
                if name.ends_with("_total") { ("counter", "") } else { ("gauge", ", value: v") };
            let rules = format!(
                "sources: [{{name: s, paths: /a, metrics: [{{name: {name}, type: {kind}{value}}}]}}]"
            );
            let refused = Rules::parse("rules.yaml", &rules).unwrap_err().to_string();
            assert!(refused.contains("the agent's own process"), "{name}: {refused}");
        }
    }
}
