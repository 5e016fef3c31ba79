//! Runs a program as a user does, and says how long it took, how much memory it had, and when it first said something.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Bytes that are taken from a program at once.
const CHUNK_SIZE: usize = 64 * 1024;

/// The program that `make bench` has built: CHANDLER_PROGRAM, else the one beside cargo's folder for files of tests.
#[must_use]
pub fn built(targets: &Path) -> PathBuf {
    let beside = || targets.join("../release/kubectl-chandler");
    std::env::var_os("CHANDLER_PROGRAM").map_or_else(beside, PathBuf::from)
}

/// `kubectl-chandler inject` on a file of manifests.
#[derive(Debug)]
pub struct Inject {
    /// The program.
    pub program: PathBuf,
    /// Its templates: a file or a folder.
    pub templates: PathBuf,
}

/// What a run with its output read by somebody showed.
#[derive(Debug, Clone, Copy)]
pub struct Footprint {
    /// From the start of the program to its first byte.
    pub first_output: Duration,
    /// The most memory that was resident, in bytes.
    pub peak: u64,
    /// Bytes that it printed.
    pub printed: u64,
}

impl Inject {
    /// How long a whole run takes, with nobody to read what it prints.
    ///
    /// # Errors
    /// The program cannot be run, or fails.
    pub fn time(&self, manifests: &Path) -> Result<Duration> {
        let start = Instant::now();
        let mut child = self.start(manifests, Stdio::null())?;
        let status = child.wait()?;
        let elapsed = start.elapsed();
        ensure!(status.success(), "{} failed", self.program.display());
        Ok(elapsed)
    }

    /// How much memory a run takes, and when its first output comes.
    ///
    /// # Errors
    /// The program cannot be run, fails or prints nothing, or the system does not say how much memory it has.
    pub fn footprint(&self, manifests: &Path) -> Result<Footprint> {
        let start = Instant::now();
        let mut child = self.start(manifests, Stdio::piped())?;
        let mut output = child.stdout.take().context("no output to read")?;
        let (mut chunk, mut first_output, mut printed, mut peak) = (vec![0; CHUNK_SIZE], None, 0, 0);
        loop {
            let length = match output.read(&mut chunk) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            first_output.get_or_insert_with(|| start.elapsed());
            printed += length as u64;
            // It waits to print, or has just printed: the peak only grows, and the last look is at its last output.
            peak = peak_memory(&child).unwrap_or(peak);
        }
        ensure!(child.wait()?.success(), "{} failed", self.program.display());
        ensure!(peak > 0, "the system does not say how much memory a process has (/proc is needed)");
        Ok(Footprint { first_output: first_output.context("it printed nothing")?, peak, printed })
    }

    fn start(&self, manifests: &Path, output: Stdio) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg("inject").arg("-f").arg(manifests).arg("-t").arg(&self.templates);
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::inherit());
        command.spawn().with_context(|| self.program.display().to_string())
    }
}

/// The most memory that a process has had resident so far, in bytes. None when it has ended.
fn peak_memory(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
