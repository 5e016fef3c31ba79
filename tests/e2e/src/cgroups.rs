//! Control groups that containers leave when their node is killed: nothing else removes them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Removes the groups of these containers below `parent` in every hierarchy, and `parent` where nothing is left in it.
///
/// # Errors
/// A group still has processes after `bound`, or cannot be removed: its path, and why.
pub fn remove(parent: &str, containers: &[String], bound: Duration) -> Result<(), (PathBuf, io::Error)> {
    for hierarchy in hierarchies() {
        let parent = hierarchy.join(parent);
        for container in containers {
            remove_tree(&parent.join(container), bound)?;
        }
        if !containers.is_empty() {
            // Not ours alone: another node of this machine may have groups in it.
            let _ = fs::remove_dir(&parent);
        }
    }
    Ok(())
}

/// Where control groups are mounted.
fn hierarchies() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let is_group = |kind: Option<&str>| matches!(kind, Some("cgroup" | "cgroup2"));
    let parse = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let target = words.next()?;
        is_group(words.next()).then(|| PathBuf::from(target))
    };
    mounts.lines().filter_map(parse).collect()
}

/// A group goes when it has no processes and no groups in it.
fn remove_tree(group: &Path, bound: Duration) -> Result<(), (PathBuf, io::Error)> {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path(), bound)?;
        }
    }
    let start = Instant::now();
    loop {
        match fs::remove_dir(group) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            // Processes that were killed may not be gone yet.
            Err(_) if start.elapsed() < bound => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err((group.to_owned(), error)),
        }
    }
}
