//! What a counter gained by day: a column of sums for each day that is shown, or will be.
//!
//! A day is over for a line when lines have passed its end by the lateness. The clock of that is the newest time among
//! the lines, not that of the machine: so what was written while the agent was down still belongs to its day. Where
//! several files are read, that clock goes no further than the moment up to which all of them were heard: what the first
//! says of today must not end a day of which the second still tells.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::sum::Sum;
use crate::observation::Number;

/// Days ahead that are kept, as clocks of machines differ. Of more, those that are farthest away are dropped.
const AHEAD: usize = 3;

/// Day 0.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The sums of one counter by day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Days {
    /// The newest time of a line, in milliseconds since 1970.
    newest: i64,
    /// Sums by slot of the series; a series without a sum has zero.
    columns: Vec<(i32, Vec<Sum>)>,
}

/// When something happened, and when it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    /// Milliseconds since 1970.
    pub(crate) time: i64,
    /// Days since 1970 in the zone of the source.
    pub(crate) day: i32,
    /// Milliseconds since 1970, by the clock of the machine.
    pub(crate) now: i64,
}

/// Whose days they are, and which of them still grow.
#[derive(Debug, Clone)]
pub(crate) struct Calendar {
    zone: TimeZone,
    lateness: i64,
    /// How many days before today are shown.
    past: i32,
    /// The first day that still grows.
    open: i32,
    /// The span of times of the newest line for which that holds.
    valid: (i64, i64),
    /// The newest time of a line that was read.
    seen: i64,
    heard: Heard,
}

/// Up to which moment all lines were read, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// That moment.
    pub until: i64,
    /// Whether lines come one after the other from now on, and nobody else may tell of the past.
    pub in_order: bool,
}

impl Heard {
    /// Lines come in order, as far as one can know.
    pub const ALL: Self = Self { until: i64::MIN, in_order: true };
}

impl Default for Days {
    fn default() -> Self {
        Self { newest: i64::MIN, columns: Vec::new() }
    }
}

impl Days {
    /// What a series gained on a day.
    pub(crate) fn sum(&self, day: i32, slot: usize) -> Sum {
        let column = self.columns.iter().find(|(other, _)| *other == day);
        column.and_then(|(_, sums)| sums.get(slot)).copied().unwrap_or_default()
    }

    /// Adds to a day, if somebody will see it. False where the day is over, or too far ahead.
    pub(crate) fn add(
        &mut self,
        calendar: &mut Calendar,
        when: When,
        (slot, number): (usize, Number),
    ) -> bool {
        let newest = calendar.advance(self.newest, when);
        if newest != self.newest {
            self.newest = newest;
            calendar.follow(newest);
        }
        if when.day < calendar.open {
            return false;
        }
        if self.column(when.day).is_none() {
            let today = calendar.today(when.now);
            if when.day < calendar.first(today) {
                return true;
            }
            self.begin(when.day, (calendar.first(today), today));
        }
        let Some(sums) = self.column(when.day) else { return false };
        if sums.len() <= slot {
            sums.resize(slot + 1, Sum::ZERO);
        }
        sums.get_mut(slot).map(|sum| *sum += number).is_some()
    }

    /// No line ends a day by more than what was heard from now on; those that were read before do so now.
    pub(crate) fn hear(&mut self, calendar: &mut Calendar, heard: Heard) {
        calendar.heard = heard;
        self.newest = self.newest.max(calendar.seen.min(heard.until));
        calendar.follow(self.newest);
    }

    /// After a reload or a restart the calendar knows nothing yet.
    pub(crate) fn wake(&self, calendar: &mut Calendar) {
        calendar.follow(self.newest);
    }

    /// No more sums than series.
    pub(crate) fn fits(&self, series: usize) -> bool {
        self.columns.iter().all(|(_, sums)| sums.len() <= series)
    }

    /// Whether a series has gained something on this day or later.
    pub(crate) fn has(&self, slot: usize, first: i32) -> bool {
        let columns = self.columns.iter().filter(|(day, _)| *day >= first);
        columns.into_iter().any(|(_, sums)| sums.get(slot).is_some_and(|sum| *sum != Sum::ZERO))
    }

