//! The Go program that reads YAML as kubectl does. `CHANDLER_ORACLE` names it.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

pub struct Oracle(String);

impl Oracle {
    /// The oracle; without it, says that `test` was skipped.
    pub fn find(test: &str) -> Option<Self> {
        let program = env::var("CHANDLER_ORACLE").ok();
        if program.is_none() {
            eprintln!("SKIPPED {test}: CHANDLER_ORACLE is not set, run make test");
        }
        program.map(Self)
    }

    /// What each of `texts` means, or why it means nothing.
    pub fn read(&self, texts: &[String]) -> Vec<Result<Value, String>> {
        let mut child = Command::new(&self.0)
            .arg("yaml-to-json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("CHANDLER_ORACLE names a program");
        let mut questions = child.stdin.take().expect("stdin");
        let lines: String = texts.iter().map(|text| format!("{}\n", Value::from(text.as_str()))).collect();
        let writer = std::thread::spawn(move || questions.write_all(lines.as_bytes()));
        let output = child.wait_with_output().expect("the oracle ends");
        writer.join().expect("no panic").expect("the oracle reads every question");
        assert!(output.status.success(), "the oracle failed");
        let answers = String::from_utf8(output.stdout).expect("answers in UTF-8");
        let answers: Vec<_> = answers.lines().map(parse_answer).collect();
        assert_eq!(answers.len(), texts.len(), "one answer a question");
        answers
    }
}

fn parse_answer(line: &str) -> Result<Value, String> {
    let mut answer: Value = serde_json::from_str(line).expect("an answer in JSON");
    match answer.get("error") {
        Some(error) => Err(error.as_str().expect("an error in words").to_owned()),
        None => Ok(answer["json"].take()),
    }
}

/// Equal as JSON: whether a number is written with a fraction does not matter.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let floats = left.is_f64() || right.is_f64();
            left == right || (floats && left.as_f64() == right.as_f64())
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}
