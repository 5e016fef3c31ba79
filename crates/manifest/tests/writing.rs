//! Whatever is written reads back as the same value, here and by kubectl.

// A test may panic, also in its helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

#[path = "support/oracle.rs"]
mod oracle;

use chandler_manifest::{Documents, Format, write_document, write_yaml};
use oracle::{Oracle, same};
use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Number, Value, json};

/// Texts that tempt a writer: of any characters, of YAML's own, and of what looks like a number.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        "[-+0-9._eExobinfa:]{1,8}",
        "[ \t\n:#'\"\\\\a-c-]{0,16}",
        "[\u{0}-\u{20}\u{7f}-\u{a0}\u{2028}\u{2029}\u{feff}\u{fffd}-\u{ffff}x\n]{1,6}",
        "(a|b c| d|\t|  )(\n(a|b c| d|\te|  |#|- x|---|\\.\\.\\.|))*\n{0,3}",
        "(y|yes|on|null|~|true|<<|=|---|\\.\\.\\.|\\.inf|- |\\? |0x1|2001-01-01|12:30:00|---x|%a|)",
        "[a-z]{120,140}",
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        (-1000i64..1000).prop_map(Number::from),
        Just(Number::from(u64::MAX)),
        Just(Number::from(9_007_199_254_740_993_u64)),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn yaml(value: &Value) -> String {
    let mut out = Vec::new();
    write_yaml(value, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("UTF-8")
}

fn read(text: &[u8]) -> Value {
    let mut documents = Documents::new(text);
    let document = documents.next().expect("a document").expect("below the limit");
    assert!(documents.next().is_none(), "one document");
    document.parse().unwrap_or_else(|error| panic!("{error}")).expect("content")
}

/// Rewrites the only document of `text` with `value`.
fn rewrite(text: &str, value: &Value) -> String {
    let document = Documents::new(text.as_bytes()).next().expect("a document").expect("below the limit");
    let mut out = Vec::new();
    write_document(&document, value, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("UTF-8")
}

proptest! {
    #![proptest_config(Config { cases: 4_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn written_yaml_reads_back_as_the_same_value(value in value()) {
        let text = yaml(&value);
        prop_assert!(text.ends_with('\n'));
        let back = read(text.as_bytes());
        prop_assert!(same(&back, &value), "{text}\n{back}\n{value}");
    }

    #[test]
    fn key_order_survives_writing_and_reading(keys in vec(text(), 0..12)) {
        let object: Map<String, Value> = keys.into_iter().map(|key| (key, json!(1))).collect();
        let back = read(yaml(&Value::from(object.clone())).as_bytes());
        let back: Vec<_> = back.as_object().expect("an object").keys().collect();
        prop_assert_eq!(back, object.keys().collect::<Vec<_>>());
    }

    #[test]
    fn rewritten_documents_read_back_as_the_same_value(value in value(), form in 0..6usize) {
        let forms = ["a: 1\n", "--- {a: 1}\n", "# x\n--- # y\r\na: 1\r\n", "{\"a\": 1}", "{\r\n\t\"a\": 1\r\n}\r\n", "\u{feff}a: 1"];
        let value = json!({"value": value});
        let text = rewrite(forms[form], &value);
        let back = read(text.as_bytes());
        prop_assert!(same(&back, &value), "{text:?}\n{back}\n{value}");
    }
}

#[test]
fn kubectl_reads_what_is_written() {
    let Some(oracle) = Oracle::find("kubectl_reads_what_is_written") else { return };
    let mut runner = TestRunner::deterministic();
    let values: Vec<Value> =
        (0..10_000).map(|_| value().new_tree(&mut runner).expect("a value").current()).collect();
    let texts: Vec<String> = values.iter().map(yaml).collect();
    for ((value, text), theirs) in values.iter().zip(&texts).zip(oracle.read(&texts)) {
        let theirs = theirs.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(same(value, &theirs), "{text:?}\nwritten {value}\nread    {theirs}");
    }
}

#[test]
fn yaml_looks_as_kubectl_writes_it() {
    let value = json!({
        "kind": "Pod", "empty": {}, "none": [], "nothing": null, "port": 8080, "ratio": 0.5,
        "quoted": ["8080", "yes", "a: b", "it's", "2020-01-02", "", "x # y", "\ttab", "*"],
        "plain": ["--flag=1", ":8080", "http://x/y?z", "$(A)", "100m", "1.2.3", "a's", "é", "a#b", "-Xmx1g"],
        "script": "set -e\n\n  echo hi\n", "stripped": "a\nb", "kept": "a\n\n",
        "list": [{"name": "a", "args": ["x"]}, [1, [2]], "m\nn\n"],
    });
    let expected = "\
kind: Pod
empty: {}
none: []
nothing: null
port: 8080
ratio: 0.5
quoted:
- \"8080\"
- \"yes\"
- 'a: b'
- it's
- \"2020-01-02\"
- \"\"
- 'x # y'
- \"\\ttab\"
- '*'
plain:
- --flag=1
- :8080
- http://x/y?z
- $(A)
- 100m
- 1.2.3
- a's
- é
- a#b
- -Xmx1g
script: |
  set -e

    echo hi
stripped: |-
  a
  b
kept: |+
  a

list:
- name: a
  args:
  - x
- - 1
  - - 2
- |
  m
  n
";
    assert_eq!(yaml(&value), expected);
}

#[test]
fn long_keys_are_written_so_that_parsers_find_their_colon() {
    let key = "k".repeat(129);
    let text = yaml(&json!({"a": {key.as_str(): [1], "b": {}}}));
    assert_eq!(text, format!("a:\n  ? {key}\n  :\n    - 1\n  b: {{}}\n"));
}

#[test]
fn too_deep_a_value_is_an_error() {
    let value = (0..600).fold(json!(1), |inner, _| json!([inner]));
    assert!(write_yaml(&value, &mut Vec::new()).is_err());
}

#[test]
fn changed_json_keeps_its_indentation() {
    let value = json!({"b": [1, {}], "a": "x"});
    assert_eq!(rewrite("{\"a\":1}\n", &value), "{\"b\":[1,{}],\"a\":\"x\"}\n");
    assert_eq!(
        rewrite("{\n    \"a\": 1\n}\n\n", &value),
        "{\n    \"b\": [\n        1,\n        {}\n    ],\n    \"a\": \"x\"\n}\n\n"
    );
    assert_eq!(rewrite("{\r\n\t\"a\": 1\r\n}", &json!({"a": 2})), "{\r\n\t\"a\": 2\r\n}");
}

#[test]
fn changed_yaml_keeps_its_line_ends_and_everything_ahead_of_it() {
    let value = json!({"a": 2, "text": "x\ny\n"});
    assert_eq!(
        rewrite("\u{feff}# licence\r\n---\r\n# Source: x\r\na: 1 # one\r\n", &value),
        "\u{feff}# licence\r\n---\r\n# Source: x\r\na: 2\r\ntext: |\r\n  x\r\n  y\r\n"
    );
    assert_eq!(rewrite("a: 1", &json!({"a": 2})), "a: 2\n");
}

#[test]
fn changed_content_on_the_line_of_the_marker_moves_below_it() {
    assert_eq!(rewrite("--- {a: 1}\n", &json!({"a": 2})), "---\na: 2\n");
}

#[test]
fn changed_documents_side_by_side_stay_apart() {
    let text = "{\"a\": 1,}{\"b\": 2} {\"c\": 3}\n---\nd: 4\n...\n# end\n";
    let mut out = Vec::new();
    for (index, document) in Documents::new(text.as_bytes()).enumerate() {
        let document = document.expect("below the limit");
        match document.parse().expect("valid") {
            Some(_) => write_document(&document, &json!({"index": index}), &mut out).expect("in memory"),
            None => out.extend_from_slice(document.prefix()),
        }
    }
    let out = String::from_utf8(out).expect("UTF-8");
    assert_eq!(out, "{\"index\":0}{\"index\":1} {\"index\":2}\n---\nindex: 3\n...\n# end\n");
}

#[test]
fn format_says_how_a_document_is_written() {
    let formats: Vec<Format> = Documents::new("{\"a\": 1}\n{\"a\": 1,}\n---\na: 1\n---\n[1]\n".as_bytes())
        .map(|document| document.expect("below the limit").format())
        .collect();
    assert_eq!(formats, [Format::Json, Format::Yaml, Format::Yaml, Format::Yaml]);
}
