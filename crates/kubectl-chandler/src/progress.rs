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
    documents: usize,
    shown: bool,
}

impl Progress {
    /// Starts counting.
    pub(crate) fn start() -> Self {
        let next = style::is_watched().then(|| Instant::now() + QUIET);
        Self { next, documents: 0, shown: false }
    }

    /// One more document is done.
    pub(crate) fn advance(&mut self) {
        self.documents += 1;
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            // A terminal that has gone away needs no progress.
            let _ = write!(std::io::stderr(), "\r{} documents …", self.documents);
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
