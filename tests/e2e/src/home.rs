//! The folder of a running cluster: its files, and a lock that lasts as long as any process of it. A folder whose
//! lock is free belongs to a run that was killed; what it left is removed by the next one.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::{FdFlags, fcntl_setfd};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::cgroups;
use crate::name::Name;
use crate::process::Process;

/// Where the description of a running cluster is, in its folder.
const DESCRIPTION: &str = "cluster.json";
const LOCK: &str = "lock";

/// How long the processes of a killed cluster may take to be gone.
const REMOVAL: Duration = Duration::from_secs(10);

/// How long others may look at a folder that is being made.
const CONTENTION: Duration = Duration::from_secs(1);

/// Folders that a node does not see as they are.
const HIDDEN: [&str; 3] = ["/run", "/var/lib", "/var/log"];

/// What a cluster is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// etcd and kube-apiserver, on loopback; needs no root.
    ApiServer,
    /// Also the controllers, the scheduler and one node that runs pods, in namespaces of their own; needs root.
    Node,
}

/// A cluster that runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Description {
    /// Its name, unique on this machine.
    pub name: String,
    /// What it is made of.
    pub kind: Kind,
    /// Its folder.
    pub folder: PathBuf,
    /// The file to set KUBECONFIG to.
    pub kubeconfig: PathBuf,
    /// Whether it has started.
    pub ready: bool,
    /// The process that keeps it: it ends the cluster when it is terminated.
    pub keeper: Process,
    /// The first process of a node's namespaces, as seen from outside.
    pub init: Option<Process>,
    /// The folders that its programs are in.
    pub path: Vec<PathBuf>,
}

/// Why there is no folder for a cluster.
#[derive(Debug, Error)]
pub enum HomeError {
    /// The folder of all clusters is not one to keep keys in.
    #[error("{path} cannot hold clusters: {why}")]
    Refuse {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A cluster of that name runs.
    #[error("a cluster named {name:?} runs already; `make cluster down {name}` ends it")]
    Taken {
        /// Its name.
        name: String,
    },
    /// There is none of that name.
    #[error("no cluster named {name:?} runs; `make cluster status` lists those that do")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A file cannot be made, read or removed.
    #[error("cannot use {path}")]
    Use {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The folder of a cluster, held by its keeper.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    /// Inherited by every process of the cluster.
    _lock: File,
}

impl Home {
    /// Makes the folder of a new cluster.
    ///
    /// # Errors
    /// One of that name runs, or the folder cannot be made.
    pub fn create(name: &Name) -> Result<Self, HomeError> {
        let path = folder_of(name);
        make_root()?;
        let lock = hold(&path)?.ok_or_else(|| HomeError::Taken { name: name.to_string() })?;
        remove_leftovers(&path)?;
        fs::create_dir_all(path.join("logs")).map_err(|source| at(&path, source))?;
        // Open in every process that starts from here on: the last one to end frees it.
        fcntl_setfd(&lock, FdFlags::empty()).map_err(|error| at(&path, error.into()))?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, readable by its owner alone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, HomeError> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
        fs::write(&path, content)
            .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600)))
            .map_err(|source| at(&path, source))?;
        Ok(path)
    }

    /// Writes what others need to find the cluster.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn describe(&self, description: &Description) -> Result<(), HomeError> {
        let text = serde_json::to_vec_pretty(description).unwrap_or_default();
        self.write("cluster.new", text)?;
        let (from, to) = (self.path.join("cluster.new"), self.path.join(DESCRIPTION));
        fs::rename(&from, &to).map_err(|source| at(&to, source))
    }

    /// Removes the folder and what its processes left, once they have ended.
    ///
    /// # Errors
    /// Something cannot be removed.
    pub fn remove(self) -> Result<(), HomeError> {
        remove_leftovers(&self.path)?;
        remove_folder(&self.path)
    }
}

/// The folder that holds all clusters of this user, and nothing else.
#[must_use]
pub fn root() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let parent = std::env::var_os("CHANDLER_CLUSTERS").map_or_else(std::env::temp_dir, PathBuf::from);
    parent.join(format!("chandler-clusters-{user}"))
}

/// The folder of a cluster.
#[must_use]
pub fn folder_of(name: &Name) -> PathBuf {
    root().join(name.as_str())
}

