//! What can be typed.

use std::path::PathBuf;

use chandler_injector::catalog::CatalogArgs;
use clap::{Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;

/// Fit pods out from templates, and see why.
#[derive(Debug, Parser)]
#[command(name = "kubectl-chandler", bin_name = "kubectl-chandler", version, max_term_width = 110)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print manifests with their pods fitted out, as the admission webhook would do it.
    ///
    /// Documents that carry no pod, and pods that nothing changes, come out byte for byte as they went in.
    /// It works as a post-renderer of Helm 3: --post-renderer kubectl-chandler, with `inject`, `-f`, `-`, `-t` and
    /// the templates each in a --post-renderer-args.
    #[command(after_help = EXIT_CODES)]
    Inject(InjectArgs),

    /// Say for each template whether a pod gets it, why or why not, and where its parameters come from.
    #[command(after_help = EXIT_CODES)]
    Explain(ExplainArgs),

    /// Print a completion script for a shell.
    ///
    /// For bash: source <(kubectl-chandler completion bash)
    Completion {
        /// The shell.
        shell: Shell,
    },
}

const EXIT_CODES: &str = "Exit codes:
  0  all went well
  1  a file, template or document has an error; it is told, and all others were still looked at
  2  wrong usage
  3  a template refused a pod (onError: Deny), or an unknown one did with --unknown-templates deny";

/// Which manifests, and which templates.
#[derive(Debug, clap::Args)]
pub(crate) struct InputArgs {
    /// Manifests: files, folders, or - for standard input; YAML and JSON, any mix of kinds.
    #[arg(short, long, value_name = "PATH", num_args = 1.., required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) filename: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) catalog: CatalogArgs,
}

/// Arguments of `inject`.
#[derive(Debug, clap::Args)]
pub(crate) struct InjectArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: InjectOutput,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// What `inject` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InjectOutput {
    /// The manifests; each changed document in its own format, all others untouched.
    Yaml,
    /// Every document as JSON.
    Json,
    /// A unified diff of what changes.
    Diff,
    /// A JSON Patch for each changed object, one a line, with the object's kind, namespace and name.
    Patch,
}

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ExplainOutput,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// What `explain` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainOutput {
    /// Text for people.
    Text,
    /// A JSON object for each pod, one a line.
    Json,
    /// A YAML document for each pod.
    Yaml,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl InputArgs {
    /// Standard input can be read once: says what is wrong where two flags name it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let is_dash = |path: &&PathBuf| path.as_os_str() == "-";
        let readers = self
            .filename
            .iter()
            .chain(&self.catalog.templates)
            .chain(&self.catalog.namespaces)
            .filter(is_dash)
            .count();
        if readers > 1 { Err("standard input (-) can be named once") } else { Ok(()) }
    }
}
