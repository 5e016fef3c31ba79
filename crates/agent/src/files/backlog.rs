//! What looks have found to read, and whether all of it was read: so others know what they have not heard of yet.

use std::collections::BTreeMap;

use super::follower::Follower;
use super::source::{FileId, Source};
use super::tracked::{ContentId, Role, Stamp, Tracked};

/// Least time that it may take until it is decided what a file is, in milliseconds. One that takes longer holds up nobody:
/// it cannot be opened, for example.
const UNDECIDED: i64 = 10_000;

/// Files that had something to read, and how much there was of each. It does not grow with them: so it comes to its end
/// although programs write all the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// When the look was that found them, in milliseconds since 1970.
    since: i64,
    files: BTreeMap<FileId, Share>,
}

/// One file of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    size: u64,
    /// When the file was written to, and when it was found; both in milliseconds since 1970.
    modified: i64,
    found: i64,
}

impl Backlog {
    /// When the look was that found it, in milliseconds since 1970.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.since
    }

    /// How many files it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there was nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Adds what a later look has found and was there before: what was compressed meanwhile is another file, for example.
    /// Each file comes in once, however it grows.
    pub fn add_older(&mut self, later: &Self) {
        for (id, share) in later.files.iter().filter(|(_, share)| share.modified <= self.since) {
            self.files.entry(*id).or_insert(*share);
        }
    }
}

impl Follower {
    /// What there is to read, as of the last look.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        let waiting = self.files.iter().filter(|(_, file)| self.is_waiting(file));
        let share = |stamp: Stamp| Share { size: stamp.size, modified: milliseconds(stamp), found: self.now };
        let files = waiting.map(|(id, file)| (*id, share(file.stamp)));
        Backlog { since: self.now, files: files.collect() }
    }

    /// Whether everything of it was read by now, or never will be.
    #[must_use]
    pub fn has_read(&self, backlog: &Backlog) -> bool {
        !backlog.files.iter().any(|(id, share)| self.files.get(id).is_some_and(|file| self.owes(file, share)))
    }

    fn is_waiting(&self, file: &Tracked) -> bool {
        match file.role {
            Role::Holder(content) => is_read(file) && self.has_more(file, (content, file.stamp.size)),
            Role::Unknown { .. } => file.stamp.size > 0 && self.may_be_undecided(file.changed_at),
            Role::Copy { .. } => false,
        }
    }

    fn owes(&self, file: &Tracked, share: &Share) -> bool {
        match file.role {
            // If it is shorter now, it was truncated.
            Role::Holder(content) => {
                is_read(file) && file.stamp.size >= share.size && self.has_more(file, (content, share.size))
            }
            Role::Unknown { .. } => self.may_be_undecided(share.found),
            Role::Copy { .. } => false,
        }
    }

    /// Whether a file was not read up to there. How far a compressed one was read says nothing of its size.
    fn has_more(&self, file: &Tracked, (content, size): (ContentId, u64)) -> bool {
        let is_compressed = file.will_be_gzip() || file.source.as_ref().is_some_and(Source::is_compressed);
        let content = self.contents.get(&content).filter(|content| !content.finished);
        content.is_some_and(|content| is_compressed || content.fingerprint.offset < size)
    }

    fn may_be_undecided(&self, since: i64) -> bool {
        let grace = i64::try_from(self.options.grace.as_millis()).unwrap_or(i64::MAX);
        self.now.saturating_sub(since) < grace.max(UNDECIDED)
    }
}

fn is_read(file: &Tracked) -> bool {
    !file.idle && !file.is_failing
}

fn milliseconds(stamp: Stamp) -> i64 {
    let (seconds, nanoseconds) = stamp.modified;
    seconds.saturating_mul(1_000).saturating_add(nanoseconds / 1_000_000)
}
