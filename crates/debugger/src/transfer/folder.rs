//! A folder of this machine that is written to by handles only: every step down is opened as what it is and never
//! through a link, so that nothing that stands or is put there leads a write out of it. Each thing is made under a
//! temporary name beside its place and then renamed, so that no half of it ever stands there.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::name::Name;
use super::sums::Sum;

/// Of the twelve bits of a mode those that are kept: whoever gets a file does not get to run it as somebody else.
const KEPT: u32 = 0o777;

/// What an unfinished file is called: a dot, its name and this.
const UNFINISHED: &[u8] = b".chandler-part";

/// The longest name in a folder, in bytes.
const LONGEST_PART: usize = 255;

/// A folder.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    /// The folder that was entered last: archives come folder by folder.
    last: Mutex<Option<(Name, OwnedFd)>>,
}

/// A file that has not its name yet. Dropped before it is finished it stays for another try to go on with.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    parent: OwnedFd,
    unfinished: Vec<u8>,
    name: Vec<u8>,
}

/// What stands under a name: its device and number, and its size where it is a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Device and number, which no two things share at a time.
    pub identity: (u64, u64),
    /// Bytes; None of what is no file.
    pub size: Option<u64>,
    /// How many names it has.
    pub names: u64,
    /// When it was written to last, in seconds since 1970.
    pub mtime: i64,
}

impl Folder {
    /// Opens a folder by the name that the person gave.
    ///
    /// # Errors
    /// There is none, or we may not.
    pub fn open(path: &Path) -> io::Result<Self> {
        let handle = rustix::fs::openat(
            CWD,
            path,
            OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Self { handle, last: Mutex::new(None) })
    }

    /// Opens a folder in this one, through no link.
    ///
    /// # Errors
    /// There is none, or something else stands there.
    pub fn inside(&self, name: &Name) -> io::Result<Self> {
        Ok(Self { handle: self.enter(name, false)?, last: Mutex::new(None) })
    }

    /// Opens a folder that is ours alone, and makes it where it is not there. Its name can be foreseen, so in a folder
    /// that people share anything may stand there.
    ///
    /// # Errors
    /// It is a link, or somebody else's, or cannot be made.
    pub fn open_own(path: &Path) -> io::Result<Self> {
        match rustix::fs::mkdirat(CWD, path, Mode::RWXU) {
            Err(Errno::EXIST) | Ok(()) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let refuse = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        let handle = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
            Err(Errno::LOOP | Errno::NOTDIR) => return refuse("is in the way, and no folder: remove it"),
            opened => opened?,
        };
        if rustix::fs::fstat(&handle)?.st_uid != rustix::process::geteuid().as_raw() {
            return refuse("is in the way, and belongs to another user: copy to another folder");
        }
        Ok(Self { handle, last: Mutex::new(None) })
    }

    /// Makes a folder with all that it is in.
    ///
    /// # Errors
    /// Something else stands there, or we may not.
    pub fn make(&self, name: &Name) -> io::Result<()> {
        self.enter(name, true).map(drop)
    }

