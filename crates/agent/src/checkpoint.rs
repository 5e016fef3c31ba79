//! How far files were read and what the series are worth at that point, in one file: both or neither survive a crash.
//!
//! A [`Folder`] holds two such files. A new checkpoint takes the place of the older one, by a rename, when it is whole and
//! on the disk; so at any moment the newest one that was announced is there. If it cannot be read, the other one can.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::series::{Saved, Snapshot};

mod envelope;
mod error;

use envelope::Unreadable;
pub use envelope::VERSION;
pub use error::CheckpointError;

/// Names of the files; which of them is newer is written in them.
const SLOTS: [&str; 2] = ["checkpoint.0", "checkpoint.1"];

/// What becomes one of them.
const UNFINISHED: &str = "checkpoint.new";

/// Held as long as the folder is in use.
const LOCK: &str = "lock";

/// What a checkpoint says.
#[derive(Debug)]
pub struct Checkpoint<F> {
    /// How far files were read.
    pub files: F,
    /// What the series are worth there.
    pub series: Saved,
    /// Ascending, across restarts too.
    pub generation: u64,
    /// The moment that it holds.
    pub written: SystemTime,
    /// Its size.
    pub bytes: usize,
    /// Why the other file cannot be used: to be told. If it was the newer one, lines that were read since are read again.
    pub damaged: Option<CheckpointError>,
}

/// The folder of state, which one agent uses at a time.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Held until this is dropped.
    _lock: File,
    /// The newest checkpoint on the disk.
    generation: u64,
    /// Which of the two files the next one takes the place of.
    next: usize,
}

impl Folder {
    /// Makes the folder where it is missing, and takes it.
    ///
    /// # Errors
    /// It cannot be made or opened, or another agent has it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CheckpointError> {
        let path = path.into();
        create(&path).map_err(|source| CheckpointError::Folder { path: path.clone(), source })?;
        let lock = lock(&path)?;
        // A rest of a crash.
        remove(&path.join(UNFINISHED))?;
        Ok(Self { path, _lock: lock, generation: 0, next: 0 })
    }

    /// The newest checkpoint that is whole; none where there never was one. To be called once, before the first
    /// [`write`](Self::write).
    ///
    /// # Errors
    /// No checkpoint can be used although there is one, or it is from another version. Whoever starts without it counts
    /// lines again, or none of those that came meanwhile: a person has to decide that.
    pub fn load<F: DeserializeOwned>(&mut self) -> Result<Option<Checkpoint<F>>, CheckpointError> {
        let read = |slot: &str| read_slot::<F>(&self.path.join(slot));
        let [first, second] = SLOTS.map(read);
        let (slot, checkpoint) = match (first?, second?) {
            (Slot::Empty, Slot::Empty) => return Ok(None),
            (Slot::Good(first), Slot::Good(second)) if second.generation > first.generation => (1, second),
            (Slot::Good(first), other) => (0, first.instead_of(other)),
            (other, Slot::Good(second)) => (1, second.instead_of(other)),
            (Slot::Bad(bad), _) | (_, Slot::Bad(bad)) => return Err(bad),
        };
        self.next = 1 - slot;
        self.generation = checkpoint.generation;
        Ok(Some(*checkpoint))
    }

    /// Puts how far files were read and the series there on the disk and returns its size in bytes. When this returns, it outlives a crash of the
    /// machine.
    ///
    /// # Errors
    /// The disk is full or does not write. The checkpoints before it are as they were.
    pub fn write<F: Serialize>(&mut self, files: &F, snapshot: &Snapshot) -> Result<usize, CheckpointError> {
        let generation = self.generation.saturating_add(1);
        let envelope = envelope::seal(generation, &(snapshot.time(), files, snapshot.saved()))
            .map_err(|source| CheckpointError::Encode { path: self.path.clone(), source })?;
        let unfinished = self.path.join(UNFINISHED);
        let target = self.path.join(SLOTS.get(self.next).copied().unwrap_or(SLOTS[0]));
        let put = put(&unfinished, &envelope).and_then(|()| fs::rename(&unfinished, &target));
        if let Err(source) = put {
            // What was begun takes room that others may need.
            let _ = fs::remove_file(&unfinished);
            return Err(CheckpointError::Write { path: target, source });
        }
        self.generation = generation;
        self.next = 1 - self.next;
        sync_folder(&self.path)?;
        Ok(envelope.len())
    }

    /// The newest checkpoint on the disk; 0 where there is none.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

/// What one of the two files holds.
enum Slot<F> {
    Empty,
    Good(Box<Checkpoint<F>>),
    Bad(CheckpointError),
}

impl<F> Checkpoint<F> {
    fn instead_of(mut self: Box<Self>, other: Slot<F>) -> Box<Self> {
        if let Slot::Bad(bad) = other {
            self.damaged = Some(bad);
        }
        self
    }
}

/// A file that cannot be opened is another matter than one that was cut: when it can be opened again, it is right.
fn read_slot<F: DeserializeOwned>(path: &Path) -> Result<Slot<F>, CheckpointError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Slot::Empty),
        Err(source) => return Err(CheckpointError::Read { path: path.into(), source }),
    };
    match envelope::open(&bytes) {
        Ok((generation, (written, files, series))) => {
            let (written, bytes) = (moment(written), bytes.len());
            Ok(Slot::Good(Box::new(Checkpoint { files, series, generation, written, bytes, damaged: None })))
        }
        Err(Unreadable::OtherVersion(version)) => Err(of_other_version(path.into(), version)),
        Err(Unreadable::Damaged(what)) => Ok(Slot::Bad(CheckpointError::Damaged { path: path.into(), what })),
    }
}

fn of_other_version(path: PathBuf, version: u32) -> CheckpointError {
    if version > VERSION {
        CheckpointError::Newer { path, version }
    } else {
        CheckpointError::Older { path, version }
    }
}

/// Of milliseconds since 1970.
fn moment(milliseconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

/// A new folder is on the disk when the one around it is.
fn create(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let around = fs::canonicalize(folder.join(".."))?;
    File::open(around)?.sync_all()
}

fn lock(folder: &Path) -> Result<File, CheckpointError> {
    let path = folder.join(LOCK);
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let lock = open.map_err(|source| CheckpointError::Folder { path: path.clone(), source })?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(Errno::WOULDBLOCK) => Err(CheckpointError::InUse { path: folder.into() }),
        Err(error) => Err(CheckpointError::Folder { path, source: error.into() }),
    }
}

fn remove(path: &Path) -> Result<(), CheckpointError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(CheckpointError::Write { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Labels may tell what only the agent should know.
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is on the disk when its folder is.
fn sync_folder(path: &Path) -> Result<(), CheckpointError> {
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(|source| CheckpointError::Write { path: path.into(), source })
}

#[cfg(test)]
mod tests;
