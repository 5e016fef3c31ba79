//! Reads a tar archive from a stream, entry by entry, whatever its bytes are. It says what the archive says: whether a
//! name is one to write to is decided elsewhere.

use std::io::{self, Read};

use thiserror::Error;

use super::header::{BLOCK, Block, Header};

/// The longest name or set of records before an entry, in bytes: more is nobody's honest name.
const LONGEST: u64 = 64 * 1024;

/// Why bytes cannot be read as an archive.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// They end before the archive does.
    #[error("the archive ends in the middle")]
    Truncated,
    /// A block is none.
    #[error("this is no tar archive (compressed ones are not read)")]
    NoArchive,
    /// A number of an entry is none.
    #[error("the archive has a number in it that is none")]
    Number,
    /// A name is longer than any system takes.
    #[error("the archive has a name of more than 64 KiB in it")]
    Name,
    /// They cannot be had.
    #[error("the archive cannot be read: {0}")]
    Read(#[source] io::Error),
}

/// An entry, in the words of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name: any bytes.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Twelve bits: set-user-ID, set-group-ID, sticky and nine of permissions.
    pub mode: u32,
    /// Seconds since 1970.
    pub mtime: i64,
    /// Bytes of content, which are read from the archive; 0 of all but files.
    pub size: u64,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A file, whose content follows.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to any bytes.
    Symbolic(Vec<u8>),
    /// Another name of an entry that came before.
    Hard(Vec<u8>),
    /// Something else; what it is, in words.
    Special(&'static str),
}

/// An archive. Reading from it gives the content of the entry that [`Archive::next_entry`] gave last.
#[derive(Debug)]
pub struct Archive<R> {
    input: R,
    /// Bytes of content that are not read yet.
    left: u64,
    /// Bytes up to the next block.
    padding: u64,
    /// Whether the last block was an empty one.
    is_ended: bool,
}

/// What stands before an entry and changes what it says.
#[derive(Debug, Default)]
struct Extension {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    mtime: Option<i64>,
    is_sparse: bool,
}

impl<R: Read> Archive<R> {
    /// An archive of which nothing is read yet.
    pub fn new(input: R) -> Self {
        Self { input, left: 0, padding: 0, is_ended: false }
    }

    /// The next entry; what was not read of the one before is passed over. None at the end: archives that follow each
    /// other are read as one.
    ///
    /// # Errors
    /// There is no whole entry.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ArchiveError> {
        let mut extension = Extension::default();
        loop {
            self.pass_over_content()?;
            let Some(header) = self.next_header()? else { return Ok(None) };
            match header.letter {
                b'L' => extension.name = Some(self.read_name(header.size)?),
                b'K' => extension.link = Some(self.read_name(header.size)?),
                b'x' => {
                    let records = self.read_short(header.size)?;
                    extension.take_records(&records)?;
                }
                // What holds for all entries to come is nothing that is wanted; a volume's label is no entry.
                b'g' | b'V' => self.expect(header.size),
                _ => return Ok(Some(self.begin(header, extension))),
            }
        }
    }

    fn begin(&mut self, header: Header, extension: Extension) -> Entry {
        let name = extension.name.unwrap_or(header.name);
        let link = extension.link.unwrap_or(header.link);
        let size = extension.size.unwrap_or(header.size);
        let kind = match header.letter {
            _ if extension.is_sparse => Kind::Special("a sparse file"),
            b'0' | b'\0' | b'7' if name.ends_with(b"/") => Kind::Folder,
            b'0' | b'\0' | b'7' => Kind::File,
            b'1' => Kind::Hard(link),
            b'2' => Kind::Symbolic(link),
            b'3' => Kind::Special("a character device"),
            b'4' => Kind::Special("a block device"),
            b'5' | b'D' => Kind::Folder,
            b'6' => Kind::Special("a named pipe"),
            b'S' => Kind::Special("a sparse file"),
            _ => Kind::Special("an entry of an unknown type"),
        };
        // Links, devices and folders have no content, whatever size they say.
        let has_content = !matches!(header.letter, b'1'..=b'6');
        self.expect(if has_content { size } else { 0 });
        let size = if kind == Kind::File { size } else { 0 };
        Entry { name, kind, mode: header.mode, mtime: extension.mtime.unwrap_or(header.mtime), size }
    }

    fn expect(&mut self, size: u64) {
        let block = BLOCK as u64;
        self.left = size;
        self.padding = (block - size % block) % block;
    }

    fn next_header(&mut self) -> Result<Option<Header>, ArchiveError> {
        let mut block: Block = [0; BLOCK];
        loop {
            match read_full(&mut self.input, &mut block)? {
                BLOCK => {}
                // Some writers leave a part of a block behind the end.
                _ if self.is_ended => return Ok(None),
                _ => return Err(ArchiveError::Truncated),
            }
            let header = Header::read(&block)?;
            self.is_ended = header.is_none();
            if header.is_some() {
                return Ok(header);
            }
        }
    }

    fn pass_over_content(&mut self) -> Result<(), ArchiveError> {
        let rest = self.left.saturating_add(std::mem::take(&mut self.padding));
        self.left = 0;
        let mut content = Read::by_ref(&mut self.input).take(rest);
        let passed = io::copy(&mut content, &mut io::sink()).map_err(ArchiveError::Read)?;
        if passed == rest { Ok(()) } else { Err(ArchiveError::Truncated) }
    }

    fn read_short(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        if size > LONGEST {
            return Err(ArchiveError::Name);
        }
        self.expect(size);
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
        if self.left == 0 { Ok(bytes) } else { Err(ArchiveError::Truncated) }
    }

    fn read_name(&mut self, size: u64) -> Result<Vec<u8>, ArchiveError> {
        let mut name = self.read_short(size)?;
        // It ends with a NUL, which is none of it.
        while name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }

    /// Bytes of content that are not read yet: more than none at the end of a read is a cut.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.input.read(buffer.get_mut(..length).unwrap_or_default())?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

