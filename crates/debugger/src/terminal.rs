//! The terminal of the person: raw while a session has it, restored whatever happens.
//!
//! Also standard input and output as a session needs them: input that is read only when somebody wants it and can be left
//! alone at any time, and output that waits for nobody but its reader.

mod input;
mod output;
mod signals;

use std::io::IsTerminal as _;
use std::io::{stderr, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::stream::Size;
pub use input::Input;
pub use output::Output;
pub use signals::told_to_end;

/// Why a terminal cannot be used.
#[derive(Debug, Error)]
pub enum TerminalError {
    /// It is none, or does not do what it is told.
    #[error("cannot use standard input as a terminal")]
    Mode(#[source] rustix::io::Errno),
    /// Nobody would restore it at a signal.
    #[error("cannot watch for signals")]
    Signals(#[source] std::io::Error),
}

/// Whether standard input and standard output both are terminals, as an interactive session wants them.
#[must_use]
pub fn is_interactive() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// The terminal of standard input, which gives each key as it is. It is as it was before when this is dropped, also by a
/// panic, and at SIGTERM, SIGHUP, SIGINT and SIGQUIT, see [`told_to_end`].
#[derive(Debug)]
pub struct RawTerminal {
    saved: Arc<Saved>,
}

impl RawTerminal {
    /// Makes the terminal of standard input raw. Call it in the main thread's task, once.
    ///
    /// # Errors
    /// Standard input is no terminal.
    pub fn enter() -> Result<Self, TerminalError> {
        let terminal = stdin().as_fd().try_clone_to_owned().map_err(TerminalError::Signals)?;
        Self::of(terminal)
    }

    fn of(terminal: OwnedFd) -> Result<Self, TerminalError> {
        let before = tcgetattr(&terminal).map_err(TerminalError::Mode)?;
        let saved = Arc::new(Saved { terminal, before, is_over: Mutex::new(false) });
        signals::watch_over(&saved).map_err(TerminalError::Signals)?;
        saved.make_raw().map_err(TerminalError::Mode)?;
        Ok(Self { saved })
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        self.saved.restore();
        signals::forget(&self.saved);
    }
}

/// A terminal, and how it was.
#[derive(Debug)]
struct Saved {
    terminal: OwnedFd,
    before: Termios,
    is_over: Mutex<bool>,
}

impl Saved {
    /// Makes it raw, or raw again after a stop, in which the shell changes it; but never after it was restored. What was
    /// typed before stays.
    fn make_raw(&self) -> rustix::io::Result<()> {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_over {
            return Ok(());
        }
        let mut raw = self.before.clone();
        raw.make_raw();
        tcsetattr(&self.terminal, OptionalActions::Now, &raw)
    }

    /// Not after what is still to be shown: that may never be, and then nothing would be restored.
    fn restore(&self) {
        let mut is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        *is_over = true;
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// The size of the terminal now; None without one, or where it does not know.
#[must_use]
pub fn size() -> Option<Size> {
    [size_of(stdout().as_fd()), size_of(stdin().as_fd()), size_of(stderr().as_fd())]
        .into_iter()
        .flatten()
        .next()
}

fn size_of(terminal: BorrowedFd<'_>) -> Option<Size> {
    let size = tcgetwinsize(terminal).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some(Size { columns: size.ws_col, rows: size.ws_row })
}

/// The sizes of the terminal: the first at once, then each that it is changed to.
///
/// # Errors
/// SIGWINCH cannot be watched for.
pub fn sizes() -> Result<mpsc::Receiver<Size>, TerminalError> {
    // Before the first look, so that no change is missed.
    let changes = signal(SignalKind::window_change()).map_err(TerminalError::Signals)?;
    let (sender, receiver) = mpsc::channel(1);
    // A receiver that holds the first size has it before anything else is sent.
    let first = size();
    if let Some(first) = first {
        let _ = sender.try_send(first);
    }
    tokio::spawn(tell_changes(changes, sender, first));
    Ok(receiver)
}

/// Signals that come while nobody takes a size are one signal, and the size is the last one.
async fn tell_changes(mut changes: Signal, sender: mpsc::Sender<Size>, mut told: Option<Size>) {
    loop {
        tokio::select! {
            changed = changes.recv() => if changed.is_none() { return },
            () = sender.closed() => return,
        }
        let Ok(permit) = sender.reserve().await else { return };
        let now = size();
        if let Some(now) = now.filter(|_| now != told) {
            permit.send(now);
            told = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
