//! Looks at folders and files, and finds out what is new, renamed, truncated or gone.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::content::{Content, SavedFiles};
use super::fingerprint::{HEAD, Rungs};
use super::source::{FileId, Source};
use super::tracked::{ContentId, Role, Stamp, Tracked};
use super::trouble::{Trouble, Troubles};
use super::{FollowOptions, Lag, milliseconds};

/// Compressions that are known by name only.
const FOREIGN: [&str; 9] = ["zst", "xz", "bz2", "lz4", "lzma", "lzo", "zip", "Z", "br"];

/// Follows files.
///
/// [`look`](Self::look) finds out what there is, [`read`](Self::read) gives lines, and [`saved`](Self::saved) is at any time
/// what was given. A *content* is what a program wrote, whichever file holds it: it is read on where it was left after
/// its file was renamed, copied and truncated, or compressed.
///
/// - Files that are equal as far as both go are one content: none of its lines is given twice.
/// - The last line of a file without an end is held back. When the file is over (renamed or deleted and unchanged for the
///   grace time, or compressed) it is given as it is; should its rest be written after all, that is dropped.
/// - Contents without a file are remembered for 14 days, the newest 4,096 of them.
/// - A file that appears, grows and is deleted between two looks is not seen, nor is what is deleted before it is read
///   while its descriptor was closed for others.
#[derive(Debug)]
pub struct Follower {
    pub(super) options: FollowOptions,
    pub(super) contents: BTreeMap<ContentId, Content>,
    pub(super) files: BTreeMap<FileId, Tracked>,
    pub(super) troubles: Troubles,
    /// Milliseconds since 1970, as of the last look.
    pub(super) now: i64,
    /// Whether nothing was saved and nothing looked at before.
    pub(super) first: bool,
    pub(super) buffer: Vec<u8>,
    /// Whose turn it is to be read.
    pub(super) turn: usize,
    next: ContentId,
    looks: u64,
    open: usize,
    /// Contents whose files were not seen since they were restored.
    restored: BTreeMap<FileId, ContentId>,
    /// What was told, and stays as it is.
    told: BTreeSet<(PathBuf, Trouble)>,
    telling: BTreeSet<(PathBuf, Trouble)>,
}

impl Follower {
    /// Follows files from where reading was saved, or for the first time.
    #[must_use]
    pub fn new(options: FollowOptions, saved: Option<&SavedFiles>) -> Self {
        let mut follower = Self {
            options,
            contents: BTreeMap::new(),
            files: BTreeMap::new(),
            troubles: Troubles::default(),
            now: 0,
            first: saved.is_none(),
            buffer: Vec::new(),
            turn: 0,
            next: 0,
            looks: 0,
            open: 0,
            restored: BTreeMap::new(),
            told: BTreeSet::new(),
            telling: BTreeSet::new(),
        };
        for saved in saved.iter().flat_map(|saved| &saved.contents) {
            let id = follower.add(Content::restore(saved));
            if saved.departed.is_none() {
                follower.restored.insert(saved.holder, id);
            }
        }
        follower
    }