    /// Forgets a series. That of the last slot takes its place.
    pub(crate) fn swap_remove(&mut self, slot: usize, last: usize) {
        for (_, sums) in &mut self.columns {
            let moved = if sums.len() > last { sums.pop() } else { None };
            if let Some(sum) = sums.get_mut(slot) {
                *sum = moved.unwrap_or_default();
            }
        }
    }

    fn column(&mut self, day: i32) -> Option<&mut Vec<Sum>> {
        self.columns.iter_mut().find(|(other, _)| *other == day).map(|(_, sums)| sums)
    }

    /// Makes room for a day among those that are shown today or later.
    fn begin(&mut self, day: i32, (first, today): (i32, i32)) {
        self.columns.retain(|(day, _)| *day >= first);
        self.columns.push((day, Vec::new()));
        self.columns.sort_unstable_by_key(|(day, _)| *day);
        let kept = self.columns.iter().filter(|(day, _)| *day <= today).count() + AHEAD;
        self.columns.truncate(kept);
    }
}

impl Calendar {
    /// A zone by its name in the tz database.
    pub(crate) fn new(zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or_else(|error| {
            tracing::warn!(zone, %error, "days of an unknown zone are those of UTC");
            TimeZone::UTC
        });
        Self {
            zone,
            lateness: 0,
            past: 0,
            open: i32::MIN,
            valid: (i64::MIN, i64::MIN),
            seen: i64::MIN,
            heard: Heard::ALL,
        }
    }

    /// Days of two metrics are of one counter: what either of them needs is kept.
    pub(crate) fn extend(&mut self, ago: u16, lateness: Duration) {
        self.past = self.past.max(i32::from(ago));
        self.lateness = self.lateness.max(i64::try_from(lateness.as_millis()).unwrap_or(i64::MAX));
    }

    /// The day in which a moment in milliseconds since 1970 lies, in days since 1970.
    pub(crate) fn today(&self, now: i64) -> i32 {
        self.date(now).map_or(i32::MIN, days_since_epoch)
    }

    /// The first day that is still shown at a moment.
    pub(crate) fn first_shown(&self, now: i64) -> i32 {
        self.first(self.today(now))
    }

    /// The first day that is still shown.
    fn first(&self, today: i32) -> i32 {
        today.saturating_sub(self.past)
    }

    /// How far lines have come with one more. A line from the future, or a clock that was wrong for a while, ends no day.
    fn advance(&mut self, newest: i64, When { time, now, .. }: When) -> i64 {
        self.seen = self.seen.max(time).min(now);
        let in_order = if self.heard.in_order { time } else { i64::MIN };
        newest.max(in_order).max(self.seen.min(self.heard.until)).min(now)
    }

    /// Lines have come to this time.
    fn follow(&mut self, newest: i64) {
        if newest >= self.valid.0 && newest < self.valid.1 {
            return;
        }
        let Some(date) = self.date(newest.saturating_sub(self.lateness)) else { return };
        let start = self.start(Some(date)).unwrap_or(i64::MIN);
        let end = self.start(date.tomorrow().ok()).unwrap_or(i64::MAX);
        self.open = days_since_epoch(date);
        self.valid = (start.saturating_add(self.lateness), end.saturating_add(self.lateness));
    }

    fn date(&self, time: i64) -> Option<Date> {
        let time = Timestamp::from_millisecond(time).ok()?;
        Some(self.zone.to_datetime(time).date())
    }

    /// The first moment of a day: where a change of the clock skips midnight, that at which the day begins.
    fn start(&self, date: Option<Date>) -> Option<i64> {
        let start = date?.to_zoned(self.zone.clone()).ok()?;
        Some(start.timestamp().as_millisecond())
    }
}

