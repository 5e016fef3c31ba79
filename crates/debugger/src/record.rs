//! Keeps what a session shows, as an asciicast: what a person sees, never what is typed, which may be a password.
//!
//! Each event is one write of one line, so that the file can be read whatever happens to the program. Only the owner can
//! read it. A file that can no longer be written ends the recording and not the session; the end of it says so.

mod cast;

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use thiserror::Error;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

use crate::stream::Size;
use cast::Text;
pub use cast::Title;

/// Why there is no recording, or no whole one.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The file cannot be made; one that is there is not written over.
    #[error("cannot create the recording {path}")]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be written; the recording ends there.
    #[error("the recording {path} is not whole")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A recording. Clones are the same recording.
#[derive(Debug, Clone)]
pub struct Recording {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    file: File,
    start: Instant,
    error: Option<io::Error>,
}

impl Recording {
    /// Begins a recording in a new file.
    ///
    /// # Errors
    /// There is such a file, or it cannot be written.
    pub fn create(path: &Path, size: Size, title: &Title<'_>) -> Result<Self, RecordError> {
        let begin = || {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            file.write_all(cast::header(size, since, title).as_bytes())?;
            Ok(file)
        };
        let file = begin().map_err(|source| RecordError::Create { path: path.to_owned(), source })?;
        let shared = Shared { path: path.to_owned(), file, start: Instant::now(), error: None };
        Ok(Self { shared: Arc::new(Mutex::new(shared)) })
    }

    /// Records what is written to `to`.
    pub fn output<W>(&self, to: W) -> Recorded<W> {
        Recorded { to, text: Text::default(), recording: self.clone() }
    }

    /// Records what the terminal is resized to, and passes it on. The first size is that of the recording.
    #[must_use]
    pub fn sizes(&self, mut sizes: mpsc::Receiver<Size>) -> mpsc::Receiver<Size> {
        let (sender, receiver) = mpsc::channel(1);
        let recording = self.clone();
        tokio::spawn(async move {
            let mut is_first = true;
            while let Some(size) = sizes.recv().await {
                if !std::mem::take(&mut is_first) {
                    recording.write("r", &format!("{}x{}", size.columns, size.rows));
                }
                if sender.send(size).await.is_err() {
                    return;
                }
            }
        });
        receiver
    }

    /// Whether everything is in the file.
    ///
    /// # Errors
    /// It could not be written.
    pub fn check(&self) -> Result<(), RecordError> {
        let mut shared = self.lock();
        match shared.error.take() {
            Some(source) => Err(RecordError::Write { path: shared.path.clone(), source }),
            None => Ok(()),
        }
    }

    fn write(&self, kind: &str, text: &str) {
        let mut shared = self.lock();
        if text.is_empty() || shared.error.is_some() {
            return;
        }
        let line = cast::event(shared.start.elapsed(), kind, text);
        shared.error = shared.file.write_all(line.as_bytes()).err();
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes, and records what was written.
#[derive(Debug)]
pub struct Recorded<W> {
    to: W,
    text: Text,
    recording: Recording,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Recorded<W> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let count = ready!(Pin::new(&mut this.to).poll_write(context, bytes))?;
        let text = this.text.push(bytes.get(..count).unwrap_or_default());
        this.recording.write("o", &text);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.to).poll_shutdown(context)
    }
}

impl<W> Drop for Recorded<W> {
    fn drop(&mut self) {
        self.recording.write("o", &self.text.finish());
    }
}

#[cfg(test)]
mod tests;
