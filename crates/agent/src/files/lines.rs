//! Splits bytes into lines: whole ones only, none too long, none with NUL bytes.

use std::path::Path;

use memchr::{memchr, memchr_iter, memrchr};

use super::{FollowOptions, Line};
use crate::observation::Reason;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Gives lines to whoever asked for them.
pub(super) struct Splitter<'a> {
    pub options: &'a FollowOptions,
    pub path: &'a Path,
    /// In the middle of a line that is dropped.
    pub skipping: bool,
    /// At the very beginning of a content.
    pub first: bool,
    /// The content is over: its last line needs no end.
    pub over: bool,
    /// How many were given.
    pub lines: u64,
    pub sink: &'a mut dyn FnMut(Line<'_>),
}

/// What is left behind the last whole line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    /// How many bytes are done with.
    pub consumed: usize,
    /// How many bytes of a line without an end follow.
    pub partial: usize,
    /// How many NUL bytes end it: a hole, if anything follows; else space that somebody reserved.
    pub nuls: usize,
}

impl Splitter<'_> {
    /// Gives every whole line of what is there, and says what is left.
    pub fn split(&mut self, bytes: &[u8]) -> Rest {
        let mut consumed = 0;
        if self.skipping {
            let Some(end) = memchr(b'\n', bytes) else {
                let kept = without_trailing_nuls(bytes).len();
                return Rest { consumed: kept, partial: 0, nuls: bytes.len() - kept };
            };
            self.skipping = false;
            consumed = end + 1;
        }
        let whole = memrchr(b'\n', bytes).map_or(consumed, |end| end + 1);
        self.give_whole(bytes.get(consumed..whole).unwrap_or_default());
        self.leave(bytes.get(whole..).unwrap_or_default(), whole)
    }

    fn give_whole(&mut self, bytes: &[u8]) {
        let nuls = memchr(0, bytes).is_some();
        // Most often everything is text: then it is checked at once.
        let text = if nuls { None } else { std::str::from_utf8(bytes).ok() };
        let mut start = 0;
        for end in memchr_iter(b'\n', bytes) {
            match text.and_then(|text| text.get(start..end)) {
                Some(line) if line.len() <= self.options.max_line && !self.first => {
                    let line = line.strip_suffix('\r').unwrap_or(line);
                    if !line.is_empty() {
                        self.give(Ok(line));
                    }
                }
                _ => self.give_bytes(bytes.get(start..end).unwrap_or_default()),
            }
            self.first = false;
            start = end + 1;
        }
    }

    fn leave(&mut self, rest: &[u8], consumed: usize) -> Rest {
        let line = without_trailing_nuls(rest);
        let nuls = rest.len() - line.len();
        let hole = line.iter().take_while(|byte| **byte == 0).count();
        let partial = line.len() - hole;
        let dropped = partial > self.options.max_line;
        if dropped {
            self.give(Err(Reason::TooLong));
            self.skipping = true;
        } else if self.over && partial > 0 {
            self.give_bytes(line);
            // Should its end be written after all, it must not look like another line.
            self.skipping = true;
        } else {
            return Rest { consumed: consumed + hole, partial, nuls };
        }
        self.first = false;
        Rest { consumed: consumed + line.len(), partial: 0, nuls }
    }

    /// Gives one line of which nothing is known.
    fn give_bytes(&mut self, mut line: &[u8]) {
        while let Some(rest) = line.strip_prefix(b"\0") {
            line = rest;
        }
        if self.first {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return;
        }
        if line.len() > self.options.max_line {
            self.give(Err(Reason::TooLong));
        } else if memchr(0, line).is_some() {
            self.give(Err(Reason::NulBytes));
        } else if let Ok(text) = std::str::from_utf8(line) {
            self.give(Ok(text));
        } else if self.options.replace_invalid_utf8 {
            self.give(Ok(&String::from_utf8_lossy(line)));
        } else {
            self.give(Err(Reason::NotUtf8));
        }
    }

    fn give(&mut self, text: Result<&str, Reason>) {
        self.lines += 1;
        (self.sink)(Line { path: self.path, text });
    }
}

/// What is left of bytes without the NUL bytes at their end.
pub(super) fn without_trailing_nuls(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8], over: bool) -> (Vec<Result<String, Reason>>, Rest, bool) {
        let mut options = FollowOptions::new(Vec::new());
        options.max_line = 10;
        options.replace_invalid_utf8 = false;
        let mut given = Vec::new();
        let mut sink = |line: Line<'_>| given.push(line.text.map(str::to_owned));
        let mut splitter = Splitter {
            options: &options,
            path: Path::new("/"),
            skipping: false,
            first: true,
            over,
            lines: 0,
            sink: &mut sink,
        };
        let rest = splitter.split(bytes);
        let skipping = splitter.skipping;
        (given, rest, skipping)
    }

    fn ok(text: &str) -> Result<String, Reason> {
        Ok(text.to_owned())
    }

    #[test]
    fn whole_lines_are_given_without_their_ends_and_marks() {
        let (given, rest, _) = split(b"\xef\xbb\xbfa\r\n\n\r\n\xef\xbb\xbfb\nc", false);
        assert_eq!(given, [ok("a"), ok("\u{feff}b")]);
        assert_eq!(rest, Rest { consumed: 14, partial: 1, nuls: 0 });
    }

    #[test]
    fn each_line_that_is_none_is_told_once() {
        let (given, ..) = split(b"0123456789\n0123456789a\n\xff\na\0b\n\0\0c\nd\n", false);
        let faults = [Reason::TooLong, Reason::NotUtf8, Reason::NulBytes].map(Err);
        let [long, text, nul] = faults;
        assert_eq!(given, [ok("0123456789"), long, text, nul, ok("c"), ok("d")]);
    }

    #[test]
    fn a_line_without_an_end_is_held_back_until_it_is_over_or_too_long() {
        assert_eq!(split(b"a\nbc", false).1, Rest { consumed: 2, partial: 2, nuls: 0 });
        let (given, rest, skipping) = split(b"a\nbc", true);
        assert_eq!((given, rest.consumed, skipping), (vec![ok("a"), ok("bc")], 4, true));
        let (given, rest, skipping) = split(b"0123456789a", false);
        assert_eq!((given, rest.consumed, skipping), (vec![Err(Reason::TooLong)], 11, true));
    }

    #[test]
    fn nul_bytes_at_the_end_are_left_and_those_before_a_line_are_skipped() {
        assert_eq!(split(b"a\n\0\0", false).1, Rest { consumed: 2, partial: 0, nuls: 2 });
        assert_eq!(split(b"a\nb\0\0", false).1, Rest { consumed: 2, partial: 1, nuls: 2 });
        assert_eq!(split(b"\0\0\0b", false).1, Rest { consumed: 3, partial: 1, nuls: 0 });
    }
}
