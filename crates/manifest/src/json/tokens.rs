//! The structure of a JSON text with its places. The text is trusted to be JSON up to the place
//! that is looked for: this is a second reading.

use std::borrow::Cow;

use crate::position::{Location, Token};

/// The tokens of `text`, which stands at `start` in the file.
pub(crate) fn tokens(text: &str, start: Location) -> impl Iterator<Item = (Token<'_>, Location)> {
    Tokens { rest: text, place: start }
}

struct Tokens<'t> {
    rest: &'t str,
    place: Location,
}

impl<'t> Tokens<'t> {
    /// Takes `length` bytes off the text; they end at a character's border, or the text ends.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.place = self.place.after(taken.as_bytes());
        taken
    }

    fn skip_separators(&mut self) {
        let separator = |c: char| c.is_ascii_whitespace() || c == ',' || c == ':';
        let length = self.rest.find(|c: char| !separator(c)).unwrap_or(self.rest.len());
        self.take(length);
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = (Token<'t>, Location);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_separators();
        let place = self.place;
        let (token, length) = match self.rest.bytes().next()? {
            b'{' => (Some(Token::Map), 1),
            b'[' => (Some(Token::List), 1),
            b'}' | b']' => (Some(Token::End), 1),
            b'"' => (None, string_length(self.rest)),
            _ => (None, literal_length(self.rest)),
        };
        let text = self.take(length);
        Some((token.unwrap_or_else(|| Token::Scalar(unquote(text))), place))
    }
}

/// The bytes of the string that `text` starts with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 2)
}

fn literal_length(text: &str) -> usize {
    let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | ':' | '}' | ']' | '{' | '[' | '"');
    text.find(ends).unwrap_or(text.len()).max(1)
}

fn unquote(text: &str) -> Cow<'_, str> {
    serde_json::from_str::<String>(text).map_or(Cow::Borrowed(text), Cow::Owned)
}
