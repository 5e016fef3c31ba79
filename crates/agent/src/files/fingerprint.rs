//! Tells by bytes whether a file holds what was read before: sums of its beginning and of what lies before the offset.
//!
//! Device and inode are only hints: inodes are used again, and copies have others.

use std::io;
use std::ops::Range;

use memchr::{memchr, memchr_iter};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::lines::without_trailing_nuls;
use super::source::Source;

/// How much of the beginning is looked at.
pub(super) const HEAD: usize = 1024;
/// How much of it is kept: up to the end of the second line, as the first may be a header that many have, but no more.
const LONGEST_HEAD: usize = 4096;
/// How much before the offset is looked at, once the offset is beyond the head.
const WINDOW: usize = 256;
/// Ends of lines beyond the head that are kept, so that a shorter file is known exactly while both are short.
const LINES: usize = 16;
/// Where these lie at most.
const LINES_WITHIN: u64 = 256 << 10;
/// Lengths of beginnings of which a sum is kept, so that a shorter file can be compared with a longer one.
const RUNGS: [usize; 8] = [8, 16, 32, 64, 128, 256, 512, HEAD];

/// Sums of a beginning, each of twice as many bytes as the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rungs(Vec<u64>);

impl Rungs {
    /// Those of a beginning, as far as it goes.
    pub fn of(head: &[u8]) -> Self {
        Self(RUNGS.iter().map_while(|length| head.get(..*length).map(xxh3_64)).collect())
    }

    /// Those of the beginning of a file that grows: space at its end is not part of it yet.
    pub fn in_sight(head: &[u8]) -> Self {
        let written = without_trailing_nuls(head);
        Self::of(if written.is_empty() { head } else { written })
    }

    /// Whether both are equal as far as both go.
    pub fn agree(&self, other: &Self) -> bool {
        let common = self.0.len().min(other.0.len());
        common == 0 || self.0.get(common - 1) == other.0.get(common - 1)
    }

    /// Whether they cannot become more.
    pub fn are_all(&self) -> bool {
        self.0.len() == RUNGS.len()
    }
}

/// What is known of the bytes before an offset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// How many bytes are behind it.
    pub offset: u64,
    /// Of the beginning, up to the offset.
    pub rungs: Rungs,
    /// The beginning itself: a copy may end anywhere in it, and sums tell only of whole lines.
    head: Vec<u8>,
    /// The first ends of lines beyond the head.
    lines: Vec<LineEnd>,
    /// Up to here every end of a line is among them.
    lines_to: u64,
    /// Sums of what lies before each power of two beyond the head, up to the offset.
    marks: Vec<u64>,
    /// Sum of the bytes right before the offset: of all while they are within the head.
    window: u64,
}

/// Where a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct LineEnd {
    /// The offset behind it.
    end: u64,
    /// Sum of what lies before that.
    sum: u64,
}

/// What a file is to a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Another content.
    Different,
    /// Equal as far as it goes, but it ends before the offset.
    Shorter {
        /// It has a whole line; or, in a long file, the head, the first lines and what lies before the last mark are equal.
        sure: bool,
    },
    /// Has all that is before the offset.
    Holds,
}

impl Fingerprint {
    /// Computes that of a file at an offset. `None` if the file is shorter.
    pub fn at(source: &mut Source, offset: u64) -> io::Result<Option<Self>> {
        let mut head = source
            .bytes(0, usize::try_from(offset).map_or(LONGEST_HEAD, |offset| offset.min(LONGEST_HEAD)))?;
        head.truncate(head_end(&head));
        let mut marks = Vec::new();
        for end in marks_within(HEAD as u64, offset) {
            marks.push(xxh3_64(&source.bytes(end - WINDOW as u64, WINDOW)?));
        }
        let length = window_length(offset);
        let window = source.bytes(offset - length as u64, length)?;
        let mut fingerprint = Self { rungs: Rungs::of(&head), head, marks, ..Self::default() };
        let beginning = usize::try_from(offset.min(LINES_WITHIN)).unwrap_or_default();
        fingerprint.note_lines(&source.bytes(0, beginning)?, (0, offset));
        fingerprint.offset = offset;
        fingerprint.window = xxh3_64(&window);
        Ok((window.len() == length).then_some(fingerprint))
    }

