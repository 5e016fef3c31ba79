//! Figures as a table, for a terminal and for Markdown.

use std::fmt;

use crate::figures::{Amount, Bar, Figure};

const HEADINGS: [&str; 7] = ["Work", "Median", "Best", "Bar", "Of the bar", "", "Beside it"];

/// Figures to be printed.
#[derive(Debug)]
pub struct Table<'a>(pub &'a [Figure]);

impl Table<'_> {
    /// The table in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let line = |cells: &[String; 7]| format!("| {} |\n", cells.join(" | "));
        let heading = line(&HEADINGS.map(str::to_owned));
        let rule = "|---|--:|--:|--:|--:|---|---|\n".to_owned();
        [heading, rule].into_iter().chain(self.0.iter().map(|figure| line(&cells(figure)))).collect()
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> =
            [HEADINGS.map(str::to_owned)].into_iter().chain(self.0.iter().map(cells)).collect();
        let mut widths = [0; 7];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        rows.iter().try_for_each(|row| write_row(formatter, row, widths))
    }
}

fn write_row(formatter: &mut fmt::Formatter<'_>, row: &[String; 7], widths: [usize; 7]) -> fmt::Result {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
        1..=4 => format!("{cell:>width$}"),
        _ => format!("{cell:<width$}"),
    });
    let line = cells.collect::<Vec<_>>().join("  ");
    writeln!(formatter, "{}", line.trim_end())
}

fn cells(figure: &Figure) -> [String; 7] {
    let bar = figure.bar.map(|bar| match bar {
        Bar::AtMost(amount) => format!("≤ {amount}"),
        Bar::AtLeast(amount) => format!("≥ {amount}"),
    });
    let verdict = figure.keeps().map(|keeps| if keeps { "ok" } else { "OVER" });
    [
        figure.work.clone(),
        figure.median.to_string(),
        figure.best.map(|best| best.to_string()).unwrap_or_default(),
        bar.unwrap_or_default(),
        figure.ratio().map(|ratio| format!("{ratio:.2} ×")).unwrap_or_default(),
        verdict.unwrap_or_default().to_owned(),
        figure.beside.clone(),
    ]
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Nanoseconds(time) if time < 1e6 => write!(formatter, "{} µs", rounded(time / 1e3)),
            Self::Nanoseconds(time) if time < 1e9 => write!(formatter, "{} ms", rounded(time / 1e6)),
            Self::Nanoseconds(time) => write!(formatter, "{} s", rounded(time / 1e9)),
            Self::Bytes(size) => write!(formatter, "{} MiB", rounded(size / (1024.0 * 1024.0))),
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Times(times) => write!(formatter, "{} ×", rounded(times)),
        }
    }
}

/// A number with three digits that mean something, without zeros behind its point.
fn rounded(number: f64) -> String {
    let decimals = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_in_the_unit_that_fits() {
        let amounts = [
            (Amount::Nanoseconds(98_250.0), "98.2 µs"),
            (Amount::Nanoseconds(2_000_000.0), "2 ms"),
            (Amount::Nanoseconds(1_234_000_000.0), "1.23 s"),
            (Amount::Bytes(6.5 * 1024.0 * 1024.0), "6.5 MiB"),
            (Amount::Count(512.0), "512"),
            (Amount::Times(7.126), "7.13 ×"),
        ];
        for (amount, text) in amounts {
            assert_eq!(amount.to_string(), text);
        }
    }

    #[test]
    fn figure_over_its_bar_says_so() {
        let figure = Figure::new("work", Amount::Times(3.0)).bar(Bar::AtMost(Amount::Times(2.0)));
        assert!(Table(&[figure]).markdown().ends_with("| work | 3 × |  | ≤ 2 × | 1.50 × | OVER |  |\n"));
    }
}
