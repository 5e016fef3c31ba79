//! A daemon as a process of its own: started, asked whether it is ready, looked at, ended or killed, and started again.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::component::tie_to_parent;
use crate::objects::Objects;
use crate::pki::{Authority, Identity};
use crate::process::Process;
use crate::wait::{Wait, wait_with_pause};

/// The program: `chandler-injector`, built with this package, so that it is never older than the test.
const PROGRAM: &str = "injector-daemon";

/// Daemons that were started by this process.
static STARTED: AtomicU64 = AtomicU64::new(0);

/// How long a daemon may take to listen and to be ready, and to end.
const BOUND: Duration = Duration::from_secs(30);

/// How often it is looked at: its start is measured by this.
const PAUSE: Duration = Duration::from_millis(5);

/// How long it may take to say how it is.
const ANSWER: Duration = Duration::from_secs(2);

/// The name of the Service, as in the chart.
const SERVICE: &str = "chandler-injector";

/// What daemons serve with, and how the API server reaches and trusts them.
#[derive(Debug)]
pub struct Certificate {
    folder: PathBuf,
    namespace: String,
    issuer: Authority,
    /// The certificate of the authority, PEM.
    pub authority: String,
}

/// How a daemon is started.
#[derive(Debug, Clone)]
pub struct ReplicaSpec {
    /// Its name among the replicas, which names its log.
    pub name: String,
    /// Where its logs go.
    pub folder: PathBuf,
    /// The file that leads to the API server.
    pub kubeconfig: PathBuf,
    /// Further flags.
    pub flags: Vec<String>,
    /// A program that runs it, with its arguments, as `prlimit --nofile=64`.
    pub wrapper: Vec<String>,
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Replica {
    child: Child,
    log: PathBuf,
    /// Where the webhook listens.
    pub webhook: SocketAddr,
    /// Where it tells how it is.
    pub admin: SocketAddr,
}

/// What a process uses.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Resident memory, in bytes.
    pub memory: u64,
    /// The most of it that there was at once, without what is in files and can be read from there again.
    pub peak: u64,
    /// Processor time since its start.
    pub processor: Duration,
    /// Open files.
    pub files: usize,
}

impl Certificate {
    /// A certificate for loopback and for the Service in a namespace, in files in a folder.
    ///
    /// # Errors
    /// It cannot be made, or a file not written.
    pub fn write(folder: &Path, namespace: &str) -> Result<Self> {
        let issuer = Authority::new()?;
        let authority = issuer.certificate.clone();
        let (folder, namespace) = (folder.to_owned(), namespace.to_owned());
        let certificate = Self { folder, namespace, issuer, authority };
        certificate.renew()?;
        Ok(certificate)
    }

    /// Writes another certificate of the same authority.
    ///
    /// # Errors
    /// It cannot be made, or a file not written.
    pub fn renew(&self) -> Result<()> {
        let service = format!("{SERVICE}.{}.svc", self.namespace);
        let names = ["127.0.0.1", "localhost", service.as_str()];
        let certified = self.issuer.issue(Identity { user: SERVICE, group: None, names: &names })?;
        std::fs::write(self.folder.join("tls.crt"), certified.certificate)?;
        std::fs::write(self.folder.join("tls.key"), certified.key)?;
        Ok(())
    }

    /// Makes the Service in its namespace, as [`make_service`].
    ///
    /// # Errors
    /// The API server does not take it.
    pub async fn make_service(&self, objects: &Objects) -> Result<()> {
        make_service(objects, &self.namespace).await
    }

    /// The `clientConfig` of a webhook that reaches a port of this machine through the Service.
    #[must_use]
    pub fn client_config(&self, port: u16) -> Value {
        let service = service_config(&self.namespace, port);
        json!({"service": service.get("service"), "caBundle": STANDARD.encode(&self.authority)})
    }

    /// The `clientConfig` of a webhook that reaches an address of this machine without a Service.
    #[must_use]
    pub fn direct_config(&self, address: SocketAddr) -> Value {
        json!({"url": format!("https://{address}/inject"), "caBundle": STANDARD.encode(&self.authority)})
    }

    /// The flags that let a daemon serve with it.
    #[must_use]
    pub fn flags(&self) -> Vec<String> {
        let file = |flag: &str, name: &str| format!("--{flag}={}", self.folder.join(name).display());
        vec![file("tls-certificate", "tls.crt"), file("tls-key", "tls.key")]
    }
}

/// Makes the Service. It leads to this machine: the API server speaks to what is behind a Service in another way than to a
/// webhook with a URL on loopback, which gets HTTP/2.
///
/// # Errors
/// The API server does not take it.
pub async fn make_service(objects: &Objects, namespace: &str) -> Result<()> {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": SERVICE},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    });
    objects.apply(&service, namespace).await?.object().map(drop)
}

/// The `clientConfig` of a webhook that reaches a port of this machine through the Service, without an authority: the
/// daemon keeps that itself.
#[must_use]
pub fn service_config(namespace: &str, port: u16) -> Value {
    json!({"service": {"name": SERVICE, "namespace": namespace, "path": "/inject", "port": port}})
}

