//! Real files, a real folder of checkpoints, and engines that end without a word.

mod days;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::exposition::{Format, Page, Style};

/// What is read at once.
const BUDGET: usize = 1 << 20;

struct Place {
    folder: TempDir,
    now: SystemTime,
}

impl Place {
    fn new() -> Self {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Self { folder: tempfile::tempdir().unwrap(), now }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("stat.log")
    }

    fn write(&self, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn open(&self) -> Engine {
        let path = format!("{}/stat.log*", self.folder.path().display());
        let rules = format!(
            "sources:\n- name: shop\n  paths: [{path:?}]\n  format: json\n  metrics:\n  \
             - {{name: orders_total, type: counter, help: Orders., when: 'event == \"order\"', labels: {{channel: by}}}}\n  \
             - {{name: cents_total, type: counter, help: Cents., value: cents}}\n"
        );
        let rules = Rules::parse("rules.yaml", &rules).unwrap();
        Engine::open(rules, EngineOptions::new(self.folder.path().join("state")), self.now).unwrap()
    }

    fn read(&self, engine: &Engine) {
        engine.look(self.now);
        while engine.read(BUDGET, self.now).more {}
    }

    /// The page of the newest checkpoint, when every series is old enough to be seen.
    fn shown(&mut self, engine: &Engine) -> String {
        for _ in 0..2 {
            let snapshot = engine.checkpoint(self.now).unwrap();
            engine.tell_scraped(&snapshot, self.now);
            self.now += Duration::from_secs(120);
        }
        page(&engine.checkpoint(self.now).unwrap())
    }
}

fn page(snapshot: &Snapshot) -> String {
    let mut out = Vec::new();
    let mut page = Page::new(&mut out, Style { format: Format::Text, created: false });
    page.add_snapshot(snapshot);
    page.finish();
    String::from_utf8(out).unwrap()
}

#[test]
fn lines_become_series_and_faults_are_counted_by_reason() {
    let mut place = Place::new();
    place.write("{\"event\":\"order\",\"by\":\"web\",\"cents\":250}\n{\"cents\":-1}\nno json\n");
    let engine = place.open();
    place.read(&engine);
    let shown = place.shown(&engine);
    for line in [
        "orders_total{channel=\"web\"} 1",
        "cents_total 250",
        "chandler_agent_lines_total{source=\"shop\"} 3",
        "chandler_agent_faults_total{reason=\"negative\",rule=\"cents_total\",source=\"shop\"} 1",
        "chandler_agent_faults_total{reason=\"not_json\",rule=\"\",source=\"shop\"} 1",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}:\n{shown}");
    }
}

#[test]
fn what_was_read_behind_the_checkpoint_is_read_again_and_nothing_else() {
    let mut place = Place::new();
    place.write("{\"cents\":1}\n");
    let engine = place.open();
    place.read(&engine);
    engine.checkpoint(place.now).unwrap();
    place.write("{\"cents\":10}\n");
    place.read(&engine);
    // It ends here, as if it were killed.
    drop(engine);

    fs::rename(place.log(), place.log().with_extension("log.1")).unwrap();
    place.write("{\"cents\":100}\n");
    let engine = place.open();
    place.read(&engine);
    let shown = place.shown(&engine);
    assert!(shown.lines().any(|line| line == "cents_total 111"), "{shown}");
}

#[test]
fn one_folder_has_one_engine() {
    let place = Place::new();
    let _engine = place.open();
    let rules = Rules::parse(
        "rules.yaml",
        "sources: [{name: a, paths: [/a], format: json, metrics: [{name: a_total, type: counter}]}]",
    );
    let second =
        Engine::open(rules.unwrap(), EngineOptions::new(place.folder.path().join("state")), place.now);
    assert!(matches!(second, Err(EngineError::Checkpoint(CheckpointError::InUse { .. }))), "{second:?}");
}

/// Rules for the same files: the name of their source, and the labels of one of their counters.
fn other_rules(place: &Place, source: &str, labels: &str) -> Rules {
    let path = format!("{}/stat.log*", place.folder.path().display());
    let rules = format!(
        "sources:\n- name: {source}\n  paths: [{path:?}]\n  format: json\n  metrics:\n  \
         - {{name: orders_total, type: counter, help: Orders., when: 'event == \"order\"', labels: {labels}}}\n  \
         - {{name: cents_total, type: counter, help: Cents., value: cents}}\n"
    );
    Rules::parse("rules.yaml", &rules).unwrap()
}

#[test]
fn other_rules_go_on_with_what_is_the_same() {
    let mut place = Place::new();
    place.write("{\"event\":\"order\",\"by\":\"web\",\"cents\":250}\n");
    let engine = place.open();
    place.read(&engine);
    engine.replace_rules(other_rules(&place, "store", "{by: by}"), place.now);
    place.write("{\"event\":\"order\",\"by\":\"app\",\"cents\":50}\n");
    place.read(&engine);
    let shown = place.shown(&engine);
    for line in ["orders_total{by=\"app\"} 1", "cents_total 300"] {
        assert!(shown.lines().any(|shown| shown == line), "{line}:\n{shown}");
    }
    assert!(!shown.contains("channel"), "{shown}");
}

#[test]
fn a_source_with_another_name_does_not_count_its_files_again_after_a_restart() {
    let mut place = Place::new();
    place.write("{\"cents\":250}\n");
    let engine = place.open();
    place.read(&engine);
    engine.checkpoint(place.now).unwrap();
    drop(engine);
    let rules = other_rules(&place, "store", "{channel: by}");
    let engine =
        Engine::open(rules, EngineOptions::new(place.folder.path().join("state")), place.now).unwrap();
    place.read(&engine);
    assert!(place.shown(&engine).lines().any(|line| line == "cents_total 250"));
}

