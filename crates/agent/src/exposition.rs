//! Series as a server scrapes them: Prometheus' text format 0.0.4, or OpenMetrics 1.0, whichever it prefers.
//!
//! A [`Page`] takes one [`Snapshot`](crate::series::Snapshot) and the agent's own [`Family`]s. It is written without any
//! lock; what it shows has to be what was written to the checkpoint.

mod family;
mod negotiation;
mod number;
mod series;

use memchr::memchr3;

pub use family::Family;
pub use negotiation::{Negotiated, negotiate};
pub(crate) use number::push_float;

/// A format of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' own, 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// What a page looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Its format.
    pub format: Format,
    /// Whether OpenMetrics tells when each sum began, in `_created` lines. A server that does not read them as such takes
    /// them for series, and has twice as many.
    pub created: bool,
}

/// A page that is being written.
#[derive(Debug)]
pub struct Page<'a> {
    out: &'a mut Vec<u8>,
    style: Style,
}

/// What `# TYPE` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Counter,
    Gauge,
    Histogram,
}

/// What stands above the samples of a metric.
#[derive(Debug, Clone, Copy)]
struct Head<'a> {
    name: &'a str,
    help: &'a str,
    unit: &'a str,
    kind: Type,
}

impl<'a> Page<'a> {
    /// An empty page, behind what the buffer holds.
    pub fn new(out: &'a mut Vec<u8>, style: Style) -> Self {
        Self { out, style }
    }

    /// One of the agent's own metrics, if it has a sample. Its name must not be that of another on the page.
    pub fn add_family(&mut self, family: &Family) {
        let head = family.head();
        if family.samples().is_empty() {
            return;
        }
        self.push_head(head);
        let suffix = self.sample_suffix(head);
        for (labels, value) in family.samples() {
            self.push_name(head.name, suffix, (labels, &[]));
            self.push_value(*value);
        }
    }

    /// The page is complete: a server that gets less of OpenMetrics refuses it.
    pub fn finish(self) {
        if self.is_open_metrics() {
            self.out.extend_from_slice(b"# EOF\n");
        }
    }

    fn is_open_metrics(&self) -> bool {
        self.style.format == Format::OpenMetrics
    }

    /// In OpenMetrics a counter is named without `_total`, and its samples with it.
    fn sample_suffix(&self, head: Head<'_>) -> &'static str {
        let lacks = head.kind == Type::Counter && !head.name.ends_with(TOTAL);
        if lacks && self.is_open_metrics() { TOTAL } else { "" }
    }

    fn push_head(&mut self, head: Head<'_>) {
        let name = match head.kind {
            Type::Counter if self.is_open_metrics() => base_name(head.name),
            _ => head.name,
        };
        if !head.help.is_empty() {
            self.push_all(&["# HELP ", name, " "]);
            push_help(self.out, head.help, self.style.format);
            self.out.push(b'\n');
        }
        self.push_all(&["# TYPE ", name, " ", head.kind.name(), "\n"]);
        if self.is_open_metrics() && is_unit_of(head.unit, name) {
            self.push_all(&["# UNIT ", name, " ", head.unit, "\n"]);
        }
    }

    /// The part of a line before its value. Labels are written already, and may be followed by one more.
    fn push_name(&mut self, name: &str, suffix: &str, (labels, last): (&[u8], &[u8])) {
        self.push_all(&[name, suffix]);
        if !labels.is_empty() || !last.is_empty() {
            self.out.push(b'{');
            self.out.extend_from_slice(labels);
            if !labels.is_empty() && !last.is_empty() {
                self.out.push(b',');
            }
            self.out.extend_from_slice(last);
            self.out.push(b'}');
        }
        self.out.push(b' ');
    }

    fn push_value(&mut self, value: f64) {
        push_float(self.out, value);
        self.out.push(b'\n');
    }

    fn push_all(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.out.extend_from_slice(part.as_bytes()));
    }
}

const TOTAL: &str = "_total";

/// The name of a counter without `_total`.
fn base_name(name: &str) -> &str {
    name.strip_suffix(TOTAL).unwrap_or(name)
}

/// OpenMetrics takes a unit only where the name ends with it.
fn is_unit_of(unit: &str, name: &str) -> bool {
    !unit.is_empty() && name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

fn push_help(out: &mut Vec<u8>, help: &str, format: Format) {
    for byte in help.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'"' if format == Format::OpenMetrics => out.extend_from_slice(b"\\\""),
            _ => out.push(byte),
        }
    }
}

/// One label, behind those that were written before it.
fn push_label(out: &mut Vec<u8>, name: &str, value: &str) {
    if !out.is_empty() {
        out.push(b',');
    }
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"=\"");
    push_escaped(out, value.as_bytes());
    out.push(b'"');
}

fn push_escaped(out: &mut Vec<u8>, mut value: &[u8]) {
    while let Some((plain, [special, rest @ ..])) =
        memchr3(b'\\', b'"', b'\n', value).and_then(|at| value.split_at_checked(at))
    {
        out.extend_from_slice(plain);
        out.extend_from_slice(match special {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            _ => b"\\\\",
        });
        value = rest;
    }
    out.extend_from_slice(value);
}

#[cfg(test)]
mod parser;
#[cfg(test)]
mod tests;
