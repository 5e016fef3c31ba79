//! Says how far reading has come, on a terminal and when it takes long.

use std::io::{self, IsTerminal as _, Read, Write as _};
use std::time::{Duration, Instant};

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long until more is said.
const INTERVAL: Duration = Duration::from_millis(500);
/// Goes to the beginning of the line and clears it.
const CLEAR: &str = "\r\x1b[K";

/// Something that is read, and of which it is said how far.
pub(super) struct Progress<R> {
    input: R,
    name: String,
    size: Option<u64>,
    read: u64,
    next: Option<Instant>,
    said: bool,
}

impl<R> Progress<R> {
    /// `size` is how many bytes there will be, if that is known.
    pub(super) fn new(input: R, name: String, size: Option<u64>) -> Self {
        let next = io::stderr().is_terminal().then(|| Instant::now() + PATIENCE);
        Self { input, name, size, read: 0, next, said: false }
    }

    fn say(&mut self, next: Instant) {
        self.next = Some(next);
        self.said = true;
        let share = self.size.filter(|size| *size > 0).map(|size| {
            let percent = self.read.saturating_mul(100) / size;
            format!(" of {} MB, {} %", size / 1_000_000, percent.min(100))
        });
        let (name, read) = (&self.name, self.read / 1_000_000);
        // A closed standard error leaves nobody to tell.
        let _ = write!(io::stderr(), "{CLEAR}{name}: {read} MB{}", share.unwrap_or_default());
    }
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.read += read as u64;
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            self.say(now + INTERVAL);
        }
        Ok(read)
    }
}

impl<R> Drop for Progress<R> {
    fn drop(&mut self) {
        if self.said {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}
