//! What is to be carried from this machine: a file, or a folder with all that is in it.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::name::Name;
use super::sums::Remark;

/// All that is to be carried, each folder before what is in it.
#[derive(Debug, Default)]
pub struct Tree {
    /// The things.
    pub leaves: Vec<Leaf>,
    /// What cannot be carried, and why.
    pub left_out: Vec<Remark>,
}

/// One thing of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its name below the tree.
    pub name: Name,
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub kind: LeafKind,
    /// Nine bits of permissions.
    pub mode: u32,
    /// When it was written to last, in seconds since 1970.
    pub mtime: i64,
}

/// What a thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeafKind {
    /// A file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A symbolic link, and its text.
    Symbolic(Vec<u8>),
    /// Another name of a file that came before.
    Hard(Name),
}

impl Tree {
    /// One file, under a name of ours.
    ///
    /// # Errors
    /// It cannot be looked at, or is no file.
    pub fn of_file(path: &Path, name: Name) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "is neither a file nor a folder"));
        }
        let kind = LeafKind::File(metadata.size());
        let leaf = Leaf {
            name,
            path: path.to_owned(),
            kind,
            mode: metadata.mode() & 0o777,
            mtime: metadata.mtime(),
        };
        Ok(Self { leaves: vec![leaf], left_out: Vec::new() })
    }

    /// All that is in a folder, and first the folder itself. Links in it are not followed.
    ///
    /// # Errors
    /// The folder itself cannot be read. What is in it and cannot be read is left out.
    pub fn of_folder(path: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        let metadata = fs::metadata(path)?;
        tree.leaves.push(leaf(Name::default(), path, (LeafKind::Folder, &metadata)));
        let mut firsts = HashMap::new();
        tree.add_folder(path, &Name::default(), &mut firsts)?;
        Ok(tree)
    }

    /// Bytes of all files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.leaves.iter().filter_map(Leaf::size).sum()
    }

    fn add_folder(
        &mut self,
        path: &Path,
        name: &Name,
        firsts: &mut HashMap<(u64, u64), Name>,
    ) -> io::Result<()> {
        let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let child = name.child(entry.file_name().as_bytes()).map_err(io::Error::other);
            let added = child.and_then(|child| self.add(&entry.path(), child, firsts));
            if let Err(error) = added {
                let name = super::name::printable(entry.path().as_os_str().as_bytes());
                self.left_out.push(Remark { name, reason: error.to_string() });
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, name: Name, firsts: &mut HashMap<(u64, u64), Name>) -> io::Result<()> {
        let metadata = fs::symlink_metadata(path)?;
        let kind = match metadata.file_type() {
            kind if kind.is_dir() => LeafKind::Folder,
            kind if kind.is_symlink() => {
                LeafKind::Symbolic(fs::read_link(path)?.into_os_string().as_bytes().to_vec())
            }
            kind if kind.is_file() => file_kind(&metadata, &name, firsts),
            kind => return Err(io::Error::other(special(kind))),
        };
        let is_folder = kind == LeafKind::Folder;
        self.leaves.push(leaf(name.clone(), path, (kind, &metadata)));
        if is_folder { self.add_folder(path, &name, firsts) } else { Ok(()) }
    }
}

impl Leaf {
    /// Its bytes, where it is a file.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self.kind {
            LeafKind::File(size) => Some(size),
            _ => None,
        }
    }
}

fn leaf(name: Name, path: &Path, (kind, metadata): (LeafKind, &Metadata)) -> Leaf {
    Leaf { name, path: path.to_owned(), kind, mode: metadata.mode() & 0o777, mtime: metadata.mtime() }
}

fn file_kind(metadata: &Metadata, name: &Name, firsts: &mut HashMap<(u64, u64), Name>) -> LeafKind {
    if metadata.nlink() < 2 {
        return LeafKind::File(metadata.size());
    }
    match firsts.get(&(metadata.dev(), metadata.ino())) {
        Some(first) => LeafKind::Hard(first.clone()),
        None => {
            firsts.insert((metadata.dev(), metadata.ino()), name.clone());
            LeafKind::File(metadata.size())
        }
    }
}

fn special(kind: fs::FileType) -> &'static str {
    match kind {
        kind if kind.is_fifo() => "is a named pipe, which is not copied",
        kind if kind.is_socket() => "is a socket, which is not copied",
        _ => "is a device, which is not copied",
    }
}
