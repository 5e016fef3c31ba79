//! What was read of a log, wherever it lies: this is saved, and reading goes on from it.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ending::MOST_DEPARTED;
use super::fingerprint::Fingerprint;
use super::source::FileId;

/// All that was read, as of the lines that were given so far. Whoever goes on from it gets exactly the other lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SavedFiles {
    /// Contents of which something was read.
    pub(super) contents: Vec<SavedContent>,
}

impl SavedFiles {
    /// How many contents are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// Whether nothing was read yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// Adds what others have read, once for each file and as far as anybody has read it: of many the newest 4,096.
    pub fn merge(&mut self, read: Self) {
        for content in read.contents {
            let is_of_file = |known: &SavedContent| known.holder == content.holder;
            if !self.contents.iter().any(|known| is_of_file(known) && known.offset() >= content.offset()) {
                self.contents.retain(|known| !is_of_file(known));
                self.contents.push(content);
            }
        }
        let surplus = self.contents.len().saturating_sub(MOST_DEPARTED);
        self.contents.drain(..surplus);
    }

    /// The contents, by age of their first sight.
    pub fn iter(&self) -> impl Iterator<Item = &SavedContent> {
        self.contents.iter()
    }
}

/// One content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedContent {
    /// How far it was read, and by what it is known again.
    pub(super) fingerprint: Fingerprint,
    /// In the middle of a line that is dropped.
    pub(super) skipping: bool,
    /// All that its file had was given, and that file does not change any more.
    pub(super) finished: bool,
    /// Its file was renamed, or is a copy: nobody writes to it for long.
    pub(super) rotated: bool,
    /// The file that holds it, or held it last.
    pub(super) holder: FileId,
    /// Where that file lay; bytes, as a path may be no text.
    pub(super) path: Vec<u8>,
    /// Where it was found for the first time.
    pub(super) first_path: Vec<u8>,
    /// Since when no file holds it, in milliseconds since 1970.
    pub(super) departed: Option<i64>,
    /// What was not read when its file was lost.
    pub(super) unread: u64,
}

impl SavedContent {
    /// Where its file lay when it was seen last.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path))
    }

    /// How many bytes were given, decompressed.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.fingerprint.offset
    }

    /// The file that holds it, or held it last.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.holder
    }
}

/// A content in memory.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub fingerprint: Fingerprint,
    pub skipping: bool,
    pub finished: bool,
    /// Since when its file is rotated, in milliseconds since 1970.
    pub rotated: Option<i64>,
    /// The file that holds it, or held it last.
    pub holder: FileId,
    pub path: PathBuf,
    pub first_path: PathBuf,
    pub departed: Option<i64>,
    pub unread: u64,
}

impl Content {
    pub fn new(holder: FileId, path: &Path) -> Self {
        Self {
            fingerprint: Fingerprint::default(),
            skipping: false,
            finished: false,
            rotated: None,
            holder,
            path: path.to_owned(),
            first_path: path.to_owned(),
            departed: None,
            unread: 0,
        }
    }

    pub fn save(&self) -> SavedContent {
        let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
        SavedContent {
            fingerprint: self.fingerprint.clone(),
            skipping: self.skipping,
            finished: self.finished,
            rotated: self.rotated.is_some(),
            holder: self.holder,
            path: bytes(&self.path),
            first_path: bytes(&self.first_path),
            departed: self.departed,
            unread: self.unread,
        }
    }

    pub fn restore(saved: &SavedContent) -> Self {
        let path = |bytes: &Vec<u8>| PathBuf::from(std::ffi::OsString::from_vec(bytes.clone()));
        Self {
            fingerprint: saved.fingerprint.clone(),
            skipping: saved.skipping,
            finished: saved.finished,
            // Its time of grace begins when its file is seen again.
            rotated: saved.rotated.then_some(0),
            holder: saved.holder,
            path: path(&saved.path),
            first_path: path(&saved.first_path),
            departed: saved.departed,
            unread: saved.unread,
        }
    }
}
