//! When files are over, and contents forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Trouble;
use super::follower::Follower;
use super::source::FileId;
use super::tracked::{ContentId, Role, Stamp, Tracked};

/// Contents without a file that are remembered, as a copy or a compressed file of them may appear.
pub(super) const MOST_DEPARTED: usize = 4096;
/// For how long they are remembered, in milliseconds.
const DEPARTED_FOR: i64 = 14 * 24 * 3600 * 1000;
impl Follower {
    /// Whether nobody writes to a file any more: it was rotated, and unchanged for the time of grace.
    pub(super) fn is_over(&self, file: &Tracked) -> bool {
        let rotated = file.content().and_then(|content| self.contents.get(&content)?.rotated);
        let grace = i64::try_from(self.options.grace.as_millis()).unwrap_or(i64::MAX);
        let compressed = file.will_be_gzip().then_some(file.changed_at);
        let since = file.missing.into_iter().chain(rotated).chain(compressed).min();
        since.is_some_and(|since| self.now.saturating_sub(since.max(file.changed_at)) >= grace)
    }

    /// A file with a date or a number behind its name is rotated when a newer one of its log is there.
    pub(super) fn note_names(&mut self) {
        let mut newest: BTreeMap<u64, (Stamp, &Path)> = BTreeMap::new();
        for file in self.files.values() {
            if !file.is_numbered() {
                let known = newest.entry(file.log).or_insert((file.stamp, &file.path));
                if (file.stamp.modified, file.path.as_path()) > (known.0.modified, known.1) {
                    *known = (file.stamp, &file.path);
                }
            }
        }
        for file in self.files.values().filter(|file| file.dated || file.is_numbered()) {
            let (of, held) = match file.role {
                Role::Holder(content) => (content, true),
                Role::Copy { of, .. } => (of, false),
                Role::Unknown { .. } => continue,
            };
            let newer = newest.get(&file.log).is_some_and(|(_, path)| *path != file.path);
            let Some(content) = self.contents.get_mut(&of) else { continue };
            // A copy of all that is there says as much, by its name; but a log that is copied may be written to again.
            let is_copied = self.files.get(&content.holder).is_some_and(|holder| {
                let is_whole = holder.stamp.size == file.stamp.size;
                file.will_be_gzip() || is_whole && (holder.dated || holder.is_numbered())
            });
            if newer && (held || is_copied) {
                content.rotated.get_or_insert(self.now);
            } else if held && !newer && !file.is_numbered() && content.path == content.first_path {
                content.rotated = None;
            }
        }
    }

    /// Gives what is over a last chance to be read, and then closes it, if it has no name.
    pub(super) fn let_go(&mut self) {
        let over =
            |(id, file): (&FileId, &Tracked)| (file.content().is_some() && self.is_over(file)).then_some(*id);
        for id in self.files.iter().filter_map(over).collect::<Vec<_>>() {
            let Some(file) = self.files.get_mut(&id) else { continue };
            if !file.finalized {
                file.idle = false;
            } else if file.missing.is_some() && file.idle {
                if let Some(content) = file.content().and_then(|content| self.contents.get_mut(&content)) {
                    content.finished = true;
                }
                let size = file.stamp.size;
                self.depart(id, size);
                self.remove(id);
            }
        }
    }

    /// Tells what is lost, and forgets contents that departed long ago.
    pub(super) fn forget(&mut self) {
        let grace = i64::try_from(self.options.grace.as_millis()).unwrap_or(i64::MAX);
        let referred = self.files.values().filter_map(|file| match file.role {
            Role::Copy { of, .. } => Some(of),
            _ => None,
        });
        let referred: BTreeSet<ContentId> = referred.collect();
        let mut departed = Vec::new();
        for (id, content) in &mut self.contents {
            let Some(since) = content.departed else { continue };
            if content.unread > 0 && self.now.saturating_sub(since) >= grace {
                let bytes = std::mem::take(&mut content.unread);
                self.troubles.tell(
                    Trouble::Lost,
                    &content.path,
                    &format_args!("{bytes} bytes were not read"),
                );
            }
            if !referred.contains(id) {
                departed.push((since, *id));
            }
        }
        departed.sort_unstable();
        let surplus = departed.len().saturating_sub(MOST_DEPARTED);
        for (place, (since, id)) in departed.into_iter().enumerate() {
            if place < surplus || self.now.saturating_sub(since) > DEPARTED_FOR {
                self.contents.remove(&id);
            }
        }
    }
}
