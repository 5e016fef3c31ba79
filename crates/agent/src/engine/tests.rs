//! Real files, a real folder of checkpoints, and engines that end without a word.

mod days;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::mpsc::channel;
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

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn rules(&self) -> Rules {
        let path = format!("{}/stat.log*", self.folder.path().display());
        let rules = format!(
            "sources:\n- name: shop\n  paths: [{path:?}]\n  format: json\n  metrics:\n  \
             - {{name: orders_total, type: counter, help: Orders., when: 'event == \"order\"', labels: {{channel: by}}}}\n  \
             - {{name: cents_total, type: counter, help: Cents., value: cents}}\n"
        );
        Rules::parse("rules.yaml", &rules).unwrap()
    }

    fn open(&self) -> Engine {
        self.open_with(self.rules())
    }

    fn open_with(&self, rules: Rules) -> Engine {
        Engine::open(rules, EngineOptions::new(self.state()), self.now).unwrap()
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

/// A page that has this line.
#[track_caller]
fn assert_shows(page: &str, line: &str) {
    assert!(page.lines().any(|shown| shown == line), "{line}:\n{page}");
}

const OVERFLOW: &str = "chandler_agent_exceptions_total{metric=\"ids_total\",reason=\"overflow\"}";

#[test]
fn exceptions_are_zero_first_and_as_exact_as_lines() {
    let mut place = Place::new();
    let path = format!("{}/stat.log*", place.folder.path().display());
    let rules = |max: u8| {
        let rules = format!(
            "sources:\n- name: shop\n  paths: [{path:?}]\n  metrics:\n  \
             - {{name: ids_total, type: counter, labels: {{id: id}}, maxSeries: {max}}}\n"
        );
        Rules::parse("rules.yaml", &rules).unwrap()
    };
    let engine = place.open_with(rules(1));
    place.write("{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
    place.read(&engine);
    assert_shows(&page(&engine.checkpoint(place.now).unwrap()), &format!("{OVERFLOW} 0"));
    assert_shows(&place.shown(&engine), &format!("{OVERFLOW} 2"));
    place.write("{\"id\":4}\n");
    place.read(&engine);
    // Not counted yet are those that a reload finds.
    engine.replace_rules(rules(2), place.now);
    assert_shows(&page(&engine.checkpoint(place.now).unwrap()), &format!("{OVERFLOW} 3"));
    place.write("{\"id\":5}\n{\"id\":6}\n");
    place.read(&engine);
    // It ends here, as if it were killed.
    drop(engine);
    let engine = place.open_with(rules(2));
    place.read(&engine);
    assert_shows(&page(&engine.checkpoint(place.now).unwrap()), &format!("{OVERFLOW} 4"));
}

#[test]
fn what_a_scrape_says_of_files_and_checkpoints_waits_for_no_lines() {
    let place = Place::new();
    place.write("{\"cents\":250}\n");
    let engine = place.open();
    place.read(&engine);
    let (told, asked) = channel();
    std::thread::scope(|scope| {
        let reading = engine.state();
        scope.spawn(|| {
            let (status, snapshot) = (engine.status(), engine.durable());
            let _ = told.send((engine.files(), status, engine.is_visible(&snapshot)));
        });
        let answer = asked.recv_timeout(Duration::from_secs(60));
        drop(reading);
        let (files, status, is_visible) = answer.unwrap();
        assert_eq!((files[0].source.as_str(), files[0].lag.bytes), ("shop", 0));
        assert!(status.checkpoint.bytes > 0 && is_visible);
    });
}

#[test]
fn who_waits_for_the_state_gets_it_before_who_had_it_last() {
    let engine = Place::new().open();
    let order = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let reading = engine.state();
        scope.spawn(|| {
            let _scrape = engine.state();
            order.lock().unwrap().push("scrape");
        });
        while engine.next.try_lock().is_ok() {
            std::thread::yield_now();
        }
        drop(reading);
        let _reading = engine.state();
        order.lock().unwrap().push("reading");
    });
    assert_eq!(order.into_inner().unwrap(), ["scrape", "reading"]);
}

#[test]
fn sources_share_one_budget_and_take_turns() {
    let place = Place::new();
    let source = |name: &str| {
        let path = place.folder.path().join(name);
        let line = format!("{{\"cents\":1,\"filler\":\"{}\"}}\n", "x".repeat(1000));
        fs::write(&path, line.repeat(3 * SLICE / line.len())).unwrap();
        let metrics = format!("[{{name: {name}_total, type: counter}}]");
        format!("- {{name: {name}, paths: [{:?}], metrics: {metrics}}}\n", path.display().to_string())
    };
    let rules = format!("sources:\n{}{}{}", source("a"), source("b"), source("c"));
    let engine = place.open_with(Rules::parse("rules.yaml", &rules).unwrap());
    engine.look(place.now);
    let read = |slices: usize| {
        let step = engine.read(slices * SLICE, place.now);
        assert!(step.more && step.bytes <= (slices * SLICE) as u64, "{step:?}");
        engine.files().iter().map(|file| (3 * SLICE as u64 - file.lag.bytes).div_ceil(SLICE as u64)).collect()
    };
    let left: Vec<Vec<u64>> = [1, 1, 2, 3].map(read).to_vec();
    assert_eq!(left, [[1, 0, 0], [1, 1, 0], [2, 1, 1], [3, 2, 2]]);
    while engine.read(BUDGET, place.now).more {}
    assert!(engine.files().iter().all(|file| file.lag.bytes == 0));
}

