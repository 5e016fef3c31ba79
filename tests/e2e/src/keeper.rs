//! The process that keeps a cluster: it starts the parts in order, and ends them all when whoever asked for the cluster is
//! gone, or says so. Were it killed itself, everything would end with it all the same.

mod api_server;
mod node;

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use rustix::process::{WaitOptions, getpid, getuid, set_child_subreaper, wait};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use crate::cluster::copy_logs;
use crate::home::{Description, Home, Kind, log_tail};
use crate::name::Name;
use crate::process::Process;
use crate::programs::Programs;

/// How long a part may take to be ready on a machine with much else to do.
const START: Duration = Duration::from_secs(90);

/// How long killed parts may take to be gone.
const END: Duration = Duration::from_secs(10);

/// How often a part is asked whether it is ready.
const PAUSE: Duration = Duration::from_millis(50);

/// Lines of a log that an error message quotes.
const QUOTED_LINES: usize = 12;

/// The line of standard input that lets a cluster go on without the one who asked for it.
pub(crate) const DETACH: &str = "detach";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    /// The name of the cluster.
    pub name: Name,
    /// What it is made of.
    pub kind: Kind,
    /// The folder of the archives of images.
    pub images: PathBuf,
}

/// A part that has ended, and how.
#[derive(Debug)]
struct Ended {
    name: String,
    status: String,
}

/// Parts that run, and news of those that ended.
struct Parts {
    folder: PathBuf,
    ended: mpsc::UnboundedReceiver<Ended>,
}

/// Keeps a cluster until it is to end.
///
/// # Errors
/// It does not start; the one who asked for it has been told so.
pub fn run(order: &Order) -> Result<()> {
    let kept = keep(order);
    if let Err(error) = &kept {
        say(&json!({"failed": format!("{error:#}")}));
    }
    kept
}

fn keep(order: &Order) -> Result<()> {
    // Processes whose parent ends become ours, so that none is left unwaited for.
    set_child_subreaper(Some(getpid())).context("cannot be the parent of orphans")?;
    let programs = Programs::build(order.kind)?;
    let home = Home::create(&order.name)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let kept = runtime.block_on(async {
        let end = until_end()?;
        tokio::select! {
            kept = keep_running(order, &home, programs) => kept,
            () = end => Ok(()),
        }
    });
    let kept = kept.map_err(|error| match keep_logs(home.path()) {
        Some(logs) => error.context(format!("the cluster did not start; its logs are in {}", logs.display())),
        None => error,
    });
    // Kills the parts: each is killed when its handle is dropped.
    drop(runtime);
    reap();
    home.remove()?;
    kept
}

/// Waits until no child is left.
fn reap() {
    let start = Instant::now();
    while start.elapsed() < END {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => {}
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(_) => return,
        }
    }
}

async fn keep_running(order: &Order, home: &Home, programs: Programs) -> Result<()> {
    let description = Description {
        name: order.name.to_string(),
        kind: order.kind,
        folder: home.path().to_owned(),
        kubeconfig: home.path().join("kubeconfig"),
        ready: false,
        keeper: Process::of(std::process::id()).context("cannot see this process in /proc")?,
        init: None,
        path: programs.folders(),
    };
    home.describe(&description)?;
    match order.kind {
        Kind::ApiServer => api_server::keep(home, programs, description).await,
        Kind::Node => node::keep(home, programs, description, &order.images).await,
    }
}

/// Says that the cluster is there, and waits for parts that end although they should not.
async fn watch(home: &Home, mut description: Description, mut parts: Parts) -> Result<()> {
    description.ready = true;
    home.describe(&description)?;
    say(&json!({"ready": description}));
    while let Some(Ended { name, status }) = parts.ended.recv().await {
        let path = home.path().join("logs/keeper.log");
        let log = std::fs::File::options().create(true).append(true).open(path);
        // Nobody else listens.
        let _ = log.and_then(|mut log| writeln!(log, "{name} ended: {status}"));
    }
    Ok(())
}

impl Parts {
    /// Waits for `ready`, unless a part ends before.
    async fn wait_for<T>(&mut self, what: &str, ready: impl Future<Output = Result<T>>) -> Result<T> {
        say(&json!({"progress": what}));
        tokio::select! {
            result = ready => result,
            ended = self.ended.recv() => Err(self.explain(ended, what)),
            () = tokio::time::sleep(START) => Err(anyhow!("waited {} s until {what}", START.as_secs())),
        }
    }

    fn explain(&self, ended: Option<Ended>, what: &str) -> anyhow::Error {
        let Some(Ended { name, status }) = ended else { return anyhow!("all parts ended before {what}") };
        let tail = log_tail(&self.folder, &name, QUOTED_LINES);
        anyhow!("{name} ended ({status}) before {what}. The end of its log:\n{tail}")
    }
}

/// A client of the API server. Certificates are looked at by rustls with the provider of this process.
async fn connect(kubeconfig: &str) -> Result<Client> {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig)?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// Waits until the API server says that it is ready.
async fn until_ready(client: &Client) -> Result<()> {
    until("kube-apiserver", async || {
        let request = kube::core::Request::new("/readyz").list(&kube::api::ListParams::default())?;
        let answer = tokio::time::timeout(Duration::from_secs(2), client.request_text(request)).await;
        Ok(matches!(answer, Ok(Ok(text)) if text == "ok"))
    })
    .await
}

async fn until(what: &str, mut is_ready: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_ready().await? {
        if start.elapsed() > START {
            bail!("{what} was not ready within {} s", START.as_secs());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Ends when the cluster has to: at a signal, or with standard input. Whoever asked for the cluster may let go of it with
/// the line [`DETACH`]: then only a signal ends it.
fn until_end() -> Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).context("cannot wait for signals");
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut hangup = listen(SignalKind::hangup())?;
    let (sender, closed) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut lines = io::stdin().lock().lines().map_while(Result::ok);
        if lines.any(|line| line == DETACH) {
            // Nobody is there whose end would be ours.
            loop {
                std::thread::park();
            }
        }
        drop(sender);
    });
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {},
            _ = interrupt.recv() => {},
            _ = hangup.recv() => {},
            _ = closed => {},
        }
    })
}

/// Puts the logs where they stay when the folder of the cluster goes.
fn keep_logs(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let kept = std::env::temp_dir().join(format!("chandler-logs-{}", getuid().as_raw())).join(name);
    copy_logs(&folder.join("logs"), &kept).ok().map(|()| kept)
}

/// Tells whoever asked for the cluster.
fn say(message: &Value) {
    let mut output = io::stdout().lock();
    // It may be gone; then the cluster ends anyway.
    let _ = writeln!(output, "{message}").and_then(|()| output.flush());
}
