//! Files are cut, changed and left half written.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;
use crate::metric::MetricKind;
use crate::series::Store;
use crate::series::example::{NOON, metric, read, shown, whole};

/// The state of files, in these tests: how many lines were read.
type Lines = u64;

struct Test {
    directory: TempDir,
    store: Store,
    lines: Lines,
}

fn store() -> Store {
    let metrics = vec![metric("lines_total", MetricKind::Counter, &["a"])];
    Store::new(metrics, NOON).zero_first(None)
}

impl Test {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), store: store(), lines: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn folder(&self) -> Folder {
        Folder::open(self.directory.path()).unwrap()
    }

    /// One line more, and a checkpoint.
    fn step(&mut self, folder: &mut Folder) -> Result<usize, CheckpointError> {
        self.lines += 1;
        read(&mut self.store, NOON, &[whole(0, &["x"], 1)]);
        folder.write(&self.lines, &self.store.snapshot(NOON))
    }

    /// Writes so many checkpoints, each of one line more.
    fn write(&mut self, checkpoints: usize) {
        let mut folder = self.folder();
        folder.load::<Lines>().unwrap();
        (0..checkpoints).for_each(|_| assert!(self.step(&mut folder).is_ok()));
    }

    fn load(&self) -> Result<Option<Checkpoint<Lines>>, CheckpointError> {
        self.folder().load()
    }

    /// The lines of the checkpoint that is used; its series tell the same.
    fn loaded(&self) -> (Lines, bool) {
        let checkpoint = self.load().unwrap().unwrap();
        let metrics = vec![metric("lines_total", MetricKind::Counter, &["a"])];
        let store = Store::restore(metrics, checkpoint.series, NOON).unwrap();
        let lines = shown(&mut store.zero_first(None), NOON);
        assert_eq!(lines, [format!("lines_total{{a=\"x\"}} {}", checkpoint.files)]);
        (checkpoint.files, checkpoint.damaged.is_some())
    }

    /// Which of the two files was written last.
    fn newest(&self) -> PathBuf {
        let newest = self.load().unwrap().unwrap().generation;
        let path = SLOTS.map(|slot| self.path(slot));
        let [first, _] = &path;
        let bytes = fs::read(first).unwrap_or_default();
        let is_first =
            envelope::open::<(i64, Lines, Saved)>(&bytes).is_ok_and(|(generation, _)| generation == newest);
        path[usize::from(!is_first)].clone()
    }
}

#[test]
fn where_nothing_was_written_nothing_is_loaded() {
    assert!(Test::new().load().unwrap().is_none());
}

#[test]
fn the_newest_of_any_number_of_checkpoints_is_loaded() {
    let mut test = Test::new();
    for lines in 1..6 {
        test.write(1);
        assert_eq!(test.loaded(), (lines, false));
        assert_eq!(test.load().unwrap().unwrap().generation, lines);
    }
    assert!(!test.path(UNFINISHED).exists());
}

#[test]
fn of_a_checkpoint_cut_at_any_length_the_one_before_is_used_and_it_is_told() {
    let mut test = Test::new();
    test.write(4);
    let newest = test.newest();
    let bytes = fs::read(&newest).unwrap();
    for length in 0..bytes.len() {
        fs::write(&newest, &bytes[..length]).unwrap();
        assert_eq!(test.loaded(), (3, true), "{length} bytes");
    }
    fs::write(&newest, &bytes).unwrap();
    assert_eq!(test.loaded(), (4, false));
}

#[test]
fn a_checkpoint_after_a_damaged_one_takes_its_place() {
    let mut test = Test::new();
    test.write(4);
    fs::write(test.newest(), b"").unwrap();
    let (lines, _) = test.loaded();
    test.lines = lines;
    test.store = {
        let saved = test.load().unwrap().unwrap().series;
        Store::restore(vec![metric("lines_total", MetricKind::Counter, &["a"])], saved, NOON).unwrap()
    };
    test.write(1);
    assert_eq!(test.loaded(), (4, false));
    fs::write(test.newest(), b"").unwrap();
    assert_eq!(test.loaded(), (3, true));
}

#[test]
fn an_older_checkpoint_that_is_damaged_is_told_too() {
    let mut test = Test::new();
    test.write(4);
    let newest = test.newest();
    let older = SLOTS.map(|slot| test.path(slot)).into_iter().find(|path| *path != newest).unwrap();
    fs::write(older, b"").unwrap();
    assert_eq!(test.loaded(), (4, true));
}

