//! Changing text: `lower upper replace trunc`.

use super::{Arguments, check_length};
use crate::error::RenderErrorKind;

pub(super) fn lower(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    bounded(arguments.text(0)?.to_lowercase())
}

pub(super) fn upper(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    bounded(arguments.text(0)?.to_uppercase())
}

/// The result is measured before it is made.
pub(super) fn replace(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    let (text, from, to) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    if from.is_empty() {
        return Err(arguments.failed("takes what to replace, and that is empty".to_owned()));
    }
    let count = text.matches(from.as_ref()).count();
    let length = (text.len() - count * from.len()).saturating_add(count.saturating_mul(to.len()));
    check_length(length)?;
    arguments.scope.spend_bytes(length)?;
    Ok(text.replace(from.as_ref(), &to))
}

pub(super) fn trunc(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    let text = arguments.text(0)?;
    let count = integer(arguments, 1)?;
    let kept = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count >= 0 {
        return Ok(text.chars().take(kept).collect());
    }
    let skipped = text.chars().count().saturating_sub(kept);
    Ok(text.chars().skip(skipped).collect())
}

/// A whole number, also one that is written as a text.
pub(super) fn integer(arguments: Arguments<'_>, index: usize) -> Result<i64, RenderErrorKind> {
    let text = arguments.text(index)?;
    text.parse()
        .map_err(|_| arguments.wrong("a whole number", &format!("`{}`", crate::excerpt::excerpt(&text))))
}

/// Some letters grow when their case changes.
fn bounded(text: String) -> Result<String, RenderErrorKind> {
    check_length(text.len())?;
    Ok(text)
}
