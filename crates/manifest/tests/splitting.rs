//! Streams fall into the right documents, lose no byte, and need the memory of one document.

// A test may panic, also in its helpers.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    cell::Cell,
    io::{self, BufReader, Read},
    rc::Rc,
};

use chandler_manifest::{Document, Documents, Format, ReadError};
use proptest::{collection::vec, prelude::*, test_runner::Config};
use serde_json::json;

fn split(text: impl AsRef<[u8]>) -> Vec<Document> {
    Documents::new(text.as_ref()).map(|document| document.expect("below the limit")).collect()
}

/// Prefix and body of each document.
fn parts(text: &str) -> Vec<(String, String)> {
    let text_of = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    split(text).iter().map(|document| (text_of(document.prefix()), text_of(document.body()))).collect()
}

/// Number and line of each document that has content.
fn places(text: &str) -> Vec<(usize, usize)> {
    let documents = split(text);
    documents.iter().filter(|d| !d.body().is_empty()).map(|d| (d.number(), d.line())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(prefix, body)| ((*prefix).to_owned(), (*body).to_owned())).collect()
}

/// Pieces of which streams are made, in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..6),
        prop::sample::select(vec![
            "---",
            "...",
            "\n",
            "\r\n",
            "\r",
            " ",
            "\t",
            "# c",
            "a: 1",
            "- b",
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            "{\"a\": 1}",
            "[1]",
            "{}",
            "'",
            "%YAML 1.2\n",
            "\u{feff}",
            "---\n",
            "\n---\n",
            "\n...\n",
            "|\n  x\n",
            "é",
            "\u{2028}",
            "{a: b}",
            ",",
            "\0",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Gives one byte at a time, so that every border between two reads is tried.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        Read::read(&mut self.0, &mut buffer[..length])
    }
}

#[test]
fn marker_behind_two_byte_order_marks_is_found_however_the_bytes_arrive() {
    let bytes = "\u{FEFF}\u{FEFF}---\n".as_bytes();
    let whole: Vec<_> = Documents::new(bytes).map(summary).collect();
    let trickled: Vec<_> = Documents::new(BufReader::new(Trickle(bytes))).map(summary).collect();
    assert_eq!(whole, trickled);
}

proptest! {
    #![proptest_config(Config { cases: 20_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn documents_together_are_the_input(bytes in pieces()) {
        let mut together = Vec::new();
        for document in Documents::new(&bytes[..]) {
            match document {
                Ok(document) => {
                    together.extend_from_slice(document.prefix());
                    together.extend_from_slice(document.body());
                    // Whatever the document is, reading it ends, and an error has a place in it.
                    if let Err(error) = document.parse() {
                        prop_assert!(error.line >= 1 && error.column >= 1);
                        prop_assert!(error.line <= 2 + bytes.iter().filter(|b| matches!(b, b'\n' | b'\r')).count());
                    }
                }
                Err(error) => {
                    prop_assert!(matches!(error, ReadError::Utf16), "{error}");
                    return Ok(());
                }
            }
        }
        prop_assert_eq!(together, bytes);
    }

    #[test]
    fn borders_between_reads_do_not_matter(bytes in pieces()) {
        let whole: Vec<_> = Documents::new(&bytes[..]).map(summary).collect();
        let trickled: Vec<_> = Documents::new(BufReader::new(Trickle(&bytes))).map(summary).collect();
        prop_assert_eq!(whole, trickled);
    }

    #[test]
    fn a_limit_never_loses_the_way(bytes in pieces(), limit in 1usize..40) {
        let mut length = 0;
        let mut too_large = 0;
        for document in Documents::with_limit(&bytes[..], limit) {
            match document {
                Ok(document) => {
                    let size = document.prefix().len() + document.body().len();
                    prop_assert!(size <= limit);
                    length += size;
                }
                Err(ReadError::TooLarge { .. }) => too_large += 1,
                Err(error) => {
                    prop_assert!(matches!(error, ReadError::Utf16), "{error}");
                    return Ok(());
                }
            }
        }
        prop_assert!(length <= bytes.len());
        prop_assert!(too_large > 0 || length == bytes.len());
    }
}

type Summary = Result<(Vec<u8>, Vec<u8>, usize, usize, Format), String>;

