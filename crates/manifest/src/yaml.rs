//! YAML as `sigs.k8s.io/yaml` reads it: the syntax from an event parser, the meaning from here.

mod alias;
mod build;
mod number;
mod scalar;
mod syntax;
mod tag;
mod tokens;

use serde_json::Value;
use serde_saphyr::granit_parser::{Marker, Parser, ScanError, StrInput, options};

pub use alias::{MAX_ALIAS_BYTES, MAX_ALIAS_NODES};
pub(crate) use scalar::reads_as_text;
pub(crate) use tokens::tokens;

use crate::{
    error::{ParseError, ParseErrorKind},
    position::{Location, find_duplicate},
};

/// How deep mappings and lists may nest, what aliases stand for included. JSON's reader has the same
/// limit.
pub const MAX_DEPTH: usize = 127;

/// The value of `text`, one document that stands at `start` in the file.
pub(crate) fn read(text: &str, start: Location) -> Result<Value, ParseError> {
    build::build(text, start).map_err(|error| match error.kind {
        ParseErrorKind::DuplicateKey { .. } => name_both_lines(text, start).unwrap_or(error),
        _ => error,
    })
}

fn name_both_lines(text: &str, start: Location) -> Option<ParseError> {
    let duplicate = find_duplicate(tokens(text, start))?;
    let first_line = duplicate.first.line;
    Some(ParseErrorKind::DuplicateKey { key: duplicate.key, first_line }.at(duplicate.second))
}

/// The first character that kubectl's parser refuses or takes for the end of a line.
pub(crate) fn forbidden_character(text: &str, start: Location) -> Option<ParseError> {
    // Most texts have none of the first bytes of these characters, and looking for bytes is fast
    // where every byte of a piece is looked at.
    let suspicious = |byte: u8| (byte < 0x20 && !is_white(byte)) || matches!(byte, 0x7F | 0xC2 | 0xE2);
    let is_clean = |piece: &[u8]| !piece.iter().fold(false, |found, byte| found | suspicious(*byte));
    if text.as_bytes().chunks(128).all(is_clean) {
        return None;
    }
    let (offset, character) = text.char_indices().find(|(_, character)| is_forbidden(*character))?;
    let place = start.after(text.as_bytes().get(..offset)?);
    Some(ParseErrorKind::ForbiddenCharacter(character.into()).at(place))
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Whether YAML 1.1 has no place for `character` other than as an escape in double quotes.
pub(crate) fn is_forbidden(character: char) -> bool {
    let control = character.is_control() && !matches!(character, '\t' | '\n' | '\r');
    control || matches!(character, '\u{2028}' | '\u{2029}')
}

fn parser(text: &str) -> Parser<'_, StrInput<'_>> {
    let options = options! {
        emit_comments: false,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    Parser::new_from_str_with_options(text, options)
}

/// The place in the file of `marker`, a place in a text that starts at `start`.
fn place(start: Location, marker: &Marker) -> Location {
    start.offset(Location { line: marker.line().max(1), column: marker.col() + 1 })
}

fn syntax_error(start: Location, error: &ScanError) -> ParseError {
    ParseErrorKind::Syntax(error.kind().to_string()).at(place(start, error.marker()))
}
