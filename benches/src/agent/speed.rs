//! Lines a second, on one core: from a file to metrics by the program and by mtail, and in memory by the library, beside
//! reading JSON alone. Time is that of the processor, so that other programs on the machine do not count.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use chandler_agent::observation::Observations;
use chandler_agent::rules::{Line, Reader, Rules, is_json, parse};
use chandler_agent::series::Store;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::de::IgnoredAny;

use super::lines::{LINES, rules, write_log};
use super::program::{Whose, processor_time};
use crate::figures::{Amount, Bar, Figure};
use crate::samples::Timing;

/// How often each is measured.
const RUNS: usize = 5;

/// The five of the rules that mtail has.
const MTAIL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/inputs/agent/five.mtail");

/// Programs that are measured.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The agent's.
    pub agent: PathBuf,
    /// None where it is not there.
    pub mtail: Option<PathBuf>,
}

/// Measures all, in a folder.
///
/// # Errors
/// A program fails, or counts something else than the others.
pub fn measure(folder: &Path, programs: &Programs) -> Result<Vec<Figure>> {
    let log = write_log(folder, LINES)?;
    let text = std::fs::read_to_string(&log)?;
    let lines: Vec<&str> = text.lines().collect();
    let path = folder.join("rules.yaml");
    std::fs::write(&path, rules(folder))?;
    let mut figures = beside_mtail(programs, (&path, &log))?;
    figures.extend(on_one_core(|| in_memory(&rules(folder), &lines))?);
    Ok(figures)
}

fn beside_mtail(programs: &Programs, (rules, log): (&Path, &Path)) -> Result<Vec<Figure>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // In turn: a machine that is slower for a while is slower for both.
    for _ in 0..RUNS {
        let (orders, time) = replay(&programs.agent, rules, log)?;
        ours.push(time);
        let Some(mtail) = &programs.mtail else { continue };
        let (counted, time) = read_once(mtail, log)?;
        ensure!((counted - orders).abs() < 0.5, "mtail counted {counted} orders, and the agent {orders}");
        theirs.push(time);
    }
    let a_line = Timing::of(ours)?.per(LINES);
    let figure = Figure::new(
        "Agent: a line of 250 bytes from a file to metrics, ten rules",
        nanoseconds(a_line.median),
    )
    .best(nanoseconds(a_line.best))
    .beside(&format!("{} lines/s on one core", per_second(a_line.median)));
    if theirs.is_empty() {
        return Ok(vec![figure]);
    }
    let theirs = Timing::of(theirs)?.per(LINES);
    // Our median beside the best run of mtail, so that the ratio is not too good.
    let times = Figure::new(
        "The same, faster than mtail with five of the rules",
        Amount::Times(theirs.best / a_line.median),
    )
    .best(Amount::Times(theirs.best / a_line.best))
    .bar(Bar::AtLeast(Amount::Times(15.0)))
    .beside(&format!("mtail: {} lines/s", per_second(theirs.best)));
    Ok(vec![figure, times])
}

/// How many orders the agent counts in a log, and the time that takes.
fn replay(agent: &Path, rules: &Path, log: &Path) -> Result<(f64, f64)> {
    let mut command = pinned(agent);
    command.arg("replay").arg(rules).arg(log);
    let (printed, time) = time(command)?;
    let orders = count_of("orders_total", &printed)?;
    ensure!(orders == (LINES / 4) as f64, "the agent counted {orders} orders");
    Ok((orders, time))
}

/// The same by mtail.
fn read_once(mtail: &Path, log: &Path) -> Result<(f64, f64)> {
    let mut command = pinned(mtail);
    command.args(["--one_shot", "--one_shot_format", "prometheus", "--logtostderr"]);
    command.arg("--logs").arg(log).arg("--progs").arg(MTAIL);
    let (printed, time) = time(command)?;
    Ok((count_of("orders_total", &printed)?, time))
}

