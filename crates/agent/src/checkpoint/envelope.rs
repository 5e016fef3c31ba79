//! What stands around a checkpoint in its file, so that one that was cut, mixed up or written by another agent is known.
//!
//! All numbers are little-endian: 8 bytes that say what the file is, 4 of version, 8 of generation, 8 of length of what
//! follows the header, 8 of a sum over all of these and what follows. The header is the same in all versions.

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::Xxh3;

/// The form of what follows the header. A change of it is a new version.
pub const VERSION: u32 = 2;

const MAGIC: [u8; 8] = *b"chndlrAG";

const HEADER: usize = 36;

/// The bytes of a file.
pub(super) type Envelope = Vec<u8>;

/// Why a file cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is of this version, which is not ours, and its sum is right.
    OtherVersion(u32),
    /// How that shows.
    Damaged(&'static str),
}

struct Header {
    version: u32,
    generation: u64,
    length: u64,
    sum: u64,
}

/// A checkpoint as the bytes of a file.
pub(super) fn seal<T: Serialize>(generation: u64, content: &T) -> Result<Envelope, postcard::Error> {
    seal_as(VERSION, generation, content)
}

pub(super) fn seal_as<T: Serialize>(
    version: u32,
    generation: u64,
    content: &T,
) -> Result<Envelope, postcard::Error> {
    let mut bytes = postcard::to_extend(content, vec![0; HEADER])?;
    let (head, content) = bytes.split_at_mut(HEADER);
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let mut header = Header { version, generation, length, sum: 0 };
    header.sum = header.sum_with(content);
    head.copy_from_slice(&header.to_bytes());
    Ok(bytes)
}

/// The generation of a file, and what it holds.
pub(super) fn open<T: DeserializeOwned>(bytes: &[u8]) -> Result<(u64, T), Unreadable> {
    let (head, content) =
        bytes.split_first_chunk::<HEADER>().ok_or(Unreadable::Damaged("it ends within its header"))?;
    let header = Header::read(head).ok_or(Unreadable::Damaged("it does not begin as a checkpoint does"))?;
    if u64::try_from(content.len()) != Ok(header.length) {
        return Err(Unreadable::Damaged("it does not have the length that it names"));
    }
    if header.sum_with(content) != header.sum {
        return Err(Unreadable::Damaged("its content is not what was written"));
    }
    if header.version != VERSION {
        return Err(Unreadable::OtherVersion(header.version));
    }
    match postcard::take_from_bytes(content) {
        Ok((content, [])) => Ok((header.generation, content)),
        _ => Err(Unreadable::Damaged("its content is no state of an agent")),
    }
}

impl Header {
    fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let fields = MAGIC
            .into_iter()
            .chain(self.version.to_le_bytes())
            .chain(self.generation.to_le_bytes())
            .chain(self.length.to_le_bytes())
            .chain(self.sum.to_le_bytes());
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }

    fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (version, rest) = rest.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (sum, _) = rest.split_first_chunk()?;
        Some(Self {
            version: u32::from_le_bytes(*version),
            generation: u64::from_le_bytes(*generation),
            length: u64::from_le_bytes(*length),
            sum: u64::from_le_bytes(*sum),
        })
    }

    fn sum_with(&self, content: &[u8]) -> u64 {
        let mut sum = Xxh3::new();
        sum.update(&Self { sum: 0, ..*self }.to_bytes());
        sum.update(content);
        sum.digest()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_sealed_is_opened(generation: u64, content: Vec<u64>) {
            let bytes = seal(generation, &content).unwrap();
            prop_assert_eq!(open::<Vec<u64>>(&bytes), Ok((generation, content)));
        }

        #[test]
        fn a_changed_bit_is_seen(content: Vec<u64>, place: prop::sample::Index, bit in 0..8) {
            let mut bytes = seal(7, &content).unwrap();
            let place = place.index(bytes.len());
            bytes[place] ^= 1_u8 << bit;
            prop_assert!(matches!(open::<Vec<u64>>(&bytes), Err(Unreadable::Damaged(_))));
        }

        #[test]
        fn any_bytes_are_opened_or_refused(bytes: Vec<u8>) {
            prop_assert!(open::<Vec<u64>>(&bytes).is_err());
        }
    }

    #[test]
    fn another_version_says_so() {
        for version in [VERSION - 1, VERSION + 1] {
            let bytes = seal_as(version, 7, &vec![1_u64]).unwrap();
            assert_eq!(open::<Vec<u64>>(&bytes), Err(Unreadable::OtherVersion(version)));
        }
    }

    #[test]
    fn content_of_another_type_is_refused() {
        let bytes = seal(7, &vec![u64::MAX]).unwrap();
        assert_eq!(open::<u8>(&bytes), Err(Unreadable::Damaged("its content is no state of an agent")));
    }
}
