//! `chandler-agent check`: what is wrong with rules.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::output::{self, BAD, GOOD, Output};
use crate::metric::{Metric, MetricKind};
use crate::rules::{Fault, Rules, Source};

/// Which rules, and how the result is printed.
#[derive(Debug, Clone, Args)]
pub(super) struct CheckArgs {
    /// Files with rules, and folders with files that end with .yaml, .yml or .json.
    #[arg(required = true, value_name = "RULES")]
    rules: Vec<PathBuf>,

    /// How the result is printed.
    #[arg(long, short, value_name = "FORMAT", default_value = "text", value_enum)]
    output: Output,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    valid: bool,
    faults: Vec<Fault>,
    sources: Vec<ReportedSource>,
    metrics: Vec<ReportedMetric>,
}

#[derive(Debug, Serialize)]
struct ReportedSource {
    name: String,
    paths: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ReportedMetric {
    name: String,
    r#type: &'static str,
    labels: Vec<String>,
}

pub(super) fn run(arguments: &CheckArgs) -> anyhow::Result<ExitCode> {
    let report = report(Rules::load(&arguments.rules).map_err(|error| error.faults));
    match arguments.output {
        Output::Json => output::print_json(&report)?,
        Output::Text => output::print(&text(&report))?,
    }
    Ok(if report.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(loaded: Result<Rules, Vec<Fault>>) -> Report {
    match loaded {
        Err(faults) => Report { valid: false, faults, sources: Vec::new(), metrics: Vec::new() },
        Ok(Rules { sources, metrics }) => Report {
            valid: true,
            faults: Vec::new(),
            sources: sources.into_iter().map(ReportedSource::from).collect(),
            metrics: metrics.into_iter().map(ReportedMetric::from).collect(),
        },
    }
}

impl From<Source> for ReportedSource {
    fn from(Source { name, paths, .. }: Source) -> Self {
        Self { name, paths: paths.iter().map(|path| path.as_str().to_owned()).collect() }
    }
}

impl From<Metric> for ReportedMetric {
    fn from(Metric { name, kind, labels, .. }: Metric) -> Self {
        let r#type = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge | MetricKind::Day { .. } => "gauge",
            MetricKind::Histogram { .. } => "histogram",
        };
        Self { name, r#type, labels }
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for fault in &report.faults {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{fault}");
    }
    let _ = if report.valid {
        let (sources, metrics) = (report.sources.len(), report.metrics.len());
        writeln!(text, "{GOOD}valid{GOOD:#}: {}, {}", count(sources, "source"), count(metrics, "metric"))
    } else {
        writeln!(text, "{BAD}invalid{BAD:#}: {}", count(report.faults.len(), "fault"))
    };
    text
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
