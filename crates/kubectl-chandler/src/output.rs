//! The four forms in which `inject` prints documents.

use std::io::{self, Write};

use chandler_manifest::{Format, write_document};
use chandler_pod_patch::Operation;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use crate::args::InjectOutput;
use crate::documents::{Item, PodDecision};
use crate::style;

/// Prints documents in one form.
pub(crate) struct Printer<W: Write> {
    form: InjectOutput,
    output: W,
    /// The last byte written, if any: the documents of a file do not run into those of the one before.
    last: Option<u8>,
}

impl<W: Write> Printer<W> {
    /// A printer that has printed nothing.
    pub(crate) fn new(form: InjectOutput, output: W) -> Self {
        Self { form, output, last: None }
    }

    /// A document that stays as it is.
    pub(crate) fn pass(&mut self, item: &Item<'_>) -> io::Result<()> {
        match (self.form, &item.value) {
            (InjectOutput::Yaml, _) => {
                self.separate(item)?;
                self.write(item.document.prefix())?;
                self.write(item.document.body())
            }
            (InjectOutput::Json, Some(value)) => self.write_json(value),
            _ => Ok(()),
        }
    }

    /// A document that a template refused: only what separates it from the others stays.
    pub(crate) fn leave_out(&mut self, item: &Item<'_>) -> io::Result<()> {
        match self.form {
            InjectOutput::Yaml => {
                self.separate(item)?;
                self.write(item.document.prefix())
            }
            _ => Ok(()),
        }
    }

    /// Whether JSON Patches are printed, and no documents.
    pub(crate) fn prints_patches(&self) -> bool {
        self.form == InjectOutput::Patch
    }

    /// The JSON Patch of an object.
    pub(crate) fn patch(&mut self, pod: &PodDecision<'_>, patch: &[Operation<'_>]) -> io::Result<()> {
        let line = json!({
            "kind": pod.location.kind,
            "namespace": pod.namespace,
            "name": pod.location.name,
            "patch": patch,
        });
        self.write_json(&line)
    }

    /// A document that `change` changes.
    pub(crate) fn change(&mut self, mut item: Item<'_>, change: impl FnOnce(&mut Value)) -> io::Result<()> {
        let Some(mut value) = item.value.take() else { return Ok(()) };
        match self.form {
            InjectOutput::Yaml => {
                change(&mut value);
                let mut body = Vec::with_capacity(item.document.body().len() * 2);
                write_document(&item.document, &value, &mut body)?;
                self.separate(&item)?;
                self.write(&body)
            }
            InjectOutput::Json => {
                change(&mut value);
                self.write_json(&value)
            }
            InjectOutput::Diff => {
                let before = normal_form(&item, &value)?;
                change(&mut value);
                let after = normal_form(&item, &value)?;
                self.write_diff(&item, (&before, &after))
            }
            InjectOutput::Patch => Ok(()),
        }
    }

    /// Writes out what is still held back.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Puts a `---` between two files where the second brings none.
    fn separate(&mut self, item: &Item<'_>) -> io::Result<()> {
        let Some(last) = self.last.filter(|_| item.is_first) else { return Ok(()) };
        if last != b'\n' {
            self.write(b"\n")?;
        }
        let mut lines = item.document.prefix().split(|byte| *byte == b'\n');
        if lines.any(|line| line.starts_with(b"---")) { Ok(()) } else { self.write(b"---\n") }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.last = bytes.last().copied().or(self.last);
        self.output.write_all(bytes)
    }

    fn write_json(&mut self, value: &Value) -> io::Result<()> {
        serde_json::to_writer(&mut self.output, value)?;
        self.output.write_all(b"\n")
    }

    fn write_diff(&mut self, item: &Item<'_>, (before, after): (&str, &str)) -> io::Result<()> {
        let (heading, place, good, bad) = (style::HEADING, style::PLACE, style::GOOD, style::BAD);
        let (file, document) = (item.file, item.document.number());
        let diff = TextDiff::from_lines(before, after);
        writeln!(self.output, "{heading}--- {file} document {document}{heading:#}")?;
        writeln!(self.output, "{heading}+++ {file} document {document}, fitted out{heading:#}")?;
        for hunk in diff.unified_diff().iter_hunks() {
            writeln!(self.output, "{place}{}{place:#}", hunk.header())?;
            for change in hunk.iter_changes() {
                let text = change.value().trim_end_matches(['\n', '\r']);
                match change.tag() {
                    ChangeTag::Equal => writeln!(self.output, " {text}")?,
                    ChangeTag::Insert => writeln!(self.output, "{good}+{text}{good:#}")?,
                    ChangeTag::Delete => writeln!(self.output, "{bad}-{text}{bad:#}")?,
                }
            }
        }
        Ok(())
    }
}

/// The text that diffs compare: both sides are written by the same hand, so that only what changed differs.
fn normal_form(item: &Item<'_>, value: &Value) -> io::Result<String> {
    let mut bytes = Vec::new();
    match item.document.format() {
        Format::Yaml => chandler_manifest::write_yaml(value, &mut bytes)?,
        Format::Json => serde_json::to_writer_pretty(&mut bytes, value)?,
    }
    String::from_utf8(bytes).map_err(io::Error::other)
}
