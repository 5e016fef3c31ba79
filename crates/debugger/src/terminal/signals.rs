//! Signals that end the program: the terminal is restored first, then whoever asked to be told has a while to clean up,
//! and then the program ends by that signal, as if nobody had watched.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use tokio::sync::watch;

use super::{Saved, TerminalError};

/// How long cleaning up may take. A second signal cuts it short.
const GRACE: Duration = Duration::from_secs(10);

static WATCH: OnceLock<Watch> = OnceLock::new();

/// What the thread that gets the signals looks at.
struct Watch {
    raw: Mutex<Option<Arc<Saved>>>,
    told: watch::Sender<Option<i32>>,
}

/// Waits until a signal is to end the program, and gives its number. Whoever waits has ten seconds to clean up; then, or
/// at a second signal, the program ends by it. While nobody waits it ends at once. The terminal is restored before.
///
/// # Errors
/// Signals cannot be watched for.
pub async fn told_to_end() -> Result<i32, TerminalError> {
    let mut told = watch().map_err(TerminalError::Signals)?.told.subscribe();
    match told.wait_for(Option::is_some).await.map(|signal| *signal) {
        Ok(Some(signal)) => Ok(signal),
        // Its sender lives as long as the program.
        _ => std::future::pending().await,
    }
}

/// Restores this terminal at a signal.
pub(super) fn watch_over(saved: &Arc<Saved>) -> io::Result<()> {
    *watch()?.raw() = Some(Arc::clone(saved));
    Ok(())
}

/// This one is restored.
pub(super) fn forget(saved: &Arc<Saved>) {
    if let Some(watch) = WATCH.get() {
        watch.raw().take_if(|raw| Arc::ptr_eq(raw, saved));
    }
}

/// Begins to watch, once: what was watched for has lost its default, and never gets it back.
fn watch() -> io::Result<&'static Watch> {
    static BEGINNING: Mutex<()> = Mutex::new(());
    let _one = BEGINNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(watch) = WATCH.get() {
        return Ok(watch);
    }
    let signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGCONT])?;
    let watch = WATCH.get_or_init(|| Watch { raw: Mutex::default(), told: watch::Sender::new(None) });
    thread::Builder::new().name("signals".to_owned()).spawn(|| watch.take_all(signals))?;
    Ok(watch)
}

impl Watch {
    fn raw(&self) -> std::sync::MutexGuard<'_, Option<Arc<Saved>>> {
        self.raw.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_all(&self, mut signals: Signals) {
        for signal in signals.forever() {
            match signal {
                SIGCONT => self.make_raw_again(),
                _ => self.end_by(signal),
            }
        }
    }

    fn make_raw_again(&self) {
        if let Some(saved) = self.raw().as_ref() {
            // It is gone, and the session will find out.
            let _ = saved.make_raw();
        }
    }

    fn end_by(&self, signal: i32) {
        if let Some(saved) = self.raw().as_ref() {
            saved.restore();
        }
        // Whoever waits has stopped waiting as soon as they are told.
        let is_awaited = self.told.receiver_count() > 0;
        let is_first = self.told.send_replace(Some(signal)).is_none();
        if !is_first || !is_awaited || spawn_end(signal).is_err() {
            end(signal);
        }
    }
}

fn spawn_end(signal: i32) -> io::Result<()> {
    let late = move || {
        thread::sleep(GRACE);
        end(signal);
    };
    thread::Builder::new().name("end".to_owned()).spawn(late).map(drop)
}

/// Ends the program as the signal would have, so that its parent sees which.
fn end(signal: i32) {
    if emulate_default_handler(signal).is_err() {
        std::process::exit(128 + signal);
    }
}
