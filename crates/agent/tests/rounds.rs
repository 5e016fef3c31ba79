//! Logs are renamed, truncated, copied, deleted and compressed while the program is killed again and again; in the end
//! every counter is worth what was written, and no scrape saw one go down. `CHANDLER_ROUNDS=100` runs more rounds,
//! `CHANDLER_ROUND=17` one again, and `CHANDLER_AGENT` names another build of the program.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use chandler_agent_world::agent::Agent;
use chandler_agent_world::page::Format;
use chandler_agent_world::round::{Plan, Report, Round};

/// The program, or another build of it.
fn program() -> String {
    std::env::var("CHANDLER_AGENT").unwrap_or_else(|_| env!("CARGO_BIN_EXE_chandler-agent").to_owned())
}

/// Rounds where nobody says how many.
const ROUNDS: u64 = 100;

/// Rounds at the same time.
const AT_ONCE: usize = 3;

fn seeds() -> Range<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("CHANDLER_ROUND") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHANDLER_ROUNDS").unwrap_or(ROUNDS),
    }
}

fn run(seed: u64) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let round = Round::start(folder.path(), &program(), Plan::of(seed), |_| {});
    round.and_then(Round::run).unwrap_or_else(|error| panic!("CHANDLER_ROUND={seed}: {error:#}"))
}

#[test]
fn counters_are_exact_whatever_happens_to_files_and_to_the_program() {
    let (seeds, next) = (seeds(), AtomicU64::new(0));
    let worker = || {
        let mut sum = Report::default();
        loop {
            let seed = seeds.start + next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return sum;
            }
            let Report { lines, ends, scrapes } = run(seed);
            sum = Report { lines: sum.lines + lines, ends: sum.ends + ends, scrapes: sum.scrapes + scrapes };
        }
    };
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    let (lines, ends, scrapes) = (sum(|one| one.lines), sum(|one| one.ends), sum(|one| one.scrapes));
    println!(
        "{} rounds: {lines} lines, {ends} ends of the program, {scrapes} scrapes",
        seeds.end - seeds.start
    );
    assert!(lines > 0 && scrapes > 0);
}

/// A small file system in a namespace of its own, which ends with this.
struct Disk {
    holder: Child,
    /// As it is seen from outside.
    path: PathBuf,
}

impl Disk {
    fn mount(at: &Path) -> Self {
        let script = "mount -t tmpfs -o size=1m tmpfs \"$1\" && echo mounted && exec cat";
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]).arg(at);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "mounted\n");
        let inside = format!("/proc/{}/root", holder.id());
        let path = Path::new(&inside).join(at.strip_prefix("/").unwrap());
        Self { holder, path }
    }

    /// What runs a program so that it has this file system.
    fn entrance(&self) -> Vec<OsString> {
        vec!["nsenter".into(), format!("--mount=/proc/{}/ns/mnt", self.holder.id()).into(), "--".into()]
    }

    /// Fills it until nothing finds room any more. A checkpoint that is being written gives some back, again and again:
    /// each page asks for one.
    fn fill(&self, agent: &Agent) {
        let filler = OpenOptions::new().create(true).append(true).open(self.path.join("filler"));
        let (mut filler, mut full) = (filler.unwrap(), 0);
        while full < 5 {
            full += 1;
            while filler.write_all(&[0; 256]).is_ok() {
                full = 0;
            }
            agent.scrape(Format::Text).unwrap();
        }
    }

    fn empty(&self) {
        fs::remove_file(self.path.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

#[test]
fn with_a_full_disk_scrapes_see_what_is_durable_and_nothing_is_lost() {
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED full disk: to mount one needs root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    let disk = Disk::mount(&state);
    let round = Round::start(folder.path(), &program(), Plan::of(1), |setup| {
        setup.command = disk.entrance().into_iter().chain(setup.command.drain(..)).collect();
    });
    let mut round = round.unwrap();
    for with_kill in [false, true, false] {
        round.write(50).unwrap();
        round.wait_for_truth().unwrap();
        let durable = round.watch.with_truth(|truth| truth.clone());
        let agent = round.agent().unwrap();
        disk.fill(agent);
        let (cannot, log) = (["checkpoint", "cannot be written", "No space left"], agent.log().clone());
        let before = log.count(&cannot);
        round.write(50).unwrap();
        let lacks = |_: &_| (log.count(&cannot) == before).then(|| "nothing is said of the disk".to_owned());
        let page = round.agent().unwrap().wait_for(lacks).unwrap();
        assert_eq!(durable.differences(&page), [""; 0]);
        if with_kill {
            round.end_agent().unwrap();
            round.start_agent().unwrap();
            let agent = round.agent().unwrap();
            assert!(agent.log().says(&cannot), "{}", agent.log().text());
            let page = agent.scrape(Format::Text).unwrap();
            assert_eq!(durable.differences(&page), [""; 0]);
            assert_ne!(page.whole("chandler_agent_checkpoint_failures_total"), 0);
        }
        disk.empty();
        round.wait_for_truth().unwrap();
    }
    round.run_out().unwrap();
}
