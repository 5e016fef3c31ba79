//! The API server of a cluster, taken away and brought back as it was: same data, same address.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::Client;
use rustix::process::Signal;

use crate::cluster::Cluster;
use crate::component::tie_to_parent;
use crate::process::Process;
use crate::wait::{Wait, wait_for};

/// The program's name, also that of its log.
const PROGRAM: &str = "kube-apiserver";

/// How long it may take to end, and to be ready.
const BOUND: Duration = Duration::from_secs(60);

/// An API server that is away.
#[derive(Debug)]
pub struct Outage {
    arguments: Vec<OsString>,
    folder: PathBuf,
}

/// An API server that is back; it ends when this is dropped, and with the thread that brought it back.
#[derive(Debug)]
pub struct Restored {
    child: Child,
}

impl Outage {
    /// Kills the API server of a cluster.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub async fn begin(cluster: &Cluster) -> Result<Self> {
        let folder = cluster.description.folder.canonicalize()?;
        let (id, arguments) = find(&folder).context("the API server does not run")?;
        Process::of(id).context("the API server has ended")?.signal(Signal::KILL);
        wait_for("the API server to end", BOUND, async || {
            Ok(match find(&folder) {
                Some(_) => Wait::NotYet("it runs".to_owned()),
                None => Wait::Done(()),
            })
        })
        .await?;
        Ok(Self { arguments, folder })
    }

    /// Brings it back, and waits until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub async fn end(self, client: &Client) -> Result<Restored> {
        let (program, arguments) = self.arguments.split_first().context("no program")?;
        let log = File::options().append(true).open(self.folder.join(format!("logs/{PROGRAM}.log")))?;
        let mut command = tie_to_parent(program, arguments.iter().map(OsString::as_os_str));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let restored = Restored { child: command.spawn().context("cannot run the API server")? };
        wait_for("the API server to be ready", BOUND, async || {
            let request = http::Request::get("/readyz").body(Vec::new())?;
            let answer = tokio::time::timeout(Duration::from_secs(2), client.request_text(request)).await;
            Ok(match answer {
                Ok(Ok(text)) if text == "ok" => Wait::Done(()),
                other => Wait::NotYet(format!("{other:?}")),
            })
        })
        .await?;
        Ok(restored)
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process that runs in the folder of the cluster, and its arguments.
fn find(folder: &Path) -> Option<(u32, Vec<OsString>)> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find_map(|id: u32| {
        let arguments = fs::read(format!("/proc/{id}/cmdline")).ok()?;
        let words = arguments.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        let words: Vec<OsString> = words.map(|word| OsString::from_vec(word.to_vec())).collect();
        let is_it = Path::new(words.first()?).file_name()? == PROGRAM
            && fs::read_link(format!("/proc/{id}/cwd")).ok()? == folder;
        is_it.then_some((id, words))
    })
}
