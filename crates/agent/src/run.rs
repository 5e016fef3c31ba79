//! `chandler-agent run`: one thread reads, a few answer scrapes, and a signal ends it with a last checkpoint.

mod hints;
mod reading;
mod reload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use chandler_runtime::readiness::Readiness;
use chandler_runtime::shutdown::{Phase, Shutdown, ShutdownArgs};
use chandler_runtime::telemetry::TelemetryArgs;
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::engine::{Engine, EngineOptions};
use crate::rules::Rules;
use crate::web::{WebArgs, WebServer};
use hints::Hints;
use reading::{Pace, Reading};
use reload::RuleFiles;

/// Descriptors that are not for logs: sockets, checkpoints, rules.
const OTHER_DESCRIPTORS: u64 = 512;
/// Most descriptors for logs where there is no limit.
const MAX_DESCRIPTORS: u64 = 16 << 10;
/// What requests may take when the agent ends.
const GRACE_SECONDS: u16 = 5;

/// What is followed, and where it is served.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Files with rules, and folders with files that end with .yaml, .yml or .json. They are read again when they change.
    #[arg(value_name = "RULES", default_value = "/etc/chandler-agent/rules")]
    pub rules: Vec<PathBuf>,

    /// Folder for checkpoints; one agent has it alone.
    #[arg(long, value_name = "FOLDER", default_value = "/var/lib/chandler-agent")]
    pub state: PathBuf,

    /// Seconds between checkpoints while lines are read. Each scrape makes one too.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..))]
    pub checkpoint_interval: u16,

    /// Milliseconds between looks at files; what the system tells of them is looked at sooner.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(50..))]
    pub look_interval: u16,

    /// Seconds that a new counter is shown as zero after its first scrape, so that increase() sees all of it: longer than
    /// the scrape interval. With 0 it is shown at once.
    #[arg(long, value_name = "SECONDS", default_value_t = 90)]
    pub zero_first: u16,

    /// The port for scrapes.
    #[command(flatten)]
    pub web: WebArgs,

    /// Logs.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Runs until a signal comes, or something fails that it cannot do without.
///
/// # Errors
/// Flags, rules, the checkpoint or the socket are of no use, or reading came to an end.
pub fn run(arguments: &RunArgs) -> anyhow::Result<()> {
    arguments.telemetry.start()?;
    chandler_runtime::use_ring();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.context("cannot start")?.block_on(serve(arguments))
}

async fn serve(arguments: &RunArgs) -> anyhow::Result<()> {
    let server = arguments.web.bind().await?;
    let (files, rules) = RuleFiles::load(&arguments.rules)?;
    let mut options = EngineOptions::new(&arguments.state);
    options.max_open = raise_descriptors();
    options.zero_first = Some(arguments.zero_first)
        .filter(|seconds| *seconds > 0)
        .map(|seconds| Duration::from_secs(seconds.into()));
    let engine = Arc::new(open(rules, options)?);
    let readiness = Readiness::default();
    let (trigger, shutdown) = ShutdownArgs { drain_seconds: 0, grace_seconds: GRACE_SECONDS }.shutdown();
    let hints = Hints::new();
    let pace = Pace {
        look: Duration::from_millis(arguments.look_interval.into()),
        checkpoint: Duration::from_secs(arguments.checkpoint_interval.into()),
    };
    let reading = Reading::new((Arc::clone(&engine), files), (hints.clone(), pace), shutdown.clone());
    let caught_up = readiness.condition("caught-up");
    let mut reading = tokio::task::spawn_blocking(move || reading.run(&caught_up));
    tokio::spawn(reload_on_signal(hints.clone()));
    tracing::info!(address = %server.address(), "serving");
    let serving = serve_until_end(server, (engine, readiness.clone()), &shutdown);
    let ended = tokio::select! {
        ended = &mut reading => Some(ended),
        () = async { tokio::join!(serving, end(trigger, &readiness, &hints)); } => None,
    };
    match ended {
        // Reading goes on until the end has begun.
        Some(ended) if !shutdown.has_reached(Phase::Draining) => {
            ended.context("reading failed")?;
            anyhow::bail!("reading came to an end")
        }
        Some(ended) => ended.context("reading failed")?,
        None => reading.await.context("reading failed")?,
    }
    tracing::info!("ended");
    Ok(())
}

async fn serve_until_end(
    server: WebServer,
    (engine, readiness): (Arc<Engine>, Readiness),
    shutdown: &Shutdown,
) {
    server.serve(engine, readiness, shutdown).await;
}

/// Waits for a signal, and has the thread that reads see it at once.
async fn end(trigger: chandler_runtime::shutdown::Trigger, readiness: &Readiness, hints: &Hints) {
    if let Err(error) = trigger.on_signal(readiness).await {
        tracing::error!(%error, "cannot wait for signals");
    }
    hints.wake();
}

fn open(rules: Rules, options: EngineOptions) -> anyhow::Result<Engine> {
    let folder = options.folder.clone();
    let engine = Engine::open(rules, options, SystemTime::now());
    engine.with_context(|| format!("cannot go on from --state {}", folder.display()))
}

/// SIGHUP has rules read again now.
async fn reload_on_signal(hints: Hints) {
    let Ok(mut hang_up) = signal(SignalKind::hangup()) else { return };
    while hang_up.recv().await.is_some() {
        hints.ask_for_rules();
    }
}

/// Raises the limit of descriptors as far as that is allowed, and says how many logs may be open.
fn raise_descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(MAX_DESCRIPTORS).min(MAX_DESCRIPTORS);
    let raised = Rlimit { current: Some(most.max(limit.current.unwrap_or(most))), ..limit };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { raised.current } else { limit.current };
    let current = current.unwrap_or(most);
    let rest = current.saturating_sub(OTHER_DESCRIPTORS).max(current / 2);
    usize::try_from(rest).unwrap_or(usize::MAX)
}
