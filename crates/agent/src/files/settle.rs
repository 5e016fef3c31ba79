//! Decides which file holds which content: a new one, one that departed from its file, or one that another file holds too.

use std::io;

use super::content::Content;
use super::fingerprint::{Fingerprint, HEAD, Likeness, Rungs};
use super::follower::Follower;
use super::lines::without_trailing_nuls;
use super::source::{FileId, Source};
use super::tracked::{ContentId, Role, Tracked};
use super::{Start, Trouble};

/// How many bytes before the common end of two files are compared.
const TAIL: usize = 256;

/// What a file is, as far as that can be said now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// A content of its own.
    New,
    /// It cannot be said yet.
    Wait,
    /// Nothing that this content has not.
    Copy(ContentId),
    /// This content goes on in it.
    Holder(ContentId),
}

/// What a file is to another that is equal as far as both go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Different,
    Within,
    Beyond,
}

impl Follower {
    /// Decides what every file is of which that is not known, or no longer.
    pub(super) fn settle(&mut self) {
        let open = self.files.iter().filter(|(_, file)| self.is_unsettled(file));
        // Of files that are equal the one is read whose name says when it is over.
        let order = |(id, file): (&FileId, &Tracked)| {
            let lasts = !file.dated && !file.is_numbered();
            (file.will_be_gzip(), file.stamp.modified, lasts, file.path.clone(), *id)
        };
        let mut open: Vec<_> = open.map(order).collect();
        open.sort_unstable();
        for (.., id) in open {
            if let Err(error) = self.settle_one(id) {
                self.tell_unreadable(id, &error);
            }
            if self.files.get(&id).is_some_and(|file| file.content().is_none()) {
                self.close(id);
            }
        }
    }

    fn is_unsettled(&self, file: &Tracked) -> bool {
        let Role::Copy { of, checked } = file.role else {
            return file.content().is_none() && file.stamp.size > 0;
        };
        let Some(content) = self.contents.get(&of) else { return true };
        let offset = content.fingerprint.offset;
        file.fresh > 0
            || match (checked, content.departed) {
                (None, Some(_)) => false,
                (Some(checked), None) => offset == 0 || checked != offset && checked <= file.stamp.size,
                _ => true,
            }
    }

    fn settle_one(&mut self, id: FileId) -> io::Result<()> {
        self.open(id)?;
        let Some(file) = self.files.get_mut(&id) else { return Ok(()) };
        let Some(mut source) = file.source.take() else { return Ok(()) };
        file.fresh = file.fresh.saturating_sub(1);
        let decision = self.decide(id, &mut source);
        if let Some(file) = self.files.get_mut(&id) {
            file.source = Some(source);
        }
        self.assign(id, decision?)
    }

