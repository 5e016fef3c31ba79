//! Calculating with quantities: `quantity-mul quantity-add`.

use chandler_quantity::{Format, Quantity};

use super::Arguments;
use crate::error::RenderErrorKind;

pub(super) fn multiply(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    let (quantity, factor) = (read(arguments, 0)?, read(arguments, 1)?);
    write(arguments, quantity.checked_mul(&factor))
}

pub(super) fn add(arguments: Arguments<'_>) -> Result<String, RenderErrorKind> {
    let (left, right) = (read(arguments, 0)?, read(arguments, 1)?);
    write(arguments, left.checked_add(&right))
}

fn read(arguments: Arguments<'_>, index: usize) -> Result<Quantity, RenderErrorKind> {
    let text = arguments.text(index)?;
    Quantity::parse(&text).map_err(|error| arguments.failed(format!("failed: {error}")))
}

/// What is counted in powers of 1024 is bytes, and there are no parts of a byte.
fn write(arguments: Arguments<'_>, result: Option<Quantity>) -> Result<String, RenderErrorKind> {
    let whole = result.and_then(|result| match result.format() {
        Format::BinarySi => result.checked_ceil(),
        Format::DecimalSi | Format::DecimalExponent => Some(result),
    });
    let whole = whole.ok_or_else(|| arguments.failed("failed: the result is too large".to_owned()))?;
    Ok(whole.to_string())
}
