//! The end of a daemon. SIGTERM starts it: readiness goes at once, work goes on while the news travels to those who send
//! it, then nothing new is taken, and what has begun is finished.

use std::time::Duration;

use clap::Args;
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::readiness::Readiness;

/// How long the end takes.
#[derive(Debug, Clone, Args)]
pub struct ShutdownArgs {
    /// Seconds of full service after SIGTERM: longer than it takes until no request is sent here any more.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub drain_seconds: u16,

    /// Seconds that requests may then still take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub grace_seconds: u16,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It has not begun.
    Serving,
    /// The end is near: not ready, but serving.
    Draining,
    /// Nothing new is taken.
    Ending,
}

/// Tells everybody who asks how far the end has come.
#[derive(Debug, Clone)]
pub struct Shutdown {
    phase: watch::Receiver<Phase>,
    /// What requests may take once nothing new is taken.
    pub grace: Duration,
}

/// Moves a [`Shutdown`] on.
#[derive(Debug)]
pub struct Trigger {
    phase: watch::Sender<Phase>,
    drain: Duration,
}

/// SIGTERM and SIGINT, caught from now on: one that comes before anybody waits for it is not lost.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// Why a daemon cannot go on: what works in the background does not any more.
#[derive(Debug, Error)]
pub enum TaskFailed {
    /// It panicked, which its log tells of.
    #[error("a background task failed")]
    Panicked(#[source] JoinError),
    /// It came to an end before the daemon did.
    #[error("a background task ended before its time")]
    Ended,
}

impl ShutdownArgs {
    /// A shutdown that somebody triggers.
    #[must_use]
    pub fn shutdown(&self) -> (Trigger, Shutdown) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        let drain = Duration::from_secs(self.drain_seconds.into());
        let grace = Duration::from_secs(self.grace_seconds.into());
        (Trigger { phase: sender, drain }, Shutdown { phase: receiver, grace })
    }
}

impl Signals {
    /// Catches signals: among the first things that a daemon does.
    ///
    /// # Errors
    /// The process cannot.
    pub fn catch() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The name of the next one.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

impl Trigger {
    /// Waits for SIGTERM or SIGINT, then ends; a second signal ends at once.
    pub async fn on_signal(self, mut signals: Signals, readiness: &Readiness) {
        let signal = signals.next().await;
        tracing::info!(signal, drain_seconds = self.drain.as_secs(), "ending");
        tokio::select! {
            () = self.end(readiness) => {},
            signal = signals.next() => tracing::info!(signal, "ending at once"),
        }
    }

    /// Ends: not ready at once, nothing new after the drain.
    pub async fn end(&self, readiness: &Readiness) {
        // Never held again.
        let _ = readiness.condition("running");
        self.phase.send_replace(Phase::Draining);
        tokio::time::sleep(self.drain).await;
        self.phase.send_replace(Phase::Ending);
    }
}

impl Shutdown {
    /// Whether the end has come so far.
    #[must_use]
    pub fn has_reached(&self, phase: Phase) -> bool {
        *self.phase.borrow() >= phase
    }

    /// Waits until the end has come so far. Where nobody can move it on any more it has.
    pub async fn reached(&self, phase: Phase) {
        let mut watched = self.phase.clone();
        // An error says that the trigger is gone, and with it whoever serves.
        let _ = watched.wait_for(|now| *now >= phase).await;
    }

    /// Waits until one of the tasks ends that are to go on as long as the daemon serves. Once the end has begun they may.
    pub async fn until_one_fails(&self, tasks: &mut JoinSet<()>) -> TaskFailed {
        tokio::select! {
            biased;
            () = self.reached(Phase::Draining) => std::future::pending().await,
            ended = tasks.join_next(), if !tasks.is_empty() => match ended {
                Some(Err(error)) => TaskFailed::Panicked(error),
                Some(Ok(())) | None => TaskFailed::Ended,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn readiness_goes_before_service_does() {
        let (trigger, shutdown) = ShutdownArgs { drain_seconds: 15, grace_seconds: 1 }.shutdown();
        let readiness = Readiness::default();
        let ending = tokio::spawn({
            let readiness = readiness.clone();
            async move { trigger.end(&readiness).await }
        });
        shutdown.reached(Phase::Draining).await;
        assert_eq!(readiness.missing(), ["running"]);
        let serving = tokio::time::timeout(Duration::from_secs(14), shutdown.reached(Phase::Ending));
        assert!(serving.await.is_err(), "it serves for fifteen seconds more");
        shutdown.reached(Phase::Ending).await;
        ending.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn task_that_fails_ends_the_service_but_not_the_drain() {
        let (trigger, shutdown) = ShutdownArgs { drain_seconds: 15, grace_seconds: 1 }.shutdown();
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        tasks.spawn(async { panic!("a part fails") });
        assert!(matches!(shutdown.until_one_fails(&mut tasks).await, TaskFailed::Panicked(_)));
        tasks.spawn(async {});
        assert!(matches!(shutdown.until_one_fails(&mut tasks).await, TaskFailed::Ended));
        let ending = tokio::spawn(async move { trigger.end(&Readiness::default()).await });
        shutdown.reached(Phase::Draining).await;
        tasks.spawn(async {});
        let minute = Duration::from_secs(60);
        assert!(tokio::time::timeout(minute, shutdown.until_one_fails(&mut tasks)).await.is_err());
        ending.await.unwrap();
    }
}