fn days_since_epoch(date: Date) -> i32 {
    i32::try_from(date.duration_since(EPOCH).as_hours() / 24).unwrap_or(i32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn time(text: &str) -> i64 {
        text.parse::<jiff::Zoned>().unwrap().timestamp().as_millisecond()
    }

    fn day(text: &str) -> i32 {
        days_since_epoch(text.parse().unwrap())
    }

    struct Test {
        days: Days,
        calendar: Calendar,
    }

    impl Test {
        fn new(ago: u16, lateness: Duration) -> Self {
            let mut calendar = Calendar::new("America/New_York");
            calendar.extend(ago, lateness);
            Self { days: Days::default(), calendar }
        }

        /// A line of a time, read at another.
        fn line(&mut self, at: &str, now: &str) -> bool {
            let time = time(&format!("{at}[America/New_York]"));
            let day = self.calendar.today(time);
            let now = self::time(&format!("{now}[America/New_York]"));
            let when = When { time, day, now };
            self.days.add(&mut self.calendar, when, (0, Number::Whole(1)))
        }

        fn hear(&mut self, until: &str, in_order: bool) {
            let until = time(&format!("{until}[America/New_York]"));
            self.days.hear(&mut self.calendar, Heard { until, in_order });
        }

        fn whole(&self, day: &str) -> Option<i128> {
            self.days.sum(self::day(day), 0).to_whole()
        }
    }

    #[test]
    fn a_day_grows_until_lines_have_passed_its_end_by_the_lateness() {
        let mut test = Test::new(1, Duration::from_secs(600));
        assert!(test.line("2026-05-01T23:59:59", "2026-05-02T00:00:01"));
        assert!(test.line("2026-05-02T00:09:59", "2026-05-02T00:20:00"));
        assert!(test.line("2026-05-01T23:00:00", "2026-05-02T00:20:00"));
        assert_eq!(test.whole("2026-05-01"), Some(2));
        assert!(test.line("2026-05-02T00:10:00", "2026-05-02T00:20:00"));
        assert!(!test.line("2026-05-01T23:59:59", "2026-05-02T00:20:00"));
        assert_eq!(test.whole("2026-05-01"), Some(2));
        assert_eq!(test.whole("2026-05-02"), Some(2));
    }

    #[test]
    fn lines_that_are_read_days_later_belong_to_their_days() {
        let mut test = Test::new(2, Duration::ZERO);
        assert!(test.line("2026-05-01T10:00:00", "2026-05-03T10:00:00"));
        assert!(test.line("2026-05-02T10:00:00", "2026-05-03T10:00:00"));
        assert!(test.line("2026-05-03T10:00:00", "2026-05-03T10:00:00"));
        assert_eq!(test.whole("2026-05-01"), Some(1));
        assert_eq!(test.whole("2026-05-02"), Some(1));
    }

    #[test]
    fn no_day_ends_by_more_than_what_was_heard() {
        let mut test = Test::new(1, Duration::ZERO);
        test.hear("2026-05-01T12:00:00", false);
        assert!(test.line("2026-05-01T22:00:00", "2026-05-02T12:00:00"));
        assert!(test.line("2026-05-02T11:00:00", "2026-05-02T12:00:00"));
        assert!(test.line("2026-05-01T23:00:00", "2026-05-02T12:00:00"));
        test.hear("2026-05-02T00:00:00", false);
        assert!(!test.line("2026-05-01T23:30:00", "2026-05-02T12:00:00"));
        assert_eq!(test.whole("2026-05-01"), Some(2));
        assert_eq!(test.whole("2026-05-02"), Some(1));
    }

    #[test]
    fn what_was_read_too_soon_ends_no_day_of_lines_that_come_in_order() {
        let mut test = Test::new(1, Duration::ZERO);
        test.hear("2026-05-01T12:00:00", false);
        assert!(test.line("2026-05-02T11:00:00", "2026-05-02T12:00:00"));
        test.hear("2026-05-01T12:00:00", true);
        assert!(test.line("2026-05-01T23:00:00", "2026-05-02T12:00:00"));
        assert!(test.line("2026-05-02T00:00:00", "2026-05-02T12:00:00"));
        assert!(!test.line("2026-05-01T23:30:00", "2026-05-02T12:00:00"));
    }

    #[test]
    fn a_day_that_nobody_will_see_takes_no_room_and_is_not_late() {
        let mut test = Test::new(1, Duration::ZERO);
        for date in 1..9 {
            assert!(test.line(&format!("2026-05-0{date}T12:00:00"), "2026-05-09T12:00:00"));
        }
        assert_eq!(test.days.columns.len(), 1);
        assert_eq!(test.whole("2026-05-08"), Some(1));
    }

    #[test]
    fn a_line_from_the_future_ends_no_day_and_keeps_its_own() {
        let mut test = Test::new(0, Duration::ZERO);
        assert!(test.line("2026-05-03T00:00:00", "2026-05-01T12:00:00"));
        assert!(test.line("2026-05-01T11:00:00", "2026-05-01T12:00:00"));
        assert_eq!(test.whole("2026-05-01"), Some(1));
        assert_eq!(test.whole("2026-05-03"), Some(1));
    }

    #[test]
    fn days_ahead_are_bounded_and_the_nearest_stay() {
        let mut test = Test::new(0, Duration::ZERO);
        for ahead in ["2030-01-01", "2029-01-01", "2028-01-01", "2027-01-01", "2026-05-02"] {
            test.line(&format!("{ahead}T00:00:00"), "2026-05-01T12:00:00");
        }
        assert!(test.line("2026-05-01T12:00:00", "2026-05-01T12:00:00"));
        assert_eq!(test.days.columns.len(), 4);
        assert_eq!(test.whole("2026-05-02"), Some(1));
        assert_eq!(test.whole("2030-01-01"), Some(0));
        assert!(!test.line("2031-01-01T00:00:00", "2026-05-01T12:00:00"));
    }

    #[test]
    fn a_clock_that_ran_ahead_and_was_set_back_ends_no_day() {
        let mut test = Test::new(0, Duration::ZERO);
        assert!(test.line("2030-01-01T00:00:00", "2030-01-01T00:00:00"));
        assert!(test.line("2026-05-01T12:00:00", "2026-05-01T12:00:00"));
        assert_eq!(test.whole("2026-05-01"), Some(1));
    }

    #[test]
    fn days_that_nobody_shows_are_forgotten() {
        let mut test = Test::new(1, Duration::ZERO);
        for date in 1..9 {
            let noon = format!("2026-05-0{date}T12:00:00");
            assert!(test.line(&noon, &noon));
        }
        let days: Vec<_> = test.days.columns.iter().map(|(day, _)| *day).collect();
        assert_eq!(days, [day("2026-05-07"), day("2026-05-08")]);
    }

    #[test]
    fn days_follow_changes_of_the_clock() {
        let calendar = Calendar::new("America/New_York");
        let march = time("2026-03-08T00:00:00[America/New_York]");
        assert_eq!(calendar.today(march), day("2026-03-08"));
        assert_eq!(calendar.today(march + 23 * HOUR - 1), day("2026-03-08"));
        assert_eq!(calendar.today(march + 23 * HOUR), day("2026-03-09"));
        let november = time("2026-11-01T00:00:00[America/New_York]");
        assert_eq!(calendar.today(november + 25 * HOUR - 1), day("2026-11-01"));
        assert_eq!(calendar.today(november + 25 * HOUR), day("2026-11-02"));
    }

    #[test]
    fn a_late_line_on_a_day_of_25_hours_is_counted_until_its_end() {
        let mut test = Test::new(0, Duration::ZERO);
        assert!(test.line("2026-11-01T23:30:00", "2026-11-01T23:45:00"));
        assert!(test.line("2026-11-01T00:30:00", "2026-11-01T23:45:00"));
        assert!(test.line("2026-11-02T00:00:00", "2026-11-02T00:00:00"));
        assert!(!test.line("2026-11-01T23:59:59", "2026-11-02T00:00:00"));
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_begins_with_its_first_moment() {
        let mut calendar = Calendar::new("America/Sao_Paulo");
        calendar.follow(time("2018-11-04T12:00:00[America/Sao_Paulo]"));
        assert_eq!(calendar.open, day("2018-11-04"));
        assert_eq!(calendar.valid.0, time("2018-11-04T01:00:00[America/Sao_Paulo]"));
    }

    #[test]
    fn the_day_before_1970_is_minus_one() {
        let calendar = Calendar::new("UTC");
        assert_eq!(calendar.today(-1), -1);
        assert_eq!(calendar.today(0), 0);
    }
}
