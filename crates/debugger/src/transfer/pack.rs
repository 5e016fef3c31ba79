//! Makes the archive that a container unpacks: from things of this machine, or from an archive of somebody else, of
//! which only what stays inside goes on.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};

use super::archive::{Archive, ArchiveError, Entry, Kind};
use super::header::Header;
use super::name::{Name, printable};
use super::progress::Progress;
use super::sums::{Carried, Hasher, Remark};
use super::tree::{Leaf, LeafKind};
use super::writer::Writer;

/// What whoever unpacks must be able to do with a folder until all is in it.
const WHILE_FILLED: u32 = 0o700;

/// What was packed.
#[derive(Debug, Default)]
pub struct Packed {
    /// The files, with the sums of the bytes that were sent.
    pub files: Vec<Carried>,
    /// How many folders.
    pub folders: usize,
    /// How many links, symbolic and hard.
    pub links: usize,
    /// Files that became shorter while they were read. What was sent of them is not to be placed.
    pub short: Vec<Name>,
    /// What could not be sent as it is, or may not.
    pub refused: Vec<Remark>,
    /// What is told without being wrong.
    pub notes: Vec<Remark>,
}

/// Why packing stopped.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The archive to be sent on cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The other side takes no more.
    #[error("the archive cannot be sent: {0}")]
    Send(#[from] io::Error),
}

/// An archive on its way.
struct Packing<'p, W> {
    writer: Writer<W>,
    progress: &'p Progress,
    done: &'p mut Packed,
    /// Folders are told again at the end, with the mode and time that they have then.
    folders: Vec<Header>,
    /// Files that are not there on the other side, or not for long: they have no other names there either.
    lost: HashSet<Name>,
}

/// Sends things of this machine as an archive.
///
/// # Errors
/// The other side takes no more. What cannot be read here is refused, and all others are sent.
pub fn pack(
    leaves: &[&Leaf],
    output: impl Write,
    progress: &Progress,
    done: &mut Packed,
) -> Result<(), PackError> {
    let mut packing = Packing::new(output, (progress, done));
    for leaf in leaves {
        packing.leaf(leaf)?;
    }
    packing.finish()
}

/// Sends what stays inside of somebody else's archive.
///
/// # Errors
/// The archive cannot be read, or the other side takes no more.
pub fn repack(
    input: impl Read,
    output: impl Write,
    progress: &Progress,
    done: &mut Packed,
) -> Result<(), PackError> {
    let mut packing = Packing::new(output, (progress, done));
    let mut archive = Archive::new(input);
    let mut seen = Seen::default();
    while let Some(entry) = archive.next_entry()? {
        match seen.judge(&entry) {
            Ok(name) => packing.entry(&name, &entry, &mut archive)?,
            Err(reason) => packing.done.refused.push(Remark { name: printable(&entry.name), reason }),
        }
    }
    packing.finish()
}

/// What an archive has brought so far.
#[derive(Debug, Default)]
struct Seen {
    files: HashSet<Name>,
    links: HashSet<Name>,
}

impl Seen {
    /// The name of an entry that stays inside, or why it does not.
    fn judge(&mut self, entry: &Entry) -> Result<Name, String> {
        let name = Name::read(&entry.name).map_err(|fault| fault.to_string())?;
        if let Some(link) = name.ancestors().find(|ancestor| self.links.contains(ancestor)) {
            return Err(format!("{link} on the way to it is a link"));
        }
        match &entry.kind {
            Kind::File => self.is_file(&name),
            Kind::Folder if self.links.contains(&name) || self.files.contains(&name) => {
                return Err("it is a link or a file as well".to_owned());
            }
            Kind::Folder => {}
            Kind::Symbolic(_) if name.is_folder_itself() => {
                return Err("the destination is no link".to_owned());
            }
            Kind::Symbolic(_) => {
                self.files.remove(&name);
                self.links.insert(name.clone());
            }
            Kind::Hard(first) => {
                let first = Name::read(first).map_err(|fault| fault.to_string())?;
                if !self.files.contains(&first) {
                    return Err(format!("it is another name of {first}, which this archive did not bring"));
                }
                self.is_file(&name);
            }
            Kind::Special(what) => return Err(format!("is {what}, which is not copied")),
        }
        Ok(name)
    }