/// Makes the folder of all clusters. It holds keys, and what is in it is removed: so it must be ours, and where the node
/// sees it.
fn make_root() -> Result<(), HomeError> {
    let path = root();
    if HIDDEN.iter().any(|hidden| path.starts_with(hidden)) {
        let why =
            "a node has a /run, /var/lib and /var/log of its own; let CHANDLER_CLUSTERS name another folder";
        return Err(HomeError::Refuse { path, why });
    }
    fs::create_dir_all(&path).map_err(|source| at(&path, source))?;
    let metadata = fs::symlink_metadata(&path).map_err(|source| at(&path, source))?;
    if !metadata.is_dir() || metadata.uid() != rustix::process::getuid().as_raw() {
        return Err(HomeError::Refuse { path, why: "it belongs to somebody else" });
    }
    fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(|source| at(&path, source))
}

/// Removes what clusters left whose processes are gone; gives their names.
///
/// # Errors
/// Something cannot be removed.
pub fn sweep() -> Result<Vec<String>, HomeError> {
    let mut removed = Vec::new();
    for folder in folders() {
        let Some(lock) = take_lock(&folder, false)? else { continue };
        // Another may have removed this one, and a new one of its name may be there.
        if is_in(&folder, &lock) {
            remove_leftovers(&folder)?;
            remove_folder(&folder)?;
            removed.push(name_of(&folder));
        }
    }
    Ok(removed)
}

/// The clusters that run.
///
/// # Errors
/// A folder cannot be read.
pub fn running() -> Result<Vec<Description>, HomeError> {
    let mut running = Vec::new();
    for folder in folders() {
        let description = read_description(&folder);
        if description.is_some() && take_lock(&folder, false)?.is_none() {
            running.extend(description);
        }
    }
    running.sort_by(|one: &Description, other| one.name.cmp(&other.name));
    Ok(running)
}

/// The cluster of a name.
///
/// # Errors
/// There is none, or its folder cannot be read.
pub fn find(name: &str) -> Result<Description, HomeError> {
    let found = running()?.into_iter().find(|description| description.name == name);
    found.ok_or_else(|| HomeError::Missing { name: name.to_owned() })
}

fn read_description(folder: &Path) -> Option<Description> {
    serde_json::from_slice(&fs::read(folder.join(DESCRIPTION)).ok()?).ok()
}

fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The lock of a folder; none while a process of the cluster lives, and where there is none: then it is no cluster's.
fn take_lock(folder: &Path, create: bool) -> Result<Option<File>, HomeError> {
    let path = folder.join(LOCK);
    let file = match File::options().create(create).truncate(false).write(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(at(&path, source)),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(at(&path, error.into())),
    }
}

/// Makes a folder and takes its lock. Another process may look at the folder at the same moment, or remove it as left
/// behind: so it is tried for a while.
fn hold(folder: &Path) -> Result<Option<File>, HomeError> {
    let start = Instant::now();
    while start.elapsed() < CONTENTION {
        match fs::create_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            made => made.map_err(|source| at(folder, source))?,
        }
        if let Some(lock) = take_lock(folder, true)?.filter(|lock| is_in(folder, lock)) {
            return Ok(Some(lock));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(None)
}

fn is_in(folder: &Path, lock: &File) -> bool {
    let inode = fs::metadata(folder.join(LOCK)).map(|file| file.ino());
    matches!((inode, lock.metadata()), (Ok(there), Ok(held)) if there == held.ino())
}

/// Removes what is outside the folder: control groups of containers. Everything else was in namespaces that ended with
/// their first process.
fn remove_leftovers(folder: &Path) -> Result<(), HomeError> {
    let tasks = folder.join("containerd/state/io.containerd.runtime.v2.task/k8s.io");
    let containers: Vec<String> =
        fs::read_dir(tasks).into_iter().flatten().flatten().map(|entry| name_of(&entry.path())).collect();
    cgroups::remove("k8s.io", &containers, REMOVAL).map_err(|(path, source)| HomeError::Use { path, source })
}

/// Files of processes that are just ending may still appear.
fn remove_folder(folder: &Path) -> Result<(), HomeError> {
    let start = Instant::now();
    loop {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Ok(()) => break,
            Err(_) if start.elapsed() < REMOVAL => std::thread::sleep(Duration::from_millis(20)),
            Err(source) => return Err(at(folder, source)),
        }
    }
    // The last one takes the root with it; it stays where others are.
    let _ = fs::remove_dir(root());
    Ok(())
}

fn at(path: &Path, source: io::Error) -> HomeError {
    HomeError::Use { path: path.to_owned(), source }
}

/// The end of a component's log, for an error message.
#[must_use]
pub fn log_tail(folder: &Path, component: &str, lines: usize) -> String {
    let text = fs::read(folder.join("logs").join(format!("{component}.log"))).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

/// What a message of the keeper or of the first process says.
pub(crate) fn text_of<'v>(message: &'v Value, field: &str) -> Option<&'v str> {
    message.get(field).and_then(Value::as_str)
}
