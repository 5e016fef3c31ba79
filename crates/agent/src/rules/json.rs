//! A piece of a line that is known to be JSON, seen without a copy: what it is, and its text where it is a string.

use std::borrow::Cow;

use super::scanner::Scanner;
use crate::bytes::is_same;

/// What a piece of JSON is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Json<'a> {
    /// What stands between the quotes, escapes and all.
    Text(&'a str),
    /// Its digits.
    Number(&'a str),
    Bool(bool),
    Null,
    Object(&'a str),
    Array(&'a str),
}

impl<'a> Json<'a> {
    /// `raw` is one JSON value without spaces around it.
    #[inline]
    pub(super) fn of(raw: &'a str) -> Self {
        match raw.as_bytes().first() {
            Some(b'"') => Self::Text(unquoted(raw)),
            Some(b'{') => Self::Object(raw),
            Some(b'[') => Self::Array(raw),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number(raw),
        }
    }
}

/// What stands between the quotes of a JSON string.
#[inline]
pub(super) fn unquoted(raw: &str) -> &str {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()
}

/// The text of a string, given what stands between its quotes. Half of a surrogate pair becomes U+FFFD: it is no
/// character, and JSON allows it all the same.
#[inline]
pub(super) fn decoded(inner: &str) -> Cow<'_, str> {
    // Most are short, and a search that starts slowly costs more than it saves.
    let has_escape = match inner.len() {
        0..32 => inner.bytes().any(|byte| byte == b'\\'),
        _ => memchr::memchr(b'\\', inner.as_bytes()).is_some(),
    };
    if has_escape { Cow::Owned(unescaped(inner)) } else { Cow::Borrowed(inner) }
}

fn unescaped(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut letters = escaped.chars();
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('u') => {
                let (letter, behind) = unicode_escape(letters.as_str());
                text.push(letter);
                rest = behind;
                continue;
            }
            Some(other) => text.push(other),
            None => {}
        }
        rest = letters.as_str();
    }
    text.push_str(rest);
    text
}

/// The character whose escape goes on with `digits`, and what follows it.
fn unicode_escape(digits: &str) -> (char, &str) {
    let (first, rest) = unit(digits);
    if let Some((second, behind)) = rest.strip_prefix("\\u").map(unit) {
        let pair = [first, second];
        if let Some(Ok(letter)) = char::decode_utf16(pair).next()
            && letter.len_utf16() == 2
        {
            return (letter, behind);
        }
    }
    (char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

fn unit(digits: &str) -> (u16, &str) {
    let (unit, rest) = digits.split_at_checked(4).unwrap_or((digits, ""));
    (u16::from_str_radix(unit, 16).unwrap_or(0xfffd), rest)
}

/// `text` as [`says`] wants it: in quotes, as most lines have it. What JSON has to escape gets a first character that no
/// string of a line has, so that it is never taken for the text that looks the same.
pub(super) fn quoted(text: &str) -> Box<str> {
    let first =
        if text.contains(|letter: char| matches!(letter, '\\' | '"') || letter < ' ') { '\0' } else { '"' };
    format!("{first}{text}\"").into_boxed_str()
}

/// Whether the raw string `raw` says the text of which [`quoted`] has made `quoted`.
#[inline]
pub(super) fn says(raw: &str, quoted: &str) -> bool {
    is_same(raw.as_bytes(), quoted.as_bytes())
        || (raw.len() > quoted.len()
            && memchr::memchr(b'\\', raw.as_bytes()).is_some()
            && decoded(unquoted(raw)) == unquoted(quoted))
}

/// The members of an object, each key once, with the last value that it has. Nothing for anything else.
pub(super) fn members(raw: &str) -> Vec<(Cow<'_, str>, &str)> {
    let mut members = Vec::new();
    visit_members(raw, |key, value| members.push((decoded(unquoted(key)), value)));
    // Of equal keys the last one stays.
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    members.reverse();
    members.dedup_by(|(one, _), (other, _)| one == other);
    members.reverse();
    members
}

/// Shows the keys, in their quotes, and the values of an object, in their order. Nothing for anything else.
pub(super) fn visit_members<'a>(raw: &'a str, mut visit: impl FnMut(&'a str, &'a str)) {
    // It is a piece of a line that was read to its end before: there is no error.
    let _ = Scanner::new(raw).object(|scanner, key| {
        visit(key.raw(), scanner.value()?);
        Some(())
    });
}

/// Shows the elements of an array, in their order. Nothing for anything else.
pub(super) fn visit_elements<'a>(raw: &'a str, mut visit: impl FnMut(&'a str)) {
    let _ = Scanner::new(raw).array(|scanner, _| {
        visit(scanner.value()?);
        Some(())
    });
}

/// Reads one value and all that is in it, and shows each piece that is no object and no array, with its key where it has
/// one, in its quotes.
pub(super) fn visit_all<'a>(
    scanner: &mut Scanner<'a>,
    key: Option<&'a str>,
    visit: &mut impl FnMut(Option<&'a str>, &'a str),
) -> Option<()> {
    match scanner.peek()? {
        b'{' => scanner.object(|scanner, key| visit_all(scanner, Some(key.raw()), visit)),
        b'[' => scanner.array(|scanner, _| visit_all(scanner, None, visit)),
        _ => {
            visit(key, scanner.value()?);
            Some(())
        }
    }
}

