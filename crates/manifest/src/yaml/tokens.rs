//! The structure of a YAML text with its places, for a second reading when an error needs one.

use std::collections::HashMap;

use serde_saphyr::granit_parser::Event;

use super::{
    parser, place,
    scalar::{Scalar, Written},
    tag::Tag,
};
use crate::position::{Location, Token};

/// The tokens of `text`, which stands at `start` in the file, up to its first syntax error. An alias
/// to a scalar is that scalar.
pub(crate) fn tokens(text: &str, start: Location) -> impl Iterator<Item = (Token<'_>, Location)> {
    let mut parser = parser(text);
    let mut scalars = HashMap::new();
    let events = std::iter::from_fn(move || parser.next_event()?.ok());
    events.filter_map(move |(event, span)| {
        let token = match event {
            Event::MappingStart(..) => Token::Map,
            Event::SequenceStart(..) => Token::List,
            Event::MappingEnd | Event::SequenceEnd => Token::End,
            Event::Alias(id) => scalars.get(&id).cloned().map_or(Token::Alias, Token::Scalar),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().and_then(|tag| Tag::of(tag).ok());
                let token = scalar(Written { text, style, anchor, tag });
                if let (Token::Scalar(text), 1..) = (&token, anchor) {
                    scalars.insert(anchor, text.clone());
                }
                token
            }
            _ => return None,
        };
        Some((token, place(start, &span.start)))
    })
}

fn scalar(written: Written<'_>) -> Token<'_> {
    if written.is_merge() {
        return Token::Merge;
    }
    let text = written.text.clone();
    Token::Scalar(written.resolve().and_then(Scalar::into_key).unwrap_or(text))
}
