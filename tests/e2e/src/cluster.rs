//! A cluster as tests and people hold it: started, looked at, loaded with images, ended.

use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use thiserror::Error;

use crate::home::{self, Description, HomeError, Kind, text_of};
use crate::node::SOCKET;
use crate::programs::{Programs, ProgramsError};

/// How long a cluster may take to end.
const END: Duration = Duration::from_secs(30);

/// Why a cluster is not as asked for.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// Its programs are not there.
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    /// Its folder is not there.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A node needs root.
    #[error("a node needs root, for its namespaces: run this as root, or start --kind api-server")]
    Root,
    /// The keeper cannot be run.
    #[error("cannot run {path}")]
    Run {
        /// The program.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It did not start.
    #[error("{message}")]
    Start {
        /// What the keeper says.
        message: String,
    },
    /// The keeper does not end.
    #[error("cluster {name:?} has not ended after {} s; its keeper is process {keeper}", END.as_secs())]
    Stop {
        /// Its name.
        name: String,
        /// The process.
        keeper: u32,
    },
    /// The archive of an image is not there.
    #[error("no archive of an image at {path}: `make images` builds ours")]
    FindImage {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The node did not take an image.
    #[error("{archive} was not loaded: {message}")]
    Load {
        /// The archive.
        archive: PathBuf,
        /// What ctr says.
        message: String,
    },
    /// Only a node runs pods.
    #[error("cluster {name:?} is an API server alone and runs no pods; `up --kind node` starts a node")]
    NoNode {
        /// Its name.
        name: String,
    },
}

/// How a cluster is to be started.
#[derive(Debug, Clone)]
pub struct Start<'a> {
    /// Its name, unique on this machine.
    pub name: &'a str,
    /// What it is made of.
    pub kind: Kind,
    /// Whether it ends with this process.
    pub tied: bool,
}

/// A cluster that runs.
#[derive(Debug)]
pub struct Cluster {
    /// What there is to know of it.
    pub description: Description,
    /// The keeper ends the cluster when this closes, which it does with this process.
    tie: Option<(Child, ChildStdin)>,
}

impl Cluster {
    /// Starts a cluster, after a look for what killed ones left. `progress` hears what it is waiting for.
    ///
    /// # Errors
    /// What it needs is missing, or a part of it does not start.
    pub fn start(start: &Start<'_>, mut progress: impl FnMut(&str)) -> Result<Self, ClusterError> {
        if start.kind == Kind::Node && !rustix::process::geteuid().is_root() {
            return Err(ClusterError::Root);
        }
        for name in home::sweep()? {
            progress(&format!("removed what the killed cluster {name:?} had left"));
        }
        Programs::build(start.kind)?;
        let mut keeper = start.spawn_keeper()?;
        let input = keeper.stdin.take();
        let output = BufReader::new(keeper.stdout.take().ok_or_else(|| silent("no output"))?);
        let mut failure = "its keeper ended without a word".to_owned();
        for line in output.lines().map_while(Result::ok) {
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(waiting) = text_of(&message, "progress") {
                progress(&format!("waiting until {waiting}"));
            } else if let Some(why) = text_of(&message, "failed") {
                why.clone_into(&mut failure);
            } else if let Some(ready) = message.get("ready") {
                let description =
                    serde_json::from_value(ready.clone()).map_err(|error| silent(&error.to_string()))?;
                let tie = input.filter(|_| start.tied).map(|input| (keeper, input));
                return Ok(Self { description, tie });
            }
        }
        // Its end is what was waited for.
        let _ = keeper.wait();
        Err(ClusterError::Start { message: failure })
    }

    /// The cluster of a name, which somebody else started.
    ///
    /// # Errors
    /// There is none.
    pub fn find(name: &str) -> Result<Self, ClusterError> {
        Ok(Self { description: home::find(name)?, tie: None })
    }

    /// Ends the cluster and waits until nothing of it is left.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn stop(mut self) -> Result<(), ClusterError> {
        let Description { name, keeper, folder, .. } = self.description.clone();
        let pid = i32::try_from(keeper).ok().and_then(Pid::from_raw);
        // Where it has ended already there is nothing to do.
        let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
        if let Some((mut child, input)) = self.tie.take() {
            drop(input);
            let _ = child.wait();
        }
        let start = Instant::now();
        while folder.exists() {
            if start.elapsed() > END {
                return Err(ClusterError::Stop { name, keeper });
            }
            home::sweep()?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// A command that runs a program inside the node: its network, mounts and processes.
    ///
    /// # Errors
    /// The cluster has no node.
    pub fn inside(&self, program: impl AsRef<OsStr>) -> Result<Command, ClusterError> {
        let Description { name, init, path, folder, .. } = &self.description;
        let init = init.ok_or_else(|| ClusterError::NoNode { name: name.clone() })?;
        let mut command = Command::new("nsenter");
        command.arg("--target").arg(init.to_string()).args(["--net", "--mount", "--pid", "--"]).arg(program);
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let folders = path.iter().cloned().chain(std::env::split_paths(&usual));
        command.env("PATH", std::env::join_paths(folders).unwrap_or(usual));
        // The port of the other kubeconfig is forwarded outside.
        command.env("KUBECONFIG", folder.join("admin.kubeconfig"));
        Ok(command)
    }

    /// Brings the image in an archive to the node.
    ///
    /// # Errors
    /// There is no such archive, or the node does not take it.
    pub fn load(&self, archive: &Path) -> Result<(), ClusterError> {
        let archive =
            archive.canonicalize().map_err(|_| ClusterError::FindImage { path: archive.to_owned() })?;
        let words = ["--address", SOCKET, "--namespace", "k8s.io", "images", "import", "--local"];
        let output = self.inside("ctr")?.args(words).arg(&archive).output();
        let output = output.map_err(|source| ClusterError::Run { path: "nsenter".into(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(ClusterError::Load { archive, message })
    }
}

impl Start<'_> {
    fn spawn_keeper(&self) -> Result<Child, ClusterError> {
        let path = keeper_program();
        let kind = match self.kind {
            Kind::ApiServer => "api-server",
            Kind::Node => "node",
        };
        let mut command = Command::new(&path);
        command.args(["keep", "--name", self.name, "--kind", kind]).arg("--images").arg(images_folder());
        command.args(self.tied.then_some("--tied"));
        command.stdin(if self.tied { Stdio::piped() } else { Stdio::null() });
        // A group of its own: what the terminal sends to this one is not for the keeper, which ends when we do.
        command.stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        command.spawn().map_err(|source| ClusterError::Run { path, source })
    }
}

fn silent(why: &str) -> ClusterError {
    ClusterError::Start { message: format!("its keeper cannot be understood: {why}") }
}

/// The program of this crate: this one, or beside the test that runs.
fn keeper_program() -> PathBuf {
    const NAME: &str = "chandler-cluster";
    let this = std::env::current_exe().unwrap_or_else(|_| NAME.into());
    if this.file_name() == Some(NAME.as_ref()) {
        return this;
    }
    let beside = this.ancestors().skip(1).take(2).map(|folder| folder.join(NAME)).find(|path| path.exists());
    beside.unwrap_or_else(|| NAME.into())
}

/// Where `make images` puts the archives.
#[must_use]
pub fn images_folder() -> PathBuf {
    std::env::var_os("CHANDLER_IMAGES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/images"), PathBuf::from)
}
