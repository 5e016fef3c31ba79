//! What is wrong with a document is said with its place, and never costs more than the document.

// A test may panic, also in its helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use chandler_manifest::{Documents, Location, MAX_DEPTH, ParseError, ParseErrorKind, Segment};
use serde_json::{Value, json};

/// The error of the last document of `text`.
fn error(text: impl AsRef<[u8]>) -> ParseError {
    let document = Documents::new(text.as_ref()).last().expect("a document").expect("below the limit");
    document.parse().expect_err("it is bad")
}

fn message(text: impl AsRef<[u8]>) -> String {
    error(text).to_string()
}

fn read(text: &str) -> Value {
    let document = Documents::new(text.as_bytes()).last().expect("a document").expect("below the limit");
    document.parse().unwrap_or_else(|error| panic!("{error}")).expect("content")
}

fn locate(text: &str, path: &[Segment<'_>]) -> (usize, usize) {
    let document = Documents::new(text.as_bytes()).last().expect("a document").expect("below the limit");
    let Location { line, column } = document.locate(path).expect("content");
    (line, column)
}

#[test]
fn syntax_errors_name_line_and_column_in_the_file() {
    assert_eq!(
        message("a: 1\n---\n# x\nb: [1,\nc: }\n"),
        "line 4, column 4: mismatched bracket '[' closed by '}'".to_owned()
    );
    assert!(message("a: 1\n---\nb:\n\t- c\n").starts_with("line 4, column 2: "));
    assert!(message("a: 1\n b: 2\n").starts_with("line 2, column "));
    assert!(message("a: 'x\n").starts_with("line "));
    assert!(message("%foo\n").starts_with("line "));
}

#[test]
fn duplicate_keys_name_both_lines() {
    assert_eq!(
        message("x: 1\n---\na:\n  b: 1\n  c: 2\n  'b': 3\n"),
        "line 6, column 3: duplicate key \"b\", first set on line 4"
    );
    assert_eq!(message("1: a\n\"1\": b\n"), "line 2, column 1: duplicate key \"1\", first set on line 1");
    assert_eq!(
        message("a: &x k\nk: 1\n*x : 2\n"),
        "line 3, column 1: duplicate key \"k\", first set on line 2"
    );
    assert_eq!(
        message("{\"a\": 1}\n{\n  \"b\": {\"é\": 1, \"c\": [],\n  \"\\u00e9\": 2}}"),
        "line 4, column 3: duplicate key \"é\", first set on line 3"
    );
    assert_eq!(
        message("--- {\"a\": 1, \"a\": 2}"),
        "line 1, column 14: duplicate key \"a\", first set on line 1"
    );
}

#[test]
fn merges_may_be_overridden_and_repeated_but_keys_not() {
    let base = "base: &b {x: 1, w: 2}\nmore: &m {w: 3, z: 4}\n";
    let merged = |text: &str| read(&format!("{base}c:\n{text}"))["c"].clone();
    assert_eq!(merged("  <<: *b\n  w: 5\n"), json!({"x": 1, "w": 5}));
    assert_eq!(merged("  w: 5\n  <<: *b\n"), json!({"x": 1, "w": 2}));
    assert_eq!(merged("  <<: [*b, *m]\n"), json!({"x": 1, "w": 2, "z": 4}));
    assert_eq!(merged("  <<: *b\n  <<: *m\n"), json!({"x": 1, "w": 3, "z": 4}));
    assert_eq!(
        message(format!("{base}c:\n  <<: *b\n  w: 5\n  w: 6\n")),
        "line 6, column 3: duplicate key \"w\", first set on line 5"
    );
    assert_eq!(error("<<: 1\n").kind, ParseErrorKind::InvalidMerge);
    assert_eq!(error("<<: [1]\n").kind, ParseErrorKind::InvalidMerge);
    assert_eq!(read("\"<<\": 1\n"), json!({"<<": 1}));
}

#[test]
fn aliases_repeat_values_and_keys() {
    let text = "a: &a [1, {b: &b x}]\nc: *a\nd: &d {e: *b}\n*b : *d\n";
    assert_eq!(
        read(text),
        json!({"a": [1, {"b": "x"}], "c": [1, {"b": "x"}], "d": {"e": "x"}, "x": {"e": "x"}})
    );
    assert_eq!(error("&a [*a]\n").kind, ParseErrorKind::RecursiveAlias);
    assert_eq!(error("&a {b: {c: *a}}\n").kind, ParseErrorKind::RecursiveAlias);
    assert_eq!(message("a: *x\n"), "line 1, column 4: while parsing node, found unknown anchor");
}

#[test]
fn billions_of_laughs_are_refused() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..40 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let refused = error(&text);
    assert!(matches!(refused.kind, ParseErrorKind::TooManyAliases(_)), "{refused}");
    assert!(refused.line <= 7, "{refused}");
    // The same by the length of a text, by merges, and by depth.
    let long = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
    assert!(matches!(error(long).kind, ParseErrorKind::TooManyAliases(_)));
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert_eq!(error(text).kind, ParseErrorKind::TooDeep(MAX_DEPTH));
}

