//! Compares with Go's `resource.Quantity`, which decides what a quantity is.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use chandler_quantity::{Format, Quantity, QuantityError};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::Value;

const CASES: usize = 20_000;

#[test]
fn quantities_match_go() {
    let Some(oracle) = std::env::var_os("CHANDLER_ORACLE") else {
        eprintln!("SKIPPED quantities_match_go: CHANDLER_ORACLE is not set, run make test");
        return;
    };
    let texts = texts();
    let answers = ask(Command::new(oracle).arg("quantity"), &texts);
    assert_eq!(answers.len(), texts.len());
    for (text, answer) in texts.iter().zip(&answers) {
        compare(text, answer);
    }
}

/// Go hands back the text as written where it takes that for canonical; the padded twin of each text (more
/// digits than its short cut takes) makes it print the value in full.
fn texts() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let number = "[+-]?[0-9]{0,4}[0-9](0{0,9})(\\.[0-9]{0,12})?";
    let suffix = "(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e[+-]?[0-9]|E[0-9]|[a-zA-Z]{1,2}[0-9]?)";
    let strategy = (number, suffix);
    let mut texts = vec!["".to_owned(), "0".to_owned(), "9223372036854775807".to_owned(), "8Ei".to_owned()];
    for _ in 0..CASES {
        let (number, suffix) = strategy.new_tree(&mut runner).unwrap().current();
        let point = if number.contains('.') { "" } else { "." };
        texts.push(format!("{number}{point}{:020}{suffix}", 0));
        texts.push(number + &suffix);
    }
    texts
}

fn ask(oracle: &mut Command, texts: &[String]) -> Vec<Value> {
    let mut child = oracle.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines: String = texts.iter().map(|text| format!("{}\n", Value::from(text.as_str()))).collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn compare(text: &str, answer: &Value) {
    match (Quantity::parse(text), answer.get("canonical").and_then(Value::as_str)) {
        (Ok(ours), Some(canonical)) => {
            let kept_as_written = canonical == text;
            assert!(
                ours.to_string() == canonical || kept_as_written || is_beyond_exa(ours),
                "{text}: Go says {canonical}, we say {ours}"
            );
        }
        (Err(_), None) => assert!(answer.get("error").is_some(), "{text}: neither value nor error: {answer}"),
        (ours, _) => assert!(is_too_large(text, &ours), "{text}: Go says {answer}, we say {ours:?}"),
    }
}

/// Go prints these without a suffix.
fn is_beyond_exa(quantity: Quantity) -> bool {
    quantity.format() == Format::DecimalSi && quantity.nanos().unsigned_abs() >= 10_u128.pow(30)
}

/// Go holds any decimal value; of the generated ones only those in exa can be beyond 1.7e29.
fn is_too_large(text: &str, ours: &Result<Quantity, QuantityError>) -> bool {
    let exa: f64 = text.strip_suffix('E').unwrap_or("0").parse().unwrap();
    matches!(ours, Err(QuantityError::TooLarge(_))) && exa.abs() > 1.7e11
}
