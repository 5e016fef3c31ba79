//! Writes a tar archive in the form that GNU's and busybox's `tar` both read.

use std::io::{self, Read, Write};

use super::header::{BLOCK, Header};

/// The longest name that fits into an entry's own block, in bytes.
const FITS: usize = 100;

/// An archive that is being written.
#[derive(Debug)]
pub(super) struct Writer<W> {
    output: W,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output }
    }

    /// Writes an entry; its content, of just the size that it says, is then written by [`Writer::content`].
    pub(super) fn entry(&mut self, header: &Header) -> io::Result<()> {
        for (letter, text) in [(b'K', &header.link), (b'L', &header.name)] {
            if text.len() > FITS {
                self.long(letter, text)?;
            }
        }
        self.output.write_all(&header.write())
    }

    /// Writes `size` bytes of content, zeros where the input has fewer; how many it had. `each` sees them as they go.
    pub(super) fn content(
        &mut self,
        input: impl Read,
        size: u64,
        each: &mut dyn FnMut(&[u8]),
    ) -> io::Result<u64> {
        let mut input = input.take(size);
        let mut buffer = vec![0; super::sums::CHUNK];
        let mut total = 0;
        while let read @ 1.. = read_again(&mut input, &mut buffer)? {
            let bytes = buffer.get(..read).unwrap_or_default();
            self.output.write_all(bytes)?;
            each(bytes);
            total += read as u64;
        }
        self.fill(size - total)?;
        self.pad(size)?;
        Ok(total)
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.output.write_all(&[0; 2 * BLOCK])?;
        self.output.flush()
    }

    fn long(&mut self, letter: u8, text: &[u8]) -> io::Result<()> {
        let content = [text, b"\0"].concat();
        let size = content.len() as u64;
        let name = b"././@LongLink".to_vec();
        self.output.write_all(&Header { name, mode: 0, size, mtime: 0, letter, link: Vec::new() }.write())?;
        self.output.write_all(&content)?;
        self.pad(size)
    }

    fn pad(&mut self, size: u64) -> io::Result<()> {
        let block = BLOCK as u64;
        self.fill((block - size % block) % block)
    }

    fn fill(&mut self, count: u64) -> io::Result<()> {
        io::copy(&mut io::repeat(0).take(count), &mut self.output).map(drop)
    }
}

fn read_again(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::archive::{Archive, Entry, Kind};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            name in prop::collection::vec(1_u8.., 1..300),
            link in prop::collection::vec(1_u8.., 1..300),
            content in prop::collection::vec(any::<u8>(), 0..1500),
        ) {
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&mut bytes);
            let size = content.len() as u64;
            let file = Header { name: [b"a", name.as_slice(), b"a"].concat(), mode: 0o640, size, mtime: 7, letter: b'0', link: Vec::new() };
            writer.entry(&file).unwrap();
            writer.content(content.as_slice(), size, &mut |_| {}).unwrap();
            let symbolic = Header { letter: b'2', size: 0, link: link.clone(), ..file.clone() };
            writer.entry(&symbolic).unwrap();
            writer.finish().unwrap();

            let mut archive = Archive::new(bytes.as_slice());
            let expected = Entry { name: file.name.clone(), kind: Kind::File, mode: 0o640, mtime: 7, size };
            prop_assert_eq!(archive.next_entry().unwrap(), Some(expected));
            let mut read = Vec::new();
            archive.read_to_end(&mut read).unwrap();
            prop_assert_eq!(read, content);
            prop_assert_eq!(archive.next_entry().unwrap().map(|entry| entry.kind), Some(Kind::Symbolic(link)));
            prop_assert_eq!(archive.next_entry().unwrap(), None);
        }
    }
}
