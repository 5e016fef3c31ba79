//! What a stream into a container leaves where it is cut: nobody comes back for it, since standard input cannot be read
//! twice. It is known until it gets its place, so that whoever ends the program can have it taken away.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::TransferError;
use super::name::printable;
use super::out::Job;
use super::remote::{Remote, Session};
use super::words;

/// A folder in the container, and the name of the stage in it; None where there is none.
#[derive(Debug, Default)]
pub struct Leftover(Mutex<Option<(Vec<u8>, Vec<u8>)>>);

impl Leftover {
    /// It is about to be made.
    pub(super) fn begin(&self, folder: &[u8], name: &[u8]) {
        *self.held() = Some((folder.to_vec(), name.to_vec()));
    }

    /// It is about to get its place, or is gone: from here on it must not be touched.
    pub(super) fn end(&self) {
        *self.held() = None;
    }

    /// Its path in the container.
    #[must_use]
    pub fn path(&self) -> Option<String> {
        self.held().as_ref().map(|(folder, name)| printable(&[folder.as_slice(), b"/", name].concat()))
    }

    fn held(&self) -> MutexGuard<'_, Option<(Vec<u8>, Vec<u8>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes away what a stream left.
///
/// # Errors
/// It may be there still.
pub async fn remove_leftover<R: Remote>(session: &Session<'_, R>, job: &Job) -> Result<(), TransferError> {
    let held = job.leftover.held().clone();
    if let Some((folder, name)) = held {
        session.ask_line(words::throw_away(&folder, &name), Vec::new()).await?.good()?;
        job.leftover.end();
    }
    Ok(())
}
