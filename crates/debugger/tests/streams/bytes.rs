//! Many bytes, both ways. `CHANDLER_FULL_STREAMS` makes them as many as people move; without it they are fewer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use crate::stage::{Kept, Stage, both, output_to};

const MEGABYTE: u64 = 1_000_000;

fn megabytes(full: u64, less: u64) -> u64 {
    MEGABYTE * if std::env::var_os("CHANDLER_FULL_STREAMS").is_some() { full } else { less }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_come_back_as_they_went_three_times() {
    let Some(stage) = Stage::open("random_bytes_come_back_as_they_went_three_times").await else { return };
    let count = megabytes(100, 8);
    for seed in 1..=3 {
        let start = Instant::now();
        let (same, seen) = same(seed);
        let ending = stage.run(&["cat"], both(Random::new(seed, count), same)).await.unwrap();
        assert_eq!((ending.code, seen.load(Ordering::Relaxed)), (0, count));
        tell("there and back", count, start);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_a_long_input_arrives() {
    let Some(stage) = Stage::open("every_byte_of_a_long_input_arrives").await else { return };
    let count = megabytes(500, 24);
    let (start, kept) = (Instant::now(), Kept::default());
    let ending = stage.run(&["wc", "-c"], both(Random::new(1, count), kept.clone())).await.unwrap();
    assert_eq!((ending.code, kept.text().trim()), (0, count.to_string().as_str()));
    tell("in", count, start);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_a_long_output_arrives() {
    let Some(stage) = Stage::open("every_byte_of_a_long_output_arrives").await else { return };
    let count = megabytes(500, 24);
    let command = format!("head -c {count} /dev/zero");
    let (start, zeros) = (Instant::now(), Zeros::default());
    let ending = stage.run(&["sh", "-c", &command], output_to(zeros.clone())).await.unwrap();
    assert_eq!((ending.code, zeros.0.load(Ordering::Relaxed)), (0, count));
    tell("out", count, start);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_a_long_text_arrives() {
    let Some(stage) = Stage::open("every_line_of_a_long_text_arrives").await else { return };
    let (code, output) = stage.output(&["seq", "1", "2000000"]).await;
    let expected: String = (1..=2_000_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(code, 0);
    assert!(output == expected.as_bytes(), "{} bytes of {}", output.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn output_and_errors_are_apart_and_whole() {
    let Some(stage) = Stage::open("output_and_errors_are_apart_and_whole").await else { return };
    let (output, errors) = (Kept::default(), Kept::default());
    let mut io = output_to(output.clone());
    io.stderr = Some(Box::new(errors.clone()));
    stage.run(&["sh", "-c", "seq 1 20000; seq 1 30000 >&2"], io).await.unwrap();
    assert_eq!(output.text().lines().count(), 20_000);
    assert_eq!(errors.text().lines().count(), 30_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_waits_does_not_hold_up_the_output() {
    let Some(stage) = Stage::open("an_input_that_waits_does_not_hold_up_the_output").await else { return };
    // The command reads nothing until it has written everything, and there is more of both than any pipe holds.
    let count = megabytes(50, 8);
    let command = format!("head -c {count} /dev/zero; cat >/dev/null; exit 7");
    let zeros = Zeros::default();
    let io = both(Random::new(1, count), zeros.clone());
    let ending = stage.run(&["sh", "-c", &command], io).await.unwrap();
    assert_eq!((ending.code, zeros.0.load(Ordering::Relaxed)), (7, count));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_waits_does_not_hold_up_the_input() {
    let Some(stage) = Stage::open("an_output_that_waits_does_not_hold_up_the_input").await else { return };
    // Nobody takes the output, more than all pipes hold, until the input has been read to its end.
    let count = megabytes(50, 8);
    let (kept, gate) = tokio::io::duplex(1024);
    let (input, mut feed) = tokio::io::duplex(64 * 1024);
    let fed = tokio::spawn(async move {
        tokio::io::copy(&mut Random::new(1, count), &mut feed).await.unwrap();
        feed.shutdown().await.unwrap();
    });
    let taken = tokio::spawn(async move {
        fed.await.unwrap();
        let mut gate = gate;
        let mut zeros = Zeros::default();
        tokio::io::copy(&mut gate, &mut zeros).await.unwrap()
    });
    let command = format!("head -c {count} /dev/zero & cat >/dev/null; wait");
    let ending = stage.run(&["sh", "-c", &command], both(input, kept)).await.unwrap();
    assert_eq!((ending.code, taken.await.unwrap()), (0, count));
}

/// Prints how fast it was, for people.
fn tell(way: &str, count: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!("{way}: {} MB, {:.0} MB/s", count / MEGABYTE, count as f64 / MEGABYTE as f64 / seconds);
}

/// A row of bytes that are as good as random, the same for the same seed (xorshift64).
#[derive(Debug)]
struct Random {
    state: u64,
    word: [u8; 8],
    used: usize,
    left: u64,
}

impl Random {
    fn new(seed: u64, left: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), word: [0; 8], used: 8, left }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.used == 8 {
                self.state ^= self.state << 13;
                self.state ^= self.state >> 7;
                self.state ^= self.state << 17;
                (self.word, self.used) = (self.state.to_le_bytes(), 0);
            }
            *byte = self.word[self.used];
            self.used += 1;
        }
    }
}

impl AsyncRead for Random {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = usize::try_from(self.left).unwrap().min(into.remaining());
        self.fill(into.initialize_unfilled_to(count));
        into.advance(count);
        self.left -= count as u64;
        Poll::Ready(Ok(()))
    }
}

/// Fails at the first byte that is another than it was.
struct Same {
    expected: Random,
    seen: Arc<AtomicU64>,
}

fn same(seed: u64) -> (Same, Arc<AtomicU64>) {
    let seen = Arc::new(AtomicU64::new(0));
    (Same { expected: Random::new(seed, 0), seen: Arc::clone(&seen) }, seen)
}

impl AsyncWrite for Same {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut expected = vec![0; bytes.len()];
        self.expected.fill(&mut expected);
        let before = self.seen.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        assert!(bytes == expected, "another byte between {before} and {}", before + bytes.len() as u64);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Counts bytes, which all must be zero.
#[derive(Debug, Default, Clone)]
struct Zeros(Arc<AtomicU64>);

impl AsyncWrite for Zeros {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        assert!(bytes.iter().all(|byte| *byte == 0));
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
