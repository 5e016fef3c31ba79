//! A process that writes checkpoints is killed, again and again; what it announced is always there.
//!
//! It is a test program of its own, as a process that is being started holds the locks of its parent for a moment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use chandler_agent::checkpoint::{Checkpoint, Folder};
use chandler_agent::exposition::{Format, Page, Style};
use chandler_agent::metric::{Metric, MetricKind};
use chandler_agent::observation::{Number, Observation, Observations};
use chandler_agent::series::Store;

const CHILD: &str = "CHANDLER_CHECKPOINT_CHILD";

/// How far the child has read: so many lines.
type Lines = u64;

fn metrics() -> Vec<Metric> {
    vec![Metric {
        name: "lines_total".to_owned(),
        help: "Lines.".to_owned(),
        unit: String::new(),
        kind: MetricKind::Counter,
        labels: Vec::new(),
        scale: 1.0,
        ttl: None,
        max_series: 10,
    }]
}

fn a_line() -> Observations {
    let mut line = Observations::default();
    line.all.push(Observation { metric: 0, labels: 0..0, number: Number::Whole(1), time: 0, day: 0 });
    line
}

/// How many lines were read, and a store that has seen them.
fn resume(checkpoint: Option<Checkpoint<Lines>>) -> (Lines, Store) {
    let (lines, store) = match checkpoint {
        Some(checkpoint) => (checkpoint.files, Store::restore(metrics(), checkpoint.series, 0).unwrap()),
        None => (0, Store::new(metrics(), 0)),
    };
    (lines, store.zero_first(None))
}

/// No test of its own: the one below starts it in a process, to be killed.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut folder = Folder::open(path).unwrap();
    let (mut lines, mut store) = resume(folder.load().unwrap());
    loop {
        lines += 1;
        store.apply(&a_line(), 0);
        folder.write(&lines, &store.snapshot(0)).unwrap();
        println!("written {lines}");
    }
}

#[test]
fn whenever_it_is_killed_what_was_written_is_there() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut written = || {
            let lines = |line: String| line.rsplit_once("written ").and_then(|(_, lines)| lines.parse().ok());
            output.find_map(lines)
        };
        let mut last: Lines = (0..=round).map_while(|_| written()).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(lines) = written() {
            last = lines;
        }

        let checkpoint = Folder::open(directory.path()).unwrap().load().unwrap().unwrap();
        assert!(checkpoint.damaged.is_none());
        let (lines, mut store) = resume(Some(checkpoint));
        assert!((last..=last + 1).contains(&lines), "{lines} instead of {last}");
        let mut page = Vec::new();
        Page::new(&mut page, Style { format: Format::Text, created: false }).add_snapshot(&store.snapshot(0));
        assert!(String::from_utf8(page).unwrap().ends_with(&format!("\nlines_total {lines}\n")));
    }
}
