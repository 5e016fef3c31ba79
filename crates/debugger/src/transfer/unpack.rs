//! Unpacks an archive into a folder of this machine. Whatever the archive says, nothing outside of the folder is written:
//! names that lead out are refused here, and [`Folder`] goes through no link.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use super::archive::{Archive, ArchiveError, Entry, Kind};
use super::folder::{Folder, NewFile};
use super::name::{Name, printable};
use super::progress::Progress;
use super::sums::{CHUNK, Carried, Hasher, Remark};

/// Of the twelve bits of a mode those that are not kept.
const NOT_KEPT: u32 = 0o7000;

/// What was unpacked. It is filled as it goes, so that it holds what there is also where the archive was cut.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// The files that stand there now, whole.
    pub files: Vec<Carried>,
    /// How many folders.
    pub folders: usize,
    /// How many links, symbolic and hard.
    pub links: usize,
    /// What the archive may not have written, or what this machine did not take.
    pub refused: Vec<Remark>,
    /// What is told without being wrong: devices, bits of modes.
    pub notes: Vec<Remark>,
}

/// Why unpacking stopped.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The archive cannot be read on.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Nothing can be written any more.
    #[error("cannot write {name}: {source}")]
    Write {
        /// What was being written.
        name: String,
        /// Why not.
        source: io::Error,
    },
}

/// What an archive is unpacked as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// All that is in it, by its names, into a folder that keeps its own mode and time.
    Tree,
    /// The same into a folder that is the archive's own.
    Whole,
    /// Its one file, by this name.
    File(Name),
}

/// An archive on its way into a folder.
struct Unpacking<'u> {
    folder: &'u Folder,
    shape: &'u Shape,
    progress: &'u Progress,
    done: &'u mut Unpacked,
    /// Names that this archive has written, and what they are on this machine: a name that meets what another one wrote
    /// differs from it in case, or in what else a file system does not tell apart.
    names: HashSet<Name>,
    identities: HashSet<(u64, u64)>,
    /// Folders get their mode and time last, since writing into them needs the one and changes the other.
    folders: Vec<(Name, u32, i64)>,
}

/// Unpacks all of an archive.
///
/// # Errors
/// It cannot be read, or nothing can be written any more. One entry that cannot be written is no error here: it is
/// refused, and all others are unpacked.
pub fn unpack(
    input: impl Read,
    (folder, shape): (&Folder, &Shape),
    progress: &Progress,
    done: &mut Unpacked,
) -> Result<(), UnpackError> {
    let (names, identities) = (HashSet::new(), HashSet::new());
    let mut unpacking = Unpacking { folder, shape, progress, done, names, identities, folders: Vec::new() };
    let mut archive = Archive::new(input);
    while let Some(entry) = archive.next_entry()? {
        unpacking.take(&entry, &mut archive)?;
    }
    unpacking.settle();
    Ok(())
}

