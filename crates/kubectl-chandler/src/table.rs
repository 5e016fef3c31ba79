//! Tables that fit: columns are as wide as what stands in them, and what a terminal has no room for is left out rather
//! than wrapped.

use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::style::printable;

/// Between two columns.
const GAP: usize = 2;

/// A last column that is shorter than this says nothing.
const SHORTEST: usize = 16;

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    head: &'static str,
    /// How dispensable it is: of those that do not fit, the highest goes first. 0: it always stays.
    rank: u8,
}

/// What stands in a column of a row.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

/// Rows under heads. The last column takes the room that is left, and is cut to it.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Column {
    /// A column that always stays.
    pub(crate) const fn new(head: &'static str) -> Self {
        Self { head, rank: 0 }
    }

    /// A column that may be left out.
    pub(crate) const fn optional(head: &'static str, rank: u8) -> Self {
        Self { head, rank }
    }
}

impl Cell {
    /// A text without a colour.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::styled(text, Style::new())
    }

    /// A text with one.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        let text = printable(text.as_ref());
        Self { text: if text.is_empty() { "-".to_owned() } else { text }, style }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, one cell a column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// Writes it into `width` columns, or all of it.
    pub(crate) fn write(&self, width: Option<usize>, output: &mut dyn Write) -> io::Result<()> {
        let heads = self.columns.iter().map(|column| Cell::plain(column.head)).collect();
        let rows: Vec<_> = std::iter::once(&heads).chain(&self.rows).collect();
        let mut columns: Vec<_> = self.measure(&rows);
        if let Some(width) = width {
            fit(&mut columns, width);
        }
        rows.into_iter().try_for_each(|row| write_row(row, &columns, output))
    }

    fn measure(&self, rows: &[&Vec<Cell>]) -> Vec<Measured> {
        let columns = self.columns.iter().enumerate();
        let widest = |index| rows.iter().filter_map(|row| row.get(index)).map(Cell::width).max();
        columns
            .map(|(index, column)| Measured {
                index,
                rank: column.rank,
                width: widest(index).unwrap_or_default(),
            })
            .collect()
    }
}

/// A column with its width.
#[derive(Debug, Clone, Copy)]
struct Measured {
    index: usize,
    rank: u8,
    width: usize,
}

/// Takes columns out, or cuts the last, until the rest fits.
fn fit(columns: &mut Vec<Measured>, width: usize) {
    loop {
        let total: usize = columns.iter().map(|column| column.width + GAP).sum::<usize>().saturating_sub(GAP);
        let Some(excess) = total.checked_sub(width).filter(|excess| *excess > 0) else { return };
        if let Some(last) = columns.last_mut().filter(|last| last.rank > 0)
            && last.width >= excess + SHORTEST
        {
            last.width -= excess;
            return;
        }
        let dispensable = columns.iter().enumerate().filter(|(_, column)| column.rank > 0);
        let Some((place, _)) = dispensable.max_by_key(|(_, column)| column.rank) else { return };
        columns.remove(place);
    }
}

fn write_row(row: &[Cell], columns: &[Measured], output: &mut dyn Write) -> io::Result<()> {
    let mut padding = 0;
    for column in columns {
        let Some(cell) = row.get(column.index) else { continue };
        let text = cut(&cell.text, column.width);
        let style = cell.style;
        write!(output, "{:padding$}{style}{text}{style:#}", "")?;
        padding = column.width.saturating_sub(text.width()) + GAP;
    }
    writeln!(output)
}

/// The beginning of a text that fits, with a mark where that is not all.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |letter: &char| match room.checked_sub(letter.width().unwrap_or_default()) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    };
    let mut beginning: String = text.chars().take_while(fits).collect();
    beginning.truncate(beginning.trim_end().len());
    beginning + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = vec![
            Column::new("NAME"),
            Column::optional("ORDER", 2),
            Column::new("MODE"),
            Column::optional("DESCRIPTION", 1),
        ];
        let mut table = Table::new(columns);
        for row in [
            ["cluster/mesh", "10", "Default", "Adds the proxy of the mesh to every pod."],
            ["logs", "-100", "OnRequest", "集群日志收集 and more than that"],
            ["odd", "", "Mandatory", "a line\nand \u{1b}[31mred"],
        ] {
            table.push(row.map(Cell::plain).to_vec());
        }
        table
    }

    fn written(width: Option<usize>) -> String {
        let mut bytes = Vec::new();
        table().write(width, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let expected = "\
NAME          ORDER  MODE       DESCRIPTION
cluster/mesh  10     Default    Adds the proxy of the mesh to every pod.
logs          -100   OnRequest  集群日志收集 and more than that
odd           -      Mandatory  a line and  [31mred
";
        assert_eq!(written(None), expected);
    }

    #[test]
    fn last_column_is_cut_to_the_terminal_by_columns_and_not_by_characters() {
        let expected = "\
NAME          ORDER  MODE       DESCRIPTION
cluster/mesh  10     Default    Adds the proxy of…
logs          -100   OnRequest  集群日志收集 and…
odd           -      Mandatory  a line and  [31mr…
";
        assert_eq!(written(Some(50)), expected);
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out_by_their_rank() {
        let expected = "\
NAME          MODE       DESCRIPTION
cluster/mesh  Default    Adds the proxy…
logs          OnRequest  集群日志收集 an…
odd           Mandatory  a line and  [31…
";
        assert_eq!(written(Some(41)), expected);
        assert!(written(Some(30)).starts_with("NAME          MODE\ncluster/mesh  Default\n"));
        assert!(written(Some(3)).starts_with("NAME          MODE\n"));
    }
}
