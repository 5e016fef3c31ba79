//! Finds and reads the files that rules stand in.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::fault::{Complaint, Faults, Place};
use super::node::MAX_FILE;

/// Most files that rules may stand in.
const MAX_FILES: usize = 1_000;

/// The names and texts of all files. What cannot be read is a fault.
pub(super) fn read(paths: &[PathBuf], faults: &mut Faults) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for path in paths {
        faults.enter(&path.display().to_string());
        match list(path) {
            Ok(found) if found.is_empty() => {
                let complaint = Complaint::new(
                    "the folder has no rules",
                    "put a file into it whose name ends with .yaml",
                );
                faults.add(Place::default(), complaint);
            }
            Ok(found) => files.extend(found),
            Err(error) => complain(&error, faults),
        }
    }
    if files.len() > MAX_FILES {
        let message = format!("there are {} files; {MAX_FILES} are allowed", files.len());
        faults.add(Place::default(), Complaint::new(message, "put several sources into one file"));
        files.truncate(MAX_FILES);
    }
    files.iter().filter_map(|file| read_one(file, faults)).collect()
}

fn complain(error: &io::Error, faults: &mut Faults) {
    let message = format!("cannot be read: {error}");
    faults.add(Place::default(), Complaint::new(message, "check that it is there and may be read"));
}

/// The path itself, or the files of rules that lie in it, by name.
fn list(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        // Mounted ConfigMaps have hidden folders beside links to what is in them. What is not there is told when it is read.
        if is_rules(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_rules(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden
        && path
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}

fn read_one(path: &Path, faults: &mut Faults) -> Option<(String, String)> {
    let name = path.display().to_string();
    faults.enter(&name);
    let mut text = String::new();
    // One more than is allowed, so that what is too large shows.
    let limit = u64::try_from(MAX_FILE).unwrap_or(u64::MAX).saturating_add(1);
    let read = open(path).and_then(|file| file.take(limit).read_to_string(&mut text));
    match read {
        Ok(_) => Some((name, text)),
        Err(error) => {
            complain(&error, faults);
            None
        }
    }
}

/// Opens a regular file; a pipe would block until somebody writes.
fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::other("it is no regular file"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_told_by_its_name_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        symlink("nowhere", &path).unwrap();
        fs::write(folder.path().join("b.yaml"), "sources: []").unwrap();
        let mut faults = Faults::default();
        let read = read(&[folder.path().to_owned()], &mut faults);
        assert_eq!(read.len(), 1);
        let told = faults.into_result(()).unwrap_err().faults;
        assert_eq!((told.len(), told[0].file.as_str()), (1, path.display().to_string().as_str()));
        assert!(told[0].message.starts_with("cannot be read: No such file"), "{}", told[0].message);
    }
}
