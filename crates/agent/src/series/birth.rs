//! Why a new series is shown as zero for a while: `increase()` sees what is between two samples, and not what was there
//! before the first. So the first sample that a server gets of a series has to be zero.
//!
//! A series stays zero until some time after the first scrape that showed it, so that a second server of a pair sees the
//! zero too. That is decided when a snapshot is taken, and is saved with it: a series that was shown never is zero again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What has been scraped. The side that answers scrapes keeps a clone and tells it; the store asks it.
#[derive(Debug, Clone, Default)]
pub struct Scrapes(Arc<Mutex<Scrape>>);

/// The newest snapshot that was scraped, and when that was first done.
#[derive(Debug, Clone, Copy, Default)]
struct Scrape {
    snapshot: u64,
    time: i64,
}

impl Scrapes {
    /// A server was shown the snapshot of this [`number`](super::Snapshot::number), at a time in milliseconds since 1970.
    pub fn tell(&self, snapshot: u64, now: i64) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if snapshot > newest.snapshot {
            *newest = Scrape { snapshot, time: now };
        }
    }

    fn newest(&self) -> Scrape {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a series began, and whether it may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Birth {
    /// In milliseconds since 1970: its first observation, by the clock of the machine.
    pub(crate) created: i64,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Zero in all snapshots from this one on, none of which was scraped.
    Waiting(u64),
    /// Zero still; first scraped at this time.
    Scraped(i64),
    /// What it is worth.
    Shown,
    /// Not at all: its time to live is over, and only days still tell of it.
    Over,
}

/// What decides on the phase of a series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// In milliseconds since 1970.
    pub(crate) now: i64,
    window: Option<i64>,
    newest: Scrape,
}

impl Moment {
    /// How long a series is zero after a scrape; not at all without a window.
    pub(crate) fn new(now: i64, window: Option<Duration>, scrapes: &Scrapes) -> Self {
        let window = window.map(|window| i64::try_from(window.as_millis()).unwrap_or(i64::MAX));
        Self { now, window, newest: scrapes.newest() }
    }
}

impl Birth {
    /// That of a series which the snapshot of this number will be the first to hold.
    pub(crate) fn new(created: i64, snapshot: u64) -> Self {
        Self { created, phase: Phase::Waiting(snapshot) }
    }

    /// That of a series whose time to live is over.
    pub(crate) fn over(self) -> Self {
        Self { phase: Phase::Over, ..self }
    }

    /// Whether its time to live is over.
    pub(crate) fn is_over(self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether the value is shown, or zero.
    pub(crate) fn is_shown(self) -> bool {
        self.phase == Phase::Shown
    }

    /// To be called for each snapshot, before it is copied.
    pub(crate) fn grow(&mut self, moment: &Moment) {
        if self.is_shown() || self.is_over() {
            return;
        }
        let Some(window) = moment.window else {
            self.phase = Phase::Shown;
            return;
        };
        if let Phase::Waiting(snapshot) = self.phase
            && snapshot <= moment.newest.snapshot
        {
            self.phase = Phase::Scraped(moment.newest.time);
        }
        if let Phase::Scraped(time) = self.phase {
            self.phase = match moment.now.checked_sub(time) {
                Some(age) if age >= window => Phase::Shown,
                // The clock was set back: the window begins again.
                Some(age) if age < 0 => Phase::Scraped(moment.now),
                _ => self.phase,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Option<Duration> = Some(Duration::from_secs(10));

    fn grown(birth: &mut Birth, now: i64, scrapes: &Scrapes) -> bool {
        birth.grow(&Moment::new(now, WINDOW, scrapes));
        birth.is_shown()
    }

    #[test]
    fn a_series_that_nobody_scraped_stays_zero() {
        let mut birth = Birth::new(0, 5);
        let scrapes = Scrapes::default();
        assert!(!grown(&mut birth, 1_000_000, &scrapes));
        scrapes.tell(4, 1_000_000);
        assert!(!grown(&mut birth, 2_000_000, &scrapes));
    }

    #[test]
    fn a_series_is_shown_when_the_window_after_its_first_scrape_is_over() {
        let mut birth = Birth::new(0, 5);
        let scrapes = Scrapes::default();
        scrapes.tell(5, 20_000);
        scrapes.tell(5, 25_000);
        assert!(!grown(&mut birth, 29_999, &scrapes));
        scrapes.tell(6, 29_999);
        assert!(grown(&mut birth, 30_000, &scrapes));
        assert!(grown(&mut birth, 0, &scrapes), "once shown, always shown");
    }

    #[test]
    fn a_clock_that_is_set_back_begins_the_window_again() {
        let mut birth = Birth::new(0, 1);
        let scrapes = Scrapes::default();
        scrapes.tell(1, 1_000_000);
        assert!(!grown(&mut birth, 50_000, &scrapes));
        assert!(!grown(&mut birth, 59_999, &scrapes));
        assert!(grown(&mut birth, 60_000, &scrapes));
    }

    #[test]
    fn without_a_window_a_series_is_shown_at_once() {
        let mut birth = Birth::new(0, 1);
        birth.grow(&Moment::new(0, None, &Scrapes::default()));
        assert!(birth.is_shown());
    }
}
