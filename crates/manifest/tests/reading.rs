//! What YAML means to us and to kubectl: the Go program `tests/oracle` answers for kubectl.

// A test may panic, also in its helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

#[path = "support/generate.rs"]
mod generate;
#[path = "support/oracle.rs"]
mod oracle;

use chandler_manifest::{Documents, ParseError, ParseErrorKind};
use generate::Random;
use oracle::{Oracle, same};
use serde_json::{Value, json};

/// The value of the first document of `text`, which is what the oracle answers.
fn read(text: &str) -> Result<Value, ParseError> {
    let document = Documents::new(text.as_bytes()).next();
    let value = document.map_or(Ok(None), |document| document.expect("below the limit").parse())?;
    Ok(value.unwrap_or(Value::Null))
}

/// How many texts both sides read, both refuse, and only one reads.
#[derive(Debug, Default)]
struct Tally {
    both: usize,
    neither: usize,
    kubectl: usize,
    us: usize,
}

/// Compares both sides on every text: they may refuse differently, but not read differently.
fn compare(oracle: &Oracle, texts: &[String], may_refuse: impl Fn(&ParseErrorKind) -> bool) -> Tally {
    let mut tally = Tally::default();
    for (text, theirs) in texts.iter().zip(oracle.read(texts)) {
        match (read(text), theirs) {
            (Ok(ours), Ok(theirs)) => {
                assert!(same(&ours, &theirs), "{text:?}\nwe read      {ours}\nkubectl reads {theirs}");
                tally.both += 1;
            }
            (Err(_), Err(_)) => tally.neither += 1,
            (Err(error), Ok(theirs)) => {
                assert!(may_refuse(&error.kind), "{text:?}\nwe say        {error}\nkubectl reads {theirs}");
                tally.kubectl += 1;
            }
            (Ok(_), Err(_)) => tally.us += 1,
        }
    }
    eprintln!("{tally:?} of {}", texts.len());
    tally
}

/// The refusals that the crate's documentation lists and that well-formed documents can meet.
fn is_listed(kind: &ParseErrorKind) -> bool {
    matches!(kind, ParseErrorKind::UnknownTag(_) | ParseErrorKind::Syntax(_) | ParseErrorKind::AmbiguousColon)
}

#[test]
fn scalars_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::find("reading_matches_kubectl") else { return };
    let mut random = Random::new(1);
    let texts: Vec<String> = (0..20_000).map(|_| generate::scalar(&mut random)).collect();
    let tally = compare(&oracle, &texts, is_listed);
    assert!(tally.both > 18_000 && tally.kubectl < 400 && tally.us < 400, "{tally:?}");
}

#[test]
fn documents_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::find("reading_matches_kubectl") else { return };
    let mut random = Random::new(2);
    let texts: Vec<String> = (0..10_000).map(|_| generate::document(&mut random)).collect();
    let tally = compare(&oracle, &texts, is_listed);
    assert!(tally.both > 6_500 && tally.kubectl < 400 && tally.us < 400, "{tally:?}");
}

#[test]
fn damaged_documents_are_refused_or_read_as_kubectl_reads_them() {
    let Some(oracle) = Oracle::find("reading_matches_kubectl") else { return };
    let mut random = Random::new(3);
    let texts: Vec<String> = (0..20_000).map(|_| generate::damaged(&mut random)).collect();
    let tally = compare(&oracle, &texts, |_| true);
    assert!(tally.both > 5_000 && tally.kubectl < 2_000 && tally.us < 400, "{tally:?}");
}

#[test]
fn scalars_have_the_types_of_yaml_1_1() {
    let text = "[yes, Off, y, 0755, 0o17, 0x1F, 0b11, 1_000, 1e3, .5, 1., -0.0, 1e400, 08, ~, null, NULL, nULL, \
        2001-12-14, 12:30, 10Gi, 1.2.3, 18446744073709551615, 18446744073709551616, 'yes', !!str 1, !!float 2, \
        !!int \"3\", !!bool \"no\", !!null '', <<, =, +, -1, +1]";
    let expected = json!([
        true,
        false,
        true,
        493,
        15,
        31,
        3,
        1000,
        1000,
        0.5,
        1,
        0,
        "1e400",
        8,
        null,
        null,
        null,
        "nULL",
        "2001-12-14",
        "12:30",
        "10Gi",
        "1.2.3",
        u64::MAX,
        18_446_744_073_709_551_616_f64,
        "yes",
        "1",
        2,
        3,
        false,
        null,
        "<<",
        "=",
        "+",
        -1,
        1
    ]);
    assert_eq!(read(text), Ok(expected));
    let keys = read("{yes: 1, 0x10: 2, 1.50: 3, 1e6: 4, 1e-5: 5, 2001-12-14: 6, -.inf: 7}").expect("valid");
    let keys: Vec<&str> = keys.as_object().expect("a mapping").keys().map(String::as_str).collect();
    assert_eq!(keys, ["true", "16", "1.5", "1e+06", "1e-05", "2001-12-14", "-.inf"]);
}
