//! Lines, files and checkpoints that nobody would wish for, given to the program: its memory stays bounded, what cannot be
//! counted is counted by reason, the next good line is counted, and every page is valid.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use chandler_agent::checkpoint::VERSION;
use chandler_agent_world::agent::{Agent, Setup};
use chandler_agent_world::number::Number;
use chandler_agent_world::page::{Format, Page};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use xxhash_rust::xxh3::Xxh3;

/// Most memory that may ever be resident, in bytes, also of a program that was built for tests.
const MEMORY: u64 = 120 << 20;

const RULES: &str = r#"
    metrics:
      - {name: good_total, type: counter, when: 'event == "good"'}
      - {name: cents_total, type: counter, value: cents}
      - {name: level, type: gauge, value: level}
      - {name: ids_total, type: counter, when: 'has(line.id)', labels: {id: id}}
      - {name: sizes, type: histogram, value: size, buckets: [1, 10]}
      - {name: items_total, type: counter, each: "list[*]", labels: {a: a, b: b, c: c, d: d}}
"#;

struct Place {
    folder: TempDir,
    good: i128,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), good: 0 };
        fs::create_dir(place.logs()).unwrap();
        place
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn setup(&self) -> Setup {
        let path = self.folder.path().join("rules.yaml");
        let paths = format!("sources:\n  - name: abuse\n    paths: [\"{}/*.log\"]", self.logs().display());
        fs::write(&path, paths + RULES).unwrap();
        let program = std::env::var("CHANDLER_AGENT");
        let program = program.unwrap_or_else(|_| env!("CARGO_BIN_EXE_chandler-agent").to_owned());
        Setup::new(&program, path, self.state())
    }

    fn start(&self) -> Agent {
        self.setup().start().unwrap()
    }

    /// Writes text to a log, with a good line behind it.
    fn write(&mut self, text: &str) {
        let log = OpenOptions::new().create(true).append(true).open(self.logs().join("a.log"));
        let mut log = log.unwrap();
        log.write_all(text.as_bytes()).unwrap();
        log.write_all(b"{\"event\":\"good\"}\n").unwrap();
        self.good += 1;
    }

    /// The page that has counted all good lines. It is valid in both formats.
    fn page(&self, agent: &Agent) -> Page {
        let page = agent.wait_for(|page| {
            let good = page.whole("good_total");
            (good != self.good).then(|| format!("{good} good lines instead of {}", self.good))
        });
        let page = page.unwrap();
        agent.scrape(Format::OpenMetrics).unwrap();
        let peak = agent.peak_memory().unwrap();
        assert!(peak <= MEMORY, "{peak} bytes were resident");
        page
    }
}

/// How often the agent could not count something, for a reason, by all rules.
fn faults(page: &Page, reason: &str) -> i128 {
    let needle = format!("reason=\"{reason}\"");
    let all = page.of("chandler_agent_faults_total").filter(|(series, _)| series.contains(&needle));
    all.map(|(series, _)| page.whole(series)).sum()
}

