//! A line on the terminal that says how far a long run is. Nothing within two seconds, nothing without a terminal.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::style;

const QUIET: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(500);

/// How far a run is.
#[derive(Debug)]
pub(crate) struct Progress {
    next: Option<Instant>,
    what: &'static str,
    count: usize,
    shown: bool,
}

impl Progress {
    /// Starts counting: documents, pods.
    pub(crate) fn start(what: &'static str) -> Self {
        let next = style::is_watched().then(|| Instant::now() + QUIET);
        Self { next, what, count: 0, shown: false }
    }

    /// One more is done.
    pub(crate) fn advance(&mut self) {
        self.count += 1;
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            // A terminal that has gone away needs no progress.
            let _ = write!(std::io::stderr(), "\r{} {} …", self.count, self.what);
            self.next = Some(now + INTERVAL);
            self.shown = true;
        }
    }

    /// Takes the line off the terminal, before other text or at the end.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