fn summary(document: Result<Document, ReadError>) -> Summary {
    let d = document.map_err(|error| error.to_string())?;
    Ok((d.prefix().to_vec(), d.body().to_vec(), d.number(), d.line(), d.format()))
}

#[test]
fn markers_belong_to_the_document_behind_them() {
    assert_eq!(parts("a: 1\n---\nb: 2\n"), pairs(&[("", "a: 1\n"), ("---\n", "b: 2\n")]));
    assert_eq!(parts("--- # x\n\n# y\n  a: 1\n"), pairs(&[("--- # x\n\n# y\n", "  a: 1\n")]));
    assert_eq!(parts("# c\n---\na: 1\n"), pairs(&[("# c\n---\n", "a: 1\n")]));
    assert_eq!(parts("--- {a: 1}\n--- b\n"), pairs(&[("--- ", "{a: 1}\n"), ("--- ", "b\n")]));
    assert_eq!(parts("%TAG ! x\n---\na\n"), pairs(&[("%TAG ! x\n---\n", "a\n")]));
}

#[test]
fn the_end_marker_begins_the_next_prefix() {
    assert_eq!(
        parts("a: 1\n... # x\n%YAML 1.1\n---\nb: 2\n...\n"),
        pairs(&[("", "a: 1\n"), ("... # x\n%YAML 1.1\n---\n", "b: 2\n"), ("...\n", "")])
    );
    assert_eq!(parts("a: 1\n...\nb: 2\n"), pairs(&[("", "a: 1\n"), ("...\n", "b: 2\n")]));
}

#[test]
fn marker_like_text_is_no_marker() {
    for text in ["a: |\n  ---\n", "a:\n ---\n", "---a: 1\n", "-- -\n", "a: 1\n----\n", "a: 1\n...b\n"] {
        assert_eq!(parts(text), pairs(&[("", text)]), "{text:?}");
    }
    // At the start of a line it is one even inside a block of text.
    assert_eq!(parts("a: |\n---\nb\n"), pairs(&[("", "a: |\n"), ("---\n", "b\n")]));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_kept() {
    let documents = split("\u{feff}# x\r\n---\r\na: 1\r\n---\r\nb: 2");
    assert_eq!(documents[0].prefix(), "\u{feff}# x\r\n---\r\n".as_bytes());
    assert_eq!(documents[0].parse().expect("valid"), Some(json!({"a": 1})));
    assert_eq!((documents[0].line(), documents[1].line()), (3, 5));
    assert_eq!(documents[1].body(), b"b: 2");
    // Files that were concatenated have one ahead of a marker.
    let documents = split("a: 1\n\u{feff}---\nb: 2\n");
    assert_eq!(documents[1].parse().expect("valid"), Some(json!({"b": 2})));
}

#[test]
fn empty_documents_have_no_value_and_no_number_of_their_own() {
    for text in ["---", "---\n", "---\n---\n# x\n", "# only\n# comments\n", "\n\n", "\u{feff}", "...\n"] {
        let documents = split(text);
        assert!(!documents.is_empty(), "{text:?}");
        for document in &documents {
            assert_eq!((document.parse().expect("valid"), document.number()), (None, 1), "{text:?}");
            assert_eq!(document.locate(&[]), None);
        }
    }
    assert!(split("").is_empty());
    assert_eq!(places("---\n---\na: 1\n---\n# x\n---\n\nb: 2\n"), [(1, 3), (2, 8)]);
}

#[test]
fn json_documents_need_no_markers() {
    let text = "{\"a\": \"}---\"}{\"b\": [{}]}\n{\n\"c\":\n3\n}\n\n---\n[\"d\"]\n---\ne: 5\n";
    assert_eq!(
        parts(text),
        pairs(&[
            ("", "{\"a\": \"}---\"}"),
            ("", "{\"b\": [{}]}\n"),
            ("", "{\n\"c\":\n3\n}\n\n"),
            ("---\n", "[\"d\"]\n"),
            ("---\n", "e: 5\n"),
        ])
    );
    assert_eq!(places(text), [(1, 1), (2, 1), (3, 2), (4, 8), (5, 10)]);
    let formats: Vec<Format> = split(text).iter().map(Document::format).collect();
    assert_eq!(formats, [Format::Json, Format::Json, Format::Json, Format::Json, Format::Yaml]);
}

#[test]
fn flow_style_yaml_is_not_cut_like_json() {
    for text in ["{a: '} {'}\n", "{\"a\": 1} # note\n", "{}: 1\nb: 2\n", "[a, b]\n", "{\"a\":\n---\n"] {
        assert_eq!(parts(text)[0].1, text.trim_end_matches("---\n"), "{text:?}");
    }
}

#[test]
fn a_broken_json_document_does_not_swallow_the_next() {
    let documents = split("{\"a\": 1}\n{\"b\": 1 \"c\": 2}\n{\"d\": 4}\n");
    let error = documents[1].parse().expect_err("broken");
    assert_eq!((error.line, error.column), (2, 9));
    assert_eq!(documents[2].parse().expect("valid"), Some(json!({"d": 4})));
}

#[test]
fn a_document_beyond_the_limit_is_skipped_and_named() {
    let text = format!("a: 1\n---\nb: {}\nc: 1\n---\nd: 4\n", "x".repeat(100_000));
    for limit in [50, 50_000, 100_000] {
        let results: Vec<_> = Documents::with_limit(text.as_bytes(), limit).collect();
        assert_eq!(results.len(), 3);
        let error = results[1].as_ref().expect_err("too large").to_string();
        assert_eq!(error, format!("line 2: document 2 is larger than the limit of {limit} bytes"));
        let last = results[2].as_ref().expect("small");
        assert_eq!((last.number(), last.line(), last.body()), (3, 6, &b"d: 4\n"[..]));
    }
}

#[test]
fn lines_stay_right_behind_a_skipped_document_with_windows_line_ends() {
    let text = format!("a: 1\r\n---\r\n{}---\r\nd: 4\r\n", "b: x\r\n".repeat(40_000));
    let results: Vec<_> = Documents::with_limit(text.as_bytes(), 1000).collect();
    assert_eq!(results[2].as_ref().expect("small").line(), 40_004);
}

/// Counts what is read, and gives documents without end.
struct Endless {
    read: Rc<Cell<usize>>,
    piece: &'static [u8],
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read.get();
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = self.piece[(read + index) % self.piece.len()];
        }
        self.read.set(read + buffer.len());
        Ok(buffer.len())
    }
}

