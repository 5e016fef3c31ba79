//! Whether a file still holds the content that it held: by its bytes, and where these say little, by its descriptor. A file
//! that lost its end goes on where it ends now.

use std::io;

use super::content::Content;
use super::fingerprint::{Fingerprint, HEAD, Likeness, Rungs};
use super::follower::Follower;
use super::source::FileId;
use super::tracked::{ContentId, Role, Tracked};

impl Follower {
    /// Whether a changed file whose bytes agree is the one that it was: so much of it is known that no other begins alike, or
    /// its descriptor was held all the time, so that its inode was not used again.
    pub(super) fn is_certain(&self, id: FileId) -> bool {
        let Some(file) = self.files.get(&id) else { return true };
        let content = file.content().and_then(|content| self.contents.get(&content));
        content.is_none_or(|content| match content.fingerprint.offset {
            0 => file.missing.is_some(),
            offset => offset >= HEAD as u64 || file.source.is_some(),
        })
    }

    /// Whether a file still holds its content. If not, they are separated. What cannot be opened now is believed.
    pub(super) fn verify(&mut self, id: FileId) -> bool {
        match self.try_verify(id) {
            Ok(Likeness::Holds) => true,
            Ok(likeness) => {
                let size = self.files.get(&id).map_or(0, |file| file.size_before);
                let content = self.files.get(&id).and_then(Tracked::content);
                self.separate(id, size);
                if likeness == (Likeness::Shorter { sure: true })
                    && let Some(content) = content
                {
                    self.rewind(id, content);
                }
                false
            }
            Err(error) => {
                self.tell_unreadable(id, &error);
                true
            }
        }
    }

    fn try_verify(&mut self, id: FileId) -> io::Result<Likeness> {
        const SAME: io::Result<Likeness> = Ok(Likeness::Holds);
        self.open(id)?;
        let Some(file) = self.files.get_mut(&id) else { return SAME };
        let content = file.content().and_then(|content| self.contents.get(&content));
        let (Some(content), Some(source)) = (content, &mut file.source) else { return SAME };
        if !file.sight.are_all() {
            file.sight = Rungs::in_sight(&source.bytes(0, HEAD)?);
        }
        if content.is_all_of(source)? {
            file.idle = true;
            file.finalized = true;
            return SAME;
        }
        if content.fingerprint.offset == 0 { SAME } else { content.fingerprint.compare(source) }
    }

    /// A file that lost its end, as in a loss of power, goes on where it ends now: its lines were given. One that is short
    /// may as well begin anew as it did before.
    fn rewind(&mut self, id: FileId, content: ContentId) {
        let rewound = self.try_rewind(id, content);
        match rewound {
            Ok(Some(content)) => {
                let content = self.add(content);
                if let Some(file) = self.files.get_mut(&id) {
                    file.role = Role::Holder(content);
                    file.idle = false;
                }
            }
            Ok(None) => {}
            Err(error) => self.tell_unreadable(id, &error),
        }
    }

    fn try_rewind(&mut self, id: FileId, content: ContentId) -> io::Result<Option<Content>> {
        self.open(id)?;
        let Some(file) = self.files.get_mut(&id) else { return Ok(None) };
        let (Some(before), Some(source)) = (self.contents.get(&content), &mut file.source) else {
            return Ok(None);
        };
        if source.is_compressed() || source.size()? < HEAD as u64 {
            return Ok(None);
        }
        let Some(end) = source.last_line_end()? else { return Ok(None) };
        let fingerprint = Fingerprint::at(source, end)?;
        Ok(fingerprint.map(|fingerprint| Content {
            fingerprint,
            first_path: before.first_path.clone(),
            rotated: before.rotated,
            ..Content::new(id, &file.path)
        }))
    }
}
