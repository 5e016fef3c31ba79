//! A file that was found: where it lies, when it changed, and what it is to the contents that are known.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::fingerprint::Rungs;
use super::source::Source;

/// Looks for which a change is examined again: clocks of file systems are coarse, so a second change may show no other time.
const FRESH: u8 = 3;

/// By its number among the contents.
pub(super) type ContentId = u64;

/// What tells that a file changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub size: u64,
    /// Seconds and nanoseconds.
    pub modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub fn modified_time(&self) -> SystemTime {
        let seconds = Duration::from_secs(u64::try_from(self.modified.0).unwrap_or_default());
        SystemTime::UNIX_EPOCH
            + seconds
            + Duration::from_nanos(u64::try_from(self.modified.1).unwrap_or_default())
    }
}

/// What a file is to the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Not decided yet; it is not the content that it held before.
    Unknown {
        /// That content.
        not: Option<ContentId>,
    },
    /// It is read as this content.
    Holder(ContentId),
    /// It has nothing that this content has not.
    Copy {
        /// The content.
        of: ContentId,
        /// How far that was read when both were compared. None when no file held it.
        checked: Option<u64>,
    },
}

/// A file that was found.
#[derive(Debug)]
pub(super) struct Tracked {
    pub path: PathBuf,
    pub stamp: Stamp,
    /// How long it was before it changed.
    pub size_before: u64,
    pub role: Role,
    pub source: Option<Source>,
    /// Of its beginning, also of what was not read yet.
    pub sight: Rungs,
    /// The look that found it.
    pub seen: u64,
    /// When a change was found, in milliseconds since 1970.
    pub changed_at: i64,
    pub fresh: u8,
    /// Since when no name leads to it.
    pub missing: Option<i64>,
    /// Nothing to read until it changes.
    pub idle: bool,
    /// Its last line was given even without an end.
    pub finalized: bool,
    /// Up to where nothing but NUL bytes follow the offset.
    pub nuls_until: u64,
}

impl Tracked {
    pub fn new(path: PathBuf, stamp: Stamp, now: i64) -> Self {
        Self {
            path,
            stamp,
            size_before: 0,
            role: Role::Unknown { not: None },
            source: None,
            sight: Rungs::default(),
            seen: 0,
            changed_at: now,
            fresh: FRESH,
            missing: None,
            idle: false,
            finalized: false,
            nuls_until: 0,
        }
    }

    /// Takes note of how it is now.
    pub fn update(&mut self, stamp: Stamp, now: i64) {
        if self.stamp != stamp {
            self.size_before = self.stamp.size;
            self.stamp = stamp;
            self.changed_at = now;
            self.fresh = FRESH;
            self.idle = false;
            self.finalized = false;
            // A decoder that came to the end stays there.
            self.source.take_if(|source| source.is_compressed());
        }
    }

    pub fn content(&self) -> Option<ContentId> {
        match self.role {
            Role::Holder(content) => Some(content),
            _ => None,
        }
    }

    /// Whether its name says that it is compressed, by a program that may just have begun.
    pub fn will_be_gzip(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "gz")
    }
}
