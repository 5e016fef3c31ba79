//! `outdated`: running pods that have what a new one would not get, or may lack what it would.

mod entry;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use chandler_injector::Settings;

use crate::args::OutdatedArgs;
use crate::cluster::{Cluster, ClusterError, block_on};
use crate::exit;
use crate::list::{ListOutput, Listed};
use crate::live::{Live, Renewal, Scope, State, survey_pods};
use crate::report::Reporter;
use crate::style;
use crate::table::{Cell, Column, Table};

use entry::Entry;

/// What was found, and where.
struct Found {
    entries: Vec<Entry>,
    /// How many pods were looked at.
    pods: usize,
    /// Where, in words.
    place: String,
}

/// Runs `outdated`.
pub(crate) fn run(args: &OutdatedArgs) -> ExitCode {
    let mut reporter = Reporter::counting("pods", args.style.color);
    let found = match block_on(gather(args, &mut reporter)) {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            reporter.failure(error);
            return reporter.finish();
        }
        Err(error) => {
            reporter.failure(error);
            return reporter.finish();
        }
    };
    let Found { entries, pods, place } = &found;
    match (pods, entries.is_empty()) {
        (0, _) => reporter.remark(format_args!("There are no pods{place}.")),
        (_, true) => reporter.remark(format_args!("None of {pods} pods{place} is out of date.")),
        _ => {}
    }
    let table = |width, output: &mut dyn Write| write_table(entries, args, width, output);
    reporter.written(args.form.output.print(entries, args.style.color, table));
    reporter.finish_with(exit::OUTDATED, args.exit_code && !entries.is_empty())
}

async fn gather(args: &OutdatedArgs, reporter: &mut Reporter) -> Result<Found, ClusterError> {
    let cluster = Cluster::open(&args.cluster).await?;
    let namespace = Some(cluster.namespace()).filter(|_| !args.all_namespaces);
    let live = Live::read(&cluster, namespace, Settings::default()).await?;
    for template in live.broken(namespace) {
        template.complaints().for_each(|complaint| reporter.warning(complaint));
    }
    let scope = Scope { namespace, labels: args.selector.as_deref() };
    let survey = survey_pods(&cluster, scope, &live, reporter).await?;
    let flags = args.cluster.kubectl_flags();
    let stale = survey.workloads().filter(|(_, _, workload)| workload.stale > 0);
    let entries = stale.map(|(namespace, owner, workload)| Entry::of(namespace, &owner, workload, &flags));
    let place = namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    Ok(Found {
        entries: entries.collect(),
        pods: survey.workloads().map(|(_, _, workload)| workload.pods).sum(),
        place,
    })
}

fn write_table(
    entries: &[Entry],
    args: &OutdatedArgs,
    width: Option<usize>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let (all, wide) = (args.all_namespaces, args.form.output == ListOutput::Wide);
    let namespace = all.then_some(Column::new("NAMESPACE"));
    let columns = ["WORKLOAD", "PODS", "TEMPLATE", "STATE"].map(Column::new);
    let revisions = [Column::optional("RECORDED", 1), Column::optional("CURRENT", 2)];
    let renew = wide.then_some(Column::new("RENEW"));
    let mut table = Table::new(namespace.into_iter().chain(columns).chain(revisions).chain(renew).collect());
    for entry in entries {
        entry.rows(all, wide).into_iter().for_each(|row| table.push(row));
    }
    table.write(width, output)?;
    if wide { Ok(()) } else { write_renewals(entries, output) }
}

/// What is to be typed, below the table so that it can be taken from there.
fn write_renewals(entries: &[Entry], output: &mut dyn Write) -> io::Result<()> {
    let (commands, advice): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| matches!(entry.renewal, Renewal::Command(_)));
    if !commands.is_empty() {
        writeln!(output, "\nTo renew them:")?;
        commands.iter().try_for_each(|entry| writeln!(output, "  {}", entry.renewal.text()))?;
    }
    if !advice.is_empty() {
        writeln!(output, "\nNo command renews these:")?;
        advice.iter().try_for_each(|entry| writeln!(output, "  {}", entry.renewal.text()))?;
    }
    let faint = style::FAINT;
    let obstacles = [State::Pinned].into_iter().filter(|state| entries.iter().any(|entry| entry.has(*state)));
    obstacles
        .filter_map(|state| Some((state, Renewal::obstacle(state)?)))
        .try_for_each(|(state, obstacle)| writeln!(output, "\n{faint}{}: {obstacle}{faint:#}", state.word()))
}

impl Listed for Entry {
    fn listed_name(&self) -> impl Display {
        &self.workload
    }
}

impl Entry {
    /// One row a finding.
    fn rows(&self, all: bool, wide: bool) -> Vec<Vec<Cell>> {
        let rows = self.findings.iter().map(|finding| {
            let namespace = all.then(|| Cell::plain(&self.namespace));
            let cells = [
                Cell::plain(&self.workload),
                Cell::plain(format!("{}/{}", finding.pods, self.total)),
                Cell::plain(&finding.template),
                Cell::styled(finding.state.word(), style::of_state(finding.state)),
                Cell::plain(finding.recorded.as_deref().unwrap_or_default()),
                Cell::plain(finding.current.as_deref().unwrap_or_default()),
            ];
            let renew = wide.then(|| Cell::plain(self.renewal.text()));
            namespace.into_iter().chain(cells).chain(renew).collect()
        });
        rows.collect()
    }

    fn has(&self, state: State) -> bool {
        self.findings.iter().any(|finding| finding.state == state)
    }
}
