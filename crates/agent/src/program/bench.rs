//! `chandler-agent bench`: how many lines a second rules take on this machine.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use anyhow::ensure;
use clap::Args;
use serde::Serialize;

use super::input::{self, Input};
use super::output::{self, Output};
use crate::engine::milliseconds;
use crate::observation::Observations;
use crate::rules::{self, Line, Parts, Reader};
use crate::series::Store;

/// How long each of the two measurements takes at least, where no number of lines is given.
const TIME: Duration = Duration::from_secs(1);

/// Most bytes of lines that are kept in memory.
const MAX_BYTES: usize = 1 << 30;

/// Which rules and lines.
#[derive(Debug, Clone, Args)]
pub(super) struct BenchArgs {
    /// A file with rules, or a folder with files that end with .yaml, .yml or .json.
    #[arg(value_name = "RULES")]
    rules: PathBuf,

    /// A log with lines as they are: it is read into memory first, as far as it fits into 1 GiB.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The source by which the file is read; without it the one whose paths it has.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// Lines to take, over and over again until there are so many; without it as many as a second takes.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    lines: Option<u64>,

    /// How the result is printed.
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_enum)]
    output: Output,
}

/// What was measured, on one core.
#[derive(Debug, Serialize)]
struct Figures {
    lines: u64,
    bytes: u64,
    rules: usize,
    /// Lines to metrics.
    lines_per_second: f64,
    /// Lines only parsed, by the same parser.
    parsed_lines_per_second: f64,
    nanoseconds_per_line: f64,
}

pub(super) fn run(arguments: &BenchArgs) -> anyhow::Result<()> {
    let rules = input::load(std::slice::from_ref(&arguments.rules))?;
    let input = Input::new(&rules, &arguments.file, arguments.source.as_deref())?;
    let mut lines: Vec<String> = Vec::new();
    let mut size = 0;
    input.read(&mut |line| {
        if let Ok(text) = line.text
            && size < MAX_BYTES
        {
            size += text.len();
            lines.push(text.to_owned());
        }
    })?;
    ensure!(!lines.is_empty(), "{} has no line", arguments.file.display());
    let now = milliseconds(SystemTime::now());
    let mut store = Store::new(rules.metrics.clone(), now);
    let (mut reader, mut observations) = (Reader::default(), Observations::default());
    let (count, bytes, taken) = measure(&lines, arguments.lines, |text| {
        let line = Line { text, read_at: now };
        let take = &mut |part: &Observations| store.apply(part, now);
        input.source.observe_in_parts(line, &mut reader, Parts { memory: &mut observations, take });
    });
    let (parsed, _, parsing) = measure(&lines, arguments.lines, |text| {
        rules::parse(text, |key, value| _ = std::hint::black_box((key, value)));
    });
    let figures = Figures {
        lines: count,
        bytes,
        rules: input.source.rule_count(),
        lines_per_second: rate(count, taken),
        parsed_lines_per_second: rate(parsed, parsing),
        nanoseconds_per_line: 1e9 / rate(count, taken),
    };
    match arguments.output {
        Output::Json => output::print_json(&figures),
        Output::Text => output::print(&text(&figures)),
    }
}

/// Takes lines until there were enough: how many, their bytes, and the time.
fn measure(lines: &[String], wanted: Option<u64>, mut take: impl FnMut(&str)) -> (u64, u64, Duration) {
    let (mut count, mut bytes) = (0, 0);
    let begin = Instant::now();
    loop {
        for line in lines {
            take(line);
            count += 1;
            bytes += line.len() as u64;
            if wanted == Some(count) {
                return (count, bytes, begin.elapsed());
            }
        }
        if wanted.is_none() && begin.elapsed() >= TIME {
            return (count, bytes, begin.elapsed());
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "nobody counts 2^53 lines")]
fn rate(lines: u64, taken: Duration) -> f64 {
    lines as f64 / taken.as_secs_f64().max(1e-9)
}

#[allow(clippy::cast_precision_loss, reason = "a size for people")]
fn text(figures: &Figures) -> String {
    let Figures { lines, bytes, rules, lines_per_second, parsed_lines_per_second, nanoseconds_per_line } =
        figures;
    let size = *bytes as f64 / *lines as f64;
    format!(
        "{lines} lines of {size:.0} bytes on average, {rules} rules, one core\n\
         to metrics   {lines_per_second:>12.0} lines/s   {nanoseconds_per_line:.0} ns a line\n\
         parsed only  {parsed_lines_per_second:>12.0} lines/s   the work on metrics takes {:.2} times that\n",
        parsed_lines_per_second / lines_per_second
    )
}
