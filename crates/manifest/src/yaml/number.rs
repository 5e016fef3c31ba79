//! Numbers in the forms that Go's `strconv` knows, since kubectl reads YAML's numbers with it.

use serde_json::Number;

/// The integer that `text` writes, if any: `0x`, `0o`, `0b` and a leading `0` choose the base.
/// `text` has no underscores.
pub(super) fn parse_integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() {
        return None;
    }
    let (digits, base) = split_base(digits);
    let magnitude = if digits.is_empty() { 0 } else { parse_digits(digits, base)? };
    let value = if negative { -magnitude } else { magnitude };
    in_range(value, text)
}

/// Integers up to 64 bits; with a sign, only those of `i64`.
fn in_range(value: i128, text: &str) -> Option<i128> {
    let largest = if text.starts_with(['+', '-']) { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN)..=largest).contains(&value).then_some(value)
}

fn split_base(digits: &str) -> (&str, u32) {
    let Some(rest) = digits.strip_prefix('0') else { return (digits, 10) };
    let base = match rest.bytes().next() {
        Some(b'x' | b'X') => 16,
        Some(b'o' | b'O') => 8,
        Some(b'b' | b'B') => 2,
        _ => return (rest, 8),
    };
    (rest.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(rest), base)
}

/// Digits only, no sign; at most what 64 bits may need, so that it cannot overflow.
fn parse_digits(digits: &str, base: u32) -> Option<i128> {
    let mut value: i128 = 0;
    for character in digits.chars() {
        value = value * i128::from(base) + i128::from(character.to_digit(base)?);
        if value > i128::from(u64::MAX) {
            return None;
        }
    }
    Some(value)
}

/// `0b` with a sign behind it: not a Go number, but the YAML library takes it.
pub(super) fn parse_signed_binary(text: &str) -> Option<i128> {
    let rest = text.strip_prefix("0b")?;
    let digits = rest.strip_prefix(['+', '-'])?;
    let magnitude = if digits.is_empty() { None } else { parse_digits(digits, 2) }?;
    let value = if rest.starts_with('-') { -magnitude } else { magnitude };
    (i128::from(i64::MIN)..=i128::from(i64::MAX)).contains(&value).then_some(value)
}

/// The float that `text` writes, if any: `1.5`, `.5`, `1.`, `1e3`. Values too large for a float are
/// no numbers.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(end) => (text.get(..end)?, text.get(end + 1..)),
        None => (text, None),
    };
    let digits = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let exponent_is_fine = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    if !(has_digits && exponent_is_fine && all_digits(whole) && all_digits(fraction)) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether the underscores of `text` all stand between digits.
pub(super) fn underscores_between_digits(text: &str) -> bool {
    let is_digit = |part: &str, last: bool| {
        let byte = if last { part.bytes().last() } else { part.bytes().next() };
        byte.is_some_and(|byte| byte.is_ascii_digit())
    };
    let mut parts = text.split('_').peekable();
    while let Some(part) = parts.next() {
        if let Some(next) = parts.peek()
            && !(is_digit(part, true) && is_digit(next, false))
        {
            return false;
        }
    }
    true
}

/// `value` as a JSON number. Go writes a float below 1e21 by its shortest digits and without an
/// exponent, so kubectl reads a whole one back as an integer. `None` for infinity and not-a-number.
pub(super) fn json_number(value: f64) -> Option<Number> {
    if value.fract() != 0.0 || value.abs() >= 1e21 {
        return Number::from_f64(value);
    }
    let digits = value.to_string();
    let integer = digits.parse().ok().and_then(Number::from_i128);
    integer.or_else(|| Number::from_f64(value))
}

/// `value` as a key: Go's shortest form for 32 bits, with an exponent from 1e+06 on.
pub(super) fn float_key(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