    fn decide(&mut self, id: FileId, source: &mut Source) -> io::Result<Decision> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(Decision::Wait) };
        let raw = source.bytes(0, HEAD)?;
        let head = without_trailing_nuls(&raw);
        let compresses = file.will_be_gzip() && raw.len() < 3;
        // To decompress a file again while it grows would take long.
        let grows = source.is_compressed() && file.fresh > 1 && !self.first;
        if compresses || grows || head.is_empty() && raw.len() < HEAD {
            return Ok(Decision::Wait);
        }
        let sight = Rungs::in_sight(&raw);
        file.sight = sight.clone();
        let not = match file.role {
            Role::Unknown { not } => not,
            _ => None,
        };
        let mut longer = None;
        for content in self.live_candidates(id, &sight) {
            match self.compare_with_live(id, source, content)? {
                None => {}
                Some((Decision::Holder(content), common)) => longer = longer.max(Some((common, content))),
                Some((decision, _)) => return Ok(decision),
            }
        }
        self.compare_with_departed(source, (id, not), longer)
    }

    fn live_candidates(&self, id: FileId, sight: &Rungs) -> Vec<ContentId> {
        let others = self.files.iter().filter(|(other, file)| **other != id && file.sight.agree(sight));
        others.filter_map(|(_, file)| file.content()).collect()
    }

    fn compare_with_live(
        &mut self,
        id: FileId,
        source: &mut Source,
        content: ContentId,
    ) -> io::Result<Option<(Decision, u64)>> {
        let Some(holder) = self.contents.get(&content).map(|content| content.holder) else { return Ok(None) };
        if !self.verify(holder) {
            return Ok(None);
        }
        let Some(other) = self.files.get_mut(&holder).and_then(|file| file.source.as_mut()) else {
            // It was renamed just now, perhaps.
            let known =
                self.contents.get(&content).map(|content| content.fingerprint.compare(source)).transpose()?;
            return Ok(known.filter(|known| *known != Likeness::Different).map(|_| (Decision::Wait, 0)));
        };
        let (relation, common) = relate(source, other)?;
        // Where a file was renamed, the next one has its name, and begins alike, perhaps.
        let succeeds = common < HEAD as u64 && self.has_name_of(id, content);
        if relation == Relation::Different || succeeds {
            // It may have been truncated just now; then this may be its copy.
            self.verify(holder);
            return Ok(None);
        }
        let decision =
            if relation == Relation::Within { Decision::Copy(content) } else { Decision::Holder(content) };
        Ok(Some((decision, common)))
    }

    fn has_name_of(&self, id: FileId, content: ContentId) -> bool {
        let (file, content) = (self.files.get(&id), self.contents.get(&content));
        file.zip(content).is_some_and(|(file, content)| file.path == content.first_path)
    }

    /// Looks for a content whose file is gone; `longer` is one that another file holds, but less of it.
    fn compare_with_departed(
        &mut self,
        source: &mut Source,
        (id, not): (FileId, Option<ContentId>),
        longer: Option<(u64, ContentId)>,
    ) -> io::Result<Decision> {
        let Some(file) = self.files.get(&id) else { return Ok(Decision::Wait) };
        let (mut best, mut read, mut unsure) = (None, None, false);
        for (content, departed) in &self.contents {
            let candidate = departed.departed.is_some() && Some(*content) != not;
            if !candidate || !departed.fingerprint.rungs.agree(&file.sight) {
                continue;
            }
            let likeness = if departed.is_all_of(source)? {
                Likeness::Holds
            } else {
                departed.fingerprint.compare(source)?
            };
            let offset = departed.fingerprint.offset;
            match likeness {
                Likeness::Holds if departed.is_exceeded_by(source)? => {}
                Likeness::Holds => best = best.max(Some((offset, *content))),
                Likeness::Shorter { sure: true } => read = Some(*content),
                Likeness::Shorter { sure: false } => unsure = true,
                Likeness::Different => {}
            }
        }
        let grace = i64::try_from(self.options.grace.as_millis()).unwrap_or(i64::MAX);
        let waits = unsure && self.now.saturating_sub(file.changed_at) < grace;
        Ok(match (best.filter(|best| Some(*best) > longer), read, longer) {
            (Some((_, content)), ..) | (None, None, Some((_, content))) => Decision::Holder(content),
            (None, Some(content), _) => Decision::Copy(content),
            (None, None, None) if waits => Decision::Wait,
            (None, None, None) => Decision::New,
        })
    }

    fn assign(&mut self, id: FileId, decision: Decision) -> io::Result<()> {
        match decision {
            Decision::Wait => self.set_role(id, Role::Unknown { not: None }),
            Decision::New => return self.begin(id),
            Decision::Copy(of) => {
                let content = self.contents.get(&of).filter(|content| content.departed.is_none());
                let checked = content.map(|content| content.fingerprint.offset);
                self.set_role(id, Role::Copy { of, checked });
            }
            Decision::Holder(content) => return self.take_over(id, content),
        }
        Ok(())
    }

    fn set_role(&mut self, id: FileId, role: Role) {
        if let Some(file) = self.files.get_mut(&id) {
            // What it held before it still does not hold.
            if let (Role::Unknown { not: None }, Role::Unknown { not: Some(_) }) = (role, file.role) {
                return;
            }
            file.role = role;
        }
    }

    fn begin(&mut self, id: FileId) -> io::Result<()> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(()) };
        let mut content = Content::new(id, &file.path);
        if let Some(source) = file.source.as_mut().filter(|_| self.first && self.options.start == Start::End)
        {
            content.skip_to_end(source)?;
        }
        file.idle = content.finished;
        file.finalized = content.finished;
        file.nuls_until = 0;
        let content = self.add(content);
        self.set_role(id, Role::Holder(content));
        Ok(())
    }

    fn take_over(&mut self, id: FileId, content: ContentId) -> io::Result<()> {
        let Some(taken) = self.contents.get_mut(&content) else { return Ok(()) };
        let before = std::mem::replace(&mut taken.holder, id);
        let checked = Some(taken.fingerprint.offset);
        if taken.departed.take().is_none() {
            // The other was a copy that was found before what it is a copy of.
            taken.first_path = self.files.get(&id).map_or_else(Default::default, |file| file.path.clone());
            self.set_role(before, Role::Copy { of: content, checked });
            self.close(before);
        }
        let (Some(file), Some(taken)) = (self.files.get_mut(&id), self.contents.get_mut(&content)) else {
            return Ok(());
        };
        taken.unread = 0;
        taken.path.clone_from(&file.path);
        taken.rotated = (taken.path != taken.first_path).then_some(self.now);
        file.role = Role::Holder(content);
        file.nuls_until = 0;
        let done = file.source.as_mut().map(|source| taken.is_all_of(source)).transpose()? == Some(true);
        file.idle = done;
        file.finalized = done;
        Ok(())
    }

    /// A compressed file that ends too early, and was not changed for the time of grace, is told.
    pub(super) fn tell_broken(&mut self, id: FileId) {
        if let Some(path) = self.files.get(&id).map(|file| file.path.clone()) {
            self.troubles.tell(Trouble::BrokenGzip, &path, &"its lines up to there were given");
        }
    }
}

