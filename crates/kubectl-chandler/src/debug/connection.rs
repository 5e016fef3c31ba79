//! Runs the words in a container as soon as it is there: the stream is tried again and again, since the container runs
//! before the API server says so, while a watch on the pod finds out why it never will.

use std::time::Duration;

use chandler_debugger::standing::{Diagnosis, Standing, judge, read_log};
use chandler_debugger::stream::{Call, Destination, Ending, StreamError, run_telling};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval_at, sleep_until};

use super::command::Channels;
use super::context::Context;
use super::failure::Failure;
use super::pods::name_of;
use super::rights::no_entry;
use super::session::Session;
use super::voice::Voice;
use super::waiting::{INTERVAL, PATIENCE, Patience, events_of};
use crate::cluster::{PODS, Sighting};

/// Between two tries to enter, at first and at last: each costs the kubelet some of the time in which it starts the
/// container.
const PAUSE: Duration = Duration::from_millis(25);
const LONG_PAUSE: Duration = Duration::from_millis(500);

/// Which part of the time that was waited for so far is waited until the next try.
const PART: u32 = 8;

/// How often in a row a connection may turn out to be closed.
const TRIES: u8 = 3;

/// Why a container did not run, in the words of [`judge`], where its log may say more.
const ENDED: &str = "EndedAtOnce";

/// Whether the command has begun; what waits for it, or gives up with it.
pub(crate) type Begun = watch::Sender<bool>;