    /// Begins a file: an unfinished one of another try is thrown away.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&self, name: &Name) -> io::Result<NewFile> {
        let (parent, last) = self.place(name, true)?;
        let unfinished = unfinished_name(&last);
        remove(&parent, &unfinished)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&parent, unfinished.as_slice(), flags, Mode::RUSR | Mode::WUSR)?;
        Ok(NewFile { file: file.into(), parent, unfinished, name: last })
    }

    /// An unfinished file of another try, to be read and then added to; None where there is none.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn unfinished(&self, name: &Name) -> io::Result<Option<NewFile>> {
        let (parent, last) = match self.place(name, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            place => place?,
        };
        let unfinished = unfinished_name(&last);
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match rustix::fs::openat(&parent, unfinished.as_slice(), flags, Mode::empty()) {
            Err(Errno::NOENT) => Ok(None),
            file => {
                let file = File::from(file?);
                Ok(file.metadata()?.is_file().then_some(NewFile { file, parent, unfinished, name: last }))
            }
        }
    }

    /// Makes a symbolic link, whatever its text says: nobody here follows it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn link_to(&self, name: &Name, text: &[u8]) -> io::Result<()> {
        let (parent, last) = self.place(name, true)?;
        let unfinished = unfinished_name(&last);
        remove(&parent, &unfinished)?;
        rustix::fs::symlinkat(text, &parent, unfinished.as_slice())?;
        rename(&parent, &unfinished, &last)
    }

    /// Gives a file another name. Both are in this folder, and what has the first name is a file.
    ///
    /// # Errors
    /// It cannot be done.
    pub fn name_again(&self, name: &Name, first: &Name) -> io::Result<()> {
        let (from, from_last) = self.place(first, false)?;
        let (parent, last) = self.place(name, true)?;
        if !is_file(&stat(&from, &from_last)?) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is another name of what is no file"));
        }
        let unfinished = unfinished_name(&last);
        remove(&parent, &unfinished)?;
        rustix::fs::linkat(&from, from_last.as_slice(), &parent, unfinished.as_slice(), AtFlags::empty())?;
        rename(&parent, &unfinished, &last)?;
        // Where both were one file already, renaming does nothing.
        remove(&parent, &unfinished)
    }

    /// Sets the mode of a folder, and when it was written to last.
    ///
    /// # Errors
    /// It is none, or is not ours.
    pub fn settle(&self, name: &Name, mode: u32, mtime: i64) -> io::Result<()> {
        let folder = self.enter(name, false)?;
        rustix::fs::futimens(&folder, &times(mtime))?;
        Ok(rustix::fs::fchmod(&folder, Mode::from_raw_mode((mode & KEPT) as _))?)
    }

    /// Takes a file or a link away, or a folder with nothing in it.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self, name: &Name) -> io::Result<()> {
        let (parent, last) = self.place(name, false)?;
        match rustix::fs::unlinkat(&parent, last.as_slice(), AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => Ok(rustix::fs::unlinkat(&parent, last, AtFlags::REMOVEDIR)?),
            removed => Ok(removed?),
        }
    }

    /// What stands under a name; None where nothing does.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn find(&self, name: &Name) -> io::Result<Option<Found>> {
        let found = self.place(name, false).and_then(|(parent, last)| stat(&parent, &last));
        match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(|found| Some(Found::of(&found))),
        }
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// There is none.
    pub fn read(&self, name: &Name) -> io::Result<File> {
        let (parent, last) = self.place(name, false)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        Ok(rustix::fs::openat(&parent, last.as_slice(), flags, Mode::empty())?.into())
    }

    /// The folder that a name is in, and the last part of the name.
    fn place(&self, name: &Name, make: bool) -> io::Result<(OwnedFd, Vec<u8>)> {
        let (parent, last) = name
            .split_last()
            .ok_or_else(|| io::Error::new(io::ErrorKind::IsADirectory, "it is the destination itself"))?;
        Ok((self.enter(&parent, make)?, last.to_vec()))
    }

    fn enter(&self, name: &Name, make: bool) -> io::Result<OwnedFd> {
        if let Some((last, handle)) = self.entered().as_ref()
            && last == name
        {
            return handle.try_clone();
        }
        let mut handle = self.handle.try_clone()?;
        for part in name.parts() {
            handle = step(&handle, part, make)?;
        }
        *self.entered() = Some((name.clone(), handle.try_clone()?));
        Ok(handle)
    }
}

