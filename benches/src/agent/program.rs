//! The program with many series, with many logs, and while it is scraped.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chandler_agent_world::agent::{Agent, Setup, get};

use crate::figures::{Amount, Bar, Figure};
use crate::samples::Timing;

/// Series that are counted.
const SERIES: usize = 50_000;

/// Scrapes that are timed.
const SCRAPES: usize = 40;

/// Time between scrapes: sooner they share a checkpoint.
const BETWEEN_SCRAPES: Duration = Duration::from_millis(250);

/// Logs that nobody writes to.
const LOGS: usize = 1_000;

/// How long idleness is measured.
const IDLE: Duration = Duration::from_secs(20);

/// Lines that are written at once while scrapes are timed.
const LINES_AT_ONCE: usize = 2_000;

/// Measures all, in a folder.
///
/// # Errors
/// The program fails, or counts wrongly.
pub fn measure(folder: &Path, program: &Path) -> Result<Vec<Figure>> {
    let mut figures = many_series(&folder.join("series"), program)?;
    figures.push(idle(&folder.join("idle"), program)?);
    Ok(figures)
}

fn start(folder: &Path, program: &Path) -> Result<Agent> {
    fs::create_dir_all(folder)?;
    let rules = folder.join("rules.yaml");
    let text = format!(
        "sources:\n- name: bench\n  paths: [\"{}/*.log\"]\n  metrics:\n  \
         - {{name: orders_total, type: counter, maxSeries: 100000, labels: {{user: user.id, region: region}}}}\n",
        folder.display()
    );
    fs::write(&rules, text)?;
    let program = program.to_str().context("the program's path is not UTF-8")?;
    // As people run it, but for values that are shown at once.
    let options = vec!["--zero-first".into(), "0".into()];
    Setup { options, ..Setup::new(program, rules, folder.join("state")) }.start()
}

fn line(number: usize) -> String {
    format!("{{\"user\":{{\"id\":\"user-{number:08}\"}},\"region\":\"cn-east\",\"ok\":true}}\n")
}

fn lines(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| line(number % SERIES).into_bytes()).collect()
}

fn many_series(folder: &Path, program: &Path) -> Result<Vec<Figure>> {
    let agent = start(folder, program)?;
    let path = folder.join("a.log");
    fs::write(&path, lines(SERIES))?;
    agent.wait_for(|page| {
        let count = page.of("orders_total").count();
        (count != SERIES).then(|| format!("{count} series"))
    })?;
    let resident = agent.memory("VmRSS:")?;
    let (rounds, size) = scrape_while_reading(&agent, &path)?;
    let timing = Timing::of(rounds)?;
    let peak = agent.peak_memory()?;
    agent.terminate()?;
    Ok(vec![
        Figure::new("Agent: resident memory with 50,000 series", Amount::Bytes(resident as f64))
            .bar(Bar::AtMost(Amount::Bytes(60e6)))
            .beside(&format!("{} at most, under scrapes", Amount::Bytes(peak as f64))),
        Figure::new("The same: /metrics while it reads", Amount::Nanoseconds(timing.median))
            .best(Amount::Nanoseconds(timing.best))
            .bar(Bar::AtMost(Amount::Nanoseconds(2e8)))
            .beside(&format!("a page of {}", Amount::Bytes(size as f64))),
    ])
}

/// How long each scrape took, in nanoseconds, and how large a page was.
fn scrape_while_reading(agent: &Agent, path: &Path) -> Result<(Vec<f64>, usize)> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| -> Result<()> {
            let mut log = OpenOptions::new().append(true).open(path)?;
            let lines = lines(LINES_AT_ONCE);
            while !stop.load(Ordering::Relaxed) {
                log.write_all(&lines)?;
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        });
        let mut size = 0;
        let scrapes = (0..SCRAPES).map(|_| {
            std::thread::sleep(BETWEEN_SCRAPES);
            let start = Instant::now();
            let answer = get(agent.address(), "/metrics", "")?;
            let time = start.elapsed().as_nanos() as f64;
            size = answer.body.len();
            ensure!(answer.status == 200, "status {}", answer.status);
            Ok(time)
        });
        let rounds = scrapes.collect::<Result<Vec<_>>>();
        stop.store(true, Ordering::Relaxed);
        writer.join().ok().context("the writer panicked")??;
        Ok((rounds?, size))
    })
}

fn idle(folder: &Path, program: &Path) -> Result<Figure> {
    let agent = start(folder, program)?;
    for number in 0..LOGS {
        // Logs that are equal would be copies of one.
        fs::write(folder.join(format!("{number}.log")), line(number))?;
    }
    agent.wait_for(|page| {
        let sum = page.sum("orders_total");
        (sum < LOGS as f64).then(|| format!("{sum} lines"))
    })?;
    let status = PathBuf::from(format!("/proc/{}/stat", agent.id()));
    let (before, start) = (processor_time(&status, Whose::Own)?, Instant::now());
    std::thread::sleep(IDLE);
    let used = processor_time(&status, Whose::Own)? - before;
    let share = used / start.elapsed().as_secs_f64();
    Ok(Figure::new("Agent: processor time a second with 1,000 idle logs", Amount::Nanoseconds(share * 1e9))
        .bar(Bar::AtMost(Amount::Nanoseconds(1e7)))
        .beside("10 ms are 1 % of a core"))
}

/// Of whom processor time is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of the process.
    Own,
    /// Of those that it has started and that have ended.
    Children,
}

/// Seconds of processor time until now, by the status that the system tells of a process.
pub(super) fn processor_time(status: &Path, whose: Whose) -> Result<f64> {
    let status = fs::read_to_string(status)?;
    let (_, fields) = status.rsplit_once(')').context("no status")?;
    let first = match whose {
        Whose::Own => 11,
        Whose::Children => 13,
    };
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(first).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / rustix::param::clock_ticks_per_second() as f64)
}