    /// That of a whole file of which only the head was read.
    pub fn assume(head: &[u8], offset: u64) -> Self {
        Self { offset, rungs: Rungs::of(head), head: head.to_vec(), ..Self::default() }
    }

    /// Where reading begins, so that what is known is read together with what is new.
    pub fn window_start(&self) -> u64 {
        self.offset - window_length(self.offset) as u64
    }

    /// How much of what is read is known.
    pub fn window_length(&self) -> usize {
        window_length(self.offset)
    }

    /// Whether bytes that were read from [`Self::window_start`] on begin with what is known.
    pub fn begins(&self, bytes: &[u8]) -> bool {
        bytes
            .get(..self.window_length())
            .is_some_and(|window| self.offset == 0 || xxh3_64(window) == self.window)
    }

    /// Moves over what was read: `bytes` reach from [`Self::window_start`] to the new offset.
    pub fn advance(&mut self, bytes: &[u8]) {
        let (start, offset) = (self.window_start(), self.window_start() + bytes.len() as u64);
        self.note_head(bytes, start);
        self.note_lines(bytes, (start, offset));
        for end in marks_within(self.offset, offset) {
            let end = usize::try_from(end - start).unwrap_or(bytes.len());
            self.marks.push(xxh3_64(bytes.get(end.saturating_sub(WINDOW)..end).unwrap_or_default()));
        }
        self.offset = offset;
        let window = bytes.len().saturating_sub(self.window_length());
        self.window = xxh3_64(bytes.get(window..).unwrap_or_default());
    }

    /// Keeps the beginning, given the bytes from `start` on.
    fn note_head(&mut self, bytes: &[u8], start: u64) {
        if (self.head.len() as u64) < self.offset {
            return;
        }
        let from = usize::try_from(self.offset - start).unwrap_or(usize::MAX);
        let more = bytes.get(from..).unwrap_or_default();
        self.head.extend(more.iter().take(LONGEST_HEAD.saturating_sub(self.head.len())));
        self.head.truncate(head_end(&self.head));
        if !self.rungs.are_all() {
            self.rungs = Rungs::of(&self.head);
        }
    }

    /// Keeps the first ends of lines, given the bytes from `start` on, as far as they lie before `offset`.
    fn note_lines(&mut self, bytes: &[u8], (start, offset): (u64, u64)) {
        if self.lines_to < self.offset || self.lines.len() == LINES {
            return;
        }
        let (from, to) = (self.lines_to, offset.min(LINES_WITHIN));
        let place = |offset: u64| usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX);
        for newline in memchr_iter(b'\n', bytes.get(place(from)..place(to)).unwrap_or_default()) {
            let end = from + newline as u64 + 1;
            if end > HEAD as u64 {
                let window = bytes.get(place(end - WINDOW as u64)..place(end)).unwrap_or_default();
                self.lines.push(LineEnd { end, sum: xxh3_64(window) });
            }
            if self.lines.len() == LINES {
                self.lines_to = end;
                return;
            }
        }
        self.lines_to = to;
    }

    /// Compares a file with what is known.
    pub fn compare(&self, source: &mut Source) -> io::Result<Likeness> {
        let head = source.bytes(0, HEAD)?;
        if !self.rungs.agree(&Rungs::of(&head)) {
            return Ok(Likeness::Different);
        }
        let window = source.bytes(self.window_start(), self.window_length())?;
        if window.len() < self.window_length() {
            return self.compare_beginning(source);
        }
        Ok(if self.begins(&window) { Likeness::Holds } else { Likeness::Different })
    }

    /// Compares a file that is shorter than what is known.
    fn compare_beginning(&self, source: &mut Source) -> io::Result<Likeness> {
        let beginning = source.bytes(0, self.head.len())?;
        let size = source.size()?;
        if beginning != self.head || size <= beginning.len() as u64 {
            return Ok(self.compare_head(&beginning));
        }
        let marks = marks_within(HEAD as u64, size).zip(self.marks.iter().copied());
        let lines = self.lines.iter().map(|line| (line.end, line.sum)).take_while(|(end, _)| *end <= size);
        let mut last_line = HEAD as u64;
        for (end, sum) in lines.inspect(|(end, _)| last_line = *end).chain(marks.last()) {
            if xxh3_64(&source.bytes(end - WINDOW as u64, WINDOW)?) != sum {
                return Ok(Likeness::Different);
            }
        }
        if size <= self.lines_to && has_line_end(source, last_line..size)? {
            return Ok(Likeness::Different);
        }
        // Holes are all alike.
        Ok(Likeness::Shorter { sure: beginning.iter().any(|byte| *byte != 0) })
    }

    fn compare_head(&self, head: &[u8]) -> Likeness {
        let written = without_trailing_nuls(head);
        if !self.head.starts_with(written) {
            return Likeness::Different;
        }
        // Less than a line may be the beginning of anything.
        Likeness::Shorter { sure: memchr(b'\n', written).is_some() }
    }
}

