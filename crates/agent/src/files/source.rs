//! Reads a file at any place, whether it is compressed or not. Only regular files are ever opened.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use memchr::memrchr;
use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

/// First bytes of a gzip file whose method is the only one there is.
pub(super) const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// How much is decompressed at once.
const STEP: usize = 32 << 10;
/// How far the end of the last line is looked for.
const LONGEST_LAST_LINE: u64 = 16 << 20;

/// Which file it is, as long as it exists: numbers are used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId {
    /// Of the file system; another after a reboot, perhaps.
    pub device: u64,
    /// Of the file.
    pub inode: u64,
    /// When it was made, in nanoseconds since 1970, where the file system says so: else 0. It tells files apart that have
    /// the same number one after the other.
    pub born: i64,
}

impl FileId {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let since = |born: SystemTime| Some(born.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos());
        let born = metadata.created().ok().and_then(since).and_then(|born| i64::try_from(born).ok());
        Self { device: metadata.dev(), inode: metadata.ino(), born: born.unwrap_or_default() }
    }
}

/// An open file.
#[derive(Debug)]
pub(super) struct Source {
    file: Arc<File>,
    gzip: Option<Gzip>,
}

/// How a compressed file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As it should.
    Whole,
    /// In the middle: it is still written, or was cut.
    Cut,
    /// What follows is no gzip.
    Broken,
}