impl Extension {
    /// Reads the records of pax: `LENGTH KEY=VALUE\n`, the length being that of the whole.
    fn take_records(&mut self, mut records: &[u8]) -> Result<(), ArchiveError> {
        while !records.is_empty() {
            let (record, rest) = split_record(records).ok_or(ArchiveError::Number)?;
            let cut = record.iter().position(|byte| *byte == b'=').ok_or(ArchiveError::Number)?;
            let (key, value) = record.split_at(cut);
            self.take(key, value.get(1..).unwrap_or_default())?;
            records = rest;
        }
        Ok(())
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), ArchiveError> {
        match key {
            b"path" => self.name = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => self.size = Some(decimal(value).ok_or(ArchiveError::Number)?),
            b"mtime" => self.mtime = Some(seconds(value).ok_or(ArchiveError::Number)?),
            key if key.starts_with(b"GNU.sparse.") => self.is_sparse = true,
            _ => {}
        }
        Ok(())
    }
}

/// The first record without its length and its end, and what follows.
fn split_record(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = records.iter().position(|byte| *byte == b' ')?;
    let length = decimal::<usize>(records.get(..blank)?)?;
    let record = records.get(blank + 1..length)?;
    Some((record.strip_suffix(b"\n")?, records.get(length..)?))
}

fn decimal<T: std::str::FromStr>(bytes: &[u8]) -> Option<T> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn seconds(bytes: &[u8]) -> Option<i64> {
    decimal(bytes.split(|byte| *byte == b'.').next()?)
}

/// Reads until the buffer is full or the input ends; how many bytes there were.
fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
    let mut filled = 0;
    while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
        match input.read(space) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::Read(error)),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Vec<Entry>, ArchiveError> {
        let mut archive = Archive::new(bytes);
        std::iter::from_fn(|| archive.next_entry().transpose()).collect()
    }

    #[test]
    fn archive_that_was_cut_is_told_from_one_that_ended() {
        let header =
            Header { name: b"a".to_vec(), mode: 0o644, size: 3, mtime: 0, letter: b'0', link: Vec::new() };
        let mut bytes = header.write().to_vec();
        assert!(matches!(read(&bytes), Err(ArchiveError::Truncated)));
        bytes.extend_from_slice(b"abc");
        assert!(matches!(read(&bytes), Err(ArchiveError::Truncated)));
        bytes.resize(2 * BLOCK, 0);
        assert!(matches!(read(&bytes), Err(ArchiveError::Truncated)));
        bytes.resize(4 * BLOCK, 0);
        assert_eq!(read(&bytes).unwrap().len(), 1);
        let twice = [bytes.as_slice(), &bytes].concat();
        assert_eq!(read(&twice).unwrap().len(), 2);
        assert!(matches!(read(b""), Err(ArchiveError::Truncated)));
    }

    #[test]
    fn record_of_pax_gives_the_name() {
        let mut extension = Extension::default();
        extension.take_records(b"12 path=a/b\n19 mtime=12.345678\n").unwrap();
        assert_eq!((extension.name.as_deref(), extension.mtime), (Some(&b"a/b"[..]), Some(12)));
        for bad in [&b"99 path=a\n"[..], b"x", b"0 a=b\n", b"3 \n", b"12 path=a/bX"] {
            assert!(Extension::default().take_records(bad).is_err());
        }
    }

    #[test]
    fn name_of_gigabytes_is_refused_before_it_is_read() {
        let header =
            Header { name: Vec::new(), mode: 0, size: 1 << 33, mtime: 0, letter: b'L', link: Vec::new() };
        assert!(matches!(read(&header.write()), Err(ArchiveError::Name)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
            let _ = read(&bytes);
        }
    }
}