    fn is_file(&mut self, name: &Name) {
        self.links.remove(name);
        self.files.insert(name.clone());
    }
}

impl<'p, W: Write> Packing<'p, W> {
    fn new(output: W, (progress, done): (&'p Progress, &'p mut Packed)) -> Self {
        Self { writer: Writer::new(output), progress, done, folders: Vec::new(), lost: HashSet::new() }
    }

    fn leaf(&mut self, leaf: &Leaf) -> Result<(), PackError> {
        let header = header(&leaf.name, leaf.mode, leaf.mtime);
        match &leaf.kind {
            LeafKind::File(size) => match File::open(&leaf.path) {
                Ok(file) => self.file(&leaf.name, Header { size: *size, ..header }, file)?,
                Err(error) => self.refuse(&leaf.name, error.to_string()),
            },
            LeafKind::Folder => self.folder(header)?,
            LeafKind::Symbolic(text) => self.link(Header { letter: b'2', link: text.clone(), ..header })?,
            LeafKind::Hard(first) if self.lost.contains(first) => {
                self.refuse(&leaf.name, format!("is another name of {first}, which is not carried"));
            }
            LeafKind::Hard(first) => self.link(Header { letter: b'1', link: first.dotted(), ..header })?,
        }
        Ok(())
    }

    fn entry(
        &mut self,
        name: &Name,
        entry: &Entry,
        content: &mut Archive<impl Read>,
    ) -> Result<(), PackError> {
        let header = header(name, entry.mode & 0o777, entry.mtime);
        if entry.mode & 0o7000 != 0 && entry.kind == Kind::File {
            let reason = "lost its set-user-ID, set-group-ID or sticky bit".to_owned();
            self.done.notes.push(Remark { name: name.to_string(), reason });
        }
        match &entry.kind {
            Kind::File => {
                self.file(name, Header { size: entry.size, ..header }, &mut *content)?;
                if content.left() > 0 { Err(ArchiveError::Truncated.into()) } else { Ok(()) }
            }
            Kind::Folder => self.folder(header),
            Kind::Symbolic(text) => self.link(Header { letter: b'2', link: text.clone(), ..header }),
            Kind::Hard(first) => {
                let first = Name::read(first).unwrap_or_default();
                self.link(Header { letter: b'1', link: first.dotted(), ..header })
            }
            Kind::Special(_) => Ok(()),
        }
    }

    fn file(&mut self, name: &Name, header: Header, input: impl Read) -> Result<(), PackError> {
        let size = header.size;
        self.writer.entry(&header)?;
        let mut hasher = Hasher::default();
        let progress = self.progress;
        let had = self.writer.content(input, size, &mut |bytes| {
            hasher.add(bytes);
            progress.advance(bytes.len() as u64);
        })?;
        if had == size {
            self.done.files.push(Carried { name: name.clone(), size, sum: hasher.sum() });
        } else {
            self.refuse(name, format!("became shorter while it was read: {had} bytes in place of {size}"));
            self.done.short.push(name.clone());
        }
        Ok(())
    }

    fn folder(&mut self, header: Header) -> Result<(), PackError> {
        let folder = Header { letter: b'5', ..header };
        self.writer.entry(&Header { mode: folder.mode | WHILE_FILLED, ..folder.clone() })?;
        self.folders.push(folder);
        self.done.folders += 1;
        Ok(())
    }

    fn link(&mut self, header: Header) -> Result<(), PackError> {
        self.writer.entry(&header)?;
        self.done.links += 1;
        Ok(())
    }

    fn refuse(&mut self, name: &Name, reason: String) {
        self.lost.insert(name.clone());
        self.done.refused.push(Remark { name: name.to_string(), reason });
    }

    fn finish(mut self) -> Result<(), PackError> {
        for folder in std::mem::take(&mut self.folders).iter().rev() {
            self.writer.entry(folder)?;
        }
        Ok(self.writer.finish()?)
    }
}

fn header(name: &Name, mode: u32, mtime: i64) -> Header {
    Header { name: name.dotted(), mode, size: 0, mtime, letter: b'0', link: Vec::new() }
}
