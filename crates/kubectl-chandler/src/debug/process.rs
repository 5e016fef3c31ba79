//! The fallback for images that have no shell to wait in: the command is the container's own process. Such a session is
//! not entered again, and what the process writes is in the container's log.

use std::time::Duration;

use chandler_api::names;
use chandler_debugger::plan::{SessionPlan, plan_session};
use chandler_debugger::standing::{Standing, judge};
use chandler_debugger::stream::{Call, Ending, StreamError};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::command::Channels;
use super::connection::{Begun, run_call};
use super::context::Context;
use super::failure::Failure;
use super::pods::name_of;
use super::request::Manner;
use super::session::{self, Session, made_up_name};
use super::voice::Voice;
use crate::cluster::PODS;
use crate::exit;

/// Why a container cannot wait, in the words of [`judge`].
const NO_SHELL: &str = "NoShell";

/// That a container ran and has ended, in the words of [`judge`] and of who waits to enter it.
const ENDED: [&str; 2] = ["EndedAtOnce", "SessionEnded"];

/// Between two looks at a process that may have ended.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the kubelet may take to tell the end of a process whose stream has ended.
const TELL: Duration = Duration::from_secs(10);

/// Whether the command can be run by itself where a session failed like this.
pub(crate) fn may_serve(context: &Context<'_>, failure: &Failure) -> bool {
    let makes_pods = context.request.copy.is_some() || context.request.target.is_node();
    let cannot_wait = matches!(failure, Failure::Stuck(diagnosis) if diagnosis.reason == NO_SHELL);
    cannot_wait && !makes_pods && !context.words().is_empty()
}

/// Adds a container whose process is the command.
///
/// # Errors
/// The pod can have none, or the API server takes none.
pub(crate) async fn add(context: &Context<'_>, pod: &Value, voice: &Voice) -> Result<Session, Failure> {
    let name = made_up_name(names::SESSION_PREFIX);
    let mut plans = plan_session(pod, &context.namespace, &context.wish(&name))?;
    let (words, manner) = (context.words(), context.manner());
    plans.iter_mut().for_each(|plan| run_directly(plan, &words, manner));
    voice.note(
        "the image has no shell: the command is the container's own process, without the target's files",
    );
    session::make(context, (pod, plans), voice).await
}

