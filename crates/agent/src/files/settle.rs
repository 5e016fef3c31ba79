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
/// How much of the beginning of two files is compared.
const BEGINNING: usize = 16 << 10;

/// For how long a compressed file does not change before it is read, in milliseconds.
const COMPRESSED_AFTER: i64 = 2_000;

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

/// What a file is to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Different,
    /// They are equal as far as both go, and the other goes farther, or as far.
    Within,
    /// They are equal as far as both go, and the file goes farther.
    Beyond,
}

/// A content that a file may be, as both are equal as far as both go. The greatest one is: many begin alike, so what counts
/// first is how far that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    /// How many bytes are equal.
    common: u64,
    /// No other file holds it.
    is_unheld: bool,
    /// This file holds it, or held it last.
    was_here: bool,
    /// The file that held it last had this one's name.
    is_named_alike: bool,
    content: ContentId,
    /// The file has nothing that the content has not.
    is_copy: bool,
}

impl Match {
    fn decision(self) -> Decision {
        if self.is_copy { Decision::Copy(self.content) } else { Decision::Holder(self.content) }
    }
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
            return (file.content().is_none() || file.is_doubted) && file.stamp.size > 0;
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
        let own = file.content();
        file.is_doubted = false;
        file.fresh = file.fresh.saturating_sub(u8::from(own.is_none()));
        let decision = self.decide(id, &mut source);
        if let Some(file) = self.files.get_mut(&id) {
            file.source = Some(source);
        }
        let decision = decision?;
        if let Some(own) = own {
            let is_read = self.contents.get(&own).is_some_and(|content| content.fingerprint.offset > 0);
            if decision == Decision::Holder(own) || decision == Decision::Wait && is_read {
                return Ok(());
            }
            self.give_up(id);
        }
        self.assign(id, decision)
    }

    /// A file turns out to be something else than the content that it held: nothing shows that this is lost.
    fn give_up(&mut self, id: FileId) {
        let sight = self.files.get(&id).map(|file| file.sight.clone());
        self.depart(id, 0);
        if let Some(file) = self.files.get_mut(&id) {
            file.role = Role::Unknown { not: None };
            file.sight = sight.unwrap_or_default();
        }
    }

    fn decide(&mut self, id: FileId, source: &mut Source) -> io::Result<Decision> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(Decision::Wait) };
        let raw = source.bytes(0, HEAD)?;
        let head = without_trailing_nuls(&raw);
        let compresses = file.will_be_gzip() && raw.len() < 3;
        // To decompress a file again while it grows would take long.
        let is_fresh = file.fresh > 1 || self.now.saturating_sub(file.changed_at) < COMPRESSED_AFTER;
        let grows = source.is_compressed() && is_fresh && !self.first;
        if compresses || grows || head.is_empty() && raw.len() < HEAD {
            return Ok(Decision::Wait);
        }
        let sight = Rungs::in_sight(&raw);
        file.sight = sight.clone();
        let not = match file.role {
            Role::Unknown { not } => not,
            _ => None,
        };
        let own = file.content();
        let mut best = own.map(|own| self.matching(id, own, None));
        for content in self.live_candidates(id, &sight) {
            match self.compare_with_live(source, content)? {
                (Decision::Wait, _) => return Ok(Decision::Wait),
                (Decision::New, _) => {}
                (decision, common) => {
                    let is_copy = matches!(decision, Decision::Copy(_));
                    best = best.max(Some(self.matching(id, content, Some((common, is_copy)))));
                }
            }
        }
        self.compare_with_departed(source, (id, not), best)
    }

    fn live_candidates(&self, id: FileId, sight: &Rungs) -> Vec<ContentId> {
        let others = self.files.iter().filter(|(other, file)| **other != id && file.sight.agree(sight));
        others.filter_map(|(_, file)| file.content()).collect()
    }

    /// What was found of a content in a file; nothing is to be found of the content that the file holds already.
    fn matching(&self, id: FileId, content: ContentId, found: Option<(u64, bool)>) -> Match {
        let (file, known) = (self.files.get(&id), self.contents.get(&content));
        let (common, is_copy) =
            found.unwrap_or_else(|| (known.map_or(0, |known| known.fingerprint.offset), false));
        Match {
            common,
            is_unheld: found.is_none() || known.is_some_and(|known| known.departed.is_some()),
            was_here: known.is_some_and(|known| known.holder == id),
            is_named_alike: file.zip(known).is_some_and(|(file, known)| file.path == known.path),
            content,
            is_copy,
        }
    }

    /// What a file is to a content that another file holds, and how many bytes of both are equal. [`Decision::New`] says
    /// that it is not this content.
    fn compare_with_live(&mut self, source: &mut Source, content: ContentId) -> io::Result<(Decision, u64)> {
        const NEITHER: (Decision, u64) = (Decision::New, 0);
        let Some(holder) = self.contents.get(&content).map(|content| content.holder) else {
            return Ok(NEITHER);
        };
        if !self.verify(holder) {
            return Ok(NEITHER);
        }
        let Some(other) = self.files.get_mut(&holder).and_then(|file| file.source.as_mut()) else {
            // It was renamed just now, perhaps.
            let Some(known) = self.contents.get(&content) else { return Ok(NEITHER) };
            let is_known = known.fingerprint.compare(source)? != Likeness::Different;
            return Ok(if is_known { (Decision::Wait, 0) } else { NEITHER });
        };
        let (relation, common) = relate(source, other)?;
        Ok(match relation {
            Relation::Within => (Decision::Copy(content), common),
            Relation::Beyond => (Decision::Holder(content), common),
            Relation::Different => {
                // It may have been truncated just now; then this may be its copy.
                self.verify(holder);
                NEITHER
            }
        })
    }

    /// Looks for a content whose file is gone; `best` is one that another file holds.
    fn compare_with_departed(
        &mut self,
        source: &mut Source,
        (id, not): (FileId, Option<ContentId>),
        mut best: Option<Match>,
    ) -> io::Result<Decision> {
        let Some(file) = self.files.get(&id) else { return Ok(Decision::Wait) };
        let mut is_unsure = false;
        for (content, departed) in &self.contents {
            let is_candidate = departed.departed.is_some() && Some(*content) != not;
            if !is_candidate || !departed.fingerprint.rungs.agree(&file.sight) {
                continue;
            }
            let found = match departed.likeness(source)? {
                Likeness::Holds => (departed.fingerprint.offset, false),
                Likeness::Shorter { sure: true } => (source.size()?, true),
                Likeness::Shorter { sure: false } => {
                    is_unsure = true;
                    continue;
                }
                Likeness::Different => continue,
            };
            best = best.max(Some(self.matching(id, *content, Some(found))));
        }
        let grace = i64::try_from(self.options.grace.as_millis()).unwrap_or(i64::MAX);
        let waits = is_unsure && self.now.saturating_sub(file.changed_at) < grace;
        Ok(match best {
            Some(best) => best.decision(),
            None if waits => Decision::Wait,
            None => Decision::New,
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
        let (was_departed, offset) = (taken.departed.take().is_some(), taken.fingerprint.offset);
        if !was_departed {
            // The other was a copy that was found before what it is a copy of.
            self.set_role(before, Role::Copy { of: content, checked: Some(offset) });
            self.close(before);
        }
        let (Some(file), Some(taken)) = (self.files.get_mut(&id), self.contents.get_mut(&content)) else {
            return Ok(());
        };
        // Another file that has so little of it may as well be one that begins alike, and is written to.
        if !was_departed || before != id && offset < HEAD as u64 {
            taken.first_path.clone_from(&file.path);
        }
        taken.unread = 0;
        taken.path.clone_from(&file.path);
        taken.rotated = (taken.path != taken.first_path).then_some(self.now);
        file.role = Role::Holder(content);
        file.nuls_until = 0;
        let done = file.source.as_mut().map(|source| taken.is_all_of(source)).transpose()? == Some(true);
        taken.finished &= done;
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

    /// What a file is to this, of which no file is known.
    fn likeness(&self, source: &mut Source) -> io::Result<Likeness> {
        if self.is_all_of(source)? {
            return Ok(Likeness::Holds);
        }
        let likeness = self.fingerprint.compare(source)?;
        let is_other = likeness == Likeness::Holds && self.is_exceeded_by(source)?;
        Ok(if is_other { Likeness::Different } else { likeness })
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

/// Compares two files as far as both go, their beginnings and what lies before the common end: with how many bytes that is.
fn relate(file: &mut Source, other: &mut Source) -> io::Result<(Relation, u64)> {
    let (beginning, of_other) = (file.bytes(0, BEGINNING)?, other.bytes(0, BEGINNING)?);
    let common = beginning.len().min(of_other.len());
    let is_same = is_begun(beginning.get(..common), of_other.get(..common));
    if common == 0 || !is_same {
        return Ok((Relation::Different, 0));
    }
    if common >= HEAD && is_compressed_from(file, other)? {
        return Ok((Relation::Within, other.size()?));
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
