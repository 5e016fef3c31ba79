//! A log, the program that writes it, and whoever rotates it. A step does one thing, and then the next log has its turn.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::event::HEADER;
use crate::random::Random;

/// Rotated files that a log keeps, compressed ones too.
const KEPT: usize = 5;

/// How rotated files are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// A number behind the name, shifted by one each time.
    Numbers,
    /// A file a day, and a link to the newest.
    Days,
}

/// How an operation begins, which others may come between.
#[derive(Debug)]
enum Work {
    Nothing,
    /// It is copied; what is written meanwhile is copied too.
    Copying {
        from: File,
        to: File,
    },
    /// A rotated file is compressed.
    Compressing {
        place: usize,
        left: Vec<u8>,
        to: File,
    },
}

/// A log.
#[derive(Debug)]
pub struct Log {
    /// Who writes it.
    pub writer: String,
    names: Names,
    path: PathBuf,
    file: File,
    /// The rest of a line that is not written yet.
    rest: Vec<u8>,
    rotated: VecDeque<PathBuf>,
    work: Work,
    /// The file that was renamed last, if its writer still has it.
    late: Option<File>,
    days: usize,
}

impl Log {
    /// An empty log in a folder.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: &Path, writer: &str, names: Names) -> Result<Self> {
        let path = folder.join(match names {
            Names::Numbers => format!("{writer}.log"),
            Names::Days => "day-2026-01-01.log".to_owned(),
        });
        let file = append_to(&path)?;
        let (rest, rotated, work) = (Vec::new(), VecDeque::new(), Work::Nothing);
        let log =
            Self { writer: writer.to_owned(), names, path, file, rest, rotated, work, late: None, days: 1 };
        log.link()?;
        Ok(log)
    }

    fn link(&self) -> Result<()> {
        if self.names == Names::Days {
            let link = self.path.with_file_name("current.log");
            let _ = fs::remove_file(&link);
            symlink(&self.path, link)?;
        }
        Ok(())
    }

    /// Writes whole lines, and perhaps the beginning of another, whose rest comes with the next ones.
    ///
    /// # Errors
    /// The disk does not take them.
    pub fn append(&mut self, lines: &[Vec<u8>], random: &mut Random) -> Result<()> {
        let mut bytes = std::mem::take(&mut self.rest);
        lines.iter().for_each(|line| bytes.extend(line.iter().chain(b"\n")));
        if random.one_in(3) && !lines.is_empty() {
            let last = lines.last().map_or(0, |line| line.len() + 1);
            self.rest = bytes.split_off(bytes.len() - 1 - random.place(last));
        }
        Ok(self.file.write_all(&bytes)?)
    }

    /// Writes what is left of a line, also to the file that was renamed.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn finish_line(&mut self) -> Result<()> {
        Ok(self.file.write_all(&std::mem::take(&mut self.rest))?)
    }

    /// Whether a rotation may begin.
    #[must_use]
    pub fn is_free(&self) -> bool {
        matches!(self.work, Work::Nothing) && self.rotated.len() < KEPT
    }

    /// Whether the oldest has to go.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self.work, Work::Nothing) && self.rotated.len() >= KEPT
    }

    /// The next file begins. A last line without an end may stay behind. The file before may get more lines by
    /// [`Log::write_late`].
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn rename(&mut self, last: Option<Vec<u8>>, random: &mut Random) -> Result<()> {
        self.finish_line()?;
        self.late = None;
        if let Some(last) = &last {
            self.file.write_all(last)?;
        }
        if self.names == Names::Days {
            self.rotated.push_front(self.path.clone());
            self.days += 1;
            let (month, day) = (self.days / 28 + 1, self.days % 28 + 1);
            self.path.set_file_name(format!("day-2026-{month:02}-{day:02}.log"));
        } else {
            self.shift()?;
            let path = self.numbered(1, "");
            fs::rename(&self.path, &path)?;
            self.rotated.push_front(path);
        }
        let before = std::mem::replace(&mut self.file, begin(&self.path, random)?);
        self.late = last.is_none().then_some(before);
        self.link()
    }

    /// Writes a line to the file that was renamed last, if its writer still has that.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn write_late(&mut self, line: impl FnOnce() -> Vec<u8>) -> Result<()> {
        let Some(mut file) = self.late.take() else { return Ok(()) };
        let mut bytes = line();
        bytes.push(b'\n');
        Ok(file.write_all(&bytes)?)
    }

    /// The writer closes the file that was renamed last.
    pub fn close_late(&mut self) {
        self.late = None;
    }

    fn shift(&mut self) -> Result<()> {
        let rename = |(place, path): (usize, &PathBuf)| {
            let compressed = path.extension().is_some_and(|extension| extension == "gz");
            let to = self.numbered(place + 2, if compressed { ".gz" } else { "" });
            fs::rename(path, &to)?;
            anyhow::Ok(to)
        };
        let renamed: Vec<_> = self.rotated.iter().enumerate().rev().map(rename).collect::<Result<_>>()?;
        self.rotated = renamed.into_iter().rev().collect();
        Ok(())
    }

    fn numbered(&self, number: usize, suffix: &str) -> PathBuf {
        PathBuf::from(format!("{}.{number}{suffix}", self.path.display()))
    }

    /// Begins to copy the file, to truncate it then. A log with a file a day has none of this.
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn begin_copy(&mut self) -> Result<()> {
        if self.names == Names::Days {
            return Ok(());
        }
        self.late = None;
        self.shift()?;
        let path = self.numbered(1, "");
        let (from, to) = (File::open(&self.path)?, append_to(&path)?);
        self.rotated.push_front(path);
        self.work = Work::Copying { from, to };
        Ok(())
    }

    /// Begins to compress a rotated file.
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn begin_gzip(&mut self, random: &mut Random) -> Result<()> {
        let place = random.place(self.rotated.len());
        let Some(path) = self.rotated.get(place) else { return Ok(()) };
        if path.extension().is_some_and(|extension| extension == "gz") || !matches!(self.work, Work::Nothing)
        {
            return Ok(());
        }
        self.late = None;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&fs::read(path)?)?;
        let to = append_to(&compressed(path))?;
        self.work = Work::Compressing { place, left: encoder.finish()?, to };
        Ok(())
    }

    /// Goes on with what was begun, for a part of it.
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn go_on(&mut self, random: &mut Random) -> Result<()> {
        self.work = match std::mem::replace(&mut self.work, Work::Nothing) {
            Work::Nothing => Work::Nothing,
            Work::Copying { mut from, mut to } => {
                let mut chunk = vec![0; 1 + random.place(4000)];
                let read = from.read(&mut chunk)?;
                to.write_all(chunk.get(..read).unwrap_or_default())?;
                // A line that is in two files would be lost for everybody; so would one that comes behind the copy.
                if read > 0 || !self.rest.is_empty() {
                    Work::Copying { from, to }
                } else {
                    self.truncate(random)?;
                    Work::Nothing
                }
            }
            Work::Compressing { place, mut left, mut to } => {
                let cut = (1 + random.place(2000)).min(left.len());
                to.write_all(&left.drain(..cut).collect::<Vec<_>>())?;
                if left.is_empty() {
                    let path = self.rotated.get_mut(place).context("no rotated file")?;
                    fs::remove_file(&*path)?;
                    *path = compressed(path);
                    Work::Nothing
                } else {
                    Work::Compressing { place, left, to }
                }
            }
        };
        Ok(())
    }

    /// Empties the file. What was not read is lost, unless it was copied.
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn truncate(&mut self, random: &mut Random) -> Result<()> {
        self.file.set_len(0)?;
        if random.one_in(2) {
            self.file.write_all(HEADER)?;
        }
        Ok(())
    }

    /// Whether the file may be emptied or deleted, if it was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.work, Work::Nothing) && self.rest.is_empty()
    }

    /// Deletes the file, and begins another of its name.
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn recreate(&mut self, random: &mut Random) -> Result<()> {
        fs::remove_file(&self.path)?;
        self.file = begin(&self.path, random)?;
        Ok(())
    }

    /// Deletes the oldest rotated file.
    ///
    /// # Errors
    /// The disk does not do it.
    pub fn delete_oldest(&mut self) -> Result<()> {
        self.late = None;
        self.rotated.pop_back().map_or(Ok(()), |path| Ok(fs::remove_file(path)?))
    }
}

fn compressed(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.gz", path.display()))
}

/// Begins a file, perhaps as every other begins.
fn begin(path: &Path, random: &mut Random) -> Result<File> {
    let mut file = append_to(path)?;
    if random.one_in(2) {
        file.write_all(HEADER)?;
    }
    Ok(file)
}

fn append_to(path: &Path) -> Result<File> {
    OpenOptions::new().append(true).create(true).open(path).with_context(|| path.display().to_string())
}
