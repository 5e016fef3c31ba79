//! What the program says when it is asked to read its rules again.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use chandler_agent_world::agent::{Agent, Setup};
use rustix::process::Signal;

const RULES: &str =
    "sources: [{name: s, paths: [/nowhere/a.log], metrics: [{name: a_total, type: counter}]}]";

/// Asks, and waits until it was said so often.
fn hang_up(agent: &Agent, said: &[&str], times: usize) {
    agent.signal(Signal::HUP).unwrap();
    let lacks = |_: &_| (agent.log().count(said) < times).then(|| agent.log().text());
    agent.wait_for(lacks).unwrap();
}

#[test]
fn each_request_to_read_rules_has_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yaml");
    fs::write(&path, RULES).unwrap();
    let program = env!("CARGO_BIN_EXE_chandler-agent");
    let agent = Setup::new(program, path.clone(), folder.path().join("state")).start().unwrap();
    hang_up(&agent, &["the rules are as before"], 1);
    fs::write(&path, RULES.replace("counter", "meter")).unwrap();
    let refused = ["the rules are not valid", "meter"];
    hang_up(&agent, &refused, 1);
    hang_up(&agent, &refused, 2);
    fs::write(&path, RULES.replace("a_total", "b_total")).unwrap();
    hang_up(&agent, &["other rules are in force"], 1);
}