#[test]
fn a_checkpoint_that_is_less_than_what_was_shown_stays_unseen_over_restarts_until_all_is_read_again() {
    let place = Place::new();
    let is_visible = |engine: &Engine| engine.is_visible(&engine.checkpoint(place.now).unwrap());
    for line in 1..3 {
        place.write("{\"cents\":1}\n");
        let engine = place.open();
        assert_eq!(engine.status().checkpoint.generation, 2 * line - 1);
        place.read(&engine);
        assert!(is_visible(&engine));
    }
    fs::write(place.state().join("checkpoint.1"), "half of").unwrap();
    // Each ends before it has read everything, and leaves checkpoints that are whole.
    for _ in 0..3 {
        let engine = place.open();
        assert!(!engine.is_visible(&engine.durable()));
        assert!(!is_visible(&engine));
    }
    let engine = place.open();
    place.read(&engine);
    let before = engine.checkpoint(place.now).unwrap();
    engine.tell_caught_up(place.now);
    assert!(!engine.is_visible(&before));
    assert!(is_visible(&engine));
    assert!(!engine.is_visible(&before), "it is still less");
    assert_shows(&page(&engine.durable()), "cents_total 2");
    drop(engine);
    let engine = place.open();
    assert!(engine.is_visible(&engine.durable()));
}

#[test]
fn after_a_start_on_a_full_disk_the_checkpoint_is_as_old_as_it_is() {
    let place = Place::new();
    drop(place.open());
    let mut folder = Folder::open(place.state()).unwrap();
    let checkpoint = folder.load().unwrap().unwrap();
    let (before, later) = (written(&checkpoint), place.now + Duration::from_secs(3600));
    let options = EngineOptions::new(place.state());
    let mut state = State::new((place.rules(), options), Some(checkpoint), later).unwrap();
    // Whatever is written to this device, there is no room for it.
    symlink("/dev/full", place.state().join("checkpoint.new")).unwrap();
    let ledger = begin(&mut folder, state.take(milliseconds(later)), (Some(before), later)).unwrap();
    let CheckpointStatus { written, bytes, generation, failures } = ledger.status().checkpoint;
    assert_eq!((written, generation, failures), (place.now, 1, 1));
    assert!(bytes > 0);
}

#[test]
fn a_source_that_is_split_counts_nothing_again_and_each_file_in_one_of_them() {
    for is_running in [true, false] {
        let mut place = Place::new();
        append(&place, "a/1.log", "{\"in\":\"a\"}\n");
        append(&place, "b/1.log", "{\"in\":\"b\",\"n\":1}\n{\"in\":\"b\",\"n\":2}\n");
        let options = || EngineOptions::new(place.state());
        let (whole, parts) = ([("a", &["a", "b"][..])], [("a", &["a"][..]), ("b", &["b"][..])]);
        let mut engine = Engine::open(rules_of(&place, &whole), options(), place.now).unwrap();
        assert_eq!(count(&mut place, &engine), "3");
        if is_running {
            engine.replace_rules(rules_of(&place, &parts), place.now);
        } else {
            engine.checkpoint(place.now).unwrap();
            drop(engine);
            let options = EngineOptions::new(place.state());
            engine = Engine::open(rules_of(&place, &parts), options, place.now).unwrap();
        }
        assert_eq!(count(&mut place, &engine), "3");
        append(&place, "b/1.log", "{\"in\":\"b\",\"n\":3}\n");
        assert_eq!(count(&mut place, &engine), "4");
        // What is kept of files that were let go does not grow with every reload.
        let mut sizes = Vec::new();
        for rules in [&whole[..], &parts, &whole, &parts, &whole, &parts] {
            engine.replace_rules(rules_of(&place, rules), place.now);
            assert_eq!(count(&mut place, &engine), "4");
            engine.checkpoint(place.now).unwrap();
            sizes.push(engine.status().checkpoint.bytes);
        }
        assert_eq!(sizes[3], sizes[5]);
    }
}

#[test]
fn a_file_that_comes_later_to_a_source_is_known_by_what_another_had_read_of_it() {
    let mut place = Place::new();
    append(&place, "a/1.log", "{\"in\":\"a\",\"n\":1}\n{\"in\":\"a\",\"n\":2}\n");
    append(&place, "b/other.log", "{\"in\":\"b\"}\n");
    let options = EngineOptions::new(place.state());
    let engine = Engine::open(rules_of(&place, &[("a", &["a"])]), options, place.now).unwrap();
    assert_eq!(count(&mut place, &engine), "2");
    engine.replace_rules(rules_of(&place, &[("b", &["b"])]), place.now);
    assert_eq!(count(&mut place, &engine), "3");
    fs::rename(place.folder.path().join("a/1.log"), place.folder.path().join("b/1.log")).unwrap();
    append(&place, "b/1.log", "{\"in\":\"a\",\"n\":3}\n");
    assert_eq!(count(&mut place, &engine), "4");
}

#[test]
fn a_source_that_starts_at_the_end_does_so_until_it_has_looked_once() {
    let mut place = Place::new();
    append(&place, "a/1.log", "{\"n\":1}\n");
    let rules = || {
        let path = place.folder.path().join("a/*.log");
        let source = format!(
            "- {{name: a, start: end, paths: {path:?}, metrics: [{{name: n_total, type: counter}}]}}"
        );
        Rules::parse("rules.yaml", &format!("sources:\n{source}\n")).unwrap()
    };
    drop(Engine::open(rules(), EngineOptions::new(place.state()), place.now).unwrap());
    let engine = Engine::open(rules(), EngineOptions::new(place.state()), place.now).unwrap();
    engine.look(place.now);
    engine.checkpoint(place.now).unwrap();
    drop(engine);
    append(&place, "a/1.log", "{\"n\":2}\n");
    let engine = Engine::open(rules(), EngineOptions::new(place.state()), place.now).unwrap();
    assert_eq!(count(&mut place, &engine), "1");
}
