//! The block before each entry of a tar archive: POSIX ustar with what GNU and pax add to it.

use super::archive::ArchiveError;

/// Archives come in blocks of so many bytes.
pub(super) const BLOCK: usize = 512;

/// The last number that fits into the eleven octal digits of a size.
const OCTAL_LIMIT: u64 = 0o777_7777_7777;

/// One block.
pub(super) type Block = [u8; BLOCK];

/// What a block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) name: Vec<u8>,
    pub(super) mode: u32,
    /// Bytes of content.
    pub(super) size: u64,
    /// Seconds since 1970.
    pub(super) mtime: i64,
    /// The letter of its type.
    pub(super) letter: u8,
    pub(super) link: Vec<u8>,
}

impl Header {
    /// Reads a block; none where it is the empty one that ends an archive.
    pub(super) fn read(block: &Block) -> Result<Option<Self>, ArchiveError> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if octal(field(block, 148, 8)) != Some(checksum(block)) {
            return Err(ArchiveError::NoArchive);
        }
        let number = |at, length| number(field(block, at, length)).ok_or(ArchiveError::Number);
        Ok(Some(Self {
            name: full_name(block),
            mode: u32::try_from(number(100, 8)? & 0o7777).unwrap_or_default(),
            size: u64::try_from(number(124, 12)?).map_err(|_| ArchiveError::Number)?,
            mtime: number(136, 12)?,
            letter: field(block, 156, 1).first().copied().unwrap_or_default(),
            link: text(field(block, 157, 100)).to_vec(),
        }))
    }

    /// Writes a block. Names that do not fit are cut: they stand in a block of their own before this one.
    pub(super) fn write(&self) -> Block {
        let mut block = [0; BLOCK];
        put(&mut block, 0, self.name.get(..100).unwrap_or(&self.name));
        put(&mut block, 100, format!("{:07o}\0", self.mode & 0o7777).as_bytes());
        put(&mut block, 108, b"0000000\x000000000\0");
        put(&mut block, 124, &size_field(self.size));
        let mtime = u64::try_from(self.mtime).unwrap_or_default().min(OCTAL_LIMIT);
        put(&mut block, 136, format!("{mtime:011o}\0").as_bytes());
        put(&mut block, 156, &[self.letter]);
        put(&mut block, 157, self.link.get(..100).unwrap_or(&self.link));
        put(&mut block, 257, b"ustar  \0");
        let sum = format!("{:06o}\0 ", checksum(&block));
        put(&mut block, 148, sum.as_bytes());
        block
    }
}

fn size_field(size: u64) -> [u8; 12] {
    let mut bytes = [0; 12];
    if size <= OCTAL_LIMIT {
        bytes.copy_from_slice(format!("{size:011o}\0").as_bytes());
    } else {
        let (mark, number) = bytes.split_at_mut(4);
        mark.copy_from_slice(&[0x80, 0, 0, 0]);
        number.copy_from_slice(&size.to_be_bytes());
    }
    bytes
}

fn full_name(block: &Block) -> Vec<u8> {
    let name = text(field(block, 0, 100));
    let prefix = text(field(block, 345, 155));
    // What GNU writes ends its magic with a blank, and has other things in the place of the prefix.
    if field(block, 257, 6) != b"ustar\0" || prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, b"/", name].concat()
}

/// The sum of all bytes, with blanks in the place of the sum itself.
fn checksum(block: &Block) -> u64 {
    let bytes = block.iter().enumerate();
    bytes.map(|(at, byte)| u64::from(if (148..156).contains(&at) { b' ' } else { *byte })).sum()
}

fn field(block: &Block, at: usize, length: usize) -> &[u8] {
    block.get(at..at + length).unwrap_or_default()
}

fn put(block: &mut Block, at: usize, bytes: &[u8]) {
    for (place, byte) in block.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits, or after a first bit of one a number in two's complement.
fn number(field: &[u8]) -> Option<i64> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => binary(field),
        _ => i64::try_from(octal(field)?).ok(),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field).trim_ascii();
    digits.iter().try_fold(0_u64, |number, digit| match digit {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

fn binary(field: &[u8]) -> Option<i64> {
    let (first, rest) = field.split_first()?;
    // Bit 6 is the sign; bit 7 only marks the form.
    let start = if first & 0x40 == 0 { i64::from(first & 0x3f) } else { i64::from(*first as i8) };
    rest.iter().try_fold(start, |number, byte| number.checked_mul(256)?.checked_add(i64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_reads_back_as_it_was_written() {
        let header = Header {
            name: b"a/b".to_vec(),
            mode: 0o640,
            size: 1 << 40,
            mtime: 1_000_000_000,
            letter: b'0',
            link: Vec::new(),
        };
        assert_eq!(Header::read(&header.write()).unwrap(), Some(header));
    }

    #[test]
    fn times_before_1970_are_read() {
        let mut field = [0xff_u8; 12];
        field[11] = 0xfe;
        assert_eq!(number(&field), Some(-2));
    }

    #[test]
    fn numbers_without_end_are_none() {
        assert_eq!(number(&[0xbf; 12]), None);
        assert_eq!(number(b"77777777777777777777777777"), None);
        assert_eq!(number(b"12x"), None);
        assert_eq!(number(b"       12 \0"), Some(10));
    }
}