impl Content {
    /// Whether a compressed file is this content and no more. To decompress it for that would take long.
    pub(super) fn is_all_of(&self, source: &mut Source) -> io::Result<bool> {
        if !self.finished || !source.is_compressed() {
            return Ok(false);
        }
        let size = u64::from(source.size_by_trailer()?);
        Ok(size == self.fingerprint.offset & u64::from(u32::MAX)
            && self.fingerprint.rungs == Rungs::of(&source.bytes(0, HEAD)?))
    }

    /// Whether this is so short that others begin alike, and the file goes on where this did not.
    fn is_exceeded_by(&self, source: &mut Source) -> io::Result<bool> {
        let offset = self.fingerprint.offset;
        Ok(self.finished && offset < HEAD as u64 && !source.bytes(offset, 1)?.is_empty())
    }

    fn skip_to_end(&mut self, source: &mut Source) -> io::Result<()> {
        if source.is_compressed() {
            let size = u64::from(source.size_by_trailer()?);
            self.fingerprint = Fingerprint::assume(&source.bytes(0, HEAD)?, size);
            self.finished = true;
            return Ok(());
        }
        let size = source.metadata()?.len();
        if let Some(fingerprint) = Fingerprint::at(source, size)? {
            self.fingerprint = fingerprint;
            self.skipping = size > 0 && source.bytes(size - 1, 1)? != b"\n";
        }
        Ok(())
    }
}

/// Compares two files as far as both go: heads and what lies before the common end.
fn relate(file: &mut Source, other: &mut Source) -> io::Result<(Relation, u64)> {
    let (head, other_head) = (file.bytes(0, HEAD)?, other.bytes(0, HEAD)?);
    let common = head.len().min(other_head.len());
    let same = is_begun(head.get(..common), other_head.get(..common));
    if common == 0 || !same {
        return Ok((Relation::Different, 0));
    }
    if common == HEAD && is_compressed_from(file, other)? {
        return Ok((Relation::Within, common as u64));
    }
    let (size, other_size) = (file.size()?, other.size()?);
    let common = size.min(other_size);
    let tail = common.saturating_sub(TAIL as u64);
    if !is_begun(Some(&file.bytes(tail, TAIL)?), Some(&other.bytes(tail, TAIL)?)) {
        return Ok((Relation::Different, 0));
    }
    Ok((if size <= other_size { Relation::Within } else { Relation::Beyond }, common))
}

/// Whether a compressed file has the length of a plain one. To decompress it for a word on that would take long.
fn is_compressed_from(file: &Source, other: &Source) -> io::Result<bool> {
    let plain = other.metadata()?.len() & u64::from(u32::MAX);
    Ok(file.is_compressed() && !other.is_compressed() && u64::from(file.size_by_trailer()?) == plain)
}

/// Whether bytes are those of another file as far as both go, or will be: a copy may begin with space.
fn is_begun(bytes: Option<&[u8]>, other: Option<&[u8]>) -> bool {
    let (bytes, other) = (bytes.unwrap_or_default(), other.unwrap_or_default());
    let common = bytes.len().min(other.len());
    let (bytes, other) = (bytes.get(..common).unwrap_or_default(), other.get(..common).unwrap_or_default());
    bytes == other || {
        let written = without_trailing_nuls(bytes);
        !written.is_empty() && other.starts_with(written)
    }
}
