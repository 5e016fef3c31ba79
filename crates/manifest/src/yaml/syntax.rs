//! Text that the parser reads as YAML 1.2 and kubectl reads as something else. It is refused, since
//! nobody can know which of the two was meant.

use std::ops::Range;

use serde_saphyr::granit_parser::{ScalarStyle, Span};

use super::scalar::Written;
use crate::error::ParseErrorKind;

/// Refuses a scalar, at `span` of `text`, with a colon that kubectl reads differently.
pub(super) fn check_scalar(written: &Written<'_>, text: &str, span: &Span) -> Result<(), ParseErrorKind> {
    if written.style != ScalarStyle::Plain {
        return Ok(());
    }
    let rest = span.byte_range().filter(Range::is_empty).and_then(|range| text.get(range.start..));
    let has_properties = written.tag.is_some() || written.anchor != 0;
    if rest.is_some_and(is_colon_before_bracket) || (has_properties && written.text.starts_with(':')) {
        return Err(ParseErrorKind::AmbiguousColon);
    }
    Ok(())
}

/// `{a:}`: an empty value here, part of the key for kubectl.
fn is_colon_before_bracket(rest: &str) -> bool {
    matches!(rest.as_bytes(), [b':', b',' | b'}' | b']', ..])
}

/// Refuses a block of text that is a whole document and starts in the first column, where it is
/// empty for kubectl.
pub(super) fn check_root(written: &Written<'_>, text: &str, span: &Span) -> Result<(), ParseErrorKind> {
    let is_block = matches!(written.style, ScalarStyle::Literal | ScalarStyle::Folded);
    if !is_block || span.start.col() > 0 {
        return Ok(());
    }
    let content = span.byte_range().and_then(|range| text.get(range)).unwrap_or_default();
    let is_indented = content.lines().all(|line| line.is_empty() || line.starts_with([' ', '\r']));
    if is_indented { Ok(()) } else { Err(ParseErrorKind::UnindentedText) }
}

/// Refuses the name of an anchor that would be shorter for kubectl, with text behind it.
pub(super) fn check_anchor(name: &str) -> Result<(), ParseErrorKind> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.bytes().all(is_known) { Ok(()) } else { Err(ParseErrorKind::AnchorName(name.to_owned())) }
}