impl Unpacking<'_> {
    fn take(&mut self, entry: &Entry, content: &mut Archive<impl Read>) -> Result<(), UnpackError> {
        let Some(name) = self.name_of(entry) else { return Ok(()) };
        let written = match &entry.kind {
            Kind::File => return self.file(&name, entry, content),
            Kind::Folder => self.make_folder(&name, entry),
            Kind::Symbolic(text) => self.folder.link_to(&name, text).map(|()| self.done.links += 1),
            Kind::Hard(first) => self.hard(&name, first),
            Kind::Special(what) => {
                self.done.notes.push(remark(&name, format!("is {what}, which is not copied")));
                return Ok(());
            }
        };
        self.judge(&name, written)
    }

    /// The name to write to; None of what is refused.
    fn name_of(&mut self, entry: &Entry) -> Option<Name> {
        match (self.shape, Name::read(&entry.name)) {
            (_, Err(fault)) => {
                self.done.refused.push(Remark { name: printable(&entry.name), reason: fault.to_string() });
                None
            }
            (Shape::File(name), Ok(_)) if entry.kind == Kind::File => Some(name.clone()),
            (Shape::File(_), Ok(found)) => {
                self.done.refused.push(remark(&found, "was not asked for: one file was"));
                None
            }
            (Shape::Tree | Shape::Whole, Ok(name)) => Some(name),
        }
    }

    fn make_folder(&mut self, name: &Name, entry: &Entry) -> io::Result<()> {
        self.folder.make(name)?;
        self.done.folders += 1;
        if !name.is_folder_itself() || *self.shape == Shape::Whole {
            self.folders.push((name.clone(), entry.mode, entry.mtime));
        }
        Ok(())
    }

    fn hard(&mut self, name: &Name, first: &[u8]) -> io::Result<()> {
        let refuse = |reason: String| io::Error::new(io::ErrorKind::InvalidInput, reason);
        let first = Name::read(first)
            .map_err(|fault| refuse(format!("it is a link to {}: {fault}", printable(first))))?;
        if !self.names.contains(&first) {
            return Err(refuse(format!("it is another name of {first}, which this archive did not bring")));
        }
        self.folder.name_again(name, &first)?;
        self.names.insert(name.clone());
        self.done.links += 1;
        Ok(())
    }

    fn file(
        &mut self,
        name: &Name,
        entry: &Entry,
        content: &mut Archive<impl Read>,
    ) -> Result<(), UnpackError> {
        let mut file = match self.folder.create(name) {
            Ok(file) => file,
            Err(error) => return self.judge(name, Err(error)),
        };
        let sum = self.fill(name, &mut file, content)?;
        if entry.mode & NOT_KEPT != 0 {
            self.done.notes.push(remark(name, "lost its set-user-ID, set-group-ID or sticky bit"));
        }
        let finished = self.finish(name, file, entry);
        if finished.is_ok() {
            self.done.files.push(Carried { name: name.clone(), size: entry.size, sum });
        }
        self.judge(name, finished)
    }

    fn fill(
        &mut self,
        name: &Name,
        file: &mut NewFile,
        content: &mut Archive<impl Read>,
    ) -> Result<super::sums::Sum, UnpackError> {
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; CHUNK];
        while content.left() > 0 {
            let read = match content.read(&mut buffer) {
                Ok(0) => return Err(ArchiveError::Truncated.into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ArchiveError::Read(error).into()),
            };
            let bytes = buffer.get(..read).unwrap_or_default();
            file.write_all(bytes).map_err(|source| UnpackError::Write { name: name.to_string(), source })?;
            hasher.add(bytes);
            self.progress.advance(read as u64);
        }
        Ok(hasher.sum())
    }

    fn finish(&mut self, name: &Name, file: NewFile, entry: &Entry) -> io::Result<()> {
        let is_met = |found: &super::folder::Found| self.identities.contains(&found.identity);
        if !self.names.contains(name) && file.rival()?.as_ref().is_some_and(is_met) {
            file.discard()?;
            let reason = "another name of this archive means the same file here, where case may not count";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
        }
        let identity = file.identity()?;
        file.finish(entry.mode, entry.mtime)?;
        self.identities.insert(identity);
        self.names.insert(name.clone());
        Ok(())
    }

    /// What is refused of one entry is told; what no other entry would survive ends the whole.
    fn judge(&mut self, name: &Name, written: io::Result<()>) -> Result<(), UnpackError> {
        use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match written {
            Ok(()) => Ok(()),
            Err(source) if matches!(source.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem) => {
                Err(UnpackError::Write { name: name.to_string(), source })
            }
            Err(error) => {
                self.done.refused.push(remark(name, error.to_string()));
                Ok(())
            }
        }
    }

    fn settle(&mut self) {
        // The innermost first: a folder that may no longer be entered hides what is in it.
        for (name, mode, mtime) in std::mem::take(&mut self.folders).into_iter().rev() {
            if let Err(error) = self.folder.settle(&name, mode, mtime) {
                self.done.notes.push(remark(&name, format!("has not its mode and time: {error}")));
            }
        }
    }
}

fn remark(name: &Name, reason: impl Into<String>) -> Remark {
    Remark { name: name.to_string(), reason: reason.into() }
}
