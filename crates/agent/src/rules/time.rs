//! When a line's event happened, and on which day that was in the zone of its source.

use jiff::civil::{Date, date};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::fault::Complaint;
use super::json::{self, Json};
use super::slots::Slot;
use super::suffix::Decimal;

/// A time that patterns are tried with.
const PROBE: i64 = 1_700_000_000;

/// How a line's time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// A number since 1970, with so many of it a second.
    Unix(i64),
    Rfc3339,
    /// By the conversions of `strptime`, in the source's zone unless the text has its own.
    Pattern(Box<str>),
}

/// Where a line's time stands and how it is read.
#[derive(Debug)]
pub(super) struct EventTime {
    pub(super) slot: Slot,
    pub(super) format: Format,
    /// Whether a line without a time counts as of the time when it was read.
    pub(super) or_now: bool,
}

/// A moment: milliseconds since 1970, and days since 1970 in the source's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Moment {
    pub(super) time: i64,
    pub(super) day: i32,
}

/// Remembers the last day and the last text, because the next line mostly has the same.
#[derive(Debug, Default)]
pub(super) struct Clock {
    day: Option<Bounds>,
    text: String,
    text_time: i64,
}

/// A day, from its first millisecond to that of the next.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    from: i64,
    to: i64,
    day: i32,
}

impl Format {
    /// By its name in a rules file, or a pattern.
    pub(super) fn parse(text: &str, zone: &TimeZone) -> Result<Self, Complaint> {
        match text {
            "unix" => Ok(Self::Unix(1)),
            "unix-ms" => Ok(Self::Unix(1_000)),
            "unix-us" => Ok(Self::Unix(1_000_000)),
            "unix-ns" => Ok(Self::Unix(1_000_000_000)),
            "rfc3339" => Ok(Self::Rfc3339),
            pattern if pattern.contains('%') => {
                check_pattern(pattern, zone)?;
                Ok(Self::Pattern(pattern.into()))
            }
            _ => Err(Complaint::new(
                format!("the time format {text:?} is not known"),
                "write unix, unix-ms, unix-us, unix-ns, rfc3339, or a pattern such as \"%Y-%m-%d %H:%M:%S\"",
            )),
        }
    }

    /// Milliseconds since 1970; nothing if it is no time in this format.
    #[inline]
    fn read(&self, raw: &str, zone: &TimeZone) -> Option<i64> {
        let text = match Json::of(raw) {
            Json::Number(digits) => return self.read_number(digits),
            Json::Text(inner) => json::decoded(inner),
            _ => return None,
        };
        match self {
            Self::Unix(_) => self.read_number(text.trim()),
            Self::Rfc3339 => text.trim().parse().ok().map(Timestamp::as_millisecond),
            Self::Pattern(pattern) => read_pattern(pattern, text.trim(), zone),
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "what is out of range is no time")]
    fn read_number(&self, digits: &str) -> Option<i64> {
        let Self::Unix(unit) = self else { return None };
        if let Ok(number) = digits.parse::<i64>() {
            return match *unit {
                1 => number.checked_mul(1_000),
                1_000 => Some(number),
                unit => Some(number.div_euclid(unit / 1_000)),
            };
        }
        if let Some(decimal) = Decimal::parse(digits) {
            let unit = i128::from(*unit).checked_mul(10_i128.checked_pow(decimal.places)?)?;
            return i64::try_from(decimal.digits.checked_mul(1_000)?.div_euclid(unit)).ok();
        }
        let number: f64 = digits.parse().ok()?;
        let milliseconds = (number * (1_000.0 / f64::from(i32::try_from(*unit).ok()?))).floor();
        (milliseconds.abs() < 1e18).then_some(milliseconds as i64)
    }
}

fn read_pattern(pattern: &str, text: &str, zone: &TimeZone) -> Option<i64> {
    let broken = BrokenDownTime::parse(pattern, text).ok()?;
    if let Ok(timestamp) = broken.to_timestamp() {
        return Some(timestamp.as_millisecond());
    }
    let civil = broken.to_datetime().ok()?;
    // Of an hour that comes twice it is the first, as everywhere in jiff.
    zone.to_ambiguous_timestamp(civil).compatible().ok().map(Timestamp::as_millisecond)
}

