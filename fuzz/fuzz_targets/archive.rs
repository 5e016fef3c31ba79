//! Any bytes as an archive: nothing outside of the destination changes, and what may go on to a container reads back.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use chandler_debugger::transfer::{
    Archive, Folder, Kind, Name, Packed, Progress, Shape, Unpacked, repack, unpack,
};
use libfuzzer_sys::fuzz_target;

const VICTIM: &[u8] = b"as it was";

fuzz_target!(|bytes: &[u8]| {
    unpack_beside_a_victim(&with_sums(bytes));
    check_what_goes_on(&with_sums(bytes));
});

/// The sum of each block set right, which a fuzzer would seldom find.
fn with_sums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(512).filter(|block| block.iter().any(|byte| *byte != 0)) {
        let fields = block.iter().enumerate();
        let sum: u32 =
            fields.map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
        let places = block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").into_bytes());
        places.for_each(|(place, byte)| *place = byte);
    }
    bytes
}

/// A folder `in`, with a link that leads out of it, beside a folder `out` with a file.
fn unpack_beside_a_victim(bytes: &[u8]) {
    static ROOT: OnceLock<Option<tempfile::TempDir>> = OnceLock::new();
    let Some(root) = ROOT.get_or_init(|| tempfile::tempdir().ok()) else { return };
    let (inside, outside) = (root.path().join("in"), root.path().join("out"));
    let _ = fs::create_dir(&outside);
    let _ = fs::create_dir(&inside);
    let _ = fs::write(outside.join("victim"), VICTIM);
    let _ = std::os::unix::fs::symlink("../out", inside.join("way"));
    if let Ok(folder) = Folder::open(&inside) {
        let mut done = Unpacked::default();
        let _ = unpack(bytes, (&folder, &Shape::Tree), &Progress::default(), &mut done);
    }
    assert_eq!(fs::read(outside.join("victim")).ok().as_deref(), Some(VICTIM));
    assert_eq!((count(&outside), count(root.path())), (1, 2));
    let _ = fs::remove_dir_all(&inside);
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Every entry has a name inside, and no hard link leads to what did not come before.
fn check_what_goes_on(bytes: &[u8]) {
    let mut checked = Vec::new();
    if repack(bytes, &mut checked, &Progress::default(), &mut Packed::default()).is_err() {
        return;
    }
    let mut archive = Archive::new(checked.as_slice());
    loop {
        let entry = archive.next_entry();
        assert!(entry.is_ok(), "{entry:?}");
        let Ok(Some(entry)) = entry else { return };
        assert!(Name::read(&entry.name).is_ok() && entry.mode & 0o7000 == 0, "{entry:?}");
        assert!(!matches!(&entry.kind, Kind::Special(_)), "{entry:?}");
        if let Kind::Hard(first) = &entry.kind {
            assert!(Name::read(first).is_ok(), "{entry:?}");
        }
    }
}