impl Source {
    /// Opens a regular file; anything else is [`io::ErrorKind::InvalidInput`] and is not opened at all, as opening
    /// alone has an effect on devices and FIFOs.
    pub fn open(path: &Path) -> io::Result<Self> {
        let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
        if !std::fs::metadata(path)?.is_file() {
            return Err(no_file());
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        // It may have been replaced meanwhile.
        if !file.metadata()?.is_file() {
            return Err(no_file());
        }
        let mut source = Self { file: Arc::new(file), gzip: None };
        if source.bytes(0, GZIP.len())? == GZIP {
            source.gzip = Some(Gzip::new(Arc::clone(&source.file)));
        }
        Ok(source)
    }

    pub fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    pub fn is_compressed(&self) -> bool {
        self.gzip.is_some()
    }

    /// How the compressed file ends, once its end was reached.
    pub fn end(&self) -> Option<End> {
        self.gzip.as_ref().and_then(|gzip| gzip.end)
    }

    /// What the trailer of a compressed file says of its size, modulo 2^32.
    pub fn size_by_trailer(&self) -> io::Result<u32> {
        let mut trailer = [0; 4];
        let size = self.file.metadata()?.len();
        self.file.read_exact_at(&mut trailer, size.saturating_sub(4))?;
        Ok(u32::from_le_bytes(trailer))
    }

    /// How long it is; a compressed file is decompressed for that.
    pub fn size(&mut self) -> io::Result<u64> {
        match &mut self.gzip {
            Some(gzip) => gzip.size(),
            None => Ok(self.file.metadata()?.len()),
        }
    }

    /// Begins to decompress anew: a decoder that came to the end stays there.
    pub fn restart(&mut self) {
        if self.gzip.is_some() {
            self.gzip = Some(Gzip::new(Arc::clone(&self.file)));
        }
    }

    /// Where the last whole line of a plain file ends, if that is near its end.
    pub fn last_line_end(&mut self) -> io::Result<Option<u64>> {
        let size = self.size()?;
        let start = size.saturating_sub(LONGEST_LAST_LINE);
        let bytes = self.bytes(start, usize::try_from(size - start).unwrap_or(usize::MAX))?;
        Ok(memrchr(b'\n', &bytes).map(|newline| start + newline as u64 + 1))
    }

    /// Fills a buffer from an offset on, as far as there is something: how much that was.
    pub fn fill(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.gzip {
            Some(gzip) => gzip.fill(offset, buffer),
            None => fill_plain(&self.file, offset, buffer),
        }
    }

    /// At most so many bytes from an offset on.
    pub fn bytes(&mut self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let filled = self.fill(offset, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }
}

fn fill_plain(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads a shared descriptor without moving it.
#[derive(Debug)]
struct Positioned {
    file: Arc<File>,
    offset: u64,
}

impl Read for Positioned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// A compressed file, which only goes forward: to go back beyond what is held begins anew.
#[derive(Debug)]
struct Gzip {
    file: Arc<File>,
    decoder: MultiGzDecoder<BufReader<Positioned>>,
    /// What lies right before `position`, and is wanted still.
    held: Vec<u8>,
    position: u64,
    end: Option<End>,
}

impl Gzip {
    fn new(file: Arc<File>) -> Self {
        let reader = BufReader::new(Positioned { file: Arc::clone(&file), offset: 0 });
        Self { file, decoder: MultiGzDecoder::new(reader), held: Vec::new(), position: 0, end: None }
    }

    fn fill(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset < self.held_from() {
            *self = Self::new(Arc::clone(&self.file));
        }
        loop {
            let before = usize::try_from(offset.saturating_sub(self.held_from())).unwrap_or(usize::MAX);
            self.held.drain(..before.min(self.held.len()));
            let enough = self.position >= offset && self.held.len() >= buffer.len();
            if enough || !self.decode()? {
                break;
            }
        }
        if self.position < offset {
            return Ok(0);
        }
        let filled = buffer.len().min(self.held.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..filled), self.held.get(..filled)) {
            to.copy_from_slice(from);
        }
        Ok(filled)
    }

    fn size(&mut self) -> io::Result<u64> {
        while self.decode()? {
            self.held.clear();
        }
        Ok(self.position)
    }

    fn held_from(&self) -> u64 {
        self.position - self.held.len() as u64
    }

    /// Decompresses a little more; false at the end.
    fn decode(&mut self) -> io::Result<bool> {
        if self.end.is_some() {
            return Ok(false);
        }
        let held = self.held.len();
        self.held.resize(held + STEP, 0);
        let read = self.decoder.read(self.held.get_mut(held..).unwrap_or_default());
        self.held.truncate(held + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => self.end = Some(End::Whole),
            Ok(read) => self.position += read as u64,
            Err(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof => self.end = Some(End::Cut),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => self.end = Some(End::Broken),
                io::ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
        Ok(self.end.is_none())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn open(bytes: &[u8]) -> (tempfile::NamedTempFile, Source) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let source = Source::open(file.path()).unwrap();
        (file, source)
    }

    #[test]
    fn a_compressed_file_is_read_at_any_place_as_a_plain_one() {
        let bytes: Vec<u8> = (0..200_000u32).map(|i| (i.wrapping_mul(i) % 253) as u8).collect();
        let mut members = compressed(&bytes[..70_000]);
        members.extend(compressed(&bytes[70_000..]));
        let (_file, mut source) = open(&members);
        assert!(source.is_compressed());
        for (offset, length) in
            [(0, 10), (5, 100_000), (60_000, 20_000), (3, 7), (199_990, 100), (200_000, 5), (1 << 20, 1)]
        {
            let expected = bytes.get(offset..).unwrap_or_default();
            let expected = &expected[..length.min(expected.len())];
            assert_eq!(source.bytes(offset as u64, length).unwrap(), expected, "{offset}");
        }
        assert_eq!(source.end(), Some(End::Whole));
        assert_eq!(source.size_by_trailer().unwrap(), 130_000);
    }

    #[test]
    fn a_cut_or_broken_end_of_a_compressed_file_is_told() {
        let whole = compressed(&[b'x'; 1000]);
        let (_file, mut cut) = open(&whole[..whole.len() - 3]);
        cut.bytes(0, 2000).unwrap();
        assert_eq!(cut.end(), Some(End::Cut));
        let mut broken = whole.clone();
        broken.extend(b"garbage that is no member");
        let (_file, mut broken) = open(&broken);
        assert_eq!(broken.bytes(0, 2000).unwrap().len(), 1000);
        assert_eq!(broken.end(), Some(End::Broken));
    }

    #[test]
    fn folders_fifos_and_devices_are_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        for path in [folder.path(), &fifo, Path::new("/dev/null")] {
            assert_eq!(Source::open(path).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
    }
}