#[test]
fn deep_nesting_is_refused() {
    let at_limit = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(read(&at_limit).is_array());
    for text in ["[", "{a: ", "- ", "{\"a\":[", "? ", "[[],"] {
        let refused = message(text.repeat(100_000));
        assert!(refused.starts_with("line 1, column "), "{text} {refused}");
    }
    let block: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(message(block).starts_with("line 1"));
}

#[test]
fn bytes_that_are_no_text_are_named() {
    assert_eq!(message(b"a: 1\n---\nb: x\xFFy\n"), "line 3, column 5: invalid UTF-8");
    assert_eq!(message(b"a: 1\n---\n# \xFF\n"), "line 3, column 3: invalid UTF-8");
    assert_eq!(
        message("a: 1\n---\nb: \u{0}\n"),
        "line 3, column 4: character U+0000 is not allowed as it is: write it as an escape in double quotes"
    );
    assert!(message("a: é\u{2028}\n").starts_with("line 1, column 5: character U+2028"));
    assert!(message("{\"a\": \"\u{1}\"}").starts_with("line 1, column "));
}

#[test]
fn lone_surrogates_are_refused_and_pairs_read() {
    assert!(message("a: \"\\ud83d\"\n").starts_with("line 1, column "));
    assert!(message("{\"a\": \"\\ud83d\"}\n").starts_with("line 1, column "));
    assert_eq!(read("{\"a\": \"\\ud83d\\udea2\"}\n"), json!({"a": "🚢"}));
}

#[test]
fn tags_without_meaning_are_refused() {
    assert_eq!(message("a: !secret x\n"), "line 1, column 4: unknown tag `!secret`");
    assert_eq!(message("a: !!set {x}\n"), "line 1, column 4: unknown tag `!!set`");
    assert_eq!(message("a: !!int x\n"), "line 1, column 4: `x` is not a value of the tag !!int");
    assert_eq!(message("a: !!str [x]\n"), "line 1, column 4: `list` is not a value of the tag !!str");
    assert_eq!(error("a: !!binary /w==\n").kind, ParseErrorKind::InvalidUtf8);
    assert_eq!(read("a: !!seq [!!map {b: !!binary aGk=}]\n"), json!({"a": [{"b": "hi"}]}));
}

#[test]
fn what_json_cannot_hold_is_refused() {
    assert_eq!(message("a: -.inf\n"), "line 1, column 4: `-.inf` has no form in JSON");
    assert_eq!(message("a: .NaN\n"), "line 1, column 4: `.nan` has no form in JSON");
    assert_eq!(message("~: 1\n"), "line 1, column 1: a null cannot be a key");
    assert_eq!(message("? [a]\n: 1\n"), "line 1, column 3: a list cannot be a key");
    assert_eq!(message("{{a: 1}: 1}\n"), "line 1, column 2: a mapping cannot be a key");
    assert_eq!(read(".inf: 1\n1e6: 2\n"), json!({".inf": 1, "1e+06": 2}));
}

#[test]
fn what_parsers_read_in_two_ways_is_refused() {
    assert_eq!(error("{a:}\n").kind, ParseErrorKind::AmbiguousColon);
    assert_eq!(error("a: [!!str :b]\n").kind, ParseErrorKind::AmbiguousColon);
    assert_eq!(error("|\nnot indented\n").kind, ParseErrorKind::UnindentedText);
    assert_eq!(error("a: &x/y z\n").kind, ParseErrorKind::AnchorName("x/y".to_owned()));
    assert_eq!(read("|\n\n  indented\n"), json!("\nindented\n"));
    assert_eq!(error("'a'\r---\r: b\n").line, 3);
}

