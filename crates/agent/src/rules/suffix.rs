//! Numbers with units behind them, as programs write them into texts: `12ms`, `1h30m`, `1.5KiB`, `3%`.

use std::time::Duration;

use crate::observation::Number;

/// Digits that are read; more are refused.
const MAX_DIGITS: usize = 18;

const NANOSECOND: i128 = 1;
const MICROSECOND: i128 = 1_000;
const MILLISECOND: i128 = 1_000_000;
const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

const TIMES: [(&str, i128); 10] = [
    ("ns", NANOSECOND),
    ("us", MICROSECOND),
    ("µs", MICROSECOND),
    ("μs", MICROSECOND),
    ("ms", MILLISECOND),
    ("s", SECOND),
    ("m", MINUTE),
    ("min", MINUTE),
    ("h", HOUR),
    ("d", DAY),
];

const SIZES: [(&str, i128); 19] = [
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("k", 1_000),
    ("K", 1_000),
    ("MB", 1_000_000),
    ("M", 1_000_000),
    ("GB", 1_000_000_000),
    ("G", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("T", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("Ki", 1 << 10),
    ("MiB", 1 << 20),
    ("Mi", 1 << 20),
    ("GiB", 1 << 30),
    ("Gi", 1 << 30),
    ("TiB", 1 << 40),
    ("Ti", 1 << 40),
];

const SHARES: [(&str, i128); 1] = [("%", 1)];

/// The unit in which a text with a unit is read. A number without one is in this unit already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    Bytes,
    Ratio,
}

impl Unit {
    pub(super) const WORDS: [(&'static str, Self); 6] = [
        ("seconds", Self::Seconds),
        ("milliseconds", Self::Milliseconds),
        ("microseconds", Self::Microseconds),
        ("nanoseconds", Self::Nanoseconds),
        ("bytes", Self::Bytes),
        ("ratio", Self::Ratio),
    ];

    /// The suffixes, each with its size, and the size of this unit.
    fn suffixes(self) -> (&'static [(&'static str, i128)], i128) {
        match self {
            Self::Seconds => (&TIMES, SECOND),
            Self::Milliseconds => (&TIMES, MILLISECOND),
            Self::Microseconds => (&TIMES, MICROSECOND),
            Self::Nanoseconds => (&TIMES, NANOSECOND),
            Self::Bytes => (&SIZES, 1),
            Self::Ratio => (&SHARES, 100),
        }
    }

    /// Reads `12ms`, `-1.5 KiB` or `1h30m`. Nothing if a part has no suffix of this kind. Exact where the result is
    /// a whole number.
    pub(super) fn read(self, text: &str) -> Option<Number> {
        let (suffixes, size) = self.suffixes();
        let sum = sum(text, suffixes)?;
        sum.divide(size)
    }
}

/// Reads a length of time that is not negative.
pub(super) fn read_duration(text: &str) -> Option<Duration> {
    let sum = sum(text, &TIMES)?;
    let nanoseconds = u128::try_from(sum.digits.checked_div(10_i128.checked_pow(sum.places)?)?).ok()?;
    let seconds = u64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?;
    // Ten thousand years are enough, and nothing that is computed with them overflows.
    (seconds < 315_360_000_000).then(|| {
        Duration::new(seconds, u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or_default())
    })
}

/// Reads a number of bytes, such as `1MiB`.
pub(super) fn read_size(text: &str) -> Option<usize> {
    match Unit::Bytes.read(text).or_else(|| text.parse().ok().map(Number::Whole))? {
        Number::Whole(bytes) => usize::try_from(bytes).ok(),
        Number::Real(_) => None,
    }
}

/// `digits` / 10^`places`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) digits: i128,
    pub(super) places: u32,
}

impl Decimal {
    /// Reads digits with at most one point among them; nothing else, and not more than [`MAX_DIGITS`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || whole.len() + fraction.len() > MAX_DIGITS + 1 {
            return None;
        }
        let places = u32::try_from(fraction.len()).ok()?;
        let whole: i128 = whole.parse().ok()?;
        let fraction: i128 = fraction.parse().ok()?;
        let digits = whole * 10_i128.checked_pow(places)? + fraction;
        Some(Self { digits: if negative { -digits } else { digits }, places })
    }

    /// Divided by `by`: exact where that is a whole number, the nearest floating-point number otherwise.
    #[allow(clippy::cast_precision_loss, reason = "the result is a floating-point number")]
    fn divide(self, by: i128) -> Option<Number> {
        let by = 10_i128.checked_pow(self.places)?.checked_mul(by)?;
        let whole = (self.digits % by == 0).then(|| i64::try_from(self.digits / by).ok()).flatten();
        Some(whole.map_or(Number::Real(self.digits as f64 / by as f64), Number::Whole))
    }
}

