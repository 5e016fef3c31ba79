//! What a transfer came to.

use super::error::TransferError;
use super::sums::{Carried, Remark};

/// What a transfer came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Where it landed.
    pub destination: String,
    /// The files that stand there now, each with the SHA-256 that both sides have.
    pub files: Vec<Carried>,
    /// How many folders.
    pub folders: usize,
    /// How many links, symbolic and hard.
    pub links: usize,
    /// Bytes that were there from a try before, and did not have to be carried again.
    pub resumed: u64,
    /// Files whose sums differ: they changed while they were read, or were changed on the way.
    pub mismatched: Vec<Remark>,
    /// What was not carried, and why.
    pub refused: Vec<Remark>,
    /// What should be known, without being wrong.
    pub notes: Vec<Remark>,
}

impl Report {
    /// Whether everything that was asked for stands there, as it is on the other side.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.mismatched.is_empty() && self.refused.is_empty()
    }

    /// Bytes of all files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Something that should be known.
    pub(super) fn note(&mut self, name: impl ToString, reason: impl Into<String>) {
        self.notes.push(Remark { name: name.to_string(), reason: reason.into() });
    }

    /// What a program in the container complained about, line by line; one that was killed says nothing.
    pub(super) fn refuse_complaints(&mut self, (code, errors): (u8, &[u8])) {
        let lines = errors.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut reasons: Vec<_> = lines.filter(|line| !line.is_empty()).map(super::name::printable).collect();
        if reasons.is_empty() {
            reasons.push(TransferError::of_answer(code, errors).to_string());
        }
        let name = "in the container".to_owned();
        self.refused.extend(reasons.into_iter().map(|reason| Remark { name: name.clone(), reason }));
    }
}
