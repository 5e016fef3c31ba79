//! A file that was found: where it lies, when it changed, and what it is to the contents that are known.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::xxh3_64;

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
    /// Which log it belongs to, by its name.
    pub log: u64,
    /// Its name has the date of what is in it.
    pub dated: bool,
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
    /// It changed, and little is known of it: perhaps it is something else now.
    pub is_doubted: bool,
    /// Since when no name leads to it.
    pub missing: Option<i64>,
    /// Nothing to read until it changes.
    pub idle: bool,
    /// Its last line was given even without an end.
    pub finalized: bool,
    /// Up to where nothing but NUL bytes follow the offset.
    pub nuls_until: u64,
    /// It changed, and nothing was read at the offset since.
    pub rescan: bool,
    /// It could not be read the last time.
    pub is_failing: bool,
}

impl Tracked {
    pub fn new(path: PathBuf, stamp: Stamp, now: i64) -> Self {
        Self {
            log: log_of(&path),
            dated: false,
            path,
            stamp,
            size_before: 0,
            role: Role::Unknown { not: None },
            source: None,
            sight: Rungs::default(),
            seen: 0,
            changed_at: now,
            fresh: FRESH,
            is_doubted: false,
            missing: None,
            idle: false,
            finalized: false,
            nuls_until: 0,
            rescan: false,
            is_failing: false,
        }
    }

    /// Takes note of where it lies now.
    pub fn set_path(&mut self, path: &Path) {
        if self.path != path {
            self.log = log_of(path);
            path.clone_into(&mut self.path);
        }
    }

    /// Takes note of how it is now.
    pub fn update(&mut self, stamp: Stamp, now: i64) {
        if self.stamp != stamp {
            let is_written = (self.stamp.size, self.stamp.modified) != (stamp.size, stamp.modified);
            self.size_before = self.stamp.size;
            self.stamp = stamp;
            self.changed_at = now;
            self.fresh = FRESH;
            self.idle = false;
            self.rescan = true;
            self.finalized = false;
            if let Some(source) = self.source.as_mut().filter(|_| is_written) {
                source.restart();
            }
        }
    }

    pub fn content(&self) -> Option<ContentId> {
        match self.role {
            Role::Holder(content) => Some(content),
            _ => None,
        }
    }

    /// Whether a number, a date or `gz` stands behind its name, as rotation gives it.
    pub fn is_numbered(&self) -> bool {
        let name = self.path.file_name().map(OsStr::as_encoded_bytes).unwrap_or_default();
        if self.will_be_gzip() {
            return true;
        }
        let last = name.rsplit(|byte| b".-_".contains(byte)).next().unwrap_or_default();
        !last.is_empty() && last.len() < name.len() && last.iter().all(u8::is_ascii_digit)
    }

    /// Whether its name says that it is compressed, by a program that may just have begun.
    pub fn will_be_gzip(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == "gz")
    }
}

/// What the names of all files of one log have in common: its folder, and the name without date, number and compression.
/// Where the name has a whole date, other numbers in it may tell logs apart.
fn log_of(path: &Path) -> u64 {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let parts: Vec<&str> =
        name.split(['.', '-', '_']).filter(|part| !part.is_empty() && *part != "gz").collect();
    let date = (0..parts.len()).find(|start| begins_with_date(parts.get(*start..).unwrap_or_default()));
    let from = date.unwrap_or_default();
    let named = parts.iter().enumerate().filter(|(place, part)| *place < from || !is_number(part));
    let parts: Vec<&str> = named.map(|(_, part)| *part).collect();
    xxh3_64(path.with_file_name(parts.join(".")).as_os_str().as_encoded_bytes())
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether parts of a name begin with `20261123`, or with `2026`, `11` and `23`.
fn begins_with_date(parts: &[&str]) -> bool {
    let lengths = parts.iter().map_while(|part| is_number(part).then_some(part.len()));
    let lengths: Vec<usize> = lengths.take(3).collect();
    lengths.first().is_some_and(|length| *length >= 8) || lengths == [4, 2, 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_log_are_known_by_their_names() {
        for name in [
            "stat.log",
            "stat.log.1",
            "stat.log.12.gz",
            "stat-2026-11-23.log",
            "stat.log-20261123",
            "stat_01.log",
        ] {
            assert_eq!(log_of(&Path::new("/a").join(name)), log_of(Path::new("/a/stat.log")));
        }
        assert_ne!(log_of(Path::new("/a/stat1.log")), log_of(Path::new("/a/stat2.log")));
        let zone = |name: &str| log_of(&Path::new("/a").join(name));
        assert_ne!(zone("zone-1-2026-11-23.log"), zone("zone-2-2026-11-23.log"));
        assert_eq!(zone("zone-1-2026-11-23.log"), zone("zone-1-2026-11-24-07.log.1.gz"));
        assert_eq!(zone("zone-1.20261123.log"), zone("zone-1-20261124.log"));
    }
}