/// How many elements an array has, or members an object.
pub(super) fn count(raw: &str) -> usize {
    let mut count = 0;
    visit_members(raw, |_, _| count += 1);
    visit_elements(raw, |_| count += 1);
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_read() {
        for (inner, text) in [
            ("", ""),
            ("plain ä", "plain ä"),
            (r#"a\"b\\c\/d\n\t\r\b\f"#, "a\"b\\c/d\n\t\r\u{8}\u{c}"),
            (r"\u00e4\u4e2d\ud83d\ude00!", "ä中😀!"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\ude00\ud83dx", "\u{fffd}\u{fffd}x"),
            (r"\u0000", "\0"),
        ] {
            assert_eq!(decoded(inner), text, "{inner}");
        }
    }

    #[test]
    fn last_of_equal_keys_wins() {
        let found = members(r#"{"b": 1, "a": [1, 2], "\u0062": {"x": null}, "c":2 }"#);
        let found: Vec<_> = found.iter().map(|(key, value)| (key.as_ref(), *value)).collect();
        assert_eq!(found, [("a", "[1, 2]"), ("b", r#"{"x": null}"#), ("c", "2")]);
        assert!(members("[1]").is_empty());
    }

    #[test]
    fn elements_come_in_order() {
        let mut all = Vec::new();
        visit_elements(r#"[1 , "x", [2], {"a": 1}]"#, |element| all.push(element));
        assert_eq!(all, ["1", "\"x\"", "[2]", "{\"a\": 1}"]);
        assert_eq!(count("[1, 2, [3]]"), 3);
        assert_eq!(count(r#"{"a": 1, "b": [1, 2]}"#), 2);
    }

    proptest! {
        #[test]
        fn any_text_survives_being_quoted(text in any::<String>()) {
            let raw = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(decoded(unquoted(&raw)), text.as_str());
            prop_assert!(says(&raw, &quoted(&text)));
        }

        #[test]
        fn strings_say_the_same_only_if_their_texts_are_equal(
            inner in "([ab]|\\\\n|\\\\\\\\|\\\\u0061){0,4}",
            text in "[abn\\\\\n]{0,4}",
        ) {
            prop_assert_eq!(says(&format!("\"{inner}\""), &quoted(&text)), decoded(&inner) == text);
        }

        #[test]
        fn any_inner_text_is_decoded_without_a_panic(inner in any::<String>()) {
            let _ = decoded(&inner);
            let _ = decoded(&format!("\\u{inner}"));
        }
    }
}
