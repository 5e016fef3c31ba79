//! Lists: what they print, and how any of them is written.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::args::Color;
use crate::forms::{write_json, write_yaml};
use crate::style::{styled_output, terminal_width};

/// What a list prints.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct ListForm {
    /// What to print.
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: ListOutput,
}

/// What a list prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListOutput {
    /// A table; on a terminal as wide as that.
    Table,
    /// A table with all columns, as wide as they are.
    Wide,
    /// A JSON object for each entry, one a line.
    Json,
    /// A YAML document for each entry.
    Yaml,
    /// Names as kubectl takes them, one a line.
    Name,
}

/// An entry of a list, in the shape in which `--output json` prints it.
pub(crate) trait Listed: Serialize {
    /// Its name, as `--output name` prints it.
    fn listed_name(&self) -> impl Display;
}

impl ListOutput {
    /// Prints entries; without any, nothing. `table` writes the table into so many columns, or into as many as it takes.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(crate) fn print<E: Listed>(
        self,
        entries: &[E],
        color: Color,
        table: impl FnOnce(Option<usize>, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut output = BufWriter::new(styled_output(color));
        self.write(entries, &mut output, table)?;
        output.flush()
    }

    fn write<E: Listed>(
        self,
        entries: &[E],
        output: &mut dyn Write,
        table: impl FnOnce(Option<usize>, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            _ if entries.is_empty() => Ok(()),
            Self::Json => entries.iter().try_for_each(|entry| write_json(entry, output)),
            Self::Yaml => entries.iter().try_for_each(|entry| write_yaml(entry, output)),
            Self::Name => entries.iter().try_for_each(|entry| writeln!(output, "{}", entry.listed_name())),
            Self::Table => table(terminal_width(), output),
            Self::Wide => table(None, output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Pod {
        name: &'static str,
    }

    impl Listed for Pod {
        fn listed_name(&self) -> impl Display {
            format!("pod/{}", self.name)
        }
    }

    fn written(entries: &[Pod], form: ListOutput) -> String {
        let mut output = Vec::new();
        form.write(entries, &mut output, |_, output| writeln!(output, "NAME")).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn entries_are_written_in_each_form() {
        let pods = [Pod { name: "a" }, Pod { name: "b" }];
        for (form, expected) in [
            (ListOutput::Json, "{\"name\":\"a\"}\n{\"name\":\"b\"}\n"),
            (ListOutput::Yaml, "---\nname: a\n---\nname: b\n"),
            (ListOutput::Name, "pod/a\npod/b\n"),
            (ListOutput::Table, "NAME\n"),
            (ListOutput::Wide, "NAME\n"),
        ] {
            assert_eq!(written(&pods, form), expected);
        }
    }

    #[test]
    fn list_without_entries_has_no_heads() {
        for form in ListOutput::value_variants() {
            assert_eq!(written(&[], *form), "");
        }
    }
}
