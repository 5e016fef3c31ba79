//! The programs of Kubernetes, which `tests/e2e/control-plane/build` makes once and keeps.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

use crate::home::Kind;

/// The folder of the Go modules and of the command that builds them.
const CONTROL_PLANE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/control-plane");

/// Why there are no programs.
#[derive(Debug, Error)]
pub enum ProgramsError {
    /// The command that builds them does not start.
    #[error("cannot run {path}")]
    Run {
        /// The command.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It failed, and has said why.
    #[error("the programs of Kubernetes were not built: see what {path} says")]
    Build {
        /// The command.
        path: PathBuf,
    },
    /// A Debian package is missing.
    #[error("{message}")]
    Packages {
        /// Which, and what to do.
        message: String,
    },
}

/// Folders of programs, by the name of their set.
#[derive(Debug, Clone)]
pub struct Programs {
    folders: BTreeMap<String, PathBuf>,
}

impl Programs {
    /// Builds what a cluster of this kind needs, unless it is there. Progress goes to standard error.
    ///
    /// # Errors
    /// Go is missing, a module cannot be had, or a package of the system is missing.
    pub fn build(kind: Kind) -> Result<Self, ProgramsError> {
        if kind == Kind::Node {
            check_packages()?;
        }
        Self::build_sets(sets_of(kind))
    }

    /// Whether they are there, so that [`Programs::build`] takes no time.
    #[must_use]
    pub fn are_built(kind: Kind) -> bool {
        Self::find_sets(sets_of(kind)).is_some()
    }

    /// Sets by name, as `helm`, where all of them are built.
    #[must_use]
    pub fn find_sets(sets: &[&str]) -> Option<Self> {
        let build = Path::new(CONTROL_PLANE).join("build");
        let output =
            Command::new(build).arg("--print-path").args(sets).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = sets.iter().map(|set| (*set).to_owned());
        let folders: BTreeMap<String, PathBuf> = names.zip(text.lines().map(PathBuf::from)).collect();
        let is_there = output.status.success() && folders.len() == sets.len();
        (is_there && folders.values().all(|folder| folder.exists())).then_some(Self { folders })
    }

    /// Builds sets by name, as `helm` or `prometheus`.
    ///
    /// # Errors
    /// Go is missing, or a module cannot be had.
    pub fn build_sets(sets: &[&str]) -> Result<Self, ProgramsError> {
        let path = Path::new(CONTROL_PLANE).join("build");
        let mut command = Command::new(&path);
        command.args(sets).stdin(Stdio::null()).stdout(Stdio::piped());
        let output = command
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .map_err(|source| ProgramsError::Run { path: path.clone(), source })?;
        if !output.status.success() {
            return Err(ProgramsError::Build { path });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let folders = text.lines().filter_map(|line| line.split_once(' '));
        Ok(Self { folders: folders.map(|(set, folder)| (set.to_owned(), folder.into())).collect() })
    }

    /// The path of a program.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let places = self.folders.values().map(|folder| folder.join(name));
        places.into_iter().find(|path| path.exists()).unwrap_or_else(|| name.into())
    }

    /// The folders, for a search path.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        self.folders.values().cloned().collect()
    }
}

fn sets_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ApiServer => &["kubernetes"],
        Kind::Node => &["kubernetes", "containerd"],
    }
}

fn check_packages() -> Result<(), ProgramsError> {
    let path = Path::new(CONTROL_PLANE).join("packages");
    let output = Command::new(&path)
        .arg("--check")
        .output()
        .map_err(|source| ProgramsError::Run { path: path.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let missing = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(ProgramsError::Packages { message: format!("{missing}; {} installs them", path.display()) })
}