/// The parts of a text, each in the smallest unit, added up.
fn sum(text: &str, suffixes: &[(&str, i128)]) -> Option<Decimal> {
    let text = text.trim();
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut sum = Decimal { digits: 0, places: MAX_PLACES };
    if rest.is_empty() || rest.len() > 100 {
        return None;
    }
    while !rest.is_empty() {
        let number_end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, behind) = rest.split_at_checked(number_end)?;
        let behind = behind.trim_start();
        let suffix_end =
            behind.find(|letter: char| letter.is_ascii_digit() || letter == ' ').unwrap_or(behind.len());
        let (suffix, behind) = behind.split_at_checked(suffix_end)?;
        let (_, size) = suffixes.iter().find(|(known, _)| *known == suffix)?;
        let part = Decimal::parse(number)?;
        let shift = 10_i128.checked_pow(MAX_PLACES.checked_sub(part.places)?)?;
        sum.digits = sum.digits.checked_add(part.digits.checked_mul(*size)?.checked_mul(shift)?)?;
        rest = behind.trim_start();
    }
    sum.digits = if negative { -sum.digits } else { sum.digits };
    Some(sum)
}

/// Digits behind the point that are read of a number with a unit.
const MAX_PLACES: u32 = 9;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_read() {
        for (unit, text, number) in [
            (Unit::Seconds, "12ms", Number::Real(0.012)),
            (Unit::Milliseconds, "12ms", Number::Whole(12)),
            (Unit::Milliseconds, "1.5s", Number::Whole(1_500)),
            (Unit::Seconds, "1h30m", Number::Whole(5_400)),
            (Unit::Seconds, "-2m", Number::Whole(-120)),
            (Unit::Microseconds, "1µs", Number::Whole(1)),
            (Unit::Nanoseconds, "1d", Number::Whole(86_400_000_000_000)),
            (Unit::Bytes, "1.5KiB", Number::Whole(1_536)),
            (Unit::Bytes, "1.5 MB", Number::Whole(1_500_000)),
            (Unit::Bytes, "0.3B", Number::Real(0.3)),
            (Unit::Ratio, "3%", Number::Real(0.03)),
            (Unit::Ratio, "250 %", Number::Real(2.5)),
            (Unit::Ratio, "100%", Number::Whole(1)),
        ] {
            assert_eq!(unit.read(text), Some(number), "{text}");
        }
    }

    #[test]
    fn what_has_another_unit_is_no_number() {
        for (unit, text) in [
            (Unit::Seconds, ""),
            (Unit::Seconds, "12"),
            (Unit::Seconds, "12KiB"),
            (Unit::Seconds, "ms"),
            (Unit::Seconds, "1..5s"),
            (Unit::Seconds, "1h30"),
            (Unit::Bytes, "1 Kib"),
            (Unit::Bytes, "99999999999999999999TB"),
            (Unit::Ratio, "3%%"),
        ] {
            assert_eq!(unit.read(text), None, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_and_sizes_are_read() {
        assert_eq!(read_duration("1h30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(read_duration("1.5ms"), Some(Duration::from_micros(1_500)));
        assert_eq!(read_duration("0s"), Some(Duration::ZERO));
        for text in ["", "10", "-1s", "1x", "99999999999999999d"] {
            assert_eq!(read_duration(text), None, "{text}");
        }
        assert_eq!(read_size("1MiB"), Some(1 << 20));
        assert_eq!(read_size("4096"), Some(4_096));
        assert_eq!(read_size("-1"), None);
        assert_eq!(read_size("1.5B"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in any::<String>(), dense in "-?[0-9.]{0,20}[a-zA-Z% µ]{0,4}[0-9]{0,20}s?") {
            for (_, unit) in Unit::WORDS {
                let _ = (unit.read(&text), unit.read(&dense));
            }
            let _ = (read_duration(&dense), read_size(&dense), Decimal::parse(&dense));
        }
    }
}