    /// Folders in which followed files lie; one may come several times.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.files.values().filter_map(|file| file.path.parent())
    }

    /// Whether it never looked, and nobody did before: what it would save says nothing.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.first
    }

    /// How files are followed.
    #[must_use]
    pub fn options(&self) -> &FollowOptions {
        &self.options
    }

    /// Follows files in another way from the next look on. What is open stays open, but for files whose names are no longer
    /// meant: they are let go, and how far they were read is given back, for whoever has them now.
    pub fn reconfigure(&mut self, options: FollowOptions, now: SystemTime) -> SavedFiles {
        self.options = options;
        self.now = milliseconds(now);
        let is_meant = |path: &Path| self.options.paths.iter().any(|pattern| pattern.is_match(path));
        let read = self.contents.iter().filter(|(_, content)| content.fingerprint.offset > 0);
        let unmeant = read.filter(|(_, content)| !is_meant(&content.path));
        let released: Vec<_> = unmeant.map(|(id, content)| (*id, content.save())).collect();
        let files = self.files.iter().filter(|(_, file)| !is_meant(&file.path));
        for id in files.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.depart(id, 0);
            self.remove(id);
        }
        for (id, _) in &released {
            if let Some(content) = self.contents.get_mut(id) {
                content.departed.get_or_insert(self.now);
            }
        }
        self.restored.retain(|_, content| !released.iter().any(|(id, _)| id == content));
        SavedFiles { contents: released.into_iter().map(|(_, saved)| saved).collect() }
    }

    /// Takes over what somebody else has read, and reads no more: a file that is found to have it is read on where they
    /// left it.
    pub fn adopt(&mut self, read: &SavedFiles, now: SystemTime) {
        let now = milliseconds(now);
        for saved in &read.contents {
            let is_known = |known: &Content| {
                known.holder == saved.holder && known.fingerprint.offset >= saved.fingerprint.offset
            };
            if !self.contents.values().any(is_known) {
                let mut content = Content::restore(saved);
                content.departed = Some(now);
                content.unread = 0;
                self.add(content);
            }
        }
    }

    /// Lists folders, and finds out what is new, renamed, truncated or gone. `now` decides when a time of grace is over.
    pub fn look(&mut self, now: SystemTime) {
        self.now = milliseconds(now);
        self.looks += 1;
        self.find_files();
        self.note_missing();
        self.verify_changed();
        self.settle();
        self.note_names();
        self.let_go();
        self.forget();
        self.first = false;
        self.told = std::mem::take(&mut self.telling);
    }

    /// What was given so far.
    #[must_use]
    pub fn saved(&self) -> SavedFiles {
        let read = self.contents.values().filter(|content| content.fingerprint.offset > 0);
        SavedFiles { contents: read.map(Content::save).collect() }
    }

    /// How far reading is behind, as of the last look.
    #[must_use]
    pub fn lag(&self) -> Lag {
        let mut lag = Lag::default();
        for file in self.files.values().filter(|file| !file.idle) {
            let Some(content) = file.content().and_then(|content| self.contents.get(&content)) else {
                continue;
            };
            let compressed = file.source.as_ref().is_some_and(Source::is_compressed);
            let behind = if compressed { 0 } else { content.fingerprint.offset };
            let bytes = file.stamp.size.saturating_sub(behind);
            if bytes > 0 {
                let modified = file.stamp.modified_time();
                lag.bytes += bytes;
                lag.files += 1;
                lag.oldest = Some(lag.oldest.map_or(modified, |oldest| oldest.min(modified)));
            }
        }
        lag
    }

    /// How often files were in trouble, since the start.
    pub fn troubles(&self) -> impl Iterator<Item = (Trouble, u64)> {
        self.troubles.counts()
    }

    /// How many files are followed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether no file is followed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub(super) fn add(&mut self, content: Content) -> ContentId {
        self.next += 1;
        self.contents.insert(self.next, content);
        self.next
    }

    fn find_files(&mut self) {
        let mut found: BTreeMap<FileId, Found> = BTreeMap::new();
        let patterns = std::mem::take(&mut self.options.paths);
        for pattern in &patterns {
            pattern.find(&mut |path, metadata| match metadata {
                Ok(metadata) if !metadata.is_file() => {
                    self.tell_once(Trouble::NotAFile, &path, &"left alone");
                }
                Ok(_) if is_foreign(&path) => self.tell_once(Trouble::Compression, &path, &"left alone"),
                Ok(metadata) => {
                    let id = FileId::of(&metadata);
                    let named = self.files.get(&id).is_some_and(|file| file.path == path);
                    let dated = pattern.has_date();
                    let stamp = Stamp::of(&metadata);
                    let Some(known) = found.get_mut(&id) else {
                        found.insert(id, Found { path, stamp, dated });
                        return;
                    };
                    known.dated |= dated;
                    // Of several names the one that is known stays; but a link is only another name for one.
                    if is_better_name(&path, &known.path, named) {
                        known.path = path;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => self.tell_once(Trouble::Unreadable, &path, &error),
            });
        }
        self.options.paths = patterns;
        for (id, found) in found {
            self.sight(id, found);
        }
    }

    fn sight(&mut self, id: FileId, Found { path, stamp, dated }: Found) {
        let now = self.now;
        let restored = self.restored.remove(&id);
        let file = self.files.entry(id).or_insert_with(|| Tracked::new(path.clone(), stamp, now));
        file.seen = self.looks;
        file.missing = None;
        let open = file.source.is_some();
        file.update(stamp, now);
        self.open -= usize::from(open && file.source.is_none());
        // A change right after the last one may show no other time.
        file.idle &= file.fresh == 0;
        if let Some(id) = restored
            && let Some(content) = self.contents.get_mut(&id)
        {
            if content.path == path || content.fingerprint.offset >= HEAD as u64 {
                file.role = Role::Holder(id);
            } else {
                // Perhaps another file that only begins alike has its inode now: it is settled anew.
                content.departed = Some(now);
            }
        }
        file.set_path(&path);
        file.dated = dated;
        if let Some(content) = file.content().and_then(|content| self.contents.get_mut(&content))
            && content.path != path
        {
            content.path = path;
            content.rotated.get_or_insert(now);
        }
    }

    /// Files to which no name leads any more are read through their descriptors.
    fn note_missing(&mut self) {
        let (looks, now) = (self.looks, self.now);
        let mut gone = Vec::new();
        for (id, file) in self.files.iter_mut().filter(|(_, file)| file.seen != looks) {
            let metadata = file.source.as_ref().and_then(|source| source.metadata().ok());
            match metadata {
                Some(metadata) if file.content().is_some() => {
                    file.missing.get_or_insert(now);
                    file.update(Stamp::of(&metadata), now);
                    self.open -= usize::from(file.source.is_none());
                }
                _ => gone.push(*id),
            }
        }
        for id in gone {
            let size = self.files.get(&id).map_or(0, |file| file.stamp.size);
            self.depart(id, size);
            self.remove(id);
        }
        for content in std::mem::take(&mut self.restored).into_values() {
            if let Some(content) = self.contents.get_mut(&content) {
                content.departed = Some(now);
            }
        }
    }

    fn verify_changed(&mut self) {
        let changed = |file: &&mut Tracked| file.fresh > 0 && file.content().is_some();
        let ids: Vec<FileId> =
            self.files.iter_mut().filter_map(|(id, file)| changed(&file).then_some(*id)).collect();
        for id in ids {
            let is_certain = self.is_certain(id);
            // What is not the same any more is separated, and settled anew too.
            let is_same = self.verify(id);
            if let Some(file) = self.files.get_mut(&id) {
                file.is_doubted = is_same && !is_certain;
                file.fresh = file.fresh.saturating_sub(1);
            }
        }
    }

    /// Separates a file from the content that it does not hold any more, though its name leads to it.
    pub(super) fn separate(&mut self, id: FileId, size: u64) {
        if let Some(path) = self.files.get(&id).map(|file| file.path.clone()) {
            self.troubles.tell(Trouble::Truncated, &path, &"it has other bytes than before");
        }
        self.depart(id, size);
        // What it is now may be compressed, or not.
        self.close(id);
    }

    /// Separates a file from the content that it held, of which it had so many bytes.
    pub(super) fn depart(&mut self, id: FileId, size: u64) {
        let Some(file) = self.files.get_mut(&id) else { return };
        let Some(content) = file.content() else { return };
        file.role = Role::Unknown { not: Some(content) };
        file.sight = Rungs::default();
        file.nuls_until = 0;
        let Some(departed) = self.contents.get_mut(&content) else { return };
        if departed.fingerprint.offset == 0 {
            self.contents.remove(&content);
            return;
        }
        departed.departed = Some(self.now);
        departed.unread = size.saturating_sub(departed.fingerprint.offset);
        let is_compressed = file.will_be_gzip() || file.source.as_ref().is_some_and(Source::is_compressed);
        if departed.finished {
            departed.unread = 0;
        } else if is_compressed {
            // How much that is when it is decompressed nobody knows.
            departed.unread = size;
        }
    }

    /// Opens a file, unless it is open.
    pub(super) fn open(&mut self, id: FileId) -> io::Result<()> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(()) };
        if file.source.is_some() {
            return Ok(());
        }
        let source = Source::open(&file.path)?;
        if FileId::of(&source.metadata()?) != id {
            return Err(io::Error::new(io::ErrorKind::NotFound, "another file has its name now"));
        }
        file.source = Some(source);
        self.open += 1;
        if self.open > self.options.max_open {
            self.close_one(id);
        }
        Ok(())
    }

    /// Closes the file that did not change for the longest time. One without a name could not be opened again.
    fn close_one(&mut self, except: FileId) {
        let closable = |(id, file): &(&FileId, &Tracked)| {
            file.source.is_some() && file.missing.is_none() && **id != except
        };
        let oldest = self.files.iter().filter(closable).min_by_key(|(_, file)| (!file.idle, file.changed_at));
        if let Some(id) = oldest.map(|(id, _)| *id) {
            self.close(id);
        }
    }

    pub(super) fn close(&mut self, id: FileId) {
        if self.files.get_mut(&id).is_some_and(|file| file.source.take().is_some()) {
            self.open -= 1;
        }
    }

    pub(super) fn remove(&mut self, id: FileId) {
        self.close(id);
        self.files.remove(&id);
    }

    pub(super) fn tell_unreadable(&mut self, id: FileId, error: &io::Error) {
        if let Some(path) = self.files.get(&id).map(|file| file.path.clone())
            && error.kind() != io::ErrorKind::NotFound
        {
            self.tell_once(Trouble::Unreadable, &path, error);
        }
    }

    /// Tells what stays as it is for many looks only once.
    pub(super) fn tell_once(&mut self, trouble: Trouble, path: &Path, detail: &dyn std::fmt::Display) {
        let key = (path.to_owned(), trouble);
        if !self.told.contains(&key) && !self.telling.contains(&key) {
            self.troubles.tell(trouble, path, detail);
        }
        self.telling.insert(key);
    }
}

/// What leads to a file.
struct Found {
    path: PathBuf,
    stamp: Stamp,
    dated: bool,
}

fn is_better_name(path: &Path, than: &Path, named: bool) -> bool {
    let is_link = |path: &Path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    match (is_link(path), is_link(than)) {
        (false, true) => true,
        (true, false) => false,
        _ => named,
    }
}

fn is_foreign(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| FOREIGN.contains(&extension))
}
