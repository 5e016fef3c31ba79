//! `chandler-agent explain`: what each rule makes of a line, and why.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use clap::Args;

use super::input;
use super::output::{self, BAD, BOLD, GOOD, Output, QUIET};
use crate::engine::milliseconds;
use crate::rules::{ExplainedObservation, ExplainedRule, Explanation, Line};

/// Exit code when no rule counts the line.
const NOTHING: u8 = 3;

/// Longest standard input that is taken for a line.
const MAX_LINE: u64 = 16 << 20;

/// Which rules and which line, and how the result is printed.
#[derive(Debug, Clone, Args)]
pub(super) struct ExplainArgs {
    /// Files with rules, and folders with files that end with .yaml, .yml or .json.
    #[arg(required = true, value_name = "RULES")]
    rules: Vec<PathBuf>,

    /// The line; - is the first line of standard input.
    #[arg(long, value_name = "LINE")]
    line: String,

    /// The source whose rules are asked; without it all of them.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// How the result is printed.
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_enum)]
    output: Output,
}

pub(super) fn run(arguments: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let rules = input::load(&arguments.rules)?;
    let name = arguments.source.as_deref();
    input::find_source(&rules, name)?;
    let read = if arguments.line == "-" { Some(first_line()?) } else { None };
    let line =
        Line { text: read.as_deref().unwrap_or(&arguments.line), read_at: milliseconds(SystemTime::now()) };
    let asked = rules.sources.iter().filter(|source| name.is_none_or(|name| name == source.name));
    let explanations: Vec<_> = asked.map(|source| rules.explain(source, line)).collect();
    match arguments.output {
        Output::Json => output::print_json(&explanations)?,
        Output::Text => output::print(&text(&explanations))?,
    }
    let is_counted = explanations.iter().flat_map(|explanation| &explanation.rules).any(|rule| rule.matched);
    Ok(if is_counted { ExitCode::SUCCESS } else { ExitCode::from(NOTHING) })
}

fn first_line() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_LINE)
        .read_to_string(&mut text)
        .context("cannot read a line from standard input")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn text(explanations: &[Explanation]) -> String {
    let mut text = String::new();
    for (index, explanation) in explanations.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        // Writing to a text does not fail.
        let _ = writeln!(text, "{gap}{BOLD}source {}{BOLD:#}", explanation.source);
        if let Some(problem) = &explanation.problem {
            let _ = writeln!(text, "  {BAD}not counted{BAD:#}: {problem}");
        }
        if let (Some(time), Some(day)) = (&explanation.time, &explanation.day) {
            let _ = writeln!(text, "  time {time}, which counts for {day}");
        }
        explanation.rules.iter().for_each(|rule| push_rule(&mut text, rule));
    }
    text
}

fn push_rule(text: &mut String, rule: &ExplainedRule) {
    let (style, mark) = if rule.matched { (GOOD, '+') } else { (QUIET, '-') };
    let ExplainedRule { metric, place, why, .. } = rule;
    let _ = writeln!(text, "  {style}{mark} {metric}{style:#}: {why} {QUIET}({place}){QUIET:#}");
    for ExplainedObservation { labels, value } in &rule.observations {
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(text, "      {metric}{labels} {value}");
    }
}
