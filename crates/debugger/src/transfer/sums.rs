//! What was carried, with the SHA-256 of each file, and what is wrong with the rest.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::name::Name;

/// Bytes that are read or written at once.
pub(super) const CHUNK: usize = 256 * 1024;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sum([u8; 32]);

/// A file that was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Its name, below what was named on the command line; that itself where it is a file.
    pub name: Name,
    /// Its bytes.
    pub size: u64,
    /// Their SHA-256, on this side.
    pub sum: Sum,
}

/// Something that was not carried, or not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Its name, printable.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Hashes bytes as they come.
#[derive(Debug, Clone, Default)]
pub(super) struct Hasher(Sha256);

impl Hasher {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn sum(self) -> Sum {
        Sum(self.0.finalize().into())
    }

    /// Adds what is left to read, and says how much it was.
    pub(super) fn add_all(&mut self, mut input: impl Read) -> io::Result<u64> {
        let mut buffer = vec![0; CHUNK];
        let mut total = 0;
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok(total),
                read => {
                    self.add(buffer.get(..read).unwrap_or_default());
                    total += read as u64;
                }
            }
        }
    }
}

impl Sum {
    /// The sum of bytes that are at hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.add(bytes);
        hasher.sum()
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn read(digits: &[u8]) -> Option<Self> {
        let mut sum = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in sum.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(sum))
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// Reads what `sha256sum` prints of names without newlines and backslashes: `SUM  NAME` lines.
pub(super) fn read_sums(output: &[u8]) -> HashMap<Name, Sum> {
    let lines = output.split(|byte| *byte == b'\n');
    lines.filter_map(read_sum).collect()
}

fn read_sum(line: &[u8]) -> Option<(Name, Sum)> {
    let (digits, rest) = line.split_at_checked(64)?;
    // Two blanks, or a blank and a star.
    let name = rest.get(2..)?;
    Some((Name::read(name).ok()?, Sum::read(digits)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn sums_are_read_as_programs_print_them() {
        let output = format!("{EMPTY}  ./a b\n{EMPTY} */etc/x\nnonsense\n{EMPTY}  ./c\n");
        let sums = read_sums(output.as_bytes());
        assert_eq!(sums.get(&Name::read(b"a b").unwrap()), Some(&Sum::of(b"")));
        assert_eq!(sums.len(), 2);
        assert_eq!(Sum::of(b"").to_string(), EMPTY);
        assert_eq!(Sum::read(&[b'+'; 64]), None);
    }
}
