//! What the API server showed of pods that were made to fail, and what is made of it. One folder a case: `shown.json` has
//! the container that is judged, the pod as it changed (of its spec, what is asked for), and its Events; `expected.txt`
//! what is said of each. `UPDATE_GOLDEN=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chandler_debugger::standing::{Standing, judge};
use serde_json::Value;

const FILES: [&str; 2] = ["expected.txt", "shown.json"];

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standing");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(cases.len() >= 25, "{cases:?}");
    cases
}

fn shown(case: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(case.join("shown.json")).unwrap()).unwrap()
}

/// The standing after each change. Events come last, as they do for who waits.
fn judged(shown: &Value) -> Vec<Standing> {
    let (container, pods) = (shown["container"].as_str().unwrap(), shown["pods"].as_array().unwrap());
    let events = shown["events"].as_array().unwrap();
    let known = |index: usize| if index + 1 == pods.len() { events.as_slice() } else { &[] };
    pods.iter().enumerate().map(|(index, pod)| judge(pod, container, known(index))).collect()
}

fn described(standings: &[Standing]) -> String {
    let mut text = String::new();
    for standing in standings {
        match standing {
            Standing::Waiting(why) => writeln!(text, "Waiting: {why}"),
            Standing::Running => writeln!(text, "Running"),
            Standing::Ended { code, reason } => writeln!(text, "Ended: {code} {reason}"),
            Standing::Stuck(why) => {
                writeln!(text, "Stuck, {}: {}\n  {}", why.reason, why.message, why.next_step)
            }
        }
        .unwrap();
    }
    text
}

#[test]
fn every_status_that_a_cluster_showed_is_judged_as_expected() {
    for case in cases() {
        let actual = described(&judged(&shown(&case)));
        let expected = case.join("expected.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &actual).unwrap();
        }
        let golden = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(actual, golden, "{}: run with UPDATE_GOLDEN=1 if the change is meant", expected.display());
    }
}

#[test]
fn cases_hold_no_file_that_nothing_tests() {
    for case in cases() {
        let mut files: Vec<_> =
            std::fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, FILES, "{}", case.display());
    }
}

/// A person reads what is told, so it names what it is about and does not end in the middle.
#[test]
fn every_diagnosis_has_a_message_and_a_next_step() {
    for case in cases() {
        for standing in judged(&shown(&case)) {
            if let Standing::Stuck(why) = standing {
                assert!(why.message.len() > 20 && why.next_step.len() > 20, "{}: {why:?}", case.display());
                assert!(!why.message.ends_with([':', ' ', '.']), "{}: {why:?}", case.display());
            }
        }
    }
}
