//! `chandler-agent run`: one thread reads, a few answer scrapes, and a signal ends it with a last checkpoint.

mod hints;
mod reading;
mod reload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use chandler_runtime::readiness::Readiness;
use chandler_runtime::shutdown::{Phase, ShutdownArgs, Signals, Trigger};
use chandler_runtime::telemetry::TelemetryArgs;
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::{Engine, EngineOptions};
use crate::rules::Rules;
use crate::web::WebArgs;
use hints::Hints;
use reading::{Pace, Reading};
use reload::RuleFiles;

/// Descriptors that are not for logs: sockets, checkpoints, rules.
const OTHER_DESCRIPTORS: u64 = 512;
/// Most descriptors for logs where there is no limit.
const MAX_DESCRIPTORS: u64 = 16 << 10;
/// Longest time of a flag.
const MAX_SECONDS: f64 = 86_400.0;
/// Least time between two things of a kind.
const MIN_INTERVAL: Duration = Duration::from_millis(50);
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

    /// Seconds between checkpoints while lines are read, as 15 or 0.5. Each scrape makes one too.
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = parse_interval)]
    pub checkpoint_interval: Duration,

    /// Seconds between looks at files; what the system tells of them is looked at sooner.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = parse_interval)]
    pub look_interval: Duration,

    /// Seconds that a new counter is shown as zero after its first scrape, so that increase() sees all of it: longer than
    /// the scrape interval. With 0 it is shown at once.
    #[arg(long, value_name = "SECONDS", default_value = "90", value_parser = parse_seconds)]
    pub zero_first: Duration,

    /// The port for scrapes.
    #[command(flatten)]
    pub web: WebArgs,

    /// Logs.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// A time in seconds, up to a day.
fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds <= MAX_SECONDS);
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| format!("a number of seconds from 0 to {MAX_SECONDS} is expected"))
}

/// A time in seconds that passes between one thing and the next of its kind.
fn parse_interval(text: &str) -> Result<Duration, String> {
    let time = parse_seconds(text)?;
    if time < MIN_INTERVAL {
        Err(format!("it has to be {} s or more", MIN_INTERVAL.as_secs_f64()))
    } else {
        Ok(time)
    }
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
    let signals = Signals::catch().context("cannot wait for signals")?;
    let hang_up = signal(SignalKind::hangup()).context("cannot wait for signals")?;
    let server = arguments.web.bind().await?;
    let (files, rules) = RuleFiles::load(&arguments.rules)?;
    let mut options = EngineOptions::new(&arguments.state);
    options.max_open = raise_descriptors();
    options.zero_first = Some(arguments.zero_first).filter(|time| !time.is_zero());
    let engine = Arc::new(open(rules, options)?);
    let readiness = Readiness::default();
    let (trigger, shutdown) = ShutdownArgs { drain_seconds: 0, grace_seconds: GRACE_SECONDS }.shutdown();
    let hints = Hints::new();
    let pace = Pace { look: arguments.look_interval, checkpoint: arguments.checkpoint_interval };
    let reading = Reading::new((Arc::clone(&engine), files), (hints.clone(), pace), shutdown.clone());
    let caught_up = readiness.condition("caught-up");
    let mut reading = tokio::task::spawn_blocking(move || reading.run(&caught_up));
    tokio::spawn(reload_on(hang_up, hints.clone()));
    tracing::info!(address = %server.address(), "serving");
    let serving = server.serve(engine, readiness.clone(), &shutdown);
    let ended = tokio::select! {
        ended = &mut reading => Some(ended),
        () = async { tokio::join!(serving, end(trigger, signals, (&readiness, &hints))); } => None,
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

/// Waits for a signal, and has the thread that reads see it at once.
async fn end(trigger: Trigger, signals: Signals, (readiness, hints): (&Readiness, &Hints)) {
    trigger.on_signal(signals, readiness).await;
    hints.wake();
}

fn open(rules: Rules, options: EngineOptions) -> anyhow::Result<Engine> {
    let folder = options.folder.clone();
    let engine = Engine::open(rules, options, SystemTime::now());
    engine.with_context(|| format!("cannot go on from --state {}", folder.display()))
}

/// SIGHUP has rules read again now.
async fn reload_on(mut hang_up: Signal, hints: Hints) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_decimals_within_bounds() {
        assert_eq!(parse_seconds("0"), Ok(Duration::ZERO));
        assert_eq!(parse_interval("0.2"), Ok(Duration::from_millis(200)));
        for text in ["-1", "NaN", "inf", "1e9", "1s", ""] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
        assert!(parse_interval("0.01").is_err());
    }
}
