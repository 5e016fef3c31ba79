//! A program of the cluster: what is run, and where its words go.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

/// A program with its arguments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Component {
    /// Its name, which names its log.
    pub name: String,
    /// The file to run.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// Folders to look for further programs in, before the usual ones.
    pub path: Vec<PathBuf>,
}

impl Component {
    /// A program that runs in `folder`.
    pub fn new(name: &str, program: PathBuf, folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { name: name.to_owned(), program, arguments: Vec::new(), folder, path: Vec::new() }
    }

    /// Adds a flag with its value.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.arguments.push(format!("--{name}={}", value.as_ref().to_string_lossy()));
        self
    }

    /// Starts it; standard output and error go to its log.
    ///
    /// # Errors
    /// The program or its log cannot be opened.
    pub fn start(&self, logs: &Path) -> io::Result<Child> {
        self.command(logs)?.spawn()
    }

    /// Starts it so that it ends when its handle is dropped, and when the thread that starts it ends.
    ///
    /// # Errors
    /// The program or its log cannot be opened.
    pub fn start_tied(&self, logs: &Path) -> io::Result<tokio::process::Child> {
        let command = self.command(logs)?;
        let mut tied = tie_to_parent(command.get_program(), command.get_args());
        for (name, value) in command.get_envs() {
            tied.env(name, value.unwrap_or_default());
        }
        tied.current_dir(&self.folder).stdin(Stdio::null());
        let log = self.log(logs)?;
        tied.stdout(log.try_clone()?).stderr(log);
        tokio::process::Command::from(tied).kill_on_drop(true).spawn()
    }

    fn command(&self, logs: &Path) -> io::Result<Command> {
        let log = self.log(logs)?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).env("PATH", self.search_path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    fn log(&self, logs: &Path) -> io::Result<File> {
        File::options().create(true).append(true).open(logs.join(format!("{}.log", self.name)))
    }

    fn search_path(&self) -> OsString {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.path.iter().cloned().chain(std::env::split_paths(&usual));
        std::env::join_paths(folders).unwrap_or(usual)
    }
}

/// A command that is killed when the thread that spawns it ends, however it ends.
pub fn tie_to_parent<'a>(
    program: &std::ffi::OsStr,
    arguments: impl Iterator<Item = &'a std::ffi::OsStr>,
) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(arguments);
    command
}
