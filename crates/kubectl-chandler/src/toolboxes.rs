//! `toolboxes`: what an engineer can work with here, where each comes from, and the commands with a name.

mod shelf;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::args::StyleArgs;
use crate::cluster::{Cluster, ClusterArgs, ClusterError, NAMESPACES, block_on};
use crate::list::{ListForm, Listed};
use crate::report::Reporter;
use crate::style;
use crate::table::{Cell, Column, Table};

pub(crate) use shelf::{Shelf, ToolboxError, labels_of};

/// Arguments of `toolboxes`.
#[derive(Debug, clap::Args)]
pub(crate) struct ToolboxesArgs {
    #[command(flatten)]
    pub(crate) form: ListForm,

    #[command(flatten)]
    pub(crate) style: StyleArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// A toolbox, in the shape in which `--output json` prints it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    /// Whether this namespace gets it where nobody names one.
    default: bool,
    image: String,
    profile: String,
    shell: Option<String>,
    source: String,
    description: Option<String>,
    recipes: Vec<EntryRecipe>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryRecipe {
    name: String,
    description: String,
    command: Vec<String>,
}

/// Runs `toolboxes`.
pub(crate) fn run(args: &ToolboxesArgs) -> ExitCode {
    let mut reporter = Reporter::counting("toolboxes", args.style.color);
    match block_on(gather(args)) {
        Ok(Ok((entries, notes))) => {
            notes.iter().for_each(|note| reporter.warning(note));
            let table = |width, output: &mut dyn Write| write_table(&entries, width, output);
            reporter.written(args.form.output.print(&entries, args.style.color, table));
        }
        Ok(Err(error)) => reporter.failure(error),
        Err(error) => reporter.failure(error),
    }
    reporter.finish()
}

async fn gather(args: &ToolboxesArgs) -> Result<(Vec<Entry>, Vec<String>), ClusterError> {
    let cluster = Cluster::open(&args.cluster).await?;
    let (shelf, namespace) =
        tokio::join!(Shelf::gather(&cluster), cluster.get(&NAMESPACES, None, cluster.namespace()));
    let shelf = shelf?;
    // Without the namespace's labels only those are known that are for all.
    let labels = labels_of(&namespace.unwrap_or_default());
    let default = shelf.choose(&labels, None).ok();
    let entries = shelf.offers_for(&labels).into_iter().map(|offer| {
        let is_default = default.as_ref().is_some_and(|choice| {
            (&choice.toolbox.name, &choice.source) == (&offer.toolbox.name, &offer.source)
        });
        Entry::of(&offer, is_default)
    });
    Ok((entries.collect(), shelf.notes))
}

impl Entry {
    fn of(offer: &chandler_debugger::toolbox::Offer, default: bool) -> Self {
        let toolbox = &offer.toolbox;
        let recipes = toolbox.recipes.iter().map(|(name, recipe)| EntryRecipe {
            name: name.clone(),
            description: recipe.description.clone(),
            command: recipe.command.clone(),
        });
        Self {
            name: toolbox.name.clone(),
            default,
            image: toolbox.image.clone(),
            profile: toolbox.profile.to_string(),
            shell: toolbox.shell.clone(),
            source: offer.source.to_string(),
            description: toolbox.description.clone(),
            recipes: recipes.collect(),
        }
    }

    fn row(&self) -> Vec<Cell> {
        let names: Vec<_> = self.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
        vec![
            Cell::plain(&self.name),
            Cell::styled(if self.default { "yes" } else { "" }, style::GOOD),
            Cell::plain(&self.image),
            Cell::plain(&self.profile),
            Cell::plain(&self.source),
            Cell::plain(names.join(",")),
            Cell::plain(self.description.as_deref().unwrap_or_default()),
        ]
    }
}

impl Listed for Entry {
    fn listed_name(&self) -> impl Display {
        &self.name
    }
}

fn write_table(entries: &[Entry], width: Option<usize>, output: &mut dyn Write) -> io::Result<()> {
    let columns = vec![
        Column::new("TOOLBOX"),
        Column::new("DEFAULT"),
        Column::new("IMAGE"),
        Column::optional("PROFILE", 1),
        Column::optional("SOURCE", 2),
        Column::optional("RECIPES", 4),
        Column::optional("DESCRIPTION", 3),
    ];
    let mut table = Table::new(columns);
    entries.iter().for_each(|entry| table.push(entry.row()));
    table.write(width, output)?;
    let recipes: Vec<&EntryRecipe> =
        entries.iter().filter(|entry| entry.default).flat_map(|entry| &entry.recipes).collect();
    if recipes.is_empty() {
        return Ok(());
    }
    writeln!(output, "\nRecipes of the default:")?;
    let longest = recipes.iter().map(|recipe| recipe.name.len()).max().unwrap_or_default();
    recipes.iter().try_for_each(|recipe| {
        let (name, description) = (style::printable(&recipe.name), style::printable(&recipe.description));
        writeln!(output, "  {name:longest$}  {description}")
    })
}
