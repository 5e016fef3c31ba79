//! A cluster as tests and people hold it: started, looked at, loaded with images, ended.

use std::ffi::OsStr;
use std::io::{self, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use thiserror::Error;

use crate::admission::AUDIT_LOG;
use crate::home::{self, Description, HomeError, Kind, text_of};
use crate::keeper::DETACH;
use crate::name::Name;
use crate::node::SOCKET;
use crate::programs::{Programs, ProgramsError};

/// How long a cluster may take to end.
const END: Duration = Duration::from_secs(30);

/// How long an image may take to be loaded.
const LOAD: Duration = Duration::from_secs(120);

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
    pub name: &'a Name,
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
    /// Starts a cluster, after a look for what killed ones left. `progress` hears what it is waiting for. Until it is
    /// ready it ends with this process in any case.
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
        let (Some(mut input), Some(output)) = (keeper.stdin.take(), keeper.stdout.take()) else {
            return Err(silent("it has no input and output"));
        };
        match read_news(BufReader::new(output), &mut progress) {
            Ok(description) => {
                if !start.tied {
                    // Where it has ended already, whoever uses it will see.
                    let _ = writeln!(input, "{DETACH}");
                }
                let tie = start.tied.then_some((keeper, input));
                Ok(Self { description, tie })
            }
            Err(error) => {
                drop(input);
                wait_for_end(&mut keeper);
                Err(error)
            }
        }
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
        keeper.signal(Signal::TERM);
        self.untie();
        let start = Instant::now();
        while folder.exists() {
            if start.elapsed() > END {
                return Err(ClusterError::Stop { name, keeper: keeper.id });
            }
            home::sweep()?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The certificate of the authority that signs for everybody in the cluster, also for the API server when it calls
    /// webhooks, PEM.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.description.folder.join("pki/ca.crt")
    }

    /// The audit log of the API server: a line of JSON for each request that its policy names.
    #[must_use]
    pub fn audit_log(&self) -> PathBuf {
        self.description.folder.join(AUDIT_LOG)
    }

    fn untie(&mut self) {
        if let Some((mut keeper, input)) = self.tie.take() {
            drop(input);
            wait_for_end(&mut keeper);
        }
    }

    /// A command that runs a program inside the node: its network, mounts and processes.
    ///
    /// # Errors
    /// The cluster has no node.
    pub fn inside(&self, program: impl AsRef<OsStr>) -> Result<Command, ClusterError> {
        let Description { name, init, path, folder, .. } = &self.description;
        let init = init.ok_or_else(|| ClusterError::NoNode { name: name.clone() })?;
        let mut command = Command::new("nsenter");
        command
            .arg("--target")
            .arg(init.id.to_string())
            .args(["--net", "--mount", "--pid", "--"])
            .arg(program);
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
        let bound = LOAD.as_secs().to_string();
        let output = self.inside("timeout")?.args([&bound, "ctr"]).args(words).arg(&archive).output();
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
        command
            .args(["keep", "--name", self.name.as_str(), "--kind", kind])
            .arg("--images")
            .arg(images_folder());
        // A group of its own: what the terminal sends to this one is not for the keeper, which ends when we do.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        command.spawn().map_err(|source| ClusterError::Run { path, source })
    }
}

/// A cluster of a test that fails leaves its logs, and one that is dropped has ended.
impl Drop for Cluster {
    fn drop(&mut self) {
        if self.tie.is_some() && std::thread::panicking() {
            let Description { folder, name, .. } = &self.description;
            let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/e2e").join(name);
            if copy_logs(&folder.join("logs"), &kept).is_ok() {
                // Past the ears of the test runner, which shows only what fails.
                let _ = writeln!(io::stderr(), "the logs of cluster {name:?} are in {}", kept.display());
            }
        }
        self.untie();
    }
}

/// Copies the logs of components.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn copy_logs(logs: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(logs)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

/// What the keeper says until the cluster is ready.
fn read_news(output: impl io::BufRead, progress: &mut impl FnMut(&str)) -> Result<Description, ClusterError> {
    let mut failure = "its keeper ended without a word".to_owned();
    for line in output.lines().map_while(Result::ok) {
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(waiting) = text_of(&message, "progress") {
            progress(&format!("waiting until {waiting}"));
        } else if let Some(why) = text_of(&message, "failed") {
            why.clone_into(&mut failure);
        } else if let Some(ready) = message.get("ready") {
            return serde_json::from_value(ready.clone()).map_err(|error| silent(&error.to_string()));
        }
    }
    Err(ClusterError::Start { message: failure })
}

fn wait_for_end(keeper: &mut Child) {
    let start = Instant::now();
    while start.elapsed() < END && matches!(keeper.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(10));
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
