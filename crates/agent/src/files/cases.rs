//! One case a test, with real files: what can happen to a log, and what is given of it.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

struct Case {
    folder: tempfile::TempDir,
    options: FollowOptions,
    follower: Follower,
    now: SystemTime,
}

impl Case {
    fn new(pattern: &str) -> Self {
        Self::with(pattern, |_| {})
    }

    fn with(pattern: &str, change: impl FnOnce(&mut FollowOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pattern = PathPattern::parse(&format!("{}/{pattern}", folder.path().display())).unwrap();
        let mut options = FollowOptions::new(vec![pattern]);
        change(&mut options);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        Self { follower: Follower::new(options.clone(), None), folder, options, now }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: impl AsRef<[u8]>) -> File {
        let mut file = File::options().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
        file
    }

    fn compress(&self, name: &str, text: impl AsRef<[u8]>) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_ref()).unwrap();
        let bytes = encoder.finish().unwrap();
        fs::write(self.path(name), &bytes).unwrap();
        bytes
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// What is given after some looks: the text of lines, or the reason why there is none.
    fn lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..4 {
            self.now += Duration::from_secs(1);
            self.follower.look(self.now);
            self.follower.read(usize::MAX, &mut |line| {
                lines.push(line.text.map_or_else(|reason| format!("{reason:?}"), str::to_owned));
            });
        }
        lines
    }

    fn wait(&mut self) {
        self.now += self.options.grace + Duration::from_secs(1);
    }

    fn restart(&mut self) {
        let saved = self.follower.saved();
        self.follower = Follower::new(self.options.clone(), Some(&saved));
    }

    /// Others need the descriptors.
    fn close_all(&mut self) {
        let files: Vec<_> = self.follower.files.keys().copied().collect();
        files.into_iter().for_each(|file| self.follower.close(file));
    }

    fn count(&self, trouble: Trouble) -> u64 {
        self.follower.troubles().find(|(other, _)| *other == trouble).map_or(0, |(_, count)| count)
    }
}

#[test]
fn a_file_goes_on_after_a_restart_and_after_it_was_renamed_meanwhile() {
    let mut case = Case::new("a.log*");
    case.append("a.log", "one\ntwo\nthr");
    assert_eq!(case.lines(), ["one", "two"]);
    case.restart();
    case.append("a.log", "ee\n");
    case.rename("a.log", "a.log.1");
    case.append("a.log", "four\n");
    assert_eq!(case.lines(), ["three", "four"]);
    assert_eq!(case.lines(), [""; 0]);
}

