//! Logs are renamed, truncated, copied, deleted and compressed while the program is killed again and again; in the end
//! every counter is worth what was written, and no scrape saw one go down. `CHANDLER_ROUNDS=100` runs more rounds,
//! `CHANDLER_ROUND=17` one again, and `CHANDLER_AGENT` names another build of the program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use chandler_agent_world::round::{Plan, Report, Round};

/// The program, or another build of it.
fn program() -> String {
    std::env::var("CHANDLER_AGENT").unwrap_or_else(|_| env!("CARGO_BIN_EXE_chandler-agent").to_owned())
}

/// Rounds where nobody says how many.
const ROUNDS: u64 = 12;

/// Rounds at the same time.
const AT_ONCE: usize = 3;

fn seeds() -> Range<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("CHANDLER_ROUND") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHANDLER_ROUNDS").unwrap_or(ROUNDS),
    }
}

fn run(seed: u64) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let round = Round::start(folder.path(), &program(), Plan::of(seed), |_| {});
    round.and_then(Round::run).unwrap_or_else(|error| panic!("CHANDLER_ROUND={seed}: {error:#}"))
}

#[test]
fn counters_are_exact_whatever_happens_to_files_and_to_the_program() {
    let (seeds, next) = (seeds(), AtomicU64::new(0));
    let worker = || {
        let mut sum = Report::default();
        loop {
            let seed = seeds.start + next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return sum;
            }
            let Report { lines, ends, scrapes } = run(seed);
            sum = Report { lines: sum.lines + lines, ends: sum.ends + ends, scrapes: sum.scrapes + scrapes };
        }
    };
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    let (lines, ends, scrapes) = (sum(|one| one.lines), sum(|one| one.ends), sum(|one| one.scrapes));
    println!(
        "{} rounds: {lines} lines, {ends} ends of the program, {scrapes} scrapes",
        seeds.end - seeds.start
    );
    assert!(lines > 0 && scrapes > 0);
}
