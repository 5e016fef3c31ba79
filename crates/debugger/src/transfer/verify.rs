//! Compares the sums of files on both sides.

use std::collections::HashMap;

use super::error::TransferError;
use super::name::Name;
use super::remote::{Remote, Session};
use super::sums::{Carried, Remark, Sum, read_sums};
use super::words;

impl<R: Remote> Session<'_, R> {
    /// Sums of files in a folder of the container, as far as they can be had. Names that programs write in their own
    /// ways are not among them.
    pub(super) async fn sums(
        &self,
        folder: &[u8],
        names: &[&Name],
    ) -> Result<HashMap<Name, Sum>, TransferError> {
        let input = lines(names.iter().copied().filter(|name| !name.is_odd()));
        if input.is_empty() {
            return Ok(HashMap::new());
        }
        let answer = self.ask_line(words::hash(folder), input).await?;
        match answer.code {
            // Some of the files cannot be read: whoever compares finds out which.
            0 | 123 | 1 => Ok(read_sums(&answer.output)),
            _ => answer.good().map(|_| HashMap::new()),
        }
    }

    /// The sum of the first bytes of a file; None where it cannot be had.
    pub(super) async fn sum_of_start(
        &self,
        folder: &[u8],
        name: &Name,
        size: u64,
    ) -> Result<Option<Sum>, TransferError> {
        let answer = match self.ask_line(words::hash_start(folder, name, size), Vec::new()).await {
            Err(TransferError::NotText { .. }) => return Ok(None),
            answer => answer?,
        };
        Ok(answer.output.get(..64).and_then(Sum::read))
    }

    /// Those of the files whose sums in the container differ from ours. A file that has grown since is well when its
    /// first bytes are those that we have.
    pub(super) async fn mismatches(
        &self,
        folder: &[u8],
        files: &[Carried],
    ) -> Result<Vec<Remark>, TransferError> {
        let names: Vec<_> = files.iter().map(|file| &file.name).collect();
        let sums = self.sums(folder, &names).await?;
        let mut mismatched = Vec::new();
        for file in files.iter().filter(|file| sums.get(&file.name) != Some(&file.sum)) {
            match self.sum_of_start(folder, &file.name, file.size).await? {
                Some(sum) if sum == file.sum => {}
                Some(sum) => mismatched.push(remark(file, format!("here {}, there {sum}", file.sum))),
                None => mismatched.push(remark(file, format!("here {}, there it cannot be read", file.sum))),
            }
        }
        Ok(mismatched)
    }
}

/// Names as `xargs -0` reads them.
pub(super) fn lines<'n>(names: impl Iterator<Item = &'n Name>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in names {
        bytes.extend_from_slice(&name.dotted());
        bytes.push(0);
    }
    bytes
}

fn remark(file: &Carried, reason: String) -> Remark {
    Remark { name: file.name.to_string(), reason }
}
