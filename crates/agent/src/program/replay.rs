//! `chandler-agent replay`: the metrics that files give.

use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, ValueEnum};

use super::input::{self, Input};
use super::output;
use crate::engine::Account;
use crate::exposition::{Format, Page, Style};

/// Which rules and files, and how the metrics are printed.
#[derive(Debug, Clone, Args)]
pub(super) struct ReplayArgs {
    /// A file with rules, or a folder with files that end with .yaml, .yml or .json.
    #[arg(value_name = "RULES")]
    rules: PathBuf,

    /// Logs, plain or gzip, in the order of their writing; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The source by which the files are read; without it each by the one whose paths it has.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// How metrics are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_enum)]
    format: PageFormat,
}

/// The formats that Prometheus reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PageFormat {
    /// Prometheus' text format.
    Text,
    /// OpenMetrics.
    Openmetrics,
}

pub(super) fn run(arguments: &ReplayArgs) -> anyhow::Result<()> {
    let rules = input::load(std::slice::from_ref(&arguments.rules))?;
    let name = arguments.source.as_deref();
    let inputs: Vec<_> =
        arguments.files.iter().map(|path| Input::new(&rules, path, name)).collect::<Result<_, _>>()?;
    let mut account = Account::new(&rules, SystemTime::now());
    for input in &inputs {
        account.read(input.source, |sink| input.read(sink))?;
    }
    let format = match arguments.format {
        PageFormat::Text => Format::Text,
        PageFormat::Openmetrics => Format::OpenMetrics,
    };
    let mut bytes = Vec::new();
    let mut page = Page::new(&mut bytes, Style { format, created: false });
    page.add_snapshot(&account.snapshot());
    page.finish();
    output::write(&bytes)
}
