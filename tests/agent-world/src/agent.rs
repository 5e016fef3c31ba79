//! The agent as a process: started, scraped, killed.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::page::{Format, Page};

/// How long it may take to answer, to start or to end.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Lines of its log that are kept, to be shown when a test fails.
const KEPT_LINES: usize = 2000;

/// How the agent is run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program, with what runs it before.
    pub command: Vec<OsString>,
    /// Its rules.
    pub rules: PathBuf,
    /// Its folder of state.
    pub state: PathBuf,
    /// Where it serves; port 0 is any.
    pub address: String,
    /// Other arguments.
    pub options: Vec<OsString>,
}

/// An agent that runs. It is killed when it is dropped.
#[derive(Debug)]
pub struct Agent {
    child: Child,
    address: SocketAddr,
    log: Log,
}

/// The last lines of a log.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, in small letters.
    pub head: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Setup {
    /// An agent of a program, which shows values at once and writes checkpoints often.
    #[must_use]
    pub fn new(program: &str, rules: PathBuf, state: PathBuf) -> Self {
        let address = "127.0.0.1:0".to_owned();
        let options = ["--checkpoint-interval", "0.2", "--look-interval", "0.05", "--zero-first", "0"]
            .map(OsString::from)
            .into();
        Self { command: vec![program.into()], rules, state, address, options }
    }

    /// Starts it, and waits until it serves.
    ///
    /// # Errors
    /// It ends before, or takes too long.
    pub fn start(&self) -> Result<Agent> {
        let mut parts = self.command.iter();
        let mut command = Command::new(parts.next().context("there is no program")?);
        command.args(parts).arg("run").arg(&self.rules).arg("--state").arg(&self.state);
        command.args(["--address", &self.address]).args(&self.options);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{:?}", self.command))?;
        let stderr = child.stderr.take().context("there is no log")?;
        let log = Log::default();
        let (serving, address) = channel();
        let reader = log.clone();
        std::thread::spawn(move || reader.follow(stderr, &serving));
        match address.recv_timeout(PATIENCE) {
            Ok(address) => Ok(Agent { child, address, log }),
            Err(_) => {
                let _ = child.kill();
                let status = child.wait()?;
                bail!("it did not serve, but: {status}\n{}", log.text())
            }
        }
    }
}

impl Log {
    fn follow(&self, from: ChildStderr, serving: &Sender<SocketAddr>) {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some(address) = serving_address(&line) {
                let _ = serving.send(address);
            }
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push_back(line);
            if lines.len() > KEPT_LINES {
                lines.pop_front();
            }
        }
    }

    /// All that is kept.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Whether a line has all of these words.
    #[must_use]
    pub fn says(&self, words: &[&str]) -> bool {
        self.count(words) > 0
    }

    /// How many lines have all of these words.
    #[must_use]
    pub fn count(&self, words: &[&str]) -> usize {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
    }
}

/// The address in a line that says that it serves, whether its fields are nested or not.
fn serving_address(line: &str) -> Option<SocketAddr> {
    let value: Value = serde_json::from_str(line).ok()?;
    let fields = value.get("fields").unwrap_or(&value);
    let says = value.get("message").or_else(|| fields.get("message"))?;
    let address = value.get("address").or_else(|| fields.get("address"))?.as_str()?;
    (says == "serving").then(|| address.parse().ok()).flatten()
}

impl Agent {
    /// Where it serves.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks for its metrics.
    ///
    /// # Errors
    /// It does not answer, or with no valid page.
    pub fn scrape(&self, format: Format) -> Result<Page> {
        scrape(self.address, format)
    }

    /// Asks until a page is as it should be; the agent may put it off.
    ///
    /// # Errors
    /// None is in time; the last one's shortcoming is told.
    pub fn wait_for(&self, mut lacks: impl FnMut(&Page) -> Option<String>) -> Result<Page> {
        let start = Instant::now();
        loop {
            let lack = match self.scrape(Format::Text) {
                Ok(page) => match lacks(&page) {
                    None => return Ok(page),
                    Some(lack) => lack,
                },
                Err(error) if error.is::<PutOff>() => error.to_string(),
                Err(error) => return Err(error),
            };
            ensure!(start.elapsed() < PATIENCE, "{lack}\nafter {PATIENCE:?}");
            // Only a pause between two questions.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Errors
    /// It ended before.
    pub fn kill(mut self) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "it ended by itself:\n{}", self.log.text());
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// It does not end in time, or with an error.
    pub fn terminate(mut self) -> Result<()> {
        self.signal(Signal::TERM)?;
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            ensure!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.log.text());
            std::thread::sleep(Duration::from_millis(5));
        };
        ensure!(status.success(), "it ended with {status}:\n{}", self.log.text());
        Ok(())
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = Pid::from_raw(self.child.id().cast_signed()).context("no process")?;
        Ok(kill_process(id, signal)?)
    }

    /// How it ended; none while it runs.
    ///
    /// # Errors
    /// The system does not say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// The most memory that was ever resident, in bytes.
    ///
    /// # Errors
    /// It ended.
    pub fn peak_memory(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    /// A line of its status that has kilobytes, such as `VmRSS:`, in bytes.
    ///
    /// # Errors
    /// It ended.
    pub fn memory(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB").context("no size")?.trim().parse()?;
        Ok(kibibytes * 1024)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks an address for metrics.
///
/// # Errors
/// Nobody answers, or with no valid page.
pub fn scrape(address: SocketAddr, format: Format) -> Result<Page> {
    let answer = get(address, "/metrics", &format!("Accept: {}\r\n", format.accept()))?;
    if answer.status == 503 {
        return Err(PutOff(String::from_utf8_lossy(&answer.body).into_owned()).into());
    }
    ensure!(answer.status == 200, "status {}", answer.status);
    let kind = match format {
        Format::Text => "content-type: text/plain",
        Format::OpenMetrics => "content-type: application/openmetrics-text",
    };
    if !answer.head.contains(kind) {
        return Err(Invalid(format!("{kind} is not in\n{}", answer.head)).into());
    }
    let text = String::from_utf8(answer.body).map_err(|error| Invalid(error.to_string()))?;
    Page::parse(&text, format).map_err(|error| Invalid(format!("{error:#}\n{text:.20000}")).into())
}

/// The agent has no page now, and will have one.
#[derive(Debug)]
pub struct PutOff(pub String);

impl std::fmt::Display for PutOff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "a scrape was put off: {}", self.0)
    }
}

impl std::error::Error for PutOff {}

/// A whole page that is not valid: never excused by a process that was killed.
#[derive(Debug)]
pub struct Invalid(pub String);

impl std::fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "an invalid page: {}", self.0)
    }
}

impl std::error::Error for Invalid {}

/// Asks for a path. Whole headers may be added.
///
/// # Errors
/// Nobody answers, or not all of the answer comes.
pub fn get(address: SocketAddr, path: &str, headers: &str) -> Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In this version of HTTP an answer is in one piece.
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: agent\r\n{headers}\r\n").as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("the answer has no head")?;
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if let Some(length) = length {
        ensure!(body.len() == length.trim().parse::<usize>()?, "the answer is cut");
    }
    Ok(Answer { status, head, body })
}