impl ReplicaSpec {
    /// Starts the daemon, and waits until it listens. It ends with the thread that starts it.
    ///
    /// # Errors
    /// It does not start; then the error ends with what it logged.
    pub async fn start(&self) -> Result<Replica> {
        let log = self.folder.join(format!("{}.log", self.name));
        let file = File::options().create(true).append(true).open(&log)?;
        let begin = file.metadata()?.len();
        let mut words: Vec<OsString> = self.wrapper.iter().map(OsString::from).collect();
        words.push(program()?.into());
        let (first, rest) = words.split_first().context("no program")?;
        let mut command = tie_to_parent(first, rest.iter().map(OsString::as_os_str));
        command.args(["serve", "--address=127.0.0.1:0", "--admin-address=127.0.0.1:0", "--log-format=json"]);
        // As a pod that replaces another has another name.
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        command.arg(format!("--identity={}-{number}", self.name)).args(&self.flags);
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(file).spawn().context("cannot run the daemon")?;
        let addresses = wait_with_pause(PAUSE, ("the daemon to listen", BOUND), async || {
            let text = read_from(&log, begin)?;
            if let Some(status) = child.try_wait()? {
                return Ok(Wait::Done(Err(status)));
            }
            Ok(addresses(&text).map_or(Wait::NotYet(text), |addresses| Wait::Done(Ok(addresses))))
        });
        match addresses.await? {
            Ok((webhook, admin)) => Ok(Replica { child, log, webhook, admin }),
            Err(status) => bail!("the daemon ended ({status}): {}", read_from(&log, begin)?),
        }
    }
}

impl Replica {
    /// The process.
    ///
    /// # Errors
    /// It has ended.
    pub fn process(&self) -> Result<Process> {
        Process::of(self.child.id()).context("the daemon has ended")
    }

    /// Whether it says that it is ready; else what it says.
    ///
    /// # Errors
    /// It cannot be asked.
    pub async fn readiness(&self) -> Result<Wait<()>> {
        let answer = ask(self.admin, "/readyz").await?;
        let is_ready = answer.starts_with("HTTP/1.1 200");
        Ok(if is_ready { Wait::Done(()) } else { Wait::NotYet(answer) })
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// It is not in time.
    pub async fn until_ready(&self) -> Result<()> {
        wait_with_pause(PAUSE, ("the daemon to be ready", BOUND), async || self.readiness().await).await
    }

    /// Its metrics, as text.
    ///
    /// # Errors
    /// It cannot be asked.
    pub async fn metrics(&self) -> Result<String> {
        ask(self.admin, "/metrics").await
    }

    /// What it uses now.
    ///
    /// # Errors
    /// It has ended.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id()).context("the daemon has ended")
    }

    /// What it has logged, with those of its name before it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(read_from(&self.log, 0)?)
    }

    /// Sends SIGTERM, and waits until it has ended by itself.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn end(mut self) -> Result<ExitStatus> {
        self.process()?.signal(Signal::TERM);
        wait_with_pause(PAUSE, ("the daemon to end", BOUND), async || {
            Ok(self.child.try_wait()?.map_or_else(|| Wait::NotYet("it runs".to_owned()), Wait::Done))
        })
        .await
    }

    /// Ends it as a crash does.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }
}

/// What is not ended otherwise does not outlive its test.
impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Usage {
    /// What a process uses now; none where it has ended.
    #[must_use]
    pub fn of(process: u32) -> Option<Self> {
        let folder = PathBuf::from(format!("/proc/{process}"));
        let status = std::fs::read_to_string(folder.join("status")).ok()?;
        let bytes_of = |field| {
            let size = status.lines().find_map(|line| line.strip_prefix(field))?;
            size.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
        };
        let files = std::fs::read_dir(folder.join("fd")).ok()?.count();
        let memory = bytes_of("VmRSS:")?;
        let peak = bytes_of("VmHWM:")?.saturating_sub(bytes_of("RssFile:")?);
        Some(Self { memory, peak, processor: processor_time(&folder)?, files })
    }
}

/// The 14th and 15th word of its status, in ticks. The second may have blanks and brackets in it.
fn processor_time(folder: &Path) -> Option<Duration> {
    let status = std::fs::read_to_string(folder.join("stat")).ok()?;
    let mut words = status.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_millis((user + system) * 1000 / ticks))
}

/// The addresses that the log of the daemon names, once it listens.
fn addresses(log: &str) -> Option<(SocketAddr, SocketAddr)> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).find_map(|line: Value| {
        let address = |field: &str| line.get(field)?.as_str()?.parse().ok();
        Some((address("webhook")?, address("admin")?))
    })
}

fn read_from(log: &Path, begin: u64) -> io::Result<String> {
    let bytes = std::fs::read(log)?;
    let begin = usize::try_from(begin).unwrap_or(usize::MAX);
    Ok(String::from_utf8_lossy(bytes.get(begin..).unwrap_or_default()).into_owned())
}

/// The program, beside the one that runs.
fn program() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let beside =
        this.ancestors().skip(1).take(2).map(|folder| folder.join(PROGRAM)).find(|path| path.exists());
    beside.with_context(|| format!("no {PROGRAM} beside {}", this.display()))
}

async fn ask(address: SocketAddr, path: &str) -> Result<String> {
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::Ok(answer)
    };
    tokio::time::timeout(ANSWER, asked).await.context("no answer from the admin port")?
}
