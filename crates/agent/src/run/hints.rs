//! Wakes the thread that reads: a log may have grown, rules are to be read again, or the end has come. A hint that is lost
//! costs time only: each look finds everything that it would have told of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// Most folders that are watched: the system has few watches, and others need some.
const MAX_FOLDERS: usize = 1024;

/// Wakes whoever waits.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    hint: Mutex<Hint>,
    told: Condvar,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// Something may have changed.
    pub(super) woken: bool,
    /// Rules are to be read now.
    pub(super) rules: bool,
}

/// Folders of which the system tells.
#[derive(Debug)]
pub(super) struct Folders {
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
}

impl Hints {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Ends the wait.
    pub(super) fn wake(&self) {
        self.tell(Hint { woken: true, rules: false });
    }

    /// Ends the wait, with rules to read.
    pub(super) fn ask_for_rules(&self) {
        self.tell(Hint { woken: true, rules: true });
    }

    /// Waits for a hint, no longer than until then.
    pub(super) fn wait(&self, until: Instant) -> Hint {
        let hint = self.0.hint.lock().unwrap_or_else(PoisonError::into_inner);
        let time = until.saturating_duration_since(Instant::now());
        let waited = self.0.told.wait_timeout_while(hint, time, |hint| !hint.woken);
        let (mut hint, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *hint)
    }

    /// Lets so much time pass, whatever is told meanwhile: a log that grows all the time is not looked at all the time.
    pub(super) fn rest(time: Duration) {
        std::thread::sleep(time);
    }

    fn tell(&self, told: Hint) {
        let mut hint = self.0.hint.lock().unwrap_or_else(PoisonError::into_inner);
        *hint = Hint { woken: true, rules: hint.rules || told.rules };
        self.0.told.notify_one();
    }
}

impl Folders {
    /// Watches no folder yet. Where the system cannot tell, looks have to do.
    pub(super) fn new(hints: Hints) -> Self {
        let tell = move |event: notify::Result<notify::Event>| {
            // Opening and reading, which the agent does itself, is no news.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                hints.wake();
            }
        };
        let watcher = notify::recommended_watcher(tell);
        let watcher = watcher.inspect_err(|error| {
            tracing::info!(%error, "the system does not tell of changes to files: they are found by looks alone");
        });
        Self { watcher: watcher.ok(), watched: BTreeSet::new() }
    }

    /// Watches these folders, and no others.
    pub(super) fn watch(&mut self, folders: BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for gone in self.watched.difference(&folders) {
            // It may be gone from the disk too.
            let _ = watcher.unwatch(gone);
        }
        let mut watched: BTreeSet<_> = self.watched.intersection(&folders).cloned().collect();
        for folder in folders.into_iter() {
            if watched.len() < MAX_FOLDERS && !watched.contains(&folder) && watch_one(watcher, &folder) {
                watched.insert(folder);
            }
        }
        self.watched = watched;
    }
}

fn watch_one(watcher: &mut RecommendedWatcher, folder: &Path) -> bool {
    let watched = watcher.watch(folder, RecursiveMode::NonRecursive);
    watched
        .inspect_err(|error| tracing::debug!(folder = %folder.display(), %error, "a folder is not watched"))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_change_in_a_watched_folder_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let hints = Hints::new();
        let mut folders = Folders::new(hints.clone());
        folders.watch(BTreeSet::from([folder.path().to_owned()]));
        fs::write(folder.path().join("a.log"), "a").unwrap();
        assert!(hints.wait(Instant::now() + Duration::from_secs(60)).woken);
    }

    #[test]
    fn what_was_asked_for_before_the_wait_is_not_lost() {
        let hints = Hints::new();
        hints.ask_for_rules();
        hints.wake();
        assert_eq!(hints.wait(Instant::now()), Hint { woken: true, rules: true });
        assert_eq!(hints.wait(Instant::now()), Hint::default());
    }
}
