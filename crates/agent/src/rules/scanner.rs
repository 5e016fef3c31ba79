//! Walks through JSON text without building anything: it checks every byte of it and hands out slices.
//!
//! serde_json, which is the reference in the tests, needs more than twice the time for a line: it cannot say what a value
//! is before it is read, so that nested objects are read twice, and each slice passes several visitors.

use super::keys;

/// Deepest nesting, as serde_json has it.
const MAX_DEPTH: u32 = 128;

/// A place in a text. Every method leaves it behind what it has read, and gives nothing where that is no JSON.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    escapes: bool,
}

/// A key of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted<'a> {
    text: &'a str,
    /// Where its first quote stands in the text, and what follows its last one.
    start: usize,
    end: usize,
    /// Whether it has escapes.
    pub(super) escaped: bool,
    /// What [`keys::mark`] makes of it.
    pub(super) mark: u64,
}

impl<'a> Quoted<'a> {
    /// A text that is nothing but a key in its quotes.
    #[cfg(test)]
    pub(super) fn whole(text: &'a str) -> Self {
        let mark = keys::mark(text.as_bytes().get(1..).unwrap_or_default(), text.len() - 2);
        Self { text, start: 0, end: text.len(), escaped: text.contains('\\'), mark }
    }

    /// In its quotes. Most keys are known by their mark and their length alone.
    #[inline]
    pub(super) fn raw(&self) -> &'a str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    /// How many bytes it has in its quotes.
    #[inline]
    pub(super) fn length(&self) -> usize {
        self.end - self.start
    }
}

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, escapes: false }
    }

    /// The next byte that is no space; it is not read yet.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        match *self.text.as_bytes().get(self.at)? {
            0..=b' ' => self.peek_behind_spaces(),
            byte => Some(byte),
        }
    }

    /// Programs write few spaces.
    #[cold]
    fn peek_behind_spaces(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Whether a string that was read has an escape. If not, each says what stands between its quotes.
    pub(super) fn has_escapes(&self) -> bool {
        self.escapes
    }

    /// How far it has come.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// What was read since `start`.
    #[inline]
    pub(super) fn since(&self, start: usize) -> Option<&'a str> {
        self.text.get(start..self.at)
    }

    /// Reads an object. `member` is called behind each colon and has to read the value.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Quoted<'a>) -> Option<()>,
    ) -> Option<()> {
        self.enter(b'{')?;
        if self.peek()? != b'}' {
            loop {
                let key = self.key()?;
                member(self, key)?;
                match self.peek()? {
                    b',' => self.at += 1,
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.leave()
    }

    /// Reads an array. `element` is called before each element, with its index, and has to read it.
    #[inline]
    pub(super) fn array(&mut self, mut element: impl FnMut(&mut Self, usize) -> Option<()>) -> Option<()> {
        self.enter(b'[')?;
        if self.peek()? != b']' {
            let mut index = 0;
            loop {
                element(self, index)?;
                index += 1;
                match self.peek()? {
                    b',' => self.at += 1,
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.leave()
    }

    fn enter(&mut self, bracket: u8) -> Option<()> {
        self.expect(bracket)?;
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    fn leave(&mut self) -> Option<()> {
        self.at += 1;
        self.depth -= 1;
        Some(())
    }

    /// Reads any value, without spaces around it.
    #[inline]
    pub(super) fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'{' | b'[' => self.skip_nested()?,
            _ => self.scalar(first)?,
        }
        self.since(start)
    }

    /// Reads any value, for nobody.
    #[inline]
    pub(super) fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' => self.skip_nested(),
            first => self.scalar(first),
        }
    }

    /// Reads what is no object and no array, given its first byte.
    #[inline]
    fn scalar(&mut self, first: u8) -> Option<()> {
        match first {
            b'"' => self.string().map(|_| ()),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// Reads an object or array. Those in it are no calls of their own: what they are inside of are the bits of a number, 1
    /// for an object, 0 for an array.
    fn skip_nested(&mut self) -> Option<()> {
        let mut inside = 0_u128;
        let outside = self.depth;
        loop {
            match self.peek()? {
                bracket @ (b'{' | b'[') => {
                    self.enter(bracket)?;
                    // The closing bracket comes two behind the opening one.
                    if self.peek()? == bracket + 2 {
                        self.leave()?;
                    } else {
                        inside = inside << 1 | u128::from(bracket == b'{');
                        if bracket == b'{' {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
                first => self.scalar(first)?,
            }
            loop {
                if self.depth == outside {
                    return Some(());
                }
                let in_object = inside & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if in_object {
                            self.skip_key()?;
                        }
                        break;
                    }
                    b'}' if in_object => self.leave()?,
                    b']' if !in_object => self.leave()?,
                    _ => return None,
                }
                inside >>= 1;
            }
        }
    }

    /// Reads a key and its colon. It is no call: what it gives would go through memory, which costs as much as all else.
    #[inline(always)]
    fn key(&mut self) -> Option<Quoted<'a>> {
        self.expect(b'"')?;
        let (text, start) = (self.text, self.at - 1);
        let (escaped, mark) = match self.short() {
            Some(mark) => (false, mark),
            None => {
                let escaped = self.long_key()?;
                let key = text.as_bytes().get(start + 1..)?;
                (escaped, keys::mark(key, self.at - start - 2))
            }
        };
        let end = self.at;
        self.expect(b':')?;
        Some(Quoted { text, start, end, escaped, mark })
    }

    #[inline(never)]
    fn long_key(&mut self) -> Option<bool> {
        self.rest_of_string()
    }

    /// Reads the rest of a string behind its first quote, if that is plain and within eight bytes, as that of most keys is;
    /// gives what [`keys::mark`] makes of it.
    #[inline(always)]
    fn short(&mut self) -> Option<u64> {
        let word = word(self.text.as_bytes(), self.at)?;
        let found = specials(word).trailing_zeros();
        let quote = word.checked_shr(found & !7)?;
        if quote & 0xff != u64::from(b'"') {
            return None;
        }
        self.at += (found / 8) as usize + 1;
        Some(word & ((1 << (found & !7)) - 1))
    }

    /// The same, if nobody wants it.
    #[inline]
    fn skip_key(&mut self) -> Option<()> {
        self.expect(b'"')?;
        self.rest_of_string()?;
        self.expect(b':')
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        if !self.text.as_bytes().get(self.at..)?.starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    /// Reads a string; says whether it has escapes.
    #[inline]
    fn string(&mut self) -> Option<bool> {
        if *self.text.as_bytes().get(self.at)? != b'"' {
            return None;
        }
        self.at += 1;
        self.rest_of_string()
    }

    /// Reads a string behind its first quote.
    #[inline]
    fn rest_of_string(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        self.at = plain_end(bytes, self.at);
        if *bytes.get(self.at)? == b'"' {
            self.at += 1;
            return Some(false);
        }
        self.rest_with_escapes()
    }

    /// Reads a string from its first escape on.
    #[cold]
    fn rest_with_escapes(&mut self) -> Option<bool> {
        self.escapes = true;
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(true);
                }
                b'\\' => self.escape()?,
                // A control character.
                _ => return None,
            }
            self.at = plain_end(bytes, self.at);
        }
    }

    fn escape(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        match *bytes.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
            b'u' if bytes.get(self.at + 2..self.at + 6)?.iter().all(u8::is_ascii_hexdigit) => self.at += 6,
            _ => return None,
        }
        Some(())
    }

    #[inline]
    fn number(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Reads at least one digit.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        self.at = digits_end(bytes, start);
        (self.at > start).then_some(())
    }
}

/// Eight bytes as a number, if there are so many.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

/// The highest bit of the first byte that is a quote, a backslash or a control character; those behind it may be wrong.
#[inline]
fn specials(word: u64) -> u64 {
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (control | zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c))) & HIGHS
}

