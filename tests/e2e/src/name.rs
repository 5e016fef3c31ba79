//! The name of a cluster: it names a folder, and stands in the paths of sockets, which are short.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest name.
const LENGTH: usize = 40;

/// A name: small letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a name has at most {LENGTH} small letters, digits and hyphens, and starts with a letter")]
pub struct NameError;

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let starts_well = text.starts_with(|letter: char| letter.is_ascii_lowercase());
        if starts_well && text.len() <= LENGTH && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError)
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_leads_to_no_other_folder() {
        for text in ["", "..", ".", "/tmp", "a/b", "a.b", "-a", "1", "A", &"a".repeat(LENGTH + 1)] {
            assert_eq!(text.parse::<Name>(), Err(NameError), "{text:?}");
        }
        assert_eq!("node-12".parse::<Name>().unwrap().as_str(), "node-12");
    }
}