impl Folder {
    fn entered(&self) -> MutexGuard<'_, Option<(Name, OwnedFd)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NewFile {
    /// How much there is of it, and its SHA-256 so far.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn hash(&self) -> io::Result<(u64, super::sums::Hasher)> {
        let mut hasher = super::sums::Hasher::default();
        let size = hasher.add_all(&self.file)?;
        Ok((size, hasher))
    }

    /// What would be replaced by it.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn rival(&self) -> io::Result<Option<Found>> {
        match stat(&self.parent, &self.name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(|found| Some(Found::of(&found))),
        }
    }

    /// Its device and number.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        Ok(Found::of(&rustix::fs::fstat(&self.file)?).identity)
    }

    /// Gives it its mode, its time and its name, in the place of what has that name.
    ///
    /// # Errors
    /// A folder stands there, or we may not.
    pub fn finish(self, mode: u32, mtime: i64) -> io::Result<()> {
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode((mode & KEPT) as _))?;
        rustix::fs::futimens(&self.file, &times(mtime))?;
        rename(&self.parent, &self.unfinished, &self.name)
    }

    /// Takes it away.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn discard(self) -> io::Result<()> {
        remove(&self.parent, &self.unfinished)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Found {
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "systems differ in the widths of numbers"
    )]
    fn of(stat: &Stat) -> Self {
        Self {
            identity: (stat.st_dev as u64, stat.st_ino as u64),
            size: is_file(stat).then(|| u64::try_from(stat.st_size).unwrap_or_default()),
            names: stat.st_nlink as u64,
            mtime: stat.st_mtime as i64,
        }
    }
}

/// What an unfinished file of this name is called.
fn unfinished_name(name: &[u8]) -> Vec<u8> {
    let whole = [b".", name, UNFINISHED].concat();
    if whole.len() <= LONGEST_PART {
        return whole;
    }
    let digits = Sum::of(name).to_string();
    [b".", digits.as_bytes(), UNFINISHED].concat()
}

/// The name of the file that this is the unfinished one of; None where it is none, or the name was too long.
#[must_use]
pub(super) fn finished_name(name: &[u8]) -> Option<&[u8]> {
    name.strip_suffix(UNFINISHED)?.strip_prefix(b".").filter(|name| !name.is_empty())
}

fn step(handle: &OwnedFd, part: &[u8], make: bool) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
    match rustix::fs::openat(handle, part, flags, Mode::empty()) {
        Err(Errno::NOENT) if make => {
            match rustix::fs::mkdirat(handle, part, Mode::RWXU) {
                Err(Errno::EXIST) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
            Ok(rustix::fs::openat(handle, part, flags, Mode::empty())?)
        }
        Err(Errno::LOOP | Errno::NOTDIR) => {
            let name = super::name::printable(part);
            let message = format!("{name} on the way to it is a link or a file, no folder");
            Err(io::Error::new(io::ErrorKind::NotADirectory, message))
        }
        opened => Ok(opened?),
    }
}

fn stat(parent: &OwnedFd, name: &[u8]) -> io::Result<Stat> {
    Ok(rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

fn rename(parent: &OwnedFd, from: &[u8], to: &[u8]) -> io::Result<()> {
    let renamed = rustix::fs::renameat(parent, from, parent, to);
    if renamed.is_err() {
        // Nothing can go on with it.
        let _ = remove(parent, from);
    }
    Ok(renamed?)
}

fn remove(parent: &OwnedFd, name: &[u8]) -> io::Result<()> {
    match rustix::fs::unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::NOENT) => Ok(()),
        removed => Ok(removed?),
    }
}

fn times(mtime: i64) -> Timestamps {
    let time = Timespec { tv_sec: mtime, tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_of_another_user_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine");
        Folder::open_own(&path).unwrap();
        Folder::open_own(&path).unwrap();
        // Only root can give a folder away; whoever is not root has those of root.
        let theirs = match std::os::unix::fs::chown(&path, Some(12_345), None) {
            Ok(()) => path.as_path(),
            Err(_) => Path::new("/usr"),
        };
        let refused = Folder::open_own(theirs).unwrap_err();
        assert!(refused.to_string().contains("belongs to another user"), "{refused}");
    }
}
