//! The clusters of this process, each started once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use anyhow::{Result, anyhow};

use super::{Needs, keeps, skip, warn};
use crate::cluster::{Cluster, ClusterError, Start, images_folder};
use crate::home::Kind;
use crate::name::Name;
use crate::programs::Programs;

/// Where tests run.
#[derive(Debug)]
pub(super) enum Shared {
    /// In a cluster of this process.
    Own(&'static Cluster),
    /// In the one that KUBECONFIG names.
    Given(PathBuf),
    /// Nowhere on this machine, and why.
    Missing(String),
}

/// The cluster for what a test needs.
pub(super) fn cluster(needs: Needs) -> Result<&'static Shared> {
    static API_SERVER: OnceLock<Result<Shared, String>> = OnceLock::new();
    static NODE: OnceLock<Result<Shared, String>> = OnceLock::new();
    let shared = match needs {
        Needs::ApiServer => &API_SERVER,
        Needs::Node => &NODE,
    };
    let shared = shared.get_or_init(|| open(needs).map_err(|error| format!("{error:#}")));
    shared.as_ref().map_err(|error| anyhow!("{error}"))
}

fn open(needs: Needs) -> Result<Shared> {
    if std::env::var("CHANDLER_CLUSTER").as_deref() == Ok("given") {
        let file = std::env::var_os("KUBECONFIG").map(PathBuf::from);
        return file.filter(|file| file.is_absolute() && file.is_file()).map(Shared::Given).ok_or_else(
            || {
                anyhow!(
                    "CHANDLER_CLUSTER=given takes the one file that KUBECONFIG names by its absolute path"
                )
            },
        );
    }
    let kind = Kind::from(needs);
    let word = if kind == Kind::Node { "node" } else { "api" };
    let keep = keeps();
    let name: Name = format!("{word}-{}", std::process::id()).parse()?;
    let cluster = match start_if_prepared(&Start { name: &name, kind, tied: !keep })? {
        Ok(cluster) => cluster,
        Err(why) => return Ok(Shared::Missing(why)),
    };
    if keep {
        let file = cluster.description.kubeconfig.display();
        warn(&format!("kept: export KUBECONFIG={file}; make cluster down {name} ends it"));
    }
    Ok(Shared::Own(Box::leak(Box::new(cluster))))
}

/// Starts a cluster of this test alone. None, after a loud word, where this machine cannot have one.
///
/// # Errors
/// It does not start.
pub fn start_or_skip(start: &Start<'_>, test: &str) -> Result<Option<Cluster>, ClusterError> {
    crate::use_ring();
    Ok(start_if_prepared(start)?.map_err(|why| skip(test, &why)).ok())
}

/// Starts a cluster where everything is there that takes minutes to build; else says what is not. A test does not build.
fn start_if_prepared(start: &Start<'_>) -> Result<Result<Cluster, String>, ClusterError> {
    let started = match find_missing(start.kind) {
        Some(missing) => Err(missing),
        None => match Cluster::start(start, |_| {}) {
            Err(ClusterError::Programs(error)) => Err(error.to_string()),
            started => Ok(started?),
        },
    };
    match started {
        // Where every tier has to run, none is skipped.
        Err(message) if std::env::var_os("CHANDLER_REQUIRE_CLUSTERS").is_some() => {
            Err(ClusterError::Start { message })
        }
        started => Ok(started),
    }
}

/// What this machine does not have, and how it gets it.
fn find_missing(kind: Kind) -> Option<String> {
    let prepare = "make e2e-prepare sees to it";
    if kind == Kind::Node && !rustix::process::geteuid().is_root() {
        Some("a node needs root".to_owned())
    } else if !Programs::are_built(kind) {
        Some(format!("the programs of Kubernetes are not built; {prepare}"))
    } else if kind == Kind::Node && !images_folder().join("pause.tar").exists() {
        Some(format!("the images of the tests are not built; {prepare}"))
    } else {
        None
    }
}

/// Loads an archive unless this process has done so.
pub(super) fn load_once(cluster: &Cluster, archive: &Path) -> Result<(), ClusterError> {
    static LOADED: OnceLock<Mutex<HashSet<PathBuf>>> = OnceLock::new();
    // Others wait for the one that loads.
    let mut loaded =
        LOADED.get_or_init(Mutex::default).lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !loaded.contains(archive) {
        cluster.load(archive)?;
        loaded.insert(archive.to_owned());
    }
    Ok(())
}