/// A pattern is good if it reads what it has written.
fn check_pattern(pattern: &str, zone: &TimeZone) -> Result<(), Complaint> {
    let refused = |why: String| {
        Complaint::new(
            format!("the time format {pattern:?} cannot be read: {why}"),
            "use the conversions of strptime, with a whole date and a time, such as \"%Y-%m-%d %H:%M:%S%.f\"",
        )
    };
    let probe =
        Timestamp::from_second(PROBE).map_err(|error| refused(error.to_string()))?.to_zoned(zone.clone());
    let written =
        BrokenDownTime::from(&probe).to_string(pattern).map_err(|error| refused(error.to_string()))?;
    let read = read_pattern(pattern, written.trim(), zone);
    let is_near = read.is_some_and(|read| (read / 1_000 - PROBE).abs() < 86_400);
    if is_near { Ok(()) } else { Err(refused(format!("it does not tell which day and time {written:?} is"))) }
}

impl Clock {
    /// The time of a raw value.
    #[inline]
    pub(super) fn read(&mut self, format: &Format, raw: &str, zone: &TimeZone) -> Option<i64> {
        if matches!(format, Format::Unix(_)) {
            return format.read(raw, zone);
        }
        if self.text != raw || raw.is_empty() {
            self.text_time = format.read(raw, zone)?;
            raw.clone_into(&mut self.text);
        }
        Some(self.text_time)
    }

    /// The moment of a time; nothing outside of the years that a calendar has.
    #[inline]
    pub(super) fn moment(&mut self, time: i64, zone: &TimeZone) -> Option<Moment> {
        match self.day {
            Some(day) if (day.from..day.to).contains(&time) => Some(Moment { time, day: day.day }),
            _ => {
                let day = bounds(time, zone)?;
                self.day = Some(day);
                Some(Moment { time, day: day.day })
            }
        }
    }
}

/// The day of a time. A day begins when clocks first show its date, even if they are put back behind midnight after
/// that: so each moment has one day, whatever was asked before.
fn bounds(time: i64, zone: &TimeZone) -> Option<Bounds> {
    let date = Timestamp::from_millisecond(time).ok()?.to_zoned(zone.clone()).date();
    let today = Bounds { from: start(date, zone)?, to: start(date.tomorrow().ok()?, zone)?, day: day(date)? };
    if time < today.to {
        return Some(today);
    }
    let next = date.tomorrow().ok()?;
    Some(Bounds { from: today.to, to: start(next.tomorrow().ok()?, zone)?, day: day(next)? })
}

fn start(date: Date, zone: &TimeZone) -> Option<i64> {
    let first = date.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    Some(first.timestamp().as_millisecond())
}

fn day(date: Date) -> Option<i32> {
    (date - EPOCH).get_days().into()
}

const EPOCH: Date = date(1970, 1, 1);

