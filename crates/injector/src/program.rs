//! The command line of `chandler-injector`.

use std::io::{self, Read as _, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use crate::catalog::CatalogArgs;
use crate::review::MAX_REVIEW_SIZE;
use crate::serve::{self, ServeArgs};

/// Fits pods out from templates when they are created.
#[derive(Debug, Parser)]
#[command(name = "chandler-injector", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer one AdmissionReview from standard input.
    ///
    /// The answer goes to standard output. Exit codes: 0 there is an answer, also one that refuses the pod;
    /// 1 there is none, because of the templates, the namespaces or the review; 2 wrong usage.
    Review(CatalogArgs),
    /// Answer the AdmissionReviews of the API server, from the templates and namespaces of the cluster.
    ///
    /// The cluster is the one that KUBECONFIG names, or the one that this runs in.
    Serve(Box<ServeArgs>),
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Args::parse().command {
        Command::Review(catalog) => review(&catalog),
        Command::Serve(arguments) => serve::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn review(catalog: &CatalogArgs) -> anyhow::Result<()> {
    let loaded = catalog.load();
    let problems: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
    anyhow::ensure!(problems.is_empty(), "{}", problems.join("\nerror: "));
    let mut review = Vec::new();
    let limit = u64::try_from(MAX_REVIEW_SIZE)? + 1;
    io::stdin().lock().take(limit).read_to_end(&mut review).context("cannot read standard input")?;
    let answer = loaded.found.answer(&review)?;
    let mut output = io::stdout().lock();
    output
        .write_all(&answer.body)
        .and_then(|()| output.write_all(b"\n"))
        .context("cannot write to standard output")
}
