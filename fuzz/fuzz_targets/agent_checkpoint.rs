//! Any bytes as a checkpoint, as they are and with a header that vouches for them: an error or a state, with which the
//! agent goes on.

#![no_main]

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use chandler_agent::checkpoint::{Checkpoint, Folder, VERSION};
use chandler_agent::files::{FollowOptions, Follower, PathPattern};
use chandler_agent::observation::Observations;
use chandler_agent::rules::{Line, Reader, Rules};
use chandler_agent::series::Store;
use chandler_fuzz::agent::{LINES, NOW, Positions, pages, rules};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

struct Place {
    folder: TempDir,
    rules: Rules,
}

static PLACE: LazyLock<Option<Place>> =
    LazyLock::new(|| Some(Place { folder: tempfile::tempdir().ok()?, rules: rules()? }));

fuzz_target!(|bytes: &[u8]| {
    let Some(place) = &*PLACE else { panic!("there is no folder, or the rules are wrong") };
    load(place, bytes);
    load(place, &sealed(bytes));
});

fn load(place: &Place, bytes: &[u8]) {
    let path = place.folder.path();
    assert!(fs::write(path.join("checkpoint.0"), bytes).is_ok());
    let Ok(mut folder) = Folder::open(path) else { panic!("the folder cannot be opened") };
    match folder.load::<Positions>() {
        Ok(Some(checkpoint)) => go_on(place, checkpoint),
        Ok(None) => panic!("a checkpoint is passed over"),
        Err(error) => assert!(!error.to_string().is_empty() && !error.reason().is_empty()),
    }
}

/// The agent reads on and saves, whatever the checkpoint says.
fn go_on(place: &Place, checkpoint: Checkpoint<Positions>) {
    let Place { folder, rules } = place;
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(NOW.unsigned_abs());
    let pattern = PathPattern::parse(&format!("{}/*.log*", folder.path().display()));
    for (.., saved) in &checkpoint.files.0 {
        let options = FollowOptions::new(pattern.iter().cloned().collect());
        let mut follower = Follower::new(options, Some(saved));
        follower.look(now);
        follower.read(1 << 16, &mut |_| {});
        let _ = (follower.saved(), follower.lag());
    }
    let _ = checkpoint.series.series();
    let Ok(store) = Store::restore(rules.metrics.clone(), checkpoint.series, NOW) else { return };
    let mut store = store.zero_first(None);
    let (mut reader, mut out) = (Reader::default(), Observations::default());
    for (line, source) in
        LINES.lines().flat_map(|line| rules.sources.iter().map(move |source| (line, source)))
    {
        out.clear();
        source.observe(Line { text: line, read_at: NOW }, &mut reader, &mut out);
        store.apply(&out, NOW);
    }
    pages(&store.snapshot(NOW));
}

/// A whole checkpoint with this content: 8 bytes that say what it is, its version, generation, length and sum.
fn sealed(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"chndlrAG".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend(u64::try_from(content.len()).unwrap_or_default().to_le_bytes());
    let mut summed = bytes.clone();
    summed.extend(0_u64.to_le_bytes());
    summed.extend(content);
    bytes.extend(xxh3_64(&summed).to_le_bytes());
    bytes.extend(content);
    bytes
}
