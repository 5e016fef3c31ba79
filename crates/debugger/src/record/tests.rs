//! A recording on disk.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::*;

const SIZE: Size = Size { columns: 80, rows: 24 };
const TITLE: Title<'_> = Title { title: "pod/web", command: "" };

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn what_is_shown_is_in_the_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cast");
    let recording = Recording::create(&path, SIZE, &TITLE).unwrap();
    let mut shown = Vec::new();
    let mut output = recording.output(&mut shown);
    output.write_all("h\u{e9}".as_bytes().get(..2).unwrap()).await.unwrap();
    assert_eq!(lines(&path)[1][2], "h");
    output.write_all("\u{e9}llo".as_bytes().get(1..).unwrap()).await.unwrap();
    assert_eq!(lines(&path)[2][2], "\u{e9}llo");
    drop(output);
    assert_eq!(shown, "h\u{e9}llo".as_bytes());
    recording.check().unwrap();
}

#[tokio::test]
async fn a_resize_is_an_event_and_the_first_size_is_in_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cast");
    let recording = Recording::create(&path, SIZE, &TITLE).unwrap();
    let (sender, receiver) = mpsc::channel(2);
    let mut sizes = recording.sizes(receiver);
    for size in [SIZE, Size { columns: 100, rows: 30 }] {
        sender.send(size).await.unwrap();
        assert_eq!(sizes.recv().await, Some(size));
    }
    let lines = lines(&path);
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["width"], &lines[0]["height"]), (&80.into(), &24.into()));
    assert_eq!((&lines[1][1], &lines[1][2]), (&"r".into(), &"100x30".into()));
}

#[test]
fn only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cast");
    Recording::create(&path, SIZE, &TITLE).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.cast");
    std::fs::write(&path, "mine").unwrap();
    let error = Recording::create(&path, SIZE, &TITLE).unwrap_err();
    assert!(matches!(error, RecordError::Create { .. }));
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[tokio::test]
async fn a_disk_that_is_full_ends_the_recording_and_not_the_session() {
    // Every write to it fails as one to a full disk does.
    let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let shared = Shared { path: "/dev/full".into(), file, start: Instant::now(), error: None };
    let recording = Recording { shared: Arc::new(Mutex::new(shared)) };
    let mut output = recording.output(Vec::new());
    output.write_all(b"hello").await.unwrap();
    assert_eq!(output.to, b"hello");
    assert!(matches!(recording.check(), Err(RecordError::Write { .. })));
}
