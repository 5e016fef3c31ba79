//! Archives of somebody who means harm.

use std::path::Path;

use chandler_debugger::transfer::{Folder, Progress, Shape, Unpacked, repack, unpack};
use proptest::prelude::*;

use crate::place::describe;

/// An entry: its letter, its name, and the name that it links to.
type Evil<'e> = (u8, &'e str, &'e str);

/// An archive as its makers please. A file has `evil` in it.
fn archive(entries: &[Evil<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (letter, name, link) in entries {
        let mut block = [0_u8; 512];
        let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
        put(0, name.as_bytes());
        put(100, b"0004777\0");
        put(124, if *letter == b'0' { b"00000000004\0" } else { b"00000000000\0" });
        put(136, b"00000001000\0");
        put(156, &[*letter]);
        put(157, link.as_bytes());
        put(257, b"ustar\x0000");
        put(148, b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend_from_slice(&block);
        if *letter == b'0' {
            bytes.extend_from_slice(b"evil");
            bytes.resize(bytes.len() + 508, 0);
        }
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// A folder `in` beside a folder `out` with a file, and what of it an archive leaves.
struct Cell(tempfile::TempDir);

impl Cell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        std::fs::write(folder.path().join("out/victim"), b"as it was").unwrap();
        Self(folder)
    }

    fn inside(&self) -> std::path::PathBuf {
        self.0.path().join("in")
    }

    fn unpack(&self, bytes: &[u8]) -> Unpacked {
        let folder = Folder::open(&self.inside()).unwrap();
        let mut done = Unpacked::default();
        let _ = unpack(bytes, (&folder, &Shape::Tree), &Progress::default(), &mut done);
        done
    }

    fn assert_unharmed(&self) {
        let out = describe(&self.0.path().join("out"));
        assert_eq!(out.len(), 1, "{out:?}");
        assert!(out[0].contains("names 1 bytes 9"), "{out:?}");
        assert_eq!(std::fs::read(self.0.path().join("out/victim")).unwrap(), b"as it was");
        assert_eq!(std::fs::read_dir(self.0.path()).unwrap().count(), 2);
    }

    fn text(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.inside().join(name)).ok()
    }
}

#[test]
fn names_that_lead_out_are_refused_and_the_rest_is_unpacked() {
    let cell = Cell::new();
    let out = cell.0.path().join("out/victim").display().to_string();
    let done = cell.unpack(&archive(&[
        (b'0', "../out/victim", ""),
        (b'0', &out, ""),
        (b'0', "a/../../out/victim", ""),
        (b'5', "../out/new", ""),
        (b'2', "../out/link", "x"),
        (b'1', "stolen", "../out/victim"),
        (b'0', "good\nname", ""),
    ]));
    cell.assert_unharmed();
    assert_eq!((done.refused.len(), done.files.len()), (6, 1), "{done:?}");
    assert_eq!(cell.text("good\nname").as_deref(), Some("evil"));
}

#[test]
fn nothing_is_written_through_a_link_of_the_same_archive() {
    let cell = Cell::new();
    let done = cell.unpack(&archive(&[
        (b'2', "way", "../out"),
        (b'0', "way/victim", ""),
        (b'5', "way/new", ""),
        (b'1', "stolen", "way/victim"),
        (b'2', "file", "../out/victim"),
        (b'0', "file", ""),
        (b'2', "again", "../out/victim"),
        (b'1', "hard", "again"),
    ]));
    cell.assert_unharmed();
    assert_eq!(done.refused.len(), 4, "{done:?}");
    assert_eq!(cell.text("file").as_deref(), Some("evil"), "a link is replaced by the file of its name");
}

#[test]
fn nothing_is_written_through_a_link_that_was_there() {
    let cell = Cell::new();
    std::os::unix::fs::symlink("../out", cell.inside().join("way")).unwrap();
    std::os::unix::fs::symlink("../out/victim", cell.inside().join("file")).unwrap();
    std::os::unix::fs::symlink("../out/victim", cell.inside().join(".next.chandler-part")).unwrap();
    cell.unpack(&archive(&[
        (b'0', "way/victim", ""),
        (b'0', "file", ""),
        (b'0', "next", ""),
        (b'5', "way", ""),
    ]));
    cell.assert_unharmed();
    assert_eq!(cell.text("next").as_deref(), Some("evil"));
}

#[test]
fn devices_and_strange_bits_are_told_and_not_made() {
    use std::os::unix::fs::PermissionsExt as _;
    let cell = Cell::new();
    let done = cell.unpack(&archive(&[
        (b'3', "null", ""),
        (b'4', "disk", ""),
        (b'6', "pipe", ""),
        (b'S', "sparse", ""),
        (b'0', "su", ""),
    ]));
    assert_eq!(std::fs::read_dir(cell.inside()).unwrap().count(), 1);
    let mode = std::fs::metadata(cell.inside().join("su")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o777);
    assert_eq!(done.notes.len(), 5, "{done:?}");
}

#[test]
fn one_file_that_was_asked_for_comes_under_its_name_alone() {
    let cell = Cell::new();
    let folder = Folder::open(&cell.inside()).unwrap();
    let mut done = Unpacked::default();
    let shape = Shape::File(chandler_debugger::transfer::Name::read(b"mine").unwrap());
    let bytes = archive(&[(b'2', "mine", "/etc"), (b'0', "other", ""), (b'5', "more", "")]);
    unpack(bytes.as_slice(), (&folder, &shape), &Progress::default(), &mut done).unwrap();
    assert_eq!(std::fs::read_dir(cell.inside()).unwrap().count(), 1);
    assert_eq!((cell.text("mine").as_deref(), done.refused.len()), (Some("evil"), 2));
}

fn any_entry() -> impl Strategy<Value = (u8, String, String)> {
    let part = prop::sample::select(vec!["a", "b", "c", "..", ".", "out", "victim", "", ".a.chandler-part"]);
    let name = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    let letter = prop::sample::select(b"0000555221136SLKx".to_vec());
    (letter, name.clone(), name)
}

fn unpack_anywhere(bytes: &[u8]) {
    let cell = Cell::new();
    std::os::unix::fs::symlink("../out", cell.inside().join("c")).unwrap();
    cell.unpack(bytes);
    cell.assert_unharmed();
    // What may go on to a container unpacks without harm by any `tar` too.
    let mut checked = Vec::new();
    if repack(bytes, &mut checked, &Progress::default(), &mut chandler_debugger::transfer::Packed::default())
        .is_ok()
    {
        let cell = Cell::new();
        untar(&checked, &cell.inside());
        cell.assert_unharmed();
    }
}

fn untar(bytes: &[u8], folder: &Path) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut command = Command::new("busybox");
    command.args(["tar", "-xpof", "-", "-C"]).arg(folder).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(bytes);
    child.wait().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_archive_writes_outside(entries in prop::collection::vec(any_entry(), 1..10)) {
        let entries: Vec<_> = entries.iter().map(|(letter, name, link)| (*letter, name.as_str(), link.as_str())).collect();
        unpack_anywhere(&archive(&entries));
    }
}
