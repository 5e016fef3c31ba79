//! `templates`: which templates there are, for whom, and how many pods have them.

mod applies;
mod overview;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use chandler_injector::Settings;

use crate::args::TemplatesArgs;
use crate::cluster::{Cluster, ClusterError, block_on};
use crate::list::{ListOutput, Listed};
use crate::live::Live;
use crate::report::Reporter;
use crate::style;
use crate::table::{Cell, Column, Table};

use applies::Applies;
use overview::{Counts, Overview};

/// Runs `templates`.
pub(crate) fn run(args: &TemplatesArgs) -> ExitCode {
    let mut reporter = Reporter::counting("templates", args.style.color);
    match block_on(gather(args)) {
        Ok(Ok((overviews, place))) if overviews.is_empty() => {
            reporter.remark(format_args!("There are no templates{place}."));
        }
        Ok(Ok((overviews, _))) => {
            let table = |width, output: &mut dyn Write| write_table(&overviews, args, width, output);
            reporter.written(args.form.output.print(&overviews, args.style.color, table));
        }
        Ok(Err(error)) => reporter.failure(error),
        Err(error) => reporter.failure(error),
    }
    reporter.finish()
}

async fn gather(args: &TemplatesArgs) -> Result<(Vec<Overview>, String), ClusterError> {
    let cluster = Cluster::open(&args.cluster).await?;
    let namespace = Some(cluster.namespace()).filter(|_| !args.all_namespaces);
    let live = Live::read(&cluster, namespace, Settings::default()).await?;
    let applies = namespace.map(|namespace| Applies::to(namespace, &live));
    let overviews = live.templates.iter().map(|template| {
        let here = applies.as_ref().map(|applies| applies.of(template));
        Overview::of(template, here)
    });
    let place = namespace.map(|namespace| format!(" for namespace {namespace}")).unwrap_or_default();
    Ok((overviews.collect(), place))
}

impl Listed for Overview {
    fn listed_name(&self) -> impl Display {
        &self.kubectl_name
    }
}

fn write_table(
    overviews: &[Overview],
    args: &TemplatesArgs,
    width: Option<usize>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let form = Form { all: args.all_namespaces, wide: args.form.output == ListOutput::Wide };
    let mut table = Table::new(form.columns());
    overviews.iter().for_each(|overview| table.push(form.row(overview)));
    table.write(width, output)?;
    let bad = style::BAD;
    for overview in overviews {
        for complaint in &overview.complaints {
            writeln!(output, "{bad}broken{bad:#}: {}", style::printable(complaint))?;
        }
    }
    Ok(())
}

/// Which columns there are.
#[derive(Debug, Clone, Copy)]
struct Form {
    all: bool,
    wide: bool,
}

impl Form {
    fn columns(self) -> Vec<Column> {
        let first = if self.all {
            [Column::new("NAMESPACE"), Column::new("TEMPLATE")]
        } else {
            [Column::new("TEMPLATE"), Column::new("HERE")]
        };
        let middle = [
            Column::optional("MODE", 2),
            Column::optional("ORDER", 5),
            Column::new("REVISION"),
            Column::optional("COMPILED", 6),
            Column::optional("MATCHED", 4),
            Column::new("INJECTED"),
            Column::new("OUTDATED"),
            Column::new("MISSED"),
        ];
        let wide = [Column::new("CONFLICTS"), Column::new("ON ERROR"), Column::new("PARAMETERS")];
        let wide = wide.into_iter().filter(|_| self.wide);
        let last = [Column::optional("DESCRIPTION", 3)];
        first.into_iter().chain(middle).chain(wide).chain(last).collect()
    }

    fn row(self, overview: &Overview) -> Vec<Cell> {
        let name = Cell::plain(&overview.template);
        let first = match overview.here {
            _ if self.all => [Cell::plain(overview.namespace.as_deref().unwrap_or_default()), name],
            here => {
                [name, here.map_or_else(|| Cell::plain(""), |here| Cell::styled(here.word(), here.style()))]
            }
        };
        let (compiled, style) = if overview.compiled { ("yes", style::GOOD) } else { ("no", style::BAD) };
        let Counts { matched, injected, outdated, missed } = overview.pods.unwrap_or_default();
        let middle = [
            Cell::plain(&overview.mode),
            Cell::plain(overview.order.to_string()),
            Cell::styled(
                overview.revision.as_deref().unwrap_or("broken"),
                if overview.compiled { anstyle::Style::new() } else { style::BAD },
            ),
            Cell::styled(compiled, style),
            Cell::plain(number(matched)),
            Cell::plain(number(injected)),
            alarming(outdated),
            alarming(missed),
        ];
        let parameters = overview.parameters.join(",");
        let wide = [&overview.conflicts, &overview.on_error, &parameters].map(Cell::plain);
        let wide = wide.into_iter().filter(|_| self.wide);
        let last = [Cell::plain(overview.description.as_deref().unwrap_or_default())];
        first.into_iter().chain(middle).chain(wide).chain(last).collect()
    }
}

fn number(count: Option<u64>) -> String {
    count.map(|count| count.to_string()).unwrap_or_default()
}

fn alarming(count: Option<u64>) -> Cell {
    let style = if count.unwrap_or_default() > 0 { style::ATTENTION } else { anstyle::Style::new() };
    Cell::styled(number(count), style)
}