fn in_memory(text: &str, lines: &[&str]) -> Result<Vec<Figure>> {
    let rules = Rules::parse("rules.yaml", text)?;
    let mut rounds = [const { Vec::new() }; 5];
    for _ in 0..RUNS {
        let [agent, parsed, checked, ignored, values] = &mut rounds;
        agent.push(to_metrics(&rules, lines)?);
        parsed.push(timed(lines, |line| parse(line, |key, value| _ = black_box((key, value))))?);
        checked.push(timed(lines, is_json)?);
        ignored.push(timed(lines, |line| serde_json::from_str::<IgnoredAny>(line).is_ok())?);
        values.push(timed(lines, |line| serde_json::from_str::<serde_json::Value>(line).is_ok())?);
    }
    let [agent, parsed, checked, ignored, values] =
        rounds.map(|rounds| Timing::of(rounds).map(|it| it.per(LINES)));
    let agent = agent?;
    let beside = |work: &str, other: Timing| {
        Figure::new(work, Amount::Times(other.median / agent.median))
            .best(Amount::Times(other.best / agent.best))
            .beside(&format!(
                "{} lines/s, and {} to metrics",
                per_second(other.median),
                per_second(agent.median)
            ))
    };
    Ok(vec![
        beside("The same in memory, beside only parsing with the same parser", parsed?)
            .bar(Bar::AtLeast(Amount::Times(0.5))),
        beside("Beside only checking that lines are JSON", checked?),
        beside("Beside serde_json, which keeps nothing (IgnoredAny)", ignored?),
        beside("Beside serde_json, into a Value", values?),
    ])
}

fn to_metrics(rules: &Rules, lines: &[&str]) -> Result<f64> {
    let mut store = Store::new(rules.metrics.clone(), 0);
    let (mut reader, mut observations) = (Reader::default(), Observations::default());
    let source = rules.sources.first().context("no source")?;
    let mut count = 0;
    let time = timed(lines, |text| {
        observations.clear();
        source.observe(Line { text, read_at: 0 }, &mut reader, &mut observations);
        store.apply(&observations, 0);
        count += observations.all.len();
        true
    })?;
    ensure!(count > 3 * LINES, "only {count} observations");
    Ok(time)
}

/// Nanoseconds of processor time for all lines.
fn timed(lines: &[&str], mut take: impl FnMut(&str) -> bool) -> Result<f64> {
    let start = thread_time()?;
    lines.iter().for_each(|line| {
        black_box(take(line));
    });
    Ok(thread_time()? - start)
}

/// What a program prints, and the processor time that it took, in nanoseconds.
fn time(mut command: Command) -> Result<(String, f64)> {
    let start = children_time()?;
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    let time = children_time()? - start;
    ensure!(output.status.success(), "{command:?} failed");
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), time))
}

/// Nanoseconds that this thread had a processor.
fn thread_time() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(status.split_whitespace().next().context("no time")?.parse()?)
}

/// Nanoseconds that programs had a processor which were started here and have ended.
fn children_time() -> Result<f64> {
    Ok(processor_time(Path::new("/proc/self/stat"), Whose::Children)? * 1e9)
}

fn pinned(program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0"]).arg(program);
    command
}

/// The sum of a metric in what a program printed.
fn count_of(name: &str, printed: &str) -> Result<f64> {
    let samples = printed.lines().filter(|line| line.starts_with(name));
    let values = samples.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    let values: Vec<_> = values.collect();
    ensure!(!values.is_empty(), "there is no {name} in {printed:.500}");
    Ok(values.iter().sum())
}

/// Runs on the first core alone.
fn on_one_core<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    one.set(0);
    sched_setaffinity(None, &one)?;
    let ran = run();
    sched_setaffinity(None, &before)?;
    ran
}

fn nanoseconds(time: f64) -> Amount {
    Amount::Nanoseconds(time)
}

/// Lines a second of so many nanoseconds each, in thousands.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousands")]
fn per_second(nanoseconds: f64) -> String {
    let thousands = (1e6 / nanoseconds).round() as u64;
    match thousands {
        0..1000 => format!("{thousands},000"),
        _ => format!("{},{:03},000", thousands / 1000, thousands % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_rounded_to_thousands() {
        assert_eq!(per_second(18_181.8), "55,000");
        assert_eq!(per_second(555.2), "1,801,000");
    }
}
