//! What the two sides of a copy are called, and where the one lands in the other: as `cp` has it.

use thiserror::Error;

use super::name::Name;

/// What stands at a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, in a folder that is there.
    Missing,
    /// Nothing, and no folder for it either.
    NoParent,
    /// A folder.
    Folder,
    /// A file.
    File,
    /// Something else, like a device.
    Other,
}

/// Where something lands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// Under the destination's own name; of a folder what is in it lands in the destination.
    Itself,
    /// In the destination, under this name.
    Inside(Name),
}

/// Why something cannot land there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PlaceFault {
    /// There is no folder for it.
    #[error("the folder that it would be in does not exist")]
    NoParent,
    /// A file shall land in a folder that is not there.
    #[error("there is no such folder")]
    NoFolder,
    /// A folder shall land on something else.
    #[error("is no folder, and what is to be there is one")]
    NotAFolder,
    /// A folder shall land under a name that is a link's, which an archive may have brought.
    #[error("is a link, and nothing is written through one: name the folder that it leads to, or remove it")]
    Link,
    /// It shall land on what is neither file nor folder.
    #[error("is neither a file nor a folder")]
    Special,
    /// The archive needs a folder.
    #[error("the archive on standard input needs a folder to go into")]
    NeedsFolder,
}

/// What lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'s> {
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The path, as it was typed.
    pub path: &'s [u8],
}

impl Source<'_> {
    /// The name that it brings along; None of `/`, `a/.` and `a/..`, whose content is meant.
    #[must_use]
    pub fn name(&self) -> Option<Name> {
        let path = self.path.strip_suffix(b"/").unwrap_or(self.path);
        let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        Name::read(last).ok().filter(|name| !name.is_folder_itself())
    }
}

/// Where a source lands at a destination; `with_slash` where that was typed with a slash behind it.
///
/// # Errors
/// It cannot land there.
pub fn land(source: &Source<'_>, (standing, with_slash): (Standing, bool)) -> Result<Landing, PlaceFault> {
    match (standing, source.name()) {
        (Standing::NoParent, _) => Err(PlaceFault::NoParent),
        (Standing::Other, _) => Err(PlaceFault::Special),
        (Standing::Folder, Some(name)) => Ok(Landing::Inside(name)),
        (Standing::Folder, None) => Ok(Landing::Itself),
        (Standing::File, _) if source.is_folder || with_slash => Err(PlaceFault::NotAFolder),
        (Standing::File, _) => Ok(Landing::Itself),
        (Standing::Missing, _) if with_slash && !source.is_folder => Err(PlaceFault::NoFolder),
        (Standing::Missing, _) => Ok(Landing::Itself),
    }
}

/// Whether a path ends with a slash, or with a part that only a folder has.
#[must_use]
pub fn means_folder(path: &[u8]) -> bool {
    let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    matches!(last, b"" | b"." | b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landed(
        source: &str,
        is_folder: bool,
        standing: Standing,
        with_slash: bool,
    ) -> Result<String, PlaceFault> {
        let source = Source { is_folder, path: source.as_bytes() };
        land(&source, (standing, with_slash)).map(|landing| match landing {
            Landing::Itself => ".".to_owned(),
            Landing::Inside(name) => name.to_string(),
        })
    }

    #[test]
    fn things_land_where_cp_puts_them() {
        use Standing::{File, Folder, Missing};
        assert_eq!(landed("/var/log", true, Folder, false).unwrap(), "log");
        assert_eq!(landed("/var/log/", true, Folder, true).unwrap(), "log");
        assert_eq!(landed("/var/log", true, Missing, true).unwrap(), ".");
        assert_eq!(landed("/var/log/.", true, Folder, false).unwrap(), ".");
        assert_eq!(landed("/", true, Missing, false).unwrap(), ".");
        assert_eq!(landed("a.txt", false, Folder, false).unwrap(), "a.txt");
        assert_eq!(landed("a.txt", false, File, false).unwrap(), ".");
        assert_eq!(landed("a.txt", false, Missing, false).unwrap(), ".");
    }

    #[test]
    fn things_that_do_not_fit_are_told() {
        use Standing::{File, Missing, NoParent, Other};
        assert_eq!(landed("a.txt", false, Missing, true), Err(PlaceFault::NoFolder));
        assert_eq!(landed("d", true, File, false), Err(PlaceFault::NotAFolder));
        assert_eq!(landed("a.txt", false, File, true), Err(PlaceFault::NotAFolder));
        assert_eq!(landed("a", false, NoParent, false), Err(PlaceFault::NoParent));
        assert_eq!(landed("a", false, Other, false), Err(PlaceFault::Special));
    }

    #[test]
    fn paths_that_only_folders_have_are_known() {
        for path in ["a/", "/", "a/.", ".."] {
            assert!(means_folder(path.as_bytes()), "{path}");
        }
        assert!(!means_folder(b"a") && !means_folder(b"/a/b..") && !means_folder(b"a/.b"));
    }
}
