//! One pod, from the wish to the command's end.

use std::time::Duration;

use chandler_debugger::record::{Recording, Title};
use chandler_debugger::stream::{Call, Ending, Size, StreamError};
use chandler_debugger::terminal;
use serde_json::Value;
use tokio::sync::watch;

use super::args::DebugOutput;
use super::command::{Channels, Outlet};
use super::connection::{Begun, run_call};
use super::context::Context;
use super::event;
use super::failure::Failure;
use super::lines::Kept;
use super::made::{make_copy, make_on_node};
use super::outcome::Outcome;
use super::pods::name_of;
use super::process;
use super::session::{self, Session};
use super::target::Target;
use super::voice::Voice;
use super::waiting::Waiting;

/// How long the Event may take when the command has ended already.
const GRACE: Duration = Duration::from_secs(2);

/// What a recording without a terminal is made for.
const UNKNOWN: Size = Size { columns: 80, rows: 24 };

/// Runs the command for one pod, or one node.
pub(crate) async fn debug_one(context: &Context<'_>, pod: Value, voice: &Voice) -> Outcome {
    let mut outcome = Outcome::of(context.cluster.namespace(), name_of(&pod));
    let ended = match open(context, pod, voice).await {
        Ok(session) => run(context, session, (voice, &mut outcome)).await,
        Err(failure) => Err(failure),
    };
    match ended {
        Ok(Some(ending)) => outcome.exit_code = ending.code,
        Ok(None) => {}
        Err(failure) => outcome.fail(&failure),
    }
    outcome.notes = voice.notes();
    outcome
}

/// Opens a session that runs: a command has been run in it.
///
/// # Errors
/// There is none to be had.
pub(super) async fn enter(context: &Context<'_>, pod: Value, voice: &Voice) -> Result<Session, Failure> {
    let session = open(context, pod, voice).await?;
    let outlet = Outlet::Kept(Kept::default(), Kept::default());
    let channels = Channels::new(context.manner(), &outlet, None)?;
    match run_in(context, &session, &channels, voice).await {
        Err(Failure::Stream(StreamError::NotRunning { .. })) if session.reentered => {
            let session = session::open_new(context, &session.pod, voice).await?;
            run_in(context, &session, &channels, voice).await.map(|_| session)
        }
        ended => ended.map(|_| session),
    }
}

async fn open(context: &Context<'_>, mut pod: Value, voice: &Voice) -> Result<Session, Failure> {
    let request = context.request;
    match (&request.target, &request.copy) {
        (Target::Node(_), _) => return make_on_node(context, &pod, voice).await,
        (_, Some(copy)) => {
            let session = make_copy(context, (&pod, copy), voice).await?;
            return until_target_is_known(context, session, voice).await;
        }
        _ => {}
    }
    let mut waiting = Waiting::new(context, voice);
    loop {
        let failure = match session::open(context, pod.clone(), voice).await {
            Err(failure) => failure,
            Ok(session) => {
                voice.clear();
                return Ok(session);
            }
        };
        let Some(target) = session::awaited(&failure) else { return Err(failure) };
        pod = waiting.look_again(&pod, target).await?;
    }
}

async fn until_target_is_known(
    context: &Context<'_>,
    mut session: Session,
    voice: &Voice,
) -> Result<Session, Failure> {
    let mut waiting = Waiting::new(context, voice);
    while !context.request.dry_run && !session.knows_target() {
        session.pod = waiting.look_again(&session.pod, &session.container).await?;
    }
    Ok(session)
}

/// Runs the command. A session that has ended since it was seen makes way for a new one.
async fn run(
    context: &Context<'_>,
    session: Session,
    (voice, outcome): (&Voice, &mut Outcome),
) -> Result<Option<Ending>, Failure> {
    outcome.take(&session);
    if context.request.dry_run {
        return Ok(None);
    }
    let manner = context.manner();
    if context.request.tty && !manner.terminal {
        voice.note("there is no terminal here: the command gets none");
    }
    let outlet = outlet_of(context, &session);
    let channels = Channels::new(manner, &outlet, recording_of(context, &session)?)?;
    let ended = match run_in(context, &session, &channels, voice).await {
        Err(Failure::Stream(StreamError::NotRunning { .. })) if session.reentered && channels.is_whole() => {
            let session = session::open_new(context, &session.pod, voice).await?;
            outcome.take(&session);
            run_in(context, &session, &channels, voice).await
        }
        Err(failure) if process::may_serve(context, &failure) => {
            let mut session = process::add(context, &session.pod, voice).await?;
            outcome.take(&session);
            let ended = process::run((context, &mut session), &channels, voice).await;
            channels.end()?;
            ended
        }
        ended => ended,
    };
    if let Outlet::Kept(stdout, stderr) = outlet {
        outcome.keep(stdout.text(), stderr.text());
    }
    ended.map(Some)
}

fn recording_of(context: &Context<'_>, session: &Session) -> Result<Option<Recording>, Failure> {
    let Some(path) = &context.request.record else { return Ok(None) };
    let title = format!("pod/{} as {}", name_of(&session.pod), session.profile);
    let command = context.words().join(" ");
    let size = terminal::size().unwrap_or(UNKNOWN);
    Ok(Some(Recording::create(path, size, &Title { title: &title, command: &command })?))
}

fn outlet_of(context: &Context<'_>, session: &Session) -> Outlet {
    match context.request.form {
        DebugOutput::Text if context.request.all => Outlet::Prefixed(format!("[{}] ", name_of(&session.pod))),
        DebugOutput::Text => Outlet::Own,
        _ => Outlet::Kept(Kept::default(), Kept::default()),
    }
}

/// Runs the command in a session, and writes the Event beside it once it has begun.
async fn run_in(
    context: &Context<'_>,
    session: &Session,
    channels: &Channels,
    voice: &Voice,
) -> Result<Ending, Failure> {
    let begun: Begun = watch::Sender::new(false);
    let call = Call::Exec(session.words(context));
    let mut event = std::pin::pin!(write_event(context, session, begun.subscribe()));
    let mut run = std::pin::pin!(run_call((context, session), &call, (channels, &begun), voice));
    let mut refusal = None;
    let ended = tokio::select! {
        biased;
        ended = &mut run => {
            if *begun.borrow() {
                refusal = tokio::time::timeout(GRACE, event).await.unwrap_or_else(|_| {
                    Some(format!("no Event says who was here: it took longer than {GRACE:?}"))
                });
            }
            ended
        }
        refused = &mut event => {
            refusal = refused;
            run.await
        }
    };
    channels.end()?;
    refusal.into_iter().for_each(|refusal| voice.note(refusal));
    ended
}

/// Why there is no Event, if there is none.
async fn write_event(
    context: &Context<'_>,
    session: &Session,
    mut begins: watch::Receiver<bool>,
) -> Option<String> {
    if begins.wait_for(|begun| *begun).await.is_err() || !context.request.event {
        return None;
    }
    let written = event::write(context.cluster, session).await;
    written.err().map(|error| format!("no Event says who was here: {error}"))
}
