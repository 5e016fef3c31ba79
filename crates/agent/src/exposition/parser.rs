//! Reads pages in tests, and refuses what a server could refuse.

use std::collections::{BTreeMap, HashSet};

use super::Format;

/// Samples by name and labels, and types by family.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parsed {
    pub(super) samples: BTreeMap<(String, Vec<(String, String)>), f64>,
    pub(super) types: BTreeMap<String, String>,
    pub(super) helps: BTreeMap<String, String>,
    pub(super) units: BTreeMap<String, String>,
}

impl Parsed {
    /// The sample with these labels, in their order.
    pub(super) fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }
}

/// Panics where the page is not valid.
pub(super) fn parse(page: &[u8], format: Format) -> Parsed {
    let page = std::str::from_utf8(page).expect("a page is UTF-8");
    assert!(page.is_empty() || page.ends_with('\n'), "the last line ends");
    let body = match format {
        Format::Text => page,
        Format::OpenMetrics => page.strip_suffix("# EOF\n").expect("OpenMetrics ends with # EOF"),
    };
    let mut parsed = Parsed::default();
    let mut current = String::new();
    let mut finished = HashSet::new();
    for line in body.split_terminator('\n') {
        assert!(!line.is_empty(), "no line is empty");
        let (family, rest) = match line.strip_prefix("# ") {
            Some(comment) => (comment.split(' ').nth(1).unwrap().to_owned(), Some(comment)),
            None => (current.clone(), None),
        };
        if family != current {
            assert!(finished.insert(family.clone()), "{family} is in one piece");
            current = family;
        }
        match rest {
            Some(comment) => read_comment(&mut parsed, comment, format),
            None => read_sample(&mut parsed, line, &current, format),
        }
    }
    parsed
}

fn read_comment(parsed: &mut Parsed, comment: &str, format: Format) {
    let mut parts = comment.splitn(3, ' ');
    let (keyword, name, text) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    assert_name(name);
    let text_of = |escapes| unescape(text, escapes);
    let before = match (keyword, format) {
        ("HELP", Format::Text) => parsed.helps.insert(name.into(), text_of("\\n")),
        ("HELP", Format::OpenMetrics) => parsed.helps.insert(name.into(), text_of("\\n\"")),
        ("TYPE", _) => parsed.types.insert(name.into(), text.into()),
        ("UNIT", Format::OpenMetrics) => {
            assert!(name.ends_with(&format!("_{text}")), "{name} ends with its unit");
            parsed.units.insert(name.into(), text.into())
        }
        _ => panic!("no such comment: {comment}"),
    };
    assert_eq!(before, None, "{keyword} of {name} stands once");
}

fn read_sample(parsed: &mut Parsed, line: &str, family: &str, format: Format) {
    let end = line.find(['{', ' ']).expect("a value follows");
    let (name, mut rest) = line.split_at(end);
    assert_name(name);
    let kind = parsed.types.get(family).expect("a type stands before the samples");
    let suffix = name.strip_prefix(family).expect("samples belong to the family above");
    let suffixes: &[&str] = match (kind.as_str(), format) {
        ("counter", Format::OpenMetrics) => &["_total", "_created"],
        ("histogram", Format::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
        ("histogram", Format::Text) => &["_bucket", "_sum", "_count"],
        ("gauge" | "counter" | "untyped" | "unknown", _) => &[""],
        _ => panic!("no such type: {kind}"),
    };
    assert!(suffixes.contains(&suffix), "{line} belongs to a {kind}");
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = read_labels(inside, &mut labels);
    }
    let value = rest.strip_prefix(' ').expect("one space");
    let number = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        "NaN" => f64::NAN,
        _ => {
            assert!(value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte)), "{value}");
            value.parse().unwrap()
        }
    };
    let before = parsed.samples.insert((name.to_owned(), labels), number);
    assert_eq!(before, None, "each series stands once: {line}");
}

fn read_labels<'a>(mut inside: &'a str, labels: &mut Vec<(String, String)>) -> &'a str {
    loop {
        let (name, rest) = inside.split_once("=\"").expect("a label has a value");
        assert_name(name);
        assert!(labels.iter().all(|(other, _)| other != name), "a label stands once");
        let mut escaped = false;
        let end = rest.find(|char| {
            let ends = char == '"' && !escaped;
            escaped = char == '\\' && !escaped;
            ends
        });
        let (value, rest) = rest.split_at(end.expect("a value ends"));
        labels.push((name.to_owned(), unescape(value, "\\n\"")));
        match rest.split_at(2) {
            ("\",", rest) => inside = rest,
            ("\"}", rest) => return rest,
            (other, _) => panic!("{other} behind a label"),
        }
    }
}

/// Only these may stand behind a backslash.
fn unescape(text: &str, allowed: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::new();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some(next) if allowed.contains(next) => plain.push(if next == 'n' { '\n' } else { next }),
                other => panic!("{other:?} behind a backslash"),
            },
            '"' => {
                assert!(!allowed.contains('"'), "a quote is escaped");
                plain.push(char);
            }
            _ => plain.push(char),
        }
    }
    plain
}

fn assert_name(name: &str) {
    let legal = |(place, byte): (usize, u8)| {
        byte.is_ascii_alphabetic() || b"_:".contains(&byte) || (place > 0 && byte.is_ascii_digit())
    };
    assert!(!name.is_empty() && name.bytes().enumerate().all(legal), "{name} is a name");
}