/// Runs it: what it reads is carried; without that its log is all that it wrote, from the beginning.
///
/// # Errors
/// It does not start, or its end is not told.
pub(crate) async fn run(
    (context, session): (&Context<'_>, &mut Session),
    channels: &Channels,
    voice: &Voice,
) -> Result<Ending, Failure> {
    if !context.manner().stdin {
        wait_for_start(context, session).await?;
        carry_log(context, session, channels).await?;
        return wait_for_end(context, session).await;
    }
    let begun: Begun = watch::Sender::new(false);
    match run_call((context, session), &Call::Attach, (channels, &begun), voice).await {
        // It was over before anybody could be attached to it.
        Err(Failure::Stuck(diagnosis)) if ENDED.contains(&diagnosis.reason) => {
            carry_log(context, session, channels).await?;
        }
        Err(failure) => return Err(as_command(failure)),
        Ok(_) => {}
    }
    wait_for_end(context, session).await
}

/// Carries what it wrote and writes.
async fn carry_log(context: &Context<'_>, session: &Session, channels: &Channels) -> Result<(), Failure> {
    let mut had_ended = false;
    // The log of a container that has ended ends soon.
    let is_alive = async || {
        let pod = context.cluster.get(&PODS, Some(&session.namespace), name_of(&session.pod));
        let Ok(Ok(pod)) = tokio::time::timeout(TELL, pod).await else { return false };
        !std::mem::replace(&mut had_ended, code_of(&pod, &session.container).is_some())
    };
    let is_whole = context.cluster.follow_log(session.place(), &mut channels.output(), is_alive).await?;
    if is_whole { Ok(()) } else { Err(StreamError::Lost.into()) }
}

/// Until it runs or has run.
async fn wait_for_start(context: &Context<'_>, session: &mut Session) -> Result<(), Failure> {
    loop {
        match judge(&session.pod, &session.container, &[]) {
            Standing::Running | Standing::Ended { .. } => return Ok(()),
            Standing::Stuck(diagnosis) if ENDED.contains(&diagnosis.reason) => return Ok(()),
            Standing::Stuck(diagnosis) => return Err(as_command(Failure::Stuck(diagnosis))),
            Standing::Waiting(seen) => {
                let late = || Failure::Late { waited: context.request.timeout, seen };
                session.pod = context.look_again(&session.pod, PAUSE, late).await?;
            }
        }
    }
}

/// What an image without a shell lacks here is the command itself.
fn as_command(failure: Failure) -> Failure {
    match failure {
        Failure::Stuck(diagnosis) if diagnosis.reason == NO_SHELL => {
            let message = diagnosis.message.split_once(": ").map_or("", |(_, words)| words).to_owned();
            StreamError::CannotRun { message, code: exit::NO_PROGRAM }.into()
        }
        failure => failure,
    }
}

/// Its stream has ended: that its own end is not told means that the connection was lost.
async fn wait_for_end(context: &Context<'_>, session: &Session) -> Result<Ending, Failure> {
    let waited = async {
        loop {
            let pod = context.cluster.get(&PODS, Some(&session.namespace), name_of(&session.pod)).await;
            if let Some(code) = pod.ok().and_then(|pod| code_of(&pod, &session.container)) {
                return Ending { code };
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(TELL, waited).await.map_err(|_| StreamError::Lost.into())
}

/// The code of a container that has ended.
fn code_of(pod: &Value, container: &str) -> Option<u8> {
    let statuses = pod.pointer("/status/ephemeralContainerStatuses")?.as_array()?;
    let own = statuses.iter().find(|status| status.get("name").and_then(Value::as_str) == Some(container))?;
    let code = own.pointer("/state/terminated/exitCode")?.as_i64()?;
    u8::try_from(code).ok().or(Some(u8::MAX))
}

/// Makes the command the container's process. Without its own name among its marks nobody takes it for a session.
fn run_directly(plan: &mut SessionPlan, words: &[String], manner: Manner) {
    let Some(fields) = plan.container.as_object_mut() else { return };
    fields.insert("command".to_owned(), json!(words));
    fields.remove("args");
    fields.insert("stdin".to_owned(), manner.stdin.into());
    fields.insert("stdinOnce".to_owned(), manner.stdin.into());
    fields.insert("tty".to_owned(), manner.terminal.into());
    if let Some(variables) = fields.get_mut("env").and_then(Value::as_array_mut) {
        let is_mark =
            |variable: &Value| variable.get("name").and_then(Value::as_str) == Some(names::SESSION_VARIABLE);
        variables.retain(|variable| !is_mark(variable));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chandler_debugger::existing::sessions;
    use chandler_debugger::profile::Profile;

    #[test]
    fn container_with_the_command_as_its_process_is_no_session_to_enter() {
        let marks = json!([
            {"name": names::SESSION_VARIABLE, "value": "chandler-b"}, {"name": names::PROFILE_VARIABLE, "value": "general"},
        ]);
        let container =
            json!({"name": "chandler-b", "image": "a", "command": ["sh", "-c", "wait"], "env": marks});
        let mut plan =
            SessionPlan { container, target: "app".to_owned(), profile: Profile::General, notes: Vec::new() };
        let pod = |plan: &SessionPlan| json!({"spec": {"ephemeralContainers": [plan.container]}});
        assert_eq!(sessions(&pod(&plan)).len(), 1);
        run_directly(&mut plan, &["/tool".to_owned()], Manner { stdin: true, terminal: false });
        assert_eq!(sessions(&pod(&plan)).len(), 0);
        assert_eq!((&plan.container["command"], &plan.container["stdin"]), (&json!(["/tool"]), &json!(true)));
    }

    #[test]
    fn program_that_is_not_there_is_told_as_shells_tell_it() {
        let terminated = json!({"terminated": {"reason": "StartError", "exitCode": 128, "message":
            "failed to create containerd task: exec: \"/none\": stat /none: no such file or directory"}});
        let pod = json!({"spec": {"ephemeralContainers": [{"name": "a", "image": "b:1"}]},
            "status": {"ephemeralContainerStatuses": [{"name": "a", "state": terminated}]}});
        let Standing::Stuck(diagnosis) = judge(&pod, "a", &[]) else { panic!("it is not there") };
        let failure = as_command(Failure::Stuck(diagnosis));
        assert_eq!((failure.code(), failure.reason()), (127, "CannotRun"));
        assert!(failure.message().contains("/none"), "{failure}");
    }

    #[test]
    fn code_is_that_of_the_container_and_known_at_its_end() {
        let statuses = json!([
            {"name": "a", "state": {"terminated": {"exitCode": 3}}}, {"name": "b", "state": {"running": {}}},
        ]);
        let pod = json!({"status": {"ephemeralContainerStatuses": statuses}});
        assert_eq!((code_of(&pod, "a"), code_of(&pod, "b"), code_of(&pod, "c")), (Some(3), None, None));
    }
}
