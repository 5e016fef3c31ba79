//! Durations as Go writes them: `1h30m`, `1.5s`, `-250ms`, `0`.

/// The units, longer spellings first where one starts another.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Nanoseconds; parts of one are dropped. Nothing when the text is no duration, or beyond about 292 years.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    let magnitude = text.strip_prefix(['-', '+']).unwrap_or(text);
    if magnitude == "0" {
        return Some(0);
    }
    let (mut total, mut rest) = (0_i128, magnitude);
    while !rest.is_empty() {
        let (part, tail) = parse_part(rest)?;
        total = total.checked_add(part)?;
        rest = tail;
    }
    let signed = if text.starts_with('-') { -total } else { total };
    (!magnitude.is_empty()).then_some(())?;
    i64::try_from(signed).ok()
}

/// A number with its unit, and what follows.
fn parse_part(text: &str) -> Option<(i128, &str)> {
    let (whole, rest) = split_digits(text)?;
    let (fraction, rest) = rest.strip_prefix('.').map_or(Some(("", rest)), split_digits)?;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, tail) = rest.split_at_checked(end)?;
    let (_, nanos) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    Some((whole.checked_mul(nanos)?.checked_add(fraction_of(fraction, nanos)?)?, tail))
}

/// `0.fraction` of a unit; digits beyond the eighteenth are below a nanosecond and dropped.
fn fraction_of(fraction: &str, nanos: i128) -> Option<i128> {
    let digits = fraction.get(..fraction.len().min(18))?;
    let scale = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let numerator: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some(numerator.checked_mul(nanos)? / scale)
}

fn split_digits(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())
}
