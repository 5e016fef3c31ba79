//! What a path of the container is.

use super::error::TransferError;
use super::name::{Name, printable};
use super::place::Standing;
use super::remote::{Remote, Session};
use super::words;

/// What a path of the container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) standing: Standing,
    /// Absolute, without links; empty for the root.
    pub(super) at: Vec<u8>,
    /// Bytes of a file.
    pub(super) size: u64,
    /// User and group of the container's process, as in `0:0`; empty where that cannot be seen.
    pub(super) owner: Vec<u8>,
}

impl<R: Remote> Session<'_, R> {
    /// Looks at a path.
    pub(super) async fn look(&self, path: &[u8]) -> Result<Look, TransferError> {
        let output = self.ask((words::LOOK_AT, &[path]), Vec::new()).await?.good()?;
        Look::read(&output).ok_or_else(|| TransferError::Failed { said: printable(&output), code: 0 })
    }
}

impl Look {
    fn read(output: &[u8]) -> Option<Self> {
        let mut fields = output.split(|byte| *byte == 0);
        let [kind, at, parent, size, owner] = std::array::from_fn(|_| fields.next());
        let standing = match (kind?, parent?) {
            (b"folder", _) => Standing::Folder,
            (b"file", _) => Standing::File,
            (b"missing", b"folder") => Standing::Missing,
            (b"missing", _) => Standing::NoParent,
            _ => Standing::Other,
        };
        let size = std::str::from_utf8(size?).ok()?.trim().parse().ok()?;
        Some(Self { standing, at: at?.to_vec(), size, owner: owner?.to_vec() })
    }

    /// The folder that it is in, and its name there.
    pub(super) fn split(&self) -> Option<(Vec<u8>, Name)> {
        let cut = self.at.iter().rposition(|byte| *byte == b'/')?;
        let (folder, name) = self.at.split_at_checked(cut)?;
        Some((folder.to_vec(), Name::read(name.get(1..)?).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_read() {
        let look = Look::read(b"file\0/var/log/a\0folder\x0012\x0065532:65532\0").unwrap();
        assert_eq!(
            (look.standing, look.size, look.owner.as_slice()),
            (Standing::File, 12, &b"65532:65532"[..])
        );
        assert_eq!(look.split(), Some((b"/var/log".to_vec(), Name::read(b"a").unwrap())));
        let missing = Look::read(b"missing\0/a/b\0missing\x000\0\0").unwrap();
        assert_eq!(missing.standing, Standing::NoParent);
        assert_eq!(Look::read(b"no"), None);
    }
}
