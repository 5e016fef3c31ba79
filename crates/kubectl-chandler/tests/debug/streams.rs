//! What goes through a session: codes, long inputs and outputs, and readers that have enough.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

use crate::place::{BOUND, Place, TOOLBOX};

#[tokio::test]
async fn end_of_the_command_is_the_end_of_the_program() {
    let Some(place) = Place::open("end_of_the_command_is_the_end_of_the_program").await else { return };
    place.pod("web").await;
    for (script, code) in [("exit 42", 42), ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("true", 0)] {
        let output = place.debug("web -q", &["sh", "-c", script]).await;
        assert_eq!((output.code, output.stderr.as_str()), (code, ""), "{script}: {output:?}");
    }
    assert_eq!(place.session_count("web").await, 1);
}

#[tokio::test]
async fn command_whose_reader_has_enough_ends_with_its_code() {
    let Some(place) = Place::open("command_whose_reader_has_enough_ends_with_its_code").await else { return };
    place.pod("web").await;
    for (command, first) in [(&["seq", "1", "2000000"][..], "1"), (&["yes"], "y")] {
        let words = [&["debug", "web", "-q", "--image", TOOLBOX, "--"], command].concat();
        let mut child = place.command(&words);
        child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some(first));
        drop(lines);
        let output = timeout(BOUND, child.wait_with_output()).await.unwrap().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.as_str()), (Some(141), ""), "{command:?}");
    }
}

#[tokio::test]
async fn long_outputs_and_inputs_are_whole() {
    let Some(place) = Place::open("long_outputs_and_inputs_are_whole").await else { return };
    place.pod("web").await;
    let output = place.debug("web -q", &["seq", "1", "2000000"]).await;
    let expected: String = (1..=2_000_000).map(|number| format!("{number}\n")).collect();
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert!(output.stdout == expected, "{} bytes of {}", output.stdout.len(), expected.len());

    let bytes = random(20_000_000);
    let back = through(&place, &["cat"], &bytes).await;
    assert!(back == bytes, "{} bytes of {}", back.len(), bytes.len());
    assert_eq!(place.session_count("web").await, 1);
}

#[tokio::test]
async fn input_that_ends_early_ends_nothing_else() {
    let Some(place) = Place::open("input_that_ends_early_ends_nothing_else").await else { return };
    place.pod("web").await;
    let output = place.debug_with_input("web -q -i", &["sh", "-c", "sleep 4; echo done"], Some("x\n")).await;
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (0, "done\n", ""));
}

/// What a command that reads these bytes writes.
async fn through(place: &Place, command: &[&str], bytes: &[u8]) -> Vec<u8> {
    let words = [&["debug", "web", "-q", "-i", "--image", TOOLBOX, "--"], command].concat();
    let mut child = place.command(&words);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let feed = async move { input.write_all(bytes).await.unwrap() };
    let run = async { tokio::join!(feed, child.wait_with_output()).1 };
    let output = timeout(BOUND, run).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0));
    output.stdout
}

/// Bytes as good as random (xorshift64).
fn random(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let words = std::iter::from_fn(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes())
    });
    words.flatten().take(count).collect()
}
