//! What the documentation shows is what the program does: rules in it can be used, examples give what stands beside them,
//! and every flag and metric has its line.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chandler_agent::rules::Rules;

const PAGE: &str = include_str!("../../../docs/agent.md");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The folders below `examples/agent`.
fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("examples/agent")).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 3, "{folders:?}");
    folders
}

/// The only file of a folder that is neither rules nor what is expected: a log.
fn log_of(example: &Path) -> PathBuf {
    let names = fs::read_dir(example).unwrap().map(|entry| entry.unwrap().file_name());
    let mut logs: Vec<_> = names.filter(|name| name != "rules.yaml" && name != "expected.txt").collect();
    assert_eq!(logs.len(), 1, "{}: {logs:?}", example.display());
    example.join(logs.remove(0))
}

/// What the program prints, from the repository's folder.
fn run(arguments: &[&str]) -> String {
    let program = Command::new(env!("CARGO_BIN_EXE_chandler-agent"))
        .args(arguments)
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(program.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&program.stderr));
    String::from_utf8(program.stdout).unwrap()
}

/// Blocks of a language on the page, without their fences.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    let rest = PAGE.split(&begin).skip(1);
    rest.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn rules_on_the_page_can_be_used() {
    let is_rules = |block: &&&str| block.lines().any(|line| line == "sources:");
    let blocks = blocks("yaml");
    let rules: Vec<_> = blocks.iter().filter(is_rules).collect();
    assert!(rules.len() >= 4, "{}", rules.len());
    for block in rules {
        let parsed = Rules::parse("docs/agent.md", block);
        assert!(parsed.is_ok(), "{block}\n{}", parsed.unwrap_err());
    }
}

#[test]
fn every_example_can_be_used_and_gives_what_stands_beside_it() {
    for example in examples() {
        let (rules, log, expected) =
            (example.join("rules.yaml"), log_of(&example), example.join("expected.txt"));
        let [rules, log] = [rules, log].map(|path| path.display().to_string());
        run(&["check", &rules]);
        let actual = run(&["replay", &rules, &log]);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &actual).unwrap();
        }
        let golden = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(actual, golden, "{}: run with UPDATE_GOLDEN=1 if the change is meant", expected.display());
    }
}

#[test]
fn every_metric_of_an_example_is_fed_by_its_log() {
    for example in examples() {
        let expected = fs::read_to_string(example.join("expected.txt")).unwrap();
        let rules = Rules::load(&[example.join("rules.yaml")]).unwrap();
        for metric in &rules.metrics {
            let name = &metric.name;
            assert!(expected.contains(&format!("\n# TYPE {name} ")), "{}: {name}", example.display());
        }
    }
}

#[test]
fn every_flag_has_its_line() {
    for command in ["run", "check", "replay", "explain", "bench"] {
        let help = run(&[command, "--help"]);
        let flags = help.split_whitespace().map(|word| word.trim_end_matches([',', '.', ':']));
        let flags: BTreeSet<_> = flags.filter(|word| word.starts_with("--") && word.len() > 2).collect();
        for flag in flags {
            assert!(
                PAGE.contains(&format!("`{flag}`")) || PAGE.contains(&format!("`{flag} ")),
                "{command} {flag}"
            );
        }
    }
}

#[test]
fn every_metric_of_the_agent_has_its_line() {
    let mut names = BTreeSet::new();
    collect_metrics(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        assert!(PAGE.contains(&format!("`{name}`")) || PAGE.contains(&format!("`{name}{{")), "{name}");
    }
}

/// Names in quotes in the code beside tests.
fn collect_metrics(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            collect_metrics(&path, names);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let quoted =
                code.split('"').skip(1).step_by(2).filter(|text| text.starts_with("chandler_agent_"));
            names.extend(quoted.filter(|name| name.len() > "chandler_agent_".len()).map(str::to_owned));
        }
    }
}