#[test]
fn two_damaged_checkpoints_are_an_error_that_names_a_file_and_what_to_do() {
    let mut test = Test::new();
    test.write(2);
    for slot in SLOTS {
        fs::write(test.path(slot), b"chndlrAG").unwrap();
    }
    let error = test.load().unwrap_err();
    assert_eq!(error.reason(), "damaged");
    let message = error.to_string();
    assert!(message.contains(&test.path(SLOTS[0]).display().to_string()), "{message}");
    assert!(message.contains("move all checkpoints out of its folder"), "{message}");
}

#[test]
fn a_single_damaged_checkpoint_is_no_beginning() {
    let mut test = Test::new();
    test.write(1);
    fs::write(test.newest(), b"").unwrap();
    assert_eq!(test.load().unwrap_err().reason(), "damaged");
}

#[test]
fn a_checkpoint_tells_its_time_and_its_size() {
    let mut test = Test::new();
    test.write(3);
    let checkpoint = test.load().unwrap().unwrap();
    assert_eq!(checkpoint.written, moment(NOON));
    assert_eq!(checkpoint.bytes as u64, fs::metadata(test.newest()).unwrap().len());
}

#[test]
fn a_checkpoint_of_an_older_version_is_not_said_to_be_newer() {
    let mut test = Test::new();
    test.write(2);
    fs::write(test.newest(), envelope::seal_as(VERSION - 1, 3, &()).unwrap()).unwrap();
    let error = test.load().unwrap_err();
    assert_eq!(error.reason(), "older");
    let said = error.to_string();
    assert!(said.contains("only an older agent reads") && said.contains("begin anew"), "{said}");
}

#[test]
fn a_checkpoint_of_a_newer_version_is_not_passed_over_for_an_older_one() {
    let mut test = Test::new();
    test.write(2);
    let newer = envelope::seal_as(VERSION + 1, 3, &()).unwrap();
    fs::write(test.newest(), newer).unwrap();
    let error = test.load().unwrap_err();
    assert!(matches!(error, CheckpointError::Newer { version, .. } if version == VERSION + 1));
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_not_passed_over_for_an_older_one() {
    let mut test = Test::new();
    test.write(2);
    let newest = test.newest();
    fs::remove_file(&newest).unwrap();
    fs::create_dir(&newest).unwrap();
    assert_eq!(test.load().unwrap_err().reason(), "read");
}

#[test]
fn a_folder_that_is_missing_is_made() {
    let test = Test::new();
    let mut folder = Folder::open(test.path("a/b")).unwrap();
    assert!(folder.load::<Lines>().unwrap().is_none());
    let error = Folder::open(test.path("a/b/lock")).unwrap_err();
    assert_eq!(error.reason(), "folder");
}

#[test]
fn two_agents_do_not_share_a_folder() {
    let test = Test::new();
    let first = test.folder();
    let error = Folder::open(test.directory.path()).unwrap_err();
    assert_eq!(error.reason(), "in_use");
    drop(first);
    assert!(Folder::open(test.directory.path()).is_ok());
}

#[test]
fn on_a_full_disk_the_checkpoint_before_stays_and_writing_goes_on_later() {
    let mut test = Test::new();
    let mut folder = test.folder();
    for _ in 0..2 {
        test.step(&mut folder).unwrap();
    }
    for _ in 0..3 {
        // Whatever is written to this device, there is no room for it.
        symlink("/dev/full", test.path(UNFINISHED)).unwrap();
        let error = test.step(&mut folder).unwrap_err();
        assert!(
            matches!(&error, CheckpointError::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull)
        );
        assert!(!test.path(UNFINISHED).is_symlink());
        assert_eq!(folder.generation(), 2);
    }
    drop(folder);
    assert_eq!(test.loaded(), (2, false));
    let mut folder = test.folder();
    folder.load::<Lines>().unwrap();
    test.step(&mut folder).unwrap();
    drop(folder);
    assert_eq!(test.loaded(), (6, false));
}

#[test]
fn a_rest_of_a_crash_is_removed() {
    let mut test = Test::new();
    test.write(1);
    fs::write(test.path(UNFINISHED), b"half of").unwrap();
    assert_eq!(test.loaded(), (1, false));
    assert!(!test.path(UNFINISHED).exists());
}
