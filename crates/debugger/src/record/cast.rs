//! The lines of an asciicast, version 2: a header, then events. Source: <https://docs.asciinema.org/manual/asciicast/v2/>.

use std::time::Duration;

use serde_json::{Value, json};

use crate::stream::Size;

/// What a recording is of.
#[derive(Debug, Clone, Copy)]
pub struct Title<'t> {
    /// The session, like `pod/web as general`.
    pub title: &'t str,
    /// The command line; empty: a shell.
    pub command: &'t str,
}

/// The first line. `since` is the time since 1970.
pub(super) fn header(size: Size, since: Duration, title: &Title<'_>) -> String {
    let mut header = json!({
        "version": 2, "width": size.columns, "height": size.rows, "timestamp": since.as_secs(), "title": title.title,
    });
    if let (Value::Object(header), false) = (&mut header, title.command.is_empty()) {
        header.insert("command".to_owned(), title.command.into());
    }
    format!("{header}\n")
}

/// Another line: `o` is output, `r` a size. `at` is the time since the beginning.
pub(super) fn event(at: Duration, kind: &str, text: &str) -> String {
    let seconds = at.as_micros() as f64 / 1e6;
    format!("{}\n", json!([seconds, kind, text]))
}

/// Makes text of bytes that come in pieces: a character that two pieces share is whole, and bytes that are no text are
/// replaced.
#[derive(Debug, Default)]
pub(super) struct Text {
    begun: Vec<u8>,
}

impl Text {
    /// The text so far; a character that has only begun is kept for the next piece.
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let rest = self.begun.len() - begun(&self.begun);
        let tail = self.begun.split_off(rest);
        let text = String::from_utf8_lossy(&self.begun).into_owned();
        self.begun = tail;
        text
    }

    /// What is left: a character that never came to its end.
    pub(super) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.begun)).into_owned()
    }
}

/// How many bytes at the end are the beginning of a character.
fn begun(bytes: &[u8]) -> usize {
    let tail = bytes.get(bytes.len().saturating_sub(3)..).unwrap_or_default();
    let starts = (0..tail.len()).filter_map(|start| tail.get(start..));
    starts.filter(|rest| is_begun(rest)).map(<[u8]>::len).next().unwrap_or_default()
}

/// Whether these are the first bytes of a character whose last ones are missing.
fn is_begun(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TITLE: Title<'_> = Title { title: "pod/web", command: "ls -l" };

    #[test]
    fn a_header_says_how_large_when_and_what() {
        let header = header(Size { columns: 80, rows: 24 }, Duration::from_secs(1_700_000_000), &TITLE);
        assert_eq!(
            header,
            "{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":1700000000,\"title\":\"pod/web\",\"command\":\"ls -l\"}\n"
        );
    }

    #[test]
    fn an_event_is_a_line_whatever_is_in_it() {
        let line = event(Duration::from_micros(1_250_001), "o", "a\r\n\u{1b}[0m\"é");
        assert_eq!(line, "[1.250001,\"o\",\"a\\r\\n\\u001b[0m\\\"é\"]\n");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let mut text = Text::default();
        assert_eq!(text.push(b"a\xffb\xe2\x82"), "a\u{fffd}b");
        assert_eq!(text.finish(), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn text_in_pieces_of_any_size_is_the_same_text(text: String, sizes in prop::collection::vec(1usize..5, 1..200)) {
            let mut reader = Text::default();
            let mut rest = text.as_bytes();
            let mut read = String::new();
            for size in sizes {
                let (piece, more) = rest.split_at(size.min(rest.len()));
                read.push_str(&reader.push(piece));
                rest = more;
            }
            read.push_str(&reader.push(rest));
            read.push_str(&reader.finish());
            prop_assert_eq!(read, text);
        }

        #[test]
        fn bytes_in_pieces_are_replaced_as_in_one(bytes in prop::collection::vec(any::<u8>(), 0..60), at in 0usize..60) {
            let mut reader = Text::default();
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            let read = reader.push(first) + &reader.push(second) + &reader.finish();
            prop_assert_eq!(read, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}
