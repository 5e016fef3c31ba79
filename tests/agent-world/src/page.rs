//! Reads pages of metrics, and refuses what a server could refuse: a small and strict parser of both formats.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use crate::number::Number;

/// A format of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' own, 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// What a page says.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Values by series, as `name{label="value"}` is written in the page.
    pub samples: BTreeMap<String, Number>,
    /// Types by family.
    pub types: BTreeMap<String, String>,
}

/// A page, while it is read.
#[derive(Debug)]
struct Parser {
    page: Page,
    format: Format,
    family: String,
    finished: BTreeSet<String>,
    helps: BTreeSet<String>,
    /// Cumulative counts of the buckets of a series, in the order of the page.
    buckets: BTreeMap<String, Vec<(f64, Number)>>,
}

impl Format {
    /// What a client that wants it says in `Accept`.
    #[must_use]
    pub fn accept(self) -> &'static str {
        match self {
            Self::Text => "text/plain;version=0.0.4",
            Self::OpenMetrics => "application/openmetrics-text;version=1.0.0",
        }
    }
}

impl Page {
    /// Reads a page.
    ///
    /// # Errors
    /// It is not valid.
    pub fn parse(text: &str, format: Format) -> Result<Self> {
        ensure!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
        let body = match format {
            Format::Text => text,
            Format::OpenMetrics => text.strip_suffix("# EOF\n").context("there is no # EOF at the end")?,
        };
        let mut parser = Parser {
            page: Self::default(),
            format,
            family: String::new(),
            finished: BTreeSet::new(),
            helps: BTreeSet::new(),
            buckets: BTreeMap::new(),
        };
        for line in body.split_terminator('\n') {
            parser.read_line(line).with_context(|| format!("in the line {line:.300}"))?;
        }
        parser.check_buckets()?;
        Ok(parser.page)
    }

    /// The value of a series; none where it is not there.
    #[must_use]
    pub fn get(&self, series: &str) -> Option<Number> {
        self.samples.get(series).copied()
    }

    /// The whole value of a series, or 0.
    #[must_use]
    pub fn whole(&self, series: &str) -> i128 {
        match self.get(series) {
            Some(Number::Whole(whole)) => whole,
            _ => 0,
        }
    }

    /// The sum over all series of a name.
    #[must_use]
    pub fn sum(&self, name: &str) -> f64 {
        self.of(name).map(|(_, number)| number.to_f64()).sum()
    }

    /// The series of a name.
    pub fn of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = (&'p str, Number)> {
        let series =
            self.samples.range(name.to_owned()..).take_while(move |(series, _)| series.starts_with(name));
        let own = series.filter(move |(series, _)| name_of(series) == name);
        own.map(|(series, number)| (series.as_str(), *number))
    }

    /// Whether a series never goes down.
    #[must_use]
    pub fn is_monotonic(&self, series: &str) -> bool {
        let name = name_of(series);
        let types = |family: &str| self.types.get(family).map(String::as_str);
        let base =
            ["_bucket", "_count", "_sum", "_total"].iter().find_map(|suffix| name.strip_suffix(suffix));
        types(name) == Some("counter") || matches!(base.and_then(types), Some("counter" | "histogram"))
    }
}

/// The name of a series.
#[must_use]
pub fn name_of(series: &str) -> &str {
    series.split('{').next().unwrap_or_default()
}

impl Parser {
    fn read_line(&mut self, line: &str) -> Result<()> {
        if let Some(comment) = line.strip_prefix("# ") {
            return self.read_comment(comment);
        }
        ensure!(!line.starts_with('#') && !line.is_empty(), "it is neither a comment nor a sample");
        self.read_sample(line)
    }

    fn enter(&mut self, family: &str) -> Result<()> {
        if self.family != family {
            ensure!(self.finished.insert(family.to_owned()), "{family} is not in one piece");
            family.clone_into(&mut self.family);
        }
        Ok(())
    }

    fn read_comment(&mut self, comment: &str) -> Result<()> {
        let mut parts = comment.splitn(3, ' ');
        let [Some(keyword), Some(name), Some(text)] = [parts.next(), parts.next(), parts.next()] else {
            bail!("a part is missing");
        };
        check_name(name)?;
        self.enter(name)?;
        let first = match keyword {
            "HELP" => {
                let escapes = if self.format == Format::Text { "\\n" } else { "\\n\"" };
                check_escapes(text, escapes)?;
                self.helps.insert(name.to_owned())
            }
            "TYPE" => self.page.types.insert(name.to_owned(), text.to_owned()).is_none(),
            "UNIT" if self.format == Format::OpenMetrics => name.ends_with(&format!("_{text}")),
            _ => bail!("there is no such comment"),
        };
        ensure!(first, "{keyword} stands twice, or does not fit");
        Ok(())
    }

