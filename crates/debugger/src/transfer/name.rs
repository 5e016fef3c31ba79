//! Names inside a folder. A name that leads out of its folder cannot be made, so nothing that takes one has to ask.

use std::fmt;

use thiserror::Error;

/// The longest name that systems take, in bytes.
const LONGEST: usize = 4096;

/// The longest part of a name between two slashes, in bytes.
const LONGEST_PART: usize = 255;

/// A name inside a folder: parts with a slash between them, none of them empty, `.` or `..`. Without parts it is the
/// folder itself. Bytes, as systems have them: any but NUL.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Vec<u8>);

/// Why bytes are no name inside a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameFault {
    /// It begins with a slash.
    #[error("an absolute name leads out of the destination")]
    Absolute,
    /// It has a part `..`.
    #[error("a name with .. leads out of the destination")]
    Up,
    /// It has a NUL in it.
    #[error("a name with a NUL in it is none")]
    Nul,
    /// Systems do not take it.
    #[error("the name is too long")]
    TooLong,
}

impl Name {
    /// Reads a name as archives have it: `./a//b/` is `a/b`.
    ///
    /// # Errors
    /// It leads out of the folder, or no system takes it.
    pub fn read(bytes: &[u8]) -> Result<Self, NameFault> {
        if bytes.first() == Some(&b'/') {
            return Err(NameFault::Absolute);
        }
        let mut name = Self::default();
        for part in bytes.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => return Err(NameFault::Up),
                part => name.push(part)?,
            }
        }
        Ok(name)
    }

    fn push(&mut self, part: &[u8]) -> Result<(), NameFault> {
        if part.contains(&0) {
            return Err(NameFault::Nul);
        }
        if part.len() > LONGEST_PART || self.0.len() + part.len() >= LONGEST {
            return Err(NameFault::TooLong);
        }
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(part);
        Ok(())
    }

    /// The name of something in the folder of this name.
    ///
    /// # Errors
    /// The part is none, or the whole is too long.
    pub fn child(&self, part: &[u8]) -> Result<Self, NameFault> {
        let part = Self::read(part)?;
        part.parts().try_fold(self.clone(), |mut name, part| name.push(part).map(|()| name))
    }

    /// Whether it is the folder itself.
    #[must_use]
    pub fn is_folder_itself(&self) -> bool {
        self.0.is_empty()
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its parts, from the outermost.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// The folder it is in, and its last part; None of the folder itself.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, &[u8])> {
        let cut = self.0.iter().rposition(|byte| *byte == b'/');
        match cut {
            _ if self.0.is_empty() => None,
            None => Some((Self::default(), &self.0)),
            Some(cut) => Some((Self(self.0.get(..cut)?.to_vec()), self.0.get(cut + 1..)?)),
        }
    }

    /// The folders it is in, from the innermost, without the outermost.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        let first = self.split_last().map(|(parent, _)| parent);
        let all = std::iter::successors(first, |name| name.split_last().map(|(parent, _)| parent));
        all.take_while(|name| !name.is_folder_itself())
    }

    /// As programs get it in words and lists: `./a/b`, which none of them takes for an option.
    #[must_use]
    pub fn dotted(&self) -> Vec<u8> {
        if self.0.is_empty() { b".".to_vec() } else { [b"./", self.0.as_slice()].concat() }
    }

    /// Whether some `sha256sum` would write it in another way, or in two lines.
    #[must_use]
    pub fn is_odd(&self) -> bool {
        self.0.iter().any(|byte| matches!(byte, b'\n' | b'\r' | b'\\'))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&if self.0.is_empty() { ".".to_owned() } else { printable(&self.0) })
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.to_string())
    }
}

/// Somebody else's bytes on one line, without what a terminal would act on.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_as_archives_have_them() {
        for (bytes, name) in [("./a//b/", "a/b"), (".", "."), ("", "."), ("a", "a"), ("./..a/b..", "..a/b..")]
        {
            assert_eq!(Name::read(bytes.as_bytes()).unwrap().to_string(), name);
        }
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for (bytes, fault) in [
            (&b"/etc/passwd"[..], NameFault::Absolute),
            (b"..", NameFault::Up),
            (b"a/../../b", NameFault::Up),
            (b"a\0b", NameFault::Nul),
        ] {
            assert_eq!(Name::read(bytes), Err(fault));
        }
        assert_eq!(Name::read(&[b'a'; 256]), Err(NameFault::TooLong));
        assert_eq!(Name::read("a/".repeat(2500).as_bytes()), Err(NameFault::TooLong));
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(Name::read(b"a\n\x1b[2J").unwrap().to_string(), r"a\n\u{1b}[2J");
    }

    #[test]
    fn ancestors_are_the_folders_between() {
        let name = Name::read(b"a/b/c").unwrap();
        let names: Vec<_> = name.ancestors().map(|name| name.to_string()).collect();
        assert_eq!(names, ["a/b", "a"]);
        assert!(Name::default().ancestors().next().is_none());
    }

    proptest! {
        #[test]
        fn no_name_has_a_part_that_leads_anywhere(bytes in prop::collection::vec(prop::sample::select(b"a./\n\0".to_vec()), 0..24)) {
            if let Ok(name) = Name::read(&bytes) {
                prop_assert!(name.as_bytes().first() != Some(&b'/'));
                prop_assert!(name.parts().all(|part| part != b".." && part != b"." && !part.contains(&0)));
                prop_assert_eq!(Name::read(&name.dotted()), Ok(name));
            }
        }
    }
}