/// Where the kept part of a beginning ends.
fn head_end(beginning: &[u8]) -> usize {
    let second = memchr_iter(b'\n', beginning).nth(1).map_or(LONGEST_HEAD, |newline| newline + 1);
    beginning.len().min(second.clamp(HEAD, LONGEST_HEAD))
}

fn has_line_end(source: &mut Source, range: Range<u64>) -> io::Result<bool> {
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    Ok(memchr(b'\n', &source.bytes(range.start, length)?).is_some())
}

/// Powers of two beyond the head that lie after one offset, up to another.
fn marks_within(after: u64, up_to: u64) -> impl Iterator<Item = u64> {
    let marks = std::iter::successors(Some(2 * HEAD as u64), |mark| mark.checked_mul(2));
    marks.skip_while(move |mark| *mark <= after).take_while(move |mark| *mark <= up_to)
}

fn window_length(offset: u64) -> usize {
    match usize::try_from(offset) {
        Ok(offset) if offset <= HEAD => offset,
        _ => WINDOW,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn source(bytes: &[u8]) -> (tempfile::NamedTempFile, Source) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let source = Source::open(file.path()).unwrap();
        (file, source)
    }

    proptest! {
        #[test]
        fn a_fingerprint_that_advanced_is_that_of_the_file_at_the_offset(
            bytes in prop::collection::vec(any::<u8>(), 0..9000), steps in prop::collection::vec(1usize..2500, 0..8),
        ) {
            let (_file, mut source) = source(&bytes);
            let mut fingerprint = Fingerprint::at(&mut source, 0).unwrap().unwrap();
            for step in steps {
                let start = usize::try_from(fingerprint.window_start()).unwrap();
                let end = (usize::try_from(fingerprint.offset).unwrap() + step).min(bytes.len());
                prop_assert!(fingerprint.begins(&bytes[start..]));
                fingerprint.advance(&bytes[start..end]);
                prop_assert_eq!(&fingerprint, &Fingerprint::at(&mut source, end as u64).unwrap().unwrap());
                prop_assert_eq!(fingerprint.compare(&mut source).unwrap(), Likeness::Holds);
            }
        }
    }

    #[test]
    fn a_change_before_the_offset_is_seen_and_a_shorter_file_is_not_another() {
        let bytes: Vec<u8> = (0..5000u32).map(|i| (i * 7 % 251) as u8).collect();
        let (_file, mut whole) = source(&bytes);
        let fingerprint = Fingerprint::at(&mut whole, 4000).unwrap().unwrap();
        for (changed, likeness) in
            [(0, Likeness::Different), (3990, Likeness::Different), (4000, Likeness::Holds)]
        {
            let mut other = bytes.clone();
            other[changed] ^= 1;
            assert_eq!(fingerprint.compare(&mut source(&other).1).unwrap(), likeness);
        }
        let mut other = bytes[..3900].to_vec();
        other[2000] ^= 1;
        assert_eq!(fingerprint.compare(&mut source(&other).1).unwrap(), Likeness::Different);
        for (length, sure) in [(3999, true), (1024, true), (1023, true), (0, false)] {
            let likeness = fingerprint.compare(&mut source(&bytes[..length]).1).unwrap();
            assert_eq!(likeness, Likeness::Shorter { sure });
        }
        assert_eq!(Fingerprint::at(&mut whole, 5001).unwrap(), None);
    }
}