    fn read_sample(&mut self, line: &str) -> Result<()> {
        let end = line.find(['{', ' ']).context("there is no value")?;
        let (name, mut rest) = line.split_at_checked(end).context("there is no value")?;
        check_name(name)?;
        self.check_suffix(name)?;
        let mut labels = Vec::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = read_labels(inside, &mut labels)?;
        }
        let series = line.strip_suffix(rest).unwrap_or_default();
        let value = rest.strip_prefix(' ').context("there is no space before the value")?;
        let number = Number::parse(value).with_context(|| format!("{value:?} is no number"))?;
        self.note_bucket((name, series), &labels, number)?;
        ensure!(self.page.samples.insert(series.to_owned(), number).is_none(), "it stands twice");
        Ok(())
    }

    fn check_suffix(&self, name: &str) -> Result<()> {
        let kind = self.page.types.get(&self.family).context("no type stands above it")?;
        let suffix = name.strip_prefix(&self.family).context("it belongs to another family")?;
        let suffixes: &[&str] = match (kind.as_str(), self.format) {
            ("counter", Format::OpenMetrics) => &["_total", "_created"],
            ("histogram", Format::OpenMetrics) => &["_bucket", "_sum", "_count", "_created"],
            ("histogram", Format::Text) => &["_bucket", "_sum", "_count"],
            ("info", Format::OpenMetrics) => &["_info"],
            ("gauge" | "counter" | "untyped" | "unknown", _) => &[""],
            _ => bail!("there is no such type: {kind}"),
        };
        ensure!(suffixes.contains(&suffix), "it does not belong to a {kind}");
        Ok(())
    }

    fn note_bucket(
        &mut self,
        (name, series): (&str, &str),
        labels: &[(String, String)],
        count: Number,
    ) -> Result<()> {
        let Some(base) = name.strip_suffix("_bucket") else { return Ok(()) };
        if self.page.types.get(base).is_none_or(|kind| kind != "histogram") {
            return Ok(());
        }
        let (last, others) = labels.split_last().context("a bucket has no bound")?;
        ensure!(last.0 == "le", "the bound is not the last label");
        let bound = Number::parse(&last.1).context("a bound is no number")?.to_f64();
        let buckets = self.buckets.entry(format!("{base}{others:?}")).or_default();
        if let Some((before, smaller)) = buckets.last() {
            ensure!(*before < bound && *smaller <= count, "buckets of {series} do not ascend");
        }
        buckets.push((bound, count));
        Ok(())
    }

    fn check_buckets(&self) -> Result<()> {
        for (series, buckets) in &self.buckets {
            let last = buckets.last().context("no bucket")?;
            ensure!(last.0 == f64::INFINITY, "{series} has no bucket for +Inf");
        }
        Ok(())
    }
}

fn read_labels<'a>(mut inside: &'a str, labels: &mut Vec<(String, String)>) -> Result<&'a str> {
    loop {
        let (name, rest) = inside.split_once("=\"").context("a label has no value")?;
        check_name(name)?;
        ensure!(labels.iter().all(|(other, _)| other != name), "the label {name} stands twice");
        let mut escaped = false;
        let end = rest.find(|char| {
            let ends = char == '"' && !escaped;
            escaped = char == '\\' && !escaped;
            ends
        });
        let (value, rest) = rest.split_at_checked(end.context("a label does not end")?).context("no end")?;
        check_escapes(value, "\\n\"")?;
        labels.push((name.to_owned(), value.to_owned()));
        if let Some(rest) = rest.strip_prefix("\",") {
            inside = rest;
        } else {
            return rest.strip_prefix("\"}").context("something stands behind a label");
        }
    }
}

/// Only these may stand behind a backslash.
fn check_escapes(text: &str, allowed: &str) -> Result<()> {
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '\\' {
            let next = chars.next();
            ensure!(next.is_some_and(|next| allowed.contains(next)), "{next:?} stands behind a backslash");
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let legal = |(place, byte): (usize, u8)| {
        byte.is_ascii_alphabetic() || b"_:".contains(&byte) || (place > 0 && byte.is_ascii_digit())
    };
    ensure!(!name.is_empty() && name.bytes().enumerate().all(legal), "{name:?} is no name");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_pages_are_read() {
        let text = "# HELP a_total Lines \\\\ of \"all\".\n# TYPE a_total counter\na_total{x=\"\\\"\\n}, \"} 9007199254740993\n\
                    # TYPE b gauge\nb -Inf\n# TYPE c histogram\nc_bucket{le=\"0.5\"} 1\nc_bucket{le=\"+Inf\"} 2\nc_sum 1.5\nc_count 2\n";
        let page = Page::parse(text, Format::Text).unwrap();
        assert_eq!(page.whole("a_total{x=\"\\\"\\n}, \"}"), 9_007_199_254_740_993);
        assert!(
            ["c_sum", "c_bucket{le=\"0.5\"}", "a_total{x=\"\"}"]
                .iter()
                .all(|series| page.is_monotonic(series))
        );
        assert!(!page.is_monotonic("b"));
        let text = "# TYPE a counter\na_total 1\na_created 1.5\n# EOF\n";
        assert!(Page::parse(text, Format::OpenMetrics).unwrap().is_monotonic("a_total"));
    }

    #[test]
    fn invalid_pages_are_refused() {
        for text in [
            "a 1\n",
            "# TYPE a gauge\na 1",
            "# TYPE a gauge\na 1\na 1\n",
            "# TYPE a gauge\n\na 1\n",
            "# TYPE a gauge\na  1\n",
            "# TYPE a gauge\na x\n",
            "# TYPE a gauge\na{b=\"\\x\"} 1\n",
            "# TYPE a gauge\na{b=\"c\"d} 1\n",
            "# TYPE a gauge\na{b=\"c\",b=\"c\"} 1\n",
            "# TYPE a gauge\n# TYPE a gauge\n",
            "# TYPE a gauge\n# TYPE b gauge\na 1\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 2\n",
            "# TYPE 1a gauge\n",
        ] {
            assert!(Page::parse(text, Format::Text).is_err(), "{text}");
        }
        assert!(Page::parse("# TYPE a counter\na_total 1\n", Format::OpenMetrics).is_err());
    }
}