#[test]
fn several_rotations_while_nobody_looked_are_read_in_order() {
    let mut case = Case::new("a.log*");
    for number in 0..4_u64 {
        let file = case.append(&format!("a.log.{}", 4 - number), format!("{number}\n"));
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(number)).unwrap();
    }
    case.append("a.log", "4\n");
    assert_eq!(case.lines(), ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_copy_takes_over_what_was_not_read_when_the_original_was_truncated_and_has_grown_again() {
    let mut case = Case::new("a.log*");
    let file = case.append("a.log", "one is read\n");
    assert_eq!(case.lines(), ["one is read"]);
    case.append("a.log", "two is not\n");
    fs::copy(case.path("a.log"), case.path("a.log.1")).unwrap();
    file.set_len(0).unwrap();
    case.append("a.log", "three, in a file that is longer than it was before\n");
    let mut lines = case.lines();
    lines.sort();
    assert_eq!(lines, ["three, in a file that is longer than it was before", "two is not"]);
    assert_eq!(case.count(Trouble::Truncated), 1);
    case.wait();
    case.lines();
    assert_eq!(case.count(Trouble::Lost), 0);
}

#[test]
fn what_was_not_read_and_has_no_copy_is_told_as_lost() {
    let mut case = Case::new("a.log");
    let file = case.append("a.log", "one\n");
    case.lines();
    case.append("a.log", "two\n");
    case.follower.look(case.now);
    file.set_len(0).unwrap();
    case.lines();
    case.wait();
    case.lines();
    assert_eq!(case.count(Trouble::Lost), 1);
}

#[test]
fn a_deleted_file_is_read_to_its_end_and_then_for_the_time_of_grace() {
    let mut case = Case::new("a.log");
    let mut file = case.append("a.log", "one\n");
    case.follower.look(case.now);
    fs::remove_file(case.path("a.log")).unwrap();
    assert_eq!(case.lines(), ["one"]);
    case.append("a.log", "new\n");
    file.write_all(b"two\nthree").unwrap();
    let mut lines = case.lines();
    lines.sort();
    assert_eq!(lines, ["new", "two"]);
    case.wait();
    assert_eq!(case.lines(), ["three"]);
    assert_eq!((case.count(Trouble::Unfinished), case.follower.len()), (1, 1));
}

#[test]
fn the_rest_of_a_last_line_that_was_given_is_dropped() {
    let mut case = Case::new("a.log*");
    case.append("a.log", "one\ntw");
    case.lines();
    case.rename("a.log", "a.log.1");
    case.lines();
    case.wait();
    assert_eq!(case.lines(), ["tw"]);
    case.append("a.log.1", "o\nthree\n");
    assert_eq!(case.lines(), ["three"]);
}

#[test]
fn an_inode_that_is_used_again_is_another_file() {
    let mut case = Case::with("a.log", |options| options.max_open = 1);
    case.append("a.log", "one\n");
    assert_eq!(case.lines(), ["one"]);
    // The same device and inode, other bytes, and longer than before.
    fs::write(case.path("a.log"), "two\nthree\n").unwrap();
    assert_eq!(case.lines(), ["two", "three"]);
}

#[test]
fn a_log_that_lost_its_end_goes_on_there_also_after_a_restart() {
    let mut case = Case::new("a.log");
    let all: String = (0..300).map(|number| format!("line {number}\n")).collect();
    let file = case.append("a.log", &all);
    assert_eq!(case.lines().len(), 300);
    for (lost, new) in [("line 299\n", "one"), ("one\n", "two")] {
        let size = file.metadata().unwrap().len();
        file.set_len(size - lost.len() as u64).unwrap();
        assert_eq!(case.lines(), [""; 0]);
        case.append("a.log", format!("{new}\n"));
        assert_eq!(case.lines(), [new]);
        case.restart();
    }
    file.set_len(file.metadata().unwrap().len() - 4).unwrap();
    case.restart();
    assert_eq!(case.lines(), [""; 0]);
    case.append("a.log", "three\n");
    assert_eq!(case.lines(), ["three"]);
}

#[test]
fn a_compressed_file_that_is_deleted_while_it_is_read_is_read_to_its_end() {
    let mut case = Case::new("*.gz");
    let text: String = (0..100_000).map(|number| format!("line {number}\n")).collect();
    case.compress("a.gz", &text);
    case.follower.look(case.now);
    let mut lines = 0;
    let more = case.follower.read(1000, &mut |_| lines += 1).more;
    assert!(more && lines > 0);
    fs::remove_file(case.path("a.gz")).unwrap();
    assert_eq!(lines + case.lines().len(), 100_000);
    assert_eq!(case.count(Trouble::Lost), 0);
}

#[test]
fn instances_with_files_of_one_day_wait_for_the_ends_of_their_lines() {
    let mut case = Case::new("zone-*-%Y-%m-%d.log");
    case.append("zone-1-2026-11-30.log", "first o");
    case.append("zone-2-2026-11-30.log", "second\n");
    case.lines();
    case.wait();
    assert_eq!(case.lines(), [""; 0]);
    case.append("zone-1-2026-11-30.log", "ne\n");
    assert_eq!(case.lines(), ["first one"]);
}

#[test]
fn a_log_that_was_copied_and_begins_anew_as_before_waits_for_the_end_of_its_line() {
    let mut case = Case::new("a.log*");
    let file = case.append("a.log", HEADER);
    assert_eq!(case.lines(), [HEADER.trim()]);
    fs::copy(case.path("a.log"), case.path("a.log.1")).unwrap();
    case.lines();
    file.set_len(0).unwrap();
    case.append("a.log", format!("{HEADER}on"));
    case.lines();
    case.wait();
    assert_eq!(case.lines(), [""; 0]);
    case.append("a.log", "e\n");
    assert_eq!(case.lines(), ["one"]);
}

/// A line that many files begin with.
const HEADER: &str = "{\"started\":true,\"version\":\"1.2.3\"}\n";

#[test]
fn an_inode_that_is_used_again_by_a_copy_of_another_file_is_that_copy() {
    let mut case = Case::new("*.log");
    case.append("a.log", format!("{HEADER}one\ntwo\n"));
    case.append("b.log", format!("{HEADER}thr"));
    assert_eq!(case.lines().len(), 4);
    case.close_all();
    // The same inode has another name, and what another file has.
    fs::copy(case.path("a.log"), case.path("b.log")).unwrap();
    case.rename("b.log", "copy.log");
    assert_eq!(case.lines(), [""; 0]);
    assert_eq!(case.count(Trouble::Lost), 0);
}

#[test]
fn what_is_read_of_the_longest_beginning_goes_on_there() {
    let mut case = Case::new("*.log*");
    case.append("short.log", HEADER);
    assert_eq!(case.lines(), [HEADER.trim()]);
    case.append("long.log", format!("{HEADER}one\ntwo\n"));
    assert_eq!(case.lines(), ["one", "two"]);
    case.append("short.log", "other\n");
    assert_eq!(case.lines(), [HEADER.trim(), "other"]);
    case.restart();
    for name in ["short.log", "long.log"] {
        fs::remove_file(case.path(name)).unwrap();
    }
    case.append("copy.log", format!("{HEADER}one\n"));
    assert_eq!(case.lines(), [""; 0]);
    case.append("copy.log", "two\nthree\n");
    assert_eq!(case.lines(), ["three"]);
}

#[test]
fn a_file_whose_long_first_line_begins_as_another_log_did_is_read() {
    let mut case = Case::new("*.log*");
    let line = |number: usize| format!("{{\"filler\":\"{}\",\"number\":{number}}}\n", "x".repeat(1100));
    case.append("a.log", format!("{HEADER}{}{}", line(1), line(2)));
    assert_eq!(case.lines().len(), 3);
    case.restart();
    fs::remove_file(case.path("a.log")).unwrap();
    case.append("b.log", format!("{HEADER}{}", line(3)));
    assert_eq!(case.lines(), [HEADER.trim(), line(3).trim()]);
    // Its end may never come.
    case.append("c.log.1", format!("{HEADER}{}", line(4).trim()));
    case.append("c.log", "new\n");
    assert_eq!(case.lines(), [HEADER.trim(), "new"]);
    case.wait();
    assert_eq!(case.lines(), [line(4).trim()]);
}

#[test]
fn a_log_goes_on_after_a_restart_though_it_began_as_a_compressed_file_did() {
    let mut case = Case::new("a.log*");
    case.compress("a.log.1.gz", HEADER);
    assert_eq!(case.lines(), [HEADER.trim()]);
    case.append("a.log", format!("{HEADER}one\n"));
    case.lines();
    case.restart();
    case.append("a.log", "two\n");
    assert_eq!(case.lines(), ["two"]);
}

#[test]
fn a_log_that_begins_as_one_that_is_gone_waits_for_the_end_of_its_line() {
    let mut case = Case::new("*.log");
    case.append("a.log", HEADER);
    case.lines();
    case.rename("a.log", "gone");
    case.restart();
    case.append("b.log", format!("{HEADER}on"));
    case.lines();
    case.wait();
    assert_eq!(case.lines(), [""; 0]);
    case.append("b.log", "e\n");
    assert_eq!(case.lines(), ["one"]);
}

#[test]
fn a_link_that_leads_elsewhere_is_a_rotation() {
    let mut case = Case::new("link");
    for (target, text) in [(".first", "one\n"), (".second", "two\n")] {
        case.append(target, text);
    }
    std::os::unix::fs::symlink(case.path(".first"), case.path("link")).unwrap();
    assert_eq!(case.lines(), ["one"]);
    case.append(".first", "late\n");
    fs::remove_file(case.path("link")).unwrap();
    std::os::unix::fs::symlink(case.path(".second"), case.path("link")).unwrap();
    let mut lines = case.lines();
    lines.sort();
    assert_eq!(lines, ["late", "two"]);
}

#[test]
fn a_compressed_file_gives_only_what_was_not_read_before() {
    let mut case = Case::new("a.log*");
    case.append("a.log", "one\n");
    assert_eq!(case.lines(), ["one"]);
    case.restart();
    case.compress("a.log.1.gz", "one\ntwo\n");
    fs::remove_file(case.path("a.log")).unwrap();
    assert_eq!(case.lines(), ["two"]);
    case.restart();
    case.compress("other.log", "");
    case.compress("a.log.2.gz", "unknown\nno end");
    assert_eq!(case.lines(), ["unknown", "no end"]);
    case.restart();
    assert_eq!(case.lines(), [""; 0]);
}

#[test]
fn a_last_line_without_an_end_tells_a_short_file_from_what_begins_alike_and_from_its_copy() {
    let mut case = Case::new("*.log*");
    case.append("b.log", "beginning\nother\nlast\n");
    assert_eq!(case.lines(), ["beginning", "other", "last"]);
    case.append("b.log", "more\n");
    assert_eq!(case.lines(), ["more"]);
    case.restart();
    fs::remove_file(case.path("b.log")).unwrap();
    case.compress("a.log.1.gz", "beginning\nown");
    case.append("copy.log", "beginning\noth");
    assert_eq!(case.lines(), ["beginning", "own"]);
    case.wait();
    assert_eq!(case.lines(), [""; 0]);
}

#[test]
fn a_compressed_file_that_is_cut_gives_what_it_has_and_is_told_after_the_time_of_grace() {
    let mut case = Case::new("*.gz");
    let text: String = (0..20_000).map(|number| format!("line {number}\n")).collect();
    let bytes = case.compress("a.gz", text);
    fs::write(case.path("a.gz"), &bytes[..bytes.len() / 2]).unwrap();
    let before = case.lines();
    assert!(before.len() > 1000 && before.len() < 20_000);
    case.wait();
    case.lines();
    assert_eq!(case.count(Trouble::BrokenGzip), 1);
    fs::write(case.path("a.gz"), bytes).unwrap();
    assert_eq!(before.len() + case.lines().len(), 20_000);
}

#[test]
fn a_backup_is_not_read_and_a_copy_that_goes_on_by_itself_is() {
    let mut case = Case::new("*.log");
    case.append("a.log", "one\ntwo\n");
    fs::copy(case.path("a.log"), case.path("b.log")).unwrap();
    assert_eq!(case.lines(), ["one", "two"]);
    fs::remove_file(case.path("a.log")).unwrap();
    case.wait();
    assert_eq!(case.lines(), [""; 0]);
    case.append("b.log", "three\n");
    assert_eq!(case.lines(), ["three"]);
}

#[test]
fn a_line_without_an_end_costs_no_more_memory_than_the_longest_line() {
    let mut case = Case::with("a.log", |options| options.max_line = 1000);
    let mut file = case.append("a.log", "one\n");
    for _ in 0..50 {
        file.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    assert_eq!(case.lines(), ["one", "TooLong"]);
    assert!(case.follower.buffer.capacity() < 2 << 20);
    case.restart();
    file.write_all(b"xxx\ntwo\n").unwrap();
    assert_eq!(case.lines(), ["two"]);
}

#[test]
fn holes_are_skipped_and_space_at_the_end_is_waited_for() {
    let mut case = Case::with("a.log", |options| options.max_line = 1000);
    let file = case.append("a.log", "");
    let file_at = File::options().write(true).open(case.path("a.log")).unwrap();
    file.set_len(3 << 20).unwrap();
    assert_eq!(case.lines(), [""; 0]);
    file_at.write_all_at(b"one\ntw", 0).unwrap();
    assert_eq!(case.lines(), ["one"]);
    file_at.write_all_at(b"two\n", 4).unwrap();
    assert_eq!(case.lines(), ["two"]);
    file_at.write_all_at(b"after a hole\nbegun", 1 << 20).unwrap();
    assert_eq!(case.lines(), ["after a hole"]);
    file_at.write_all_at(b"resumed\nlast\n", 2 << 20).unwrap();
    assert_eq!(case.lines(), ["NulBytes", "last"]);
    case.restart();
    assert_eq!(case.lines(), [""; 0]);
}

#[test]
fn a_program_that_writes_on_where_it_was_leaves_a_hole_and_loses_no_line() {
    let mut case = Case::new("a.log*");
    let file = File::create(case.path("a.log")).unwrap();
    let first = "first\n".repeat(1000);
    file.write_all_at(first.as_bytes(), 0).unwrap();
    assert_eq!(case.lines().len(), 1000);
    fs::copy(case.path("a.log"), case.path("a.log.1")).unwrap();
    file.set_len(0).unwrap();
    file.write_all_at(b"second\n", first.len() as u64).unwrap();
    assert_eq!(case.lines(), ["second"]);
}

#[test]
fn reading_from_the_end_gives_only_what_comes_later() {
    let mut case = Case::with("*", |options| options.start = Start::End);
    case.append("a.log", "old\nbeg");
    case.compress("old.gz", "compressed\n");
    assert_eq!(case.lines(), [""; 0]);
    case.append("a.log", "un\nnew\n");
    case.append("b.log", "whole\n");
    let mut lines = case.lines();
    lines.sort();
    assert_eq!(lines, ["new", "whole"]);
    case.restart();
    case.append("a.log", "newer\n");
    assert_eq!(case.lines(), ["newer"]);
}

#[test]
fn what_is_no_file_or_not_known_is_told_once_and_left_alone() {
    let mut case = Case::new("*");
    fs::create_dir(case.path("folder")).unwrap();
    fs::write(case.path("a.log.zst"), "x").unwrap();
    fs::write(case.path("a.log"), "one\n").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(case.path("fifo")).status().unwrap().success());
    assert_eq!(case.lines(), ["one"]);
    assert_eq!((case.count(Trouble::NotAFile), case.count(Trouble::Compression)), (2, 1));
}

#[test]
fn more_files_than_descriptors_are_all_read() {
    let mut case = Case::with("*.log", |options| options.max_open = 3);
    for round in 0..3 {
        for number in 0..40 {
            case.append(&format!("{number}.log"), format!("{round} of {number}\n"));
        }
        let mut lines = case.lines();
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), 40);
        let open = case.follower.files.values().filter(|file| file.source.is_some()).count();
        assert!(open <= 3, "{open}");
    }
}

#[test]
fn a_small_budget_is_shared_between_files() {
    let mut case = Case::new("*");
    for name in ["a.log", "b.log", "c.log"] {
        case.append(name, format!("{name}\n").repeat(100_000));
    }
    case.follower.look(case.now);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let outcome = case.follower.read(10_000, &mut |line| {
            seen.insert(line.text.unwrap().to_owned());
        });
        assert!(outcome.more && outcome.bytes >= 10_000);
    }
    assert_eq!(seen.len(), 3);
    assert_eq!(case.follower.lag().files, 3);
}