/// Every conversion that there could be, with flags too, and the other things that names of files have.
fn all_paths() -> Vec<String> {
    let letters = (b' '..=b'~').map(char::from);
    let conversions =
        letters.flat_map(|letter| ["", "-", "_", "0", "^", "E", ":"].map(|flag| format!("%{flag}{letter}")));
    let others =
        ["", "*", "**", "?", "[a-c]", "[", "]", "{", "{a,b}", r"\{a", "a{,b}{,b}", "é", "%", "\0", r"\"];
    let braces = (1..12).map(|count| "{a,b}".repeat(count));
    let names = conversions.chain(others.map(str::to_owned)).chain(braces);
    names.flat_map(|name| [format!("/var/log/{name}"), format!("/var/{name}/a.log")]).collect()
}

#[test]
fn whatever_is_compiled_as_rules_is_opened_and_what_is_refused_says_where() {
    let (mut opened, mut refused) = (0, 0);
    let first = Place::new();
    let running = first.open();
    for path in all_paths() {
        let place = Place::new();
        let quoted = serde_json::to_string(&path).unwrap();
        let document = format!(
            "sources:\n- name: a\n  paths: [{quoted}]\n  metrics: [{{name: a_total, type: counter}}]\n"
        );
        match Rules::parse("rules.yaml", &document) {
            Ok(rules) => {
                opened += 1;
                let options = EngineOptions::new(place.folder.path().join("state"));
                assert!(Engine::open(rules, options, place.now).is_ok(), "{path}");
                running.replace_rules(Rules::parse("rules.yaml", &document).unwrap(), place.now);
            }
            Err(error) => {
                refused += 1;
                let fault = &error.faults[0];
                assert_eq!((fault.line, fault.column), (3, 11), "{path}: {fault}");
                assert!(!fault.advice.is_empty(), "{path}: {fault}");
            }
        }
    }
    assert!(opened > 50 && refused > 1000, "{opened} {refused}");
}

/// Sources of one counter, each with a folder of its own.
fn rules_of(place: &Place, sources: &[(&str, &[&str])]) -> Rules {
    let source = |(name, folders): &(&str, &[&str])| {
        let path = |folder: &&str| format!("\"{}/{folder}/*.log\"", place.folder.path().display());
        let paths: Vec<_> = folders.iter().map(path).collect();
        format!(
            "- {{name: {name}, paths: [{}], metrics: [{{name: n_total, type: counter, help: Lines.}}]}}\n",
            paths.join(", ")
        )
    };
    let sources: String = sources.iter().map(source).collect();
    Rules::parse("rules.yaml", &format!("sources:\n{sources}")).unwrap()
}

fn count(place: &mut Place, engine: &Engine) -> String {
    place.read(engine);
    let shown = place.shown(engine);
    shown.lines().find_map(|line| line.strip_prefix("n_total ")).unwrap_or_default().to_owned()
}

fn append(place: &Place, path: &str, lines: &str) -> fs::File {
    let path = place.folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = fs::File::options().append(true).create(true).open(path).unwrap();
    file.write_all(lines.as_bytes()).unwrap();
    file
}

#[test]
fn what_is_open_stays_open_when_other_sources_come_and_go() {
    let mut place = Place::new();
    let mut file = append(&place, "a/1.log", "{\"n\":1}\n");
    let options = EngineOptions::new(place.folder.path().join("state"));
    let engine = Engine::open(rules_of(&place, &[("a", &["a"])]), options, place.now).unwrap();
    assert_eq!(count(&mut place, &engine), "1");
    // No name leads to it any more, and its program goes on with it.
    fs::rename(place.folder.path().join("a/1.log"), place.folder.path().join("moved")).unwrap();
    engine.look(place.now);
    engine.replace_rules(rules_of(&place, &[("a", &["a"]), ("b", &["b"])]), place.now);
    file.write_all(b"{\"n\":2}\n{\"n\":3}\n").unwrap();
    assert_eq!(count(&mut place, &engine), "3");
}

#[test]
fn files_of_a_source_that_is_away_for_a_while_or_gives_them_to_another_are_not_counted_again() {
    let mut place = Place::new();
    append(&place, "a/1.log", "{\"in\":\"a\"}\n");
    append(&place, "b/1.log", "{\"in\":\"b\",\"n\":1}\n{\"in\":\"b\",\"n\":2}\n");
    let state = place.folder.path().join("state");
    let both = [("a", &["a"][..]), ("b", &["b"][..])];
    let engine = Engine::open(rules_of(&place, &both), EngineOptions::new(&state), place.now).unwrap();
    assert_eq!(count(&mut place, &engine), "3");
    engine.replace_rules(rules_of(&place, &both[..1]), place.now);
    assert_eq!(count(&mut place, &engine), "3");
    engine.checkpoint(place.now).unwrap();
    drop(engine);
    // It comes back after a restart, with lines that were written meanwhile.
    append(&place, "b/1.log", "{\"in\":\"b\",\"n\":3}\n");
    let engine = Engine::open(rules_of(&place, &both), EngineOptions::new(&state), place.now).unwrap();
    assert_eq!(count(&mut place, &engine), "4");
    let merged = [("a", &["a", "b"][..])];
    engine.replace_rules(rules_of(&place, &merged), place.now);
    append(&place, "b/1.log", "{\"in\":\"b\",\"n\":4}\n");
    assert_eq!(count(&mut place, &engine), "5");
}