#[test]
fn a_stream_is_read_only_as_far_as_needed() {
    for piece in ["---\na: 1\n", "{\"a\": 1}", "{\"a\": 1}\n", "--- # x\n"] {
        let read = Rc::new(Cell::new(0));
        let endless = Endless { read: Rc::clone(&read), piece: piece.as_bytes() };
        let documents = Documents::new(BufReader::with_capacity(4096, endless));
        assert_eq!(documents.take(10_000).filter(Result::is_ok).count(), 10_000);
        assert!(read.get() <= 10_000 * piece.len() + 8192, "{piece:?}: {}", read.get());
    }
}

#[test]
fn a_document_without_end_is_refused_at_the_limit() {
    for piece in ["x", "# x\n", " ", "{\"a\":", "\n", "[", "\"\\\""] {
        let read = Rc::new(Cell::new(0));
        let endless = Endless { read: Rc::clone(&read), piece: piece.as_bytes() };
        let mut documents = Documents::with_limit(BufReader::new(endless.take(1 << 20)), 1 << 16);
        assert!(matches!(documents.next(), Some(Err(ReadError::TooLarge { .. }))), "{piece:?}");
        assert!(documents.next().is_none(), "{piece:?}");
    }
}

#[test]
fn utf_16_is_named() {
    for bytes in [&b"\xFF\xFEa\0:\0"[..], b"\xFE\xFF\0a\0:", b"a\0:\0 \x001\0", b"\0a\0:\0 \x001"] {
        let mut documents = Documents::new(bytes);
        let error = documents.next().expect("an answer").expect_err("UTF-16");
        assert_eq!(error.to_string(), "the file is UTF-16 text: convert it to UTF-8");
        assert!(documents.next().is_none());
    }
}

#[test]
fn a_failing_reader_ends_the_stream_with_its_line() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let mut documents = Documents::new(BufReader::new("a: 1\n---\nb: 2\n".as_bytes().chain(Failing)));
    assert!(documents.next().is_some_and(|document| document.is_ok()));
    let error = documents.next().expect("an answer").expect_err("unplugged");
    assert_eq!(error.to_string(), "line 4: the file cannot be read further");
    assert!(documents.next().is_none());
}