#[test]
fn lines_that_say_nothing_of_use_are_counted_by_reason() {
    let mut place = Place::new();
    let agent = place.start();
    let cases: &[(&str, &str, i128)] = &[
        ("not_finite", r#"{"cents":"NaN"}"#, 1),
        ("not_finite", r#"{"cents":"inf"}"#, 2),
        ("not_finite", r#"{"cents":"-Infinity"}"#, 3),
        ("not_finite", r#"{"cents":1e999}"#, 4),
        ("not_finite", r#"{"size":"NaN"}"#, 5),
        ("negative", r#"{"cents":-5}"#, 1),
        ("negative", r#"{"cents":"-0.5"}"#, 2),
        ("negative", r#"{"size":-3}"#, 3),
        ("not_a_number", r#"{"cents":{}}"#, 1),
        ("trailing_text", r#"{"cents":1}{"cents":1}"#, 1),
        ("not_an_object", r#"[{"cents":1}]"#, 1),
        ("not_an_object", "1", 2),
        ("not_json", r#"{"cents":1"#, 1),
        ("not_json", "Exception in thread \"main\"", 2),
        ("not_json", &format!("{}1", "[".repeat(100_000)), 3),
        ("not_json", "2026-03-07 00:00:01 INFO started", 4),
        ("trailing_text", r#"{"cents":1} INFO"#, 2),
        ("nul_bytes", "{\"cents\":1}\0\0", 1),
        ("no_label", r#"{"id":[]}"#, 1),
    ];
    for (reason, line, count) in cases {
        place.write(&format!("{line}\n"));
        let page = place.page(&agent);
        assert_eq!(faults(&page, reason), *count, "{line:.100}");
        assert_eq!(page.get("cents_total").map_or(0.0, Number::to_f64), 0.0, "{line:.100}");
    }
    let all: i128 = cases
        .iter()
        .map(|(reason, _, _)| *reason)
        .collect::<std::collections::BTreeSet<_>>()
        .iter()
        .map(|reason| faults(&place.page(&agent), reason))
        .sum();
    assert_eq!(all, cases.len() as i128);
}

#[test]
fn lines_that_are_odd_and_right_are_counted() {
    let mut place = Place::new();
    let agent = place.start();
    place.write("\u{feff}{\"cents\":1}\r\n\r\n{\"cents\":1,\"cents\":20}\r\n");
    place.write(
        "{\"level\":\"-inf\"}\n{\"id\":9007199254740993}\n{\"id\":12345678901234567890123}\n{\"id\":1e400}\n",
    );
    place.write("{\"cents\":9007199254740993}\n{\"size\":3}\n");
    let page = place.page(&agent);
    assert_eq!(page.whole("cents_total"), 9_007_199_254_741_014);
    assert_eq!(page.get("level").unwrap().to_f64(), f64::NEG_INFINITY);
    for id in ["9007199254740993", "12345678901234567890123", "1e400"] {
        assert_eq!(page.whole(&format!("ids_total{{id=\"{id}\"}}")), 1, "{id}");
    }
    assert_eq!(page.whole("sizes_count"), 1);
}

#[test]
fn a_line_of_fifty_megabytes_without_an_end_is_one_fault() {
    let mut place = Place::new();
    let agent = place.start();
    place.write("");
    place.page(&agent);
    let log = OpenOptions::new().append(true).open(place.logs().join("a.log"));
    let mut log = log.unwrap();
    log.write_all(b"{\"cents\":1,\"filler\":\"").unwrap();
    for _ in 0..50 {
        log.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    place.page(&agent);
    place.write("\"}\n");
    let page = place.page(&agent);
    assert_eq!(faults(&page, "too_long"), 1);
    assert_eq!(page.whole("cents_total"), 0);
}

#[test]
fn a_line_with_many_elements_and_long_labels_takes_no_memory_for_each() {
    let mut place = Place::new();
    let agent = place.start();
    let text = "x".repeat(1024);
    let list = vec!["1"; 200_000].join(",");
    place.write(&format!(
        "{{\"a\":\"{text}\",\"b\":\"{text}\",\"c\":\"{text}\",\"d\":\"{text}\",\"list\":[{list}]}}\n"
    ));
    let page = place.page(&agent);
    assert_eq!(page.sum("items_total"), 200_000.0);
}

#[test]
fn a_million_label_values_are_all_counted_in_a_bounded_number_of_series() {
    let mut place = Place::new();
    let agent = place.start();
    for part in 0..100 {
        let lines: String = (0..10_000).map(|id| format!("{{\"id\":\"id-{part}-{id}\"}}\n")).collect();
        place.write(&lines);
    }
    let page = place.page(&agent);
    assert_eq!(page.of("ids_total").count(), 10_001);
    assert_eq!(page.sum("ids_total"), 1e6);
    assert_eq!(page.whole("ids_total{id=\"overflow\"}"), 990_000);
}

#[test]
fn labels_of_ten_kilobytes_with_quotes_and_newlines_are_cut_and_escaped() {
    let mut place = Place::new();
    let agent = place.start();
    for piece in ["\\\"", "\\n", "\\\\", "ä", "\\u0000\\t", "\\ud83d\\ude00", "\\ud800", "} 1 # HELP x\\r"] {
        place.write(&format!("{{\"id\":\"{}\"}}\n", piece.repeat(10 * 1024 / piece.len())));
    }
    let page = place.page(&agent);
    let series: Vec<_> = page.of("ids_total").map(|(series, _)| series).collect();
    assert_eq!(series.len(), 8, "{series:?}");
    assert!(series.iter().all(|series| series.len() < 3000), "{series:?}");
    assert_eq!(page.sum("ids_total"), 8.0);
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    let mut place = Place::new();
    let logs = place.logs();
    fs::create_dir(logs.join("folder.log")).unwrap();
    mknodat(CWD, logs.join("pipe.log"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    symlink("/dev/zero", logs.join("zero.log")).unwrap();
    symlink("/proc/self/mem", logs.join("memory.log")).unwrap();
    symlink("nowhere", logs.join("dangling.log")).unwrap();
    symlink("loop.log", logs.join("loop.log")).unwrap();
    fs::write(logs.join("secret.log"), "{\"event\":\"bad\"}\n").unwrap();
    fs::set_permissions(logs.join("secret.log"), Permissions::from_mode(0o0)).unwrap();
    let agent = place.start();
    for _ in 0..3 {
        place.write("");
        place.page(&agent);
    }
    for reason in ["not_a_file", "unreadable"] {
        assert!(agent.log().says(&[reason]), "{reason}:\n{}", agent.log().text());
    }
    let page = place.page(&agent);
    for reason in ["not_a_file", "unreadable"] {
        let needle = format!("reason=\"{reason}\"");
        let counted =
            |(series, number): (&String, &Number)| series.contains(&needle) && number.to_f64() > 0.0;
        assert!(page.samples.iter().any(counted), "{reason} is not counted: {page:?}");
    }
}

/// The checkpoints of a folder, the newest first.
fn checkpoints(state: &Path) -> [PathBuf; 2] {
    let generation = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.get(12..20).map(<[u8]>::to_vec).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
    };
    let mut both = ["checkpoint.0", "checkpoint.1"].map(|name| state.join(name));
    both.sort_by_key(|path| std::cmp::Reverse(generation(path)));
    both
}

fn cut_in_half(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    OpenOptions::new().write(true).open(path).unwrap().set_len(length / 2).unwrap();
}

/// What the agent says instead of serving.
fn refusal(place: &Place) -> String {
    format!("{:#}", place.setup().start().unwrap_err())
}

#[test]
fn a_checkpoint_that_was_cut_costs_nothing_while_the_other_is_whole() {
    let mut place = Place::new();
    for _ in 0..4 {
        let agent = place.start();
        // From the first answer on: before the lines of the lost checkpoint are read again, there is none.
        let first = agent.wait_for(|_| None).unwrap();
        assert_eq!((first.whole("cents_total"), first.whole("good_total")), (place.good, place.good));
        place.write("{\"cents\":1}\n{\"cents\":-1}\n");
        let page = place.page(&agent);
        assert_eq!(page.whole("cents_total"), place.good);
        assert_eq!(faults(&page, "negative"), place.good);
        agent.kill().unwrap();
        cut_in_half(&checkpoints(&place.state())[0]);
    }
}

/// A checkpoint as an agent of that version would have written it.
fn of_version(version: u32, bytes: &[u8]) -> Vec<u8> {
    let mut other = bytes.to_vec();
    other[8..12].copy_from_slice(&version.to_le_bytes());
    other[28..36].fill(0);
    let mut sum = Xxh3::new();
    sum.update(&other);
    let sum = sum.digest().to_le_bytes();
    other[28..36].copy_from_slice(&sum);
    other
}

#[test]
fn without_a_checkpoint_of_use_it_does_not_start_and_says_why() {
    let mut place = Place::new();
    let agent = place.start();
    place.write("");
    place.page(&agent);
    agent.terminate().unwrap();
    let whole = checkpoints(&place.state()).map(|path| (fs::read(&path).unwrap(), path));
    for (version, whose) in [(VERSION + 1, "newer"), (VERSION - 1, "older")] {
        whole.iter().for_each(|(bytes, path)| fs::write(path, of_version(version, bytes)).unwrap());
        let said = refusal(&place);
        assert!(said.contains(&format!("version {version}, ")) && said.contains(whose), "{said}");
    }
    whole.iter().for_each(|(_, path)| cut_in_half(path));
    let said = refusal(&place);
    assert!(said.contains("checkpoint.0") || said.contains("checkpoint.1"), "{said}");
    whole.iter().for_each(|(bytes, path)| fs::write(path, bytes).unwrap());
    place.page(&place.start());
}