#[test]
fn bad_documents_do_not_stop_the_others() {
    let text = "a: 1\n---\na: [\n---\nb: 2\nb: 3\n---\nc: \"\u{0}\"\n---\nd: 4\n";
    let results: Vec<_> =
        Documents::new(text.as_bytes()).map(|document| document.expect("below the limit").parse()).collect();
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 3);
    assert_eq!(results[4], Ok(Some(json!({"d": 4}))));
}

#[test]
fn a_document_of_50_megabytes_is_read() {
    let item = format!("- name: variable\n  value: {}\n", "some text or other ".repeat(100));
    let text = item.repeat(50_000_000 / item.len());
    assert_eq!(read(&text).as_array().map(Vec::len), Some(50_000_000 / item.len()));
    let line = format!("a: {}\n", "x".repeat(50_000_000));
    assert_eq!(read(&line)["a"].as_str().map(str::len), Some(50_000_000));
}

#[test]
fn values_are_located_in_the_file() {
    use Segment::{Index, Key};
    let text = "x: 1\n---\n# c\nspec:\n  containers:\n  - name: a\n    env: [{name: b}, {name: c, value: é}]\n  - &b\n    name: d\n";
    let containers = [Key("spec"), Key("containers")];
    assert_eq!(locate(text, &[]), (4, 1));
    assert_eq!(locate(text, &containers), (6, 5));
    let path = |rest: &[Segment<'static>]| [&containers[..], rest].concat();
    assert_eq!(locate(text, &path(&[Index(1), Key("name")])), (9, 11));
    assert_eq!(locate(text, &path(&[Index(0), Key("env"), Index(1), Key("value")])), (7, 39));
    // What does not exist: its deepest ancestor that does.
    assert_eq!(locate(text, &path(&[Index(0), Key("env"), Index(1), Key("no"), Index(3)])), (7, 22));
    assert_eq!(locate(text, &path(&[Index(7)])), (6, 5));
    assert_eq!(locate(text, &[Index(0)]), (4, 1));
    assert_eq!(locate("a: 1\n---\n8080: x\n", &[Key("8080")]), (3, 7));
}

#[test]
fn values_in_json_are_located_in_the_file() {
    use Segment::{Index, Key};
    let text = "{\"x\": 1} {\"a\": [1, {\"b\\\"c\": \"é\",\n \"d\": [{\"e\": true}]}]}";
    assert_eq!(locate(text, &[]), (1, 10));
    assert_eq!(locate(text, &[Key("a")]), (1, 16));
    assert_eq!(locate(text, &[Key("a"), Index(1), Key("b\"c")]), (1, 29));
    assert_eq!(locate(text, &[Key("a"), Index(1), Key("d"), Index(0), Key("e")]), (2, 14));
    assert_eq!(locate(text, &[Key("a"), Index(1), Key("z")]), (1, 20));
}

#[test]
fn json_numbers_and_errors_are_those_of_json() {
    assert_eq!(
        read("{\"a\": 1.0, \"b\": 18446744073709551615, \"c\": 8.79e257}").to_string(),
        "{\"a\":1.0,\"b\":18446744073709551615,\"c\":8.79e+257}"
    );
    assert_eq!(message("{\"a\": 1}\n{\"b\" 2}"), "line 2, column 6: expected `:`");
    assert!(message("{\"a\": [1, 2}").starts_with("line 1, column 12: "));
}

#[test]
fn byte_order_marks_in_wrong_places_are_refused() {
    for text in ["a: 1\n---\n\u{feff}b: 2\n", "\n\u{feff}a: 1\n", "---\n \u{feff}\n"] {
        assert_eq!(error(text).kind, ParseErrorKind::MisplacedMark, "{text:?}");
    }
    assert!(matches!(error("# \u{85}x\n[]\n").kind, ParseErrorKind::ForbiddenCharacter(0x85)));
    assert_eq!(read("a: x\u{feff}y\n"), json!({"a": "x\u{feff}y"}));
    assert_eq!(read("{\"a\": \"\u{feff}\u{2028}\"}"), json!({"a": "\u{feff}\u{2028}"}));
}