/// Where the first quote, backslash or control character stands, from `at` on; eight bytes are looked at together.
#[inline]
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(bytes, at) {
        let found = specials(word);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| *byte >= b' ' && !matches!(byte, b'"' | b'\\')) {
        at += 1;
    }
    at
}

/// Where the first byte stands that is no digit, from `at` on.
#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(bytes, at) {
        // Digits become 0 to 9, and anything else more.
        let value = word ^ (ONES * u64::from(b'0'));
        let found = (value.wrapping_add(ONES * (0x80 - 10)) | value) & HIGHS;
        if found != 0 {
            // Only bytes behind the first one may be found by mistake.
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// The highest bit of the first byte that is zero; those behind it may be wrong.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;
    use crate::rules::is_json;

    fn reference(text: &str) -> bool {
        serde_json::from_str::<IgnoredAny>(text).is_ok()
    }

    const TEXTS: &[&str] = &[
        "",
        " ",
        "0",
        "-0",
        "00",
        "01",
        "-",
        "1.",
        "1.5",
        ".5",
        "1e",
        "1e5",
        "1E+5",
        "1e-",
        "+1",
        "1.e5",
        "1e999",
        "true",
        "truex",
        "tru",
        "null",
        "false ",
        " nul",
        "\"\"",
        "\"",
        "\"\\\"",
        "\"\\\\\"",
        "\"\\u12\"",
        "\"\\u12G4\"",
        "\"\\ud800\"",
        "\"\\x\"",
        "\"\n\"",
        "\"\u{7f}\u{0}\"",
        "\"0123456\u{1}\"",
        "[]",
        "[ ]",
        "[1]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[[],[[]]]",
        "[}",
        "{]",
        "{}",
        "{ }",
        "{\"a\":1}",
        "{\"a\" : 1 , \"b\":[]}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{1:1}",
        "{\"a\":1]",
        "[{\"a\":[{}]},{}]",
        "[1]]",
        "1 1",
        "\"a\"b",
        "\u{a0}1",
        "{\"a\":{\"b\":{}},\"c\":[{}, 1]}",
        "\"äöü…😀 01234567\"",
        "\"01234567\\n01234567\"",
    ];

    #[test]
    fn json_is_what_serde_json_takes() {
        for text in TEXTS {
            assert_eq!(is_json(text), reference(text), "{text:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        for (depth, good) in [(1, true), (128, true), (129, false), (1_000_000, false)] {
            assert_eq!(is_json(&format!("{}{}", "[".repeat(depth), "]".repeat(depth))), good, "{depth}");
            assert_eq!(
                is_json(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth))),
                good,
                "{depth}"
            );
        }
        let side_by_side = vec!["{\"a\":[]}"; 1_000].join(",");
        assert!(is_json(&format!("[{side_by_side}]")));
    }

    #[test]
    fn objects_and_arrays_show_their_parts() {
        let mut scanner = Scanner::new(r#" { "a" : [ 1 , "x" ] , "b\n":{} } "#);
        let mut parts = Vec::new();
        let read = scanner.object(|scanner, key| {
            parts.push(format!("{}{} {}", key.raw(), key.escaped, scanner.value()?));
            Some(())
        });
        assert_eq!(read, Some(()));
        assert_eq!(parts, [r#""a"false [ 1 , "x" ]"#, r#""b\n"true {}"#]);
        let mut elements = Vec::new();
        Scanner::new("[1, [2], 3 ]").array(|scanner, index| {
            elements.push((index, scanner.value()?));
            Some(())
        });
        assert_eq!(elements, [(0, "1"), (1, "[2]"), (2, "3")]);
    }

    proptest! {
        #[test]
        fn whatever_serde_json_takes_is_taken_and_nothing_else(
            text in any::<String>(),
            dense in "[\\[\\]{}\",:0-9aeEtrufalsn.+\\\\ \n-]{0,32}",
            string in "\"([a-z\\\\\"nu0-9\u{1}é]|\\\\[\"\\\\/bfnrtu]){0,24}\"",
        ) {
            for text in [text, dense, string] {
                prop_assert_eq!(is_json(&text), reference(&text), "{:?}", text);
            }
        }

        #[test]
        fn one_changed_byte_is_judged_as_by_serde_json(place in 0..100_usize, byte in 0..128_u8) {
            let line = r#"{"ts":1700000000123,"s":"a\"b\u00e4 é","n":[-1.50e+3,0,true,null],"o":{"":{},"x":[]},"z":false}"#;
            let mut bytes = line.as_bytes().to_vec();
            let place = place % bytes.len();
            bytes[place] = byte;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert_eq!(is_json(&text), reference(&text), "{:?}", text);
            }
        }

        #[test]
        fn ends_of_plain_text_are_found(bytes in prop::collection::vec(prop_oneof![20 => 0x20_u8..=255, 1 => any::<u8>()], 0..40)) {
            let slow = bytes.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')).unwrap_or(bytes.len());
            prop_assert_eq!(plain_end(&bytes, 0), slow);
        }

        #[test]
        fn ends_of_digits_are_found(bytes in prop::collection::vec(prop_oneof![20 => b'0'..=b'9', 1 => any::<u8>()], 0..40)) {
            let slow = bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
            prop_assert_eq!(digits_end(&bytes, 0), slow);
        }
    }
}
