//! What the targets of the agent share: rules with everything that rules can have, lines for them, and pages that a
//! server must be able to read.

use chandler_agent::exposition::{Format, Page, Style};
use chandler_agent::files::SavedFiles;
use chandler_agent::observation::Observations;
use chandler_agent::rules::{Line, Parts, Reader, Rules};
use chandler_agent::series::{Snapshot, Store};

/// A moment: 2023-11-14, late in the evening in UTC, so that the next day is near.
pub const NOW: i64 = 1_700_000_000_000;

/// How far the files of each source were read, by its name and its paths, and whether a checkpoint is lost.
pub type Positions = (Vec<(String, Vec<String>, SavedFiles)>, bool);

/// Rules with every field, path, coercion and function.
pub const RULES: &str = include_str!("agent/rules.yaml");

/// Lines that these rules are for, and some that are broken.
pub const LINES: &str = include_str!("agent/lines.log");

/// These rules. None would be a fault of theirs, which the first run shows.
pub fn rules() -> Option<Rules> {
    Rules::parse("rules.yaml", RULES).ok()
}

/// What many lines become.
pub fn store_of(rules: &Rules, text: &str) -> Store {
    let mut store = Store::new(rules.metrics.clone(), NOW).zero_first(None);
    let (mut reader, mut out) = (Reader::default(), Observations::default());
    for line in text.split('\n') {
        for source in &rules.sources {
            let line = Line { text: line, read_at: NOW };
            let take = &mut |part: &Observations| store.apply(part, NOW);
            source.observe_in_parts(line, &mut reader, Parts { memory: &mut out, take });
        }
    }
    store
}

/// The pages of a snapshot in both formats, each checked.
pub fn pages(snapshot: &Snapshot) -> [String; 2] {
    [Format::Text, Format::OpenMetrics].map(|format| {
        let mut bytes = Vec::new();
        let mut page = Page::new(&mut bytes, Style { format, created: true });
        page.add_snapshot(snapshot);
        page.finish();
        let page = String::from_utf8(bytes);
        assert!(page.is_ok(), "a page is UTF-8");
        let page = page.unwrap_or_default();
        check(&page);
        page
    })
}

/// Each line is a comment, or has a number behind its last space.
fn check(page: &str) {
    assert!(page.is_empty() || page.ends_with('\n'));
    for line in page.lines().filter(|line| !line.starts_with("# ")) {
        let number = line.rsplit_once(' ').map(|(_, number)| number);
        assert!(number.is_some_and(|number| number.parse::<f64>().is_ok()), "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_the_rules_is_fed_by_the_lines() {
        let rules = Rules::parse("rules.yaml", RULES).unwrap_or_else(|error| panic!("{error}"));
        let [text, _] = pages(&store_of(&rules, LINES).snapshot(NOW));
        for metric in &rules.metrics {
            assert!(text.contains(&format!("\n# TYPE {} ", metric.name)), "{}:\n{text}", metric.name);
        }
    }
}
