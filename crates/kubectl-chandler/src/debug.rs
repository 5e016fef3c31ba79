//! `debug`: a command or a shell with tools beside a container of a pod, in a copy of a pod, or on a node.
//!
//! `args` is what can be typed, `request` what was meant by it. `pods` finds the pods of a `target`. For each of them `one`
//! goes through the steps: `waiting` until it has started, `session` enters or adds a tooling container and `made` makes
//! pods, `connection` waits until it runs, `command` is this side of it and `replay` what it reads, `process` serves images
//! without a shell, and `event` leaves a word on the pod. `outcome` is how it went. `reach` gives other verbs a session.

mod args;
mod command;
mod connection;
mod context;
mod event;
mod failure;
mod lines;
mod made;
mod one;
mod outcome;
mod output;
mod pods;
mod process;
mod reach;
mod replay;
mod request;
mod rights;
mod session;
mod target;
mod voice;
mod waiting;

use std::process::ExitCode;
use std::time::Duration;

use chandler_debugger::terminal::told_to_end;
use futures_util::StreamExt as _;
use serde_json::Value;

use crate::cluster::{Cluster, block_on};
use crate::exit;
use crate::report::usage;

pub(crate) use args::{AFTER_HELP, DebugArgs, PullPolicy, SessionTimes};
pub(crate) use failure::Failure;
pub(crate) use made::Made;
pub(crate) use pods::find_pods;
pub(crate) use reach::{Reached, SessionArgs, reach};
pub(crate) use target::{Target, TargetError, kinds};
pub(crate) use voice::Voice;

use context::Context;
use outcome::{Outcome, code_of};
use output::Printer;
use pods::name_of;
use request::{Request, Surroundings};

/// How long the end may take to remove what was made.
const GOODBYE: Duration = Duration::from_secs(8);

/// Runs `debug`.
pub(crate) fn run(args: &DebugArgs) -> ExitCode {
    let request = match Request::try_from((args, Surroundings::now())) {
        Ok(request) => request,
        Err(error) => return usage(&error.to_string()),
    };
    let voice = Voice::new(args.style.color, args.quiet, "");
    match block_on(debug(args, &request, &voice)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            voice.complain(error);
            ExitCode::from(exit::NO_SESSION)
        }
    }
}

/// Everything, until it is done or a signal ends it; then what was made is removed.
async fn debug(args: &DebugArgs, request: &Request, voice: &Voice) -> u8 {
    let cluster = match Cluster::open(&args.cluster).await {
        Ok(cluster) => cluster,
        Err(error) => return fail((request, voice), "", error.into()),
    };
    let made = Made::default();
    let code = tokio::select! {
        code = debug_all((args, request), &cluster, &made, voice) => code,
        code = ended_by_signal() => code,
    };
    let removed = tokio::time::timeout(GOODBYE, made.remove(&cluster, voice)).await;
    if removed.is_err() {
        voice.complain("what was made is not removed yet: kubectl chandler gc does that");
    }
    // A command's own code says more.
    if code == exit::SUCCESS && removed != Ok(true) { exit::NO_SESSION } else { code }
}

/// The exit code that a signal gives. There is a while to clean up then; a second one ends the program at once.
pub(crate) async fn ended_by_signal() -> u8 {
    match told_to_end().await {
        Ok(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        // Then signals end the program as they always did.
        Err(_) => std::future::pending().await,
    }
}

async fn debug_all(
    (args, request): (&DebugArgs, &Request),
    cluster: &Cluster,
    made: &Made,
    voice: &Voice,
) -> u8 {
    let printer = Printer::new(request);
    let (context, pods) = match Context::prepare((cluster, request), made, voice).await {
        Ok(prepared) => prepared,
        Err(failure) => return fail((request, voice), cluster.namespace(), failure),
    };
    if !request.all {
        let outcome = one::debug_one(&context, pods.into_iter().next().unwrap_or_default(), voice).await;
        return printer.print(&outcome, voice);
    }
    let outcomes = debug_each((&context, &printer), pods, args).await;
    printer.summarize(&outcomes, voice);
    code_of(&outcomes)
}

/// Nothing was begun.
fn fail((request, voice): (&Request, &Voice), namespace: &str, failure: Failure) -> u8 {
    let mut outcome = Outcome::of(namespace, "");
    outcome.fail(&failure);
    Printer::new(request).print(&outcome, voice)
}

/// The same in every pod, so many at a time. Results come in the order of the pods.
async fn debug_each(
    (context, printer): (&Context<'_>, &Printer),
    pods: Vec<Value>,
    args: &DebugArgs,
) -> Vec<Outcome> {
    let runs = pods.into_iter().map(|pod| async move {
        let voice = Voice::new(args.style.color, args.quiet, &format!("[{}] ", name_of(&pod)));
        let mut outcome = one::debug_one(&context.renewed(), pod, &voice).await;
        outcome.exit_code = printer.print(&outcome, &voice);
        outcome
    });
    let mut outcomes: Vec<Outcome> =
        futures_util::stream::iter(runs).buffer_unordered(context.request.parallel).collect().await;
    outcomes.sort_by(|one, other| one.pod.cmp(&other.pod));
    outcomes
}
