//! A replica of the injector: a process that can be killed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chandler_e2e::{Process, Wait, wait_for};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::stage::Stage;

/// More than enough for any of it.
pub(crate) const BOUND: Duration = Duration::from_secs(90);

pub(crate) struct Replica {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    child: Child,
}

impl Replica {
    /// Starts one with the clock of this machine.
    pub(crate) async fn start(stage: &Stage, name: &str, flags: &[String]) -> Self {
        Self::run(stage, name, flags, Command::new(program())).await
    }

    /// Starts one whose clock is off, as `+23h`, by what the package faketime brings.
    pub(crate) async fn start_off(stage: &Stage, name: &str, off: &str) -> Self {
        let mut command = Command::new(program());
        command.env("LD_PRELOAD", faketime().unwrap()).env("FAKETIME", off);
        // What waits for a while waits as long as before.
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Self::run(stage, name, &[], command).await
    }

    async fn run(stage: &Stage, name: &str, flags: &[String], mut command: Command) -> Self {
        let namespace = &stage.scene.namespace;
        command
            .args(["serve", "--address=127.0.0.1:0", "--admin-address=127.0.0.1:0", "--drain-seconds=0"])
            .args(["--certificate-name=127.0.0.1", "--lease-seconds=3"])
            .args([format!("--namespace={namespace}"), format!("--identity={name}")])
            .arg(format!("--webhook-configuration={namespace}"))
            .args(flags)
            .env("KUBECONFIG", stage.kubeconfig())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(follow(child.stderr.take().unwrap(), name.to_owned(), Arc::clone(&log)));
        let listening = wait_for("the replica to listen", BOUND, async || {
            let said = log.lock().unwrap().iter().find(|line| line.contains("\"listening\"")).cloned();
            Ok(said.map_or(Wait::NotYet(format!("{:?}", log.lock().unwrap())), Wait::Done))
        });
        let listening: Value = serde_json::from_str(&listening.await.unwrap()).unwrap();
        let address = |key: &str| listening[key].as_str().unwrap().parse().unwrap();
        let (address, admin) = (address("webhook"), address("admin"));
        Self { name: name.to_owned(), address, admin, log, child }
    }

    /// Waits until it is ready.
    pub(crate) async fn until_ready(&self) {
        wait_for("the replica to be ready", BOUND, async || {
            let answer = self.ask("/readyz").await?;
            Ok(if answer.starts_with("HTTP/1.1 200") { Wait::Done(()) } else { Wait::NotYet(answer) })
        })
        .await
        .unwrap();
    }

    /// What it says on its admin port.
    pub(crate) async fn ask(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.admin).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    /// Waits until it has logged something so many times.
    pub(crate) async fn until_logged(&self, text: &str, count: usize) {
        wait_for(text, BOUND, async || {
            let log = self.log();
            Ok(if log.matches(text).count() == count { Wait::Done(()) } else { Wait::NotYet(log) })
        })
        .await
        .unwrap();
    }

    /// Everything that it logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// No goodbye.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end, and waits.
    pub(crate) async fn end(mut self) {
        let id = self.child.id().unwrap();
        Process::of(id).unwrap().signal(Signal::TERM);
        let status = tokio::time::timeout(BOUND, self.child.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// The library that lies to a process about the time; none where it is not installed.
pub(crate) fn faketime() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    let file = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    file.into_iter().find(|file| file.is_file())
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_injector-daemon")
}

/// Keeps what it logs, and prints it for a test that fails.
async fn follow(stderr: tokio::process::ChildStderr, name: String, log: Arc<Mutex<Vec<String>>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        println!("{name}: {line}");
        log.lock().unwrap().push(line);
    }
}
