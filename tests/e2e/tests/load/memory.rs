//! The memory of one process from its start to its end: it may grow while the process sees its first requests and templates,
//! and must not grow after that, however many follow.

use std::fmt;
use std::time::{Duration, Instant};

/// The first part of a life, which does not count: code is read in, connections and threads are made.
const YOUTH: Duration = Duration::from_secs(5);

/// Bytes that a process may have more than at the end of its youth, however long it lives and whatever it is asked: the
/// revisions of the last minute, and the noise of the allocator. It is less than two kilobytes for each review that a
/// process of a run of 20 s answers, and less than 300 bytes for each in one of 300 s.
const MOST_GROWTH: u64 = 4 << 20;

/// How long a process has to live after its youth to tell anything.
const LEAST: Duration = Duration::from_secs(5);

/// What a process uses, again and again.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    name: String,
    begin: Instant,
    /// How long it lived already, and its resident memory, in bytes.
    samples: Vec<(Duration, u64)>,
}

impl Life {
    /// Begins now.
    pub(crate) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), begin: Instant::now(), samples: Vec::new() }
    }

    pub(crate) fn note(&mut self, memory: u64) {
        self.samples.push((self.begin.elapsed(), memory));
    }

    /// The highest growth after its youth, in bytes; none where it was over too soon.
    pub(crate) fn growth(&self) -> Option<u64> {
        let (last, _) = self.samples.last().filter(|(age, _)| *age >= YOUTH + LEAST)?;
        let grown = self.samples.iter().filter(|(age, _)| (YOUTH..=*last).contains(age));
        let (begin, highest) = (grown.clone().next()?.1, grown.map(|(_, memory)| *memory).max()?);
        Some(highest - begin)
    }
}

/// No process grew, and some lived long enough to tell.
pub(crate) fn judge(lives: &[Life]) {
    let growths: Vec<u64> = lives.iter().filter_map(Life::growth).collect();
    assert!(growths.len() >= 2, "no process lived long enough: {lives:?}");
    for (life, growth) in lives.iter().filter_map(|life| Some((life, life.growth()?))) {
        assert!(growth <= MOST_GROWTH, "memory grows by {growth} bytes: {life}");
    }
}

impl fmt::Display for Life {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, MiB every two seconds:", self.name)?;
        let mut last = None;
        for (age, memory) in &self.samples {
            let part = age.as_secs() / 2;
            if last != Some(part) {
                last = Some(part);
                write!(formatter, " {:.1}", *memory as f64 / f64::from(1 << 20))?;
            }
        }
        Ok(())
    }
}