/// Runs the call in the container of a session.
///
/// # Errors
/// The container does not run, and why; or the stream fails. Of a session that was there before,
/// [`StreamError::NotRunning`]: it has ended meanwhile.
pub(crate) async fn run_call(
    (context, session): (&Context<'_>, &Session),
    call: &Call,
    (channels, begun): (&Channels, &Begun),
    voice: &Voice,
) -> Result<Ending, Failure> {
    let (hint, mut hints) = mpsc::unbounded_channel();
    let mut begins = begun.subscribe();
    tokio::select! {
        biased;
        done = enter((context, session), call, (channels, begun, &mut hints), voice) => done,
        failure = find_failure((context, session), (&mut begins, &hint), voice) => {
            Err(explain((context, session), failure).await)
        }
    }
}

/// Tries to enter until that is possible. A hint ends the pause before the next try.
async fn enter(
    (context, session): (&Context<'_>, &Session),
    call: &Call,
    (channels, begun, hints): (&Channels, &Begun, &mut mpsc::UnboundedReceiver<()>),
    voice: &Voice,
) -> Result<Ending, Failure> {
    let to = Destination {
        namespace: session.namespace.clone(),
        pod: name_of(&session.pod).to_owned(),
        container: session.container.clone(),
    };
    let (mut lost, start) = (0, Instant::now());
    loop {
        let begin = || {
            voice.clear();
            channels.begin();
            begun.send_replace(true);
        };
        let done = run_telling(context.cluster.client(), (&to, call), channels.io()?, begin).await;
        match done {
            Err(StreamError::NotRunning { message }) if channels.is_whole() => {
                channels.pause();
                begun.send_replace(false);
                if session.reentered {
                    return Err(StreamError::NotRunning { message }.into());
                }
                lost = 0;
            }
            Err(StreamError::Unreachable { message }) if was_closed(&message) && lost < TRIES => lost += 1,
            // Others than the authorizer may refuse too, and say why.
            Err(StreamError::Forbidden { message }) if message.contains(" cannot ") => {
                return Err(no_entry(&session.namespace).into());
            }
            done => return Ok(done?),
        }
        let _ = tokio::time::timeout(pause_after(start.elapsed()), hints.recv()).await;
    }
}

fn pause_after(waited: Duration) -> Duration {
    (waited / PART).clamp(PAUSE, LONG_PAUSE)
}

/// After it has refused a stream, a server closes the connection, which the next request may have taken already.
fn was_closed(message: &str) -> bool {
    ["connection closed", "connection reset", "Connection reset"].iter().any(|words| message.contains(words))
}

/// Some reasons are told only to the container's log.
async fn explain((context, session): (&Context<'_>, &Session), failure: Failure) -> Failure {
    let Failure::Stuck(diagnosis) = failure else { return failure };
    if diagnosis.reason != ENDED {
        return Failure::Stuck(diagnosis);
    }
    let log = context.cluster.log(session.place()).await;
    Failure::Stuck(read_log(diagnosis, &log.unwrap_or_default()))
}

/// Why the container does not run, as soon as that is known; never while the command has begun.
async fn find_failure(
    (context, session): (&Context<'_>, &Session),
    (begins, hint): (&mut watch::Receiver<bool>, &mpsc::UnboundedSender<()>),
    voice: &Voice,
) -> Failure {
    loop {
        tokio::select! {
            biased;
            _ = begins.wait_for(|begun| *begun) => voice.clear(),
            failure = look_on((context, session), hint, voice) => {
                voice.clear();
                return failure;
            }
        }
        // A server may say late that there was nothing to begin in.
        if begins.wait_for(|begun| !*begun).await.is_err() {
            return std::future::pending().await;
        }
    }
}

async fn look_on(
    (context, session): (&Context<'_>, &Session),
    hint: &mpsc::UnboundedSender<()>,
    voice: &Voice,
) -> Failure {
    if session.reentered {
        return std::future::pending().await;
    }
    let (send, mut sightings) = mpsc::unbounded_channel();
    let version = session.pod.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or("0");
    let place = (&PODS, Some(session.namespace.as_str()), name_of(&session.pod));
    let mut watch = std::pin::pin!(context.cluster.watch(place, version.to_owned(), &send));
    let mut watches = true;
    let mut look = Look { session, pod: session.pod.clone(), events: Vec::new(), seen: String::new() };
    let mut patience = Patience::new();
    let mut ticks = interval_at(Instant::now() + PATIENCE, INTERVAL);
    loop {
        let judged = tokio::select! {
            Some(sighting) = sightings.recv() => {
                // It may be there now.
                let _ = hint.send(());
                look.take(sighting)
            }
            // Without a right to watch, trying to enter tells all but why.
            _ = &mut watch, if watches => { watches = false; Ok(()) }
            _ = ticks.tick() => {
                look.events = events_of(context.cluster, &session.pod).await;
                let judged = look.judge();
                patience.tell(&look.seen(), voice);
                judged
            }
            () = sleep_until(context.deadline) => {
                Err(Failure::Late { waited: context.request.timeout, seen: look.seen() })
            }
        };
        if let Err(failure) = judged {
            return failure;
        }
    }
}

/// What is known of the pod.
struct Look<'l> {
    session: &'l Session,
    pod: Value,
    events: Vec<Value>,
    /// What the container waits for.
    seen: String,
}

impl Look<'_> {
    fn take(&mut self, sighting: Sighting) -> Result<(), Failure> {
        match sighting {
            Sighting::There(pod) => {
                self.pod = pod;
                self.judge()
            }
            Sighting::Gone => Err(Failure::Stuck(Diagnosis {
                reason: "PodDeleted",
                message: format!("pod {} was deleted", name_of(&self.session.pod)),
                next_step: "look into another pod of its workload: TYPE/NAME".to_owned(),
            })),
        }
    }

    fn judge(&mut self) -> Result<(), Failure> {
        let container = &self.session.container;
        match judge(&self.pod, container, &self.events) {
            Standing::Waiting(why) => self.seen = why,
            Standing::Running => self.seen = "it runs, and cannot be entered yet".to_owned(),
            Standing::Stuck(diagnosis) => return Err(Failure::Stuck(diagnosis)),
            Standing::Ended { code, reason } => {
                return Err(Failure::Stuck(Diagnosis {
                    reason: "SessionEnded",
                    message: format!("container {container} ended at once, with code {code} ({reason})"),
                    next_step: format!("see kubectl logs {} -c {container}", name_of(&self.pod)),
                }));
            }
        }
        Ok(())
    }

    fn seen(&self) -> String {
        let container = &self.session.container;
        match self.seen.as_str() {
            "" => format!("container {container} has not started"),
            seen => format!("container {container}: {seen}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_the_rarer_the_longer_there_is_nothing_to_enter() {
        let pauses =
            [0, 200, 1000, 60_000].map(|waited| pause_after(Duration::from_millis(waited)).as_millis());
        assert_eq!(pauses, [25, 25, 125, 500]);
    }
}
