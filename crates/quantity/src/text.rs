//! Reading a quantity: sign, digits, fraction, suffix.

use crate::{Format, Quantity};

/// The cap of binary quantities in Go, 2^63-1 units, in billionths.
const BINARY_CAP: i128 = (i64::MAX as i128) * crate::NANOS;

/// Places after the decimal point that are kept.
const PLACES: i64 = 9;

/// Why a text is not a quantity. The text is cut to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// It does not start with a number.
    #[error("{0:?} is not a quantity: it takes a number and a suffix, such as 500m, 1.5Gi or 12e6")]
    Format(String),
    /// What follows the number is not a suffix.
    #[error(
        "{0:?} is not a quantity: its suffix is none of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or e with an exponent"
    )]
    Suffix(String),
    /// The value is beyond what can be held, about 1.7e29.
    #[error("{0:?} is too large a quantity")]
    TooLarge(String),
}

/// What a suffix multiplies by.
#[derive(Clone, Copy)]
enum Scale {
    Ten(i64),
    Two(u32),
}

/// The parts of a text.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
}

pub(crate) fn read(text: &str) -> Result<Quantity, QuantityError> {
    let parts = split(text).ok_or_else(|| QuantityError::Format(excerpt(text)))?;
    let (scale, format) = suffix(parts.suffix).ok_or_else(|| QuantityError::Suffix(excerpt(text)))?;
    let magnitude = match scale {
        Scale::Ten(exponent) => {
            decimal(&parts, exponent).ok_or_else(|| QuantityError::TooLarge(excerpt(text)))?
        }
        Scale::Two(bits) => binary(&parts, bits),
    };
    let tiny_binary = format == Format::BinarySi && (1..crate::NANOS).contains(&magnitude);
    let format = if tiny_binary { Format::DecimalSi } else { format };
    Ok(Quantity { nanos: if parts.negative { -magnitude } else { magnitude }, format })
}

/// Nothing when there is no digit. `1.` and `.5` are numbers, as in Go.
fn split(text: &str) -> Option<Parts<'_>> {
    let negative = text.starts_with('-');
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = split_digits(number);
    let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    let has_digit = !(whole.is_empty() && fraction.is_empty());
    has_digit.then_some(Parts { negative, whole, fraction, suffix })
}

/// The leading digits, and what follows them.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn suffix(text: &str) -> Option<(Scale, Format)> {
    let ten = |exponent| Some((Scale::Ten(exponent), Format::DecimalSi));
    let two = |bits| Some((Scale::Two(bits), Format::BinarySi));
    match text {
        "n" => ten(-9),
        "u" => ten(-6),
        "m" => ten(-3),
        "" => ten(0),
        "k" => ten(3),
        "M" => ten(6),
        "G" => ten(9),
        "T" => ten(12),
        "P" => ten(15),
        "E" => ten(18),
        "Ki" => two(10),
        "Mi" => two(20),
        "Gi" => two(30),
        "Ti" => two(40),
        "Pi" => two(50),
        "Ei" => two(60),
        _ => exponent(text),
    }
}

fn exponent(text: &str) -> Option<(Scale, Format)> {
    let exponent = text.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((Scale::Ten(exponent), Format::DecimalExponent))
}

/// Billionths of `whole.fraction` × 10^exponent, rounded up; nothing when they cannot be held.
fn decimal(parts: &Parts<'_>, exponent: i64) -> Option<i128> {
    let digits = parts.whole.bytes().chain(parts.fraction.bytes()).map(|digit| digit - b'0');
    let count = length(parts.whole) + length(parts.fraction);
    nanos(digits, count, exponent.saturating_sub(length(parts.fraction)))
}

/// Billionths of `whole.fraction` × 2^bits, rounded up and capped.
fn binary(parts: &Parts<'_>, bits: u32) -> i128 {
    let digits = parts.whole.bytes().chain(parts.fraction.bytes()).map(|digit| digit - b'0');
    let product = shift_left(digits.collect(), bits);
    let count = i64::try_from(product.len()).unwrap_or(i64::MAX);
    let nanos = nanos(product.into_iter(), count, -length(parts.fraction));
    nanos.map_or(BINARY_CAP, |nanos| nanos.min(BINARY_CAP))
}

/// Multiplies a decimal number of any length by 2^bits, `bits` ≤ 60.
fn shift_left(mut digits: Vec<u8>, bits: u32) -> Vec<u8> {
    let mut carry = 0_u128;
    for digit in digits.iter_mut().rev() {
        carry += u128::from(*digit) << bits;
        *digit = low_digit(carry);
        carry /= 10;
    }
    let mut product = Vec::with_capacity(digits.len() + 20);
    while carry > 0 {
        product.push(low_digit(carry));
        carry /= 10;
    }
    product.reverse();
    product.append(&mut digits);
    product
}

fn low_digit(number: u128) -> u8 {
    u8::try_from(number % 10).unwrap_or(0)
}

/// Billionths of `digits` × 10^exponent: digits beyond the ninth place only say whether to round up.
fn nanos(digits: impl Iterator<Item = u8>, count: i64, exponent: i64) -> Option<i128> {
    let shift = exponent.saturating_add(PLACES);
    let kept = count.saturating_add(shift.min(0));
    let (mut value, mut rest) = (0_i128, 0);
    for (place, digit) in (0_i64..).zip(digits) {
        if place < kept {
            value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
        } else {
            rest |= digit;
        }
    }
    if value == 0 {
        return Some(i128::from(rest != 0));
    }
    let power = 10_i128.checked_pow(u32::try_from(shift.max(0)).ok()?)?;
    value.checked_mul(power)?.checked_add(i128::from(rest != 0))
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}
