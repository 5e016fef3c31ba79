//! `gc`: finds the pods that `debug` made and nobody needs any more, and removes them.

mod remains;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use chandler_api::names;
use k8s_openapi::jiff::Timestamp;
use serde_json::Value;

use crate::args::StyleArgs;
use crate::cluster::{Cluster, ClusterArgs, ClusterError, Listing, Object, PODS, block_on};
use crate::list::{ListForm, Listed};
use crate::report::Reporter;
use crate::style;
use crate::table::{Cell, Column, Table};

pub(crate) use remains::Maker;
use remains::{Here, Remains};

/// Behind the help of `gc`.
pub(crate) const AFTER_HELP: &str =
    "Sessions in pods need no clean-up: their containers end by themselves, and go with the pod.

Exit codes:
  0  all went well
  1  the cluster gives no answer, or a pod could not be removed
  2  wrong usage";

/// Arguments of `gc`.
#[derive(Debug, clap::Args)]
pub(crate) struct GcArgs {
    /// The pods of every namespace, not only of one.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,

    /// Also what other people and other machines made.
    #[arg(long)]
    pub(crate) all_owners: bool,

    /// List what would be removed, and what is still in use.
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) form: ListForm,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Runs `gc`.
pub(crate) fn run(args: &GcArgs) -> ExitCode {
    let mut reporter = Reporter::counting("pods", args.style.color);
    match block_on(collect(args, &mut reporter)) {
        Ok(Ok(found)) if found.is_empty() => reporter.remark("There is nothing to remove."),
        Ok(Ok(found)) => {
            let table = |width, output: &mut dyn Write| write_table(&found, width, output);
            reporter.written(args.form.output.print(&found, args.style.color, table));
        }
        Ok(Err(error)) => reporter.failure(error),
        Err(error) => reporter.failure(error),
    }
    reporter.finish()
}

async fn collect(args: &GcArgs, reporter: &mut Reporter) -> Result<Vec<Remains>, ClusterError> {
    let cluster = Cluster::open(&args.cluster).await?;
    let here = Here { now: Timestamp::now(), maker: Maker::here() };
    let mut found = find(&cluster, args, &here).await?;
    if args.dry_run {
        return Ok(found);
    }
    found.retain(Remains::is_useless);
    for remains in &mut found {
        let namespace = Some(remains.namespace.as_str());
        let object = Object { resource: &PODS, namespace, name: &remains.name, subresource: None };
        match cluster.delete(object, &remains.uid).await {
            Ok(()) => remains.removed = true,
            Err(error) => reporter.failure(error),
        }
    }
    Ok(found)
}

async fn find(cluster: &Cluster, args: &GcArgs, here: &Here) -> Result<Vec<Remains>, ClusterError> {
    let mut found = Vec::new();
    let mut take = |pod: Value| {
        let remains = Remains::of(&pod, here);
        found.extend(Some(remains).filter(|remains| args.all_owners || remains.is_ours(here)));
    };
    let listing = Listing {
        resource: &PODS,
        namespace: Some(cluster.namespace()).filter(|_| !args.all_namespaces),
        labels: Some(names::DEBUG_LABEL),
        fields: None,
        metadata_only: false,
    };
    cluster.list(listing, &mut take).await?;
    Ok(found)
}

impl Listed for Remains {
    fn listed_name(&self) -> impl Display {
        format!("pod/{}", self.name)
    }
}

fn write_table(found: &[Remains], width: Option<usize>, output: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::new("NAMESPACE"),
        Column::new("POD"),
        Column::new("KIND"),
        Column::new("STATE"),
        Column::new("REMOVED"),
        Column::optional("EXPIRES", 1),
        Column::optional("MADE BY", 2),
    ];
    let mut table = Table::new(columns);
    found.iter().for_each(|remains| table.push(row(remains)));
    table.write(width, output)
}

fn row(remains: &Remains) -> Vec<Cell> {
    let (removed, style) = if remains.removed { ("yes", style::GOOD) } else { ("no", style::FAINT) };
    vec![
        Cell::plain(&remains.namespace),
        Cell::plain(&remains.name),
        Cell::plain(&remains.kind),
        Cell::plain(remains.state.word()),
        Cell::styled(removed, style),
        Cell::plain(remains.expires.as_deref().unwrap_or_default()),
        Cell::plain(remains.made_by.as_deref().unwrap_or_default()),
    ]
}