/// The date of a number of days since 1970.
pub(super) fn date_of(day: i32) -> Option<Date> {
    EPOCH.checked_add(day.days()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn time(format: &str, raw: &str) -> Option<i64> {
        let zone = zone("Asia/Shanghai");
        Clock::default().read(&Format::parse(format, &zone).unwrap(), raw, &zone)
    }

    #[test]
    fn formats_are_read() {
        for (format, raw, milliseconds) in [
            ("unix", "1700000000", Some(1_700_000_000_000)),
            ("unix", "1700000000.123456", Some(1_700_000_000_123)),
            ("unix", "1.7e9", Some(1_700_000_000_000)),
            ("unix", "\"1700000000\"", Some(1_700_000_000_000)),
            ("unix", "-0.5", Some(-500)),
            ("unix-ms", "1700000000123", Some(1_700_000_000_123)),
            ("unix-us", "1700000000123999", Some(1_700_000_000_123)),
            ("unix-us", "-1", Some(-1)),
            ("unix-ns", "1700000000123999999", Some(1_700_000_000_123)),
            ("unix", "9223372036854775807", None),
            ("unix", "1e999", None),
            ("unix", "\"x\"", None),
            ("unix", "true", None),
            ("unix", "{}", None),
            ("rfc3339", "\"2023-11-14T22:13:20Z\"", Some(1_700_000_000_000)),
            ("rfc3339", "\"2023-11-15T06:13:20.123+08:00\"", Some(1_700_000_000_123)),
            ("rfc3339", "\"2023-11-14\"", None),
            ("rfc3339", "1700000000", None),
            ("%Y-%m-%d %H:%M:%S", "\"2023-11-15 06:13:20\"", Some(1_700_000_000_000)),
            ("%Y-%m-%d %H:%M:%S%.f", "\"2023-11-15 06:13:20.123\"", Some(1_700_000_000_123)),
            ("%Y-%m-%d %H:%M:%S %z", "\"2023-11-14 22:13:20 +0000\"", Some(1_700_000_000_000)),
            ("%d/%b/%Y:%T", "\"15/Nov/2023:06:13:20\"", Some(1_700_000_000_000)),
            ("%Y-%m-%d %H:%M:%S", "\"2023-13-15 06:13:20\"", None),
        ] {
            assert_eq!(time(format, raw), milliseconds, "{format} {raw}");
        }
    }

    #[test]
    fn formats_that_tell_no_day_are_refused() {
        for format in ["", "iso", "%H:%M:%S", "%Y-%m", "%Q", "%"] {
            assert!(Format::parse(format, &TimeZone::UTC).is_err(), "{format}");
        }
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let moment = |zone_name: &str, text: &str| {
            let time: Timestamp = text.parse().unwrap();
            let day = Clock::default().moment(time.as_millisecond(), &zone(zone_name)).unwrap().day;
            date_of(day).unwrap().to_string()
        };
        for (zone, text, day) in [
            ("UTC", "2024-02-29T23:59:59.999Z", "2024-02-29"),
            ("UTC", "1969-12-31T23:59:59.999Z", "1969-12-31"),
            ("Asia/Shanghai", "2024-02-29T16:00:00Z", "2024-03-01"),
            ("Asia/Shanghai", "2024-02-29T15:59:59.999Z", "2024-02-29"),
            // 25 hours, then 23.
            ("Europe/Berlin", "2024-10-27T22:59:59.999Z", "2024-10-27"),
            ("Europe/Berlin", "2024-10-26T22:00:00Z", "2024-10-27"),
            ("Europe/Berlin", "2024-03-31T21:59:59.999Z", "2024-03-31"),
            ("Europe/Berlin", "2024-03-31T22:00:00Z", "2024-04-01"),
            // Midnight does not exist on this day.
            ("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04"),
            ("America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03"),
        ] {
            assert_eq!(moment(zone, text), day, "{zone} {text}");
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_none() {
        for time in [i64::MIN, i64::MAX, 253_402_300_799_999] {
            assert_eq!(Clock::default().moment(time, &TimeZone::UTC), None, "{time}");
        }
    }

    proptest! {
        /// What the clock remembers never changes what it says: in Newfoundland clocks were put back at 00:01.
        #[test]
        fn memory_does_not_change_days(
            times in prop::collection::vec(1_099_000_000_000_i64..1_102_000_000_000, 1..20),
            name in prop_oneof![Just("America/St_Johns"), Just("Europe/Berlin"), Just("Pacific/Apia")],
        ) {
            let zone = zone(name);
            let mut clock = Clock::default();
            for time in times {
                prop_assert_eq!(clock.moment(time, &zone), Clock::default().moment(time, &zone));
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), pattern in "(%[a-zA-Z.0-9:]|[ -/]){0,6}") {
            let raw = serde_json::to_string(&text).unwrap();
            for format in ["unix", "unix-ns", "rfc3339", "%Y-%m-%dT%H:%M:%S%.f%z"] {
                let _ = time(format, &raw);
            }
            let _ = Format::parse(&pattern, &TimeZone::UTC);
            let _ = Format::parse(&text, &TimeZone::UTC);
        }
    }
}
