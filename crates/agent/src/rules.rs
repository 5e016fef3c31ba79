//! YAML documents become checked, compiled rules; a line of JSON becomes observations by them.
//!
//! A document has `sources`; a source says which files are read, how their lines tell the time, and which metrics they
//! feed. Everything that can be wrong is found when rules are loaded; what is left for a line are its own faults, which
//! have a [`crate::observation::Reason`].

mod condition;
mod document;
mod explanation;
mod fault;
mod fields;
mod files;
mod json;
mod keys;
mod label;
mod node;
mod path;
mod registry;
mod rule;
mod scanner;
mod scope;
mod slots;
mod source;
mod suffix;
mod time;
mod value;

use std::path::PathBuf;

pub use explanation::{ExplainedObservation, ExplainedRule, Explanation};
pub use fault::{Fault, RulesError};
pub use label::MAX_LABEL;
pub use source::{InvalidUtf8, Line, Parts, Reader, Source, Start};

use crate::metric::Metric;
use fault::Faults;
use registry::Registry;

/// Rules that are whole and agree with each other.
#[derive(Debug)]
pub struct Rules {
    /// The metrics of all sources, each name once.
    pub metrics: Vec<Metric>,
    /// The sources, each name once.
    pub sources: Vec<Source>,
}

impl Rules {
    /// Loads files, and folders with the `*.yaml`, `*.yml` and `*.json` that lie directly in them, by name.
    ///
    /// # Errors
    /// Everything that is wrong in any of them, with its place.
    pub fn load(paths: &[PathBuf]) -> Result<Self, RulesError> {
        RulesText::read(paths).compile()
    }

    /// Compiles one text; `name` is what its faults call it.
    ///
    /// # Errors
    /// Everything that is wrong in it, with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, RulesError> {
        compile(&[(name.to_owned(), text.to_owned())], Faults::default())
    }
}

/// What files with rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesText {
    /// Names and texts.
    files: Vec<(String, String)>,
    /// What could not be read.
    faults: Faults,
}

impl RulesText {
    /// Reads files, and folders with the `*.yaml`, `*.yml` and `*.json` that lie directly in them, by name.
    #[must_use]
    pub fn read(paths: &[PathBuf]) -> Self {
        let mut faults = Faults::default();
        Self { files: files::read(paths, &mut faults), faults }
    }

    /// Compiles what was read.
    ///
    /// # Errors
    /// Everything that is wrong in any of the files, with its place.
    pub fn compile(&self) -> Result<Rules, RulesError> {
        compile(&self.files, self.faults.clone())
    }
}

/// Whether a line is one JSON value, and nothing else. It keeps nothing of it.
#[must_use]
pub fn is_json(line: &str) -> bool {
    let mut scanner = scanner::Scanner::new(line);
    scanner.skip().is_some() && scanner.peek().is_none()
}

/// The same, but shows each piece of the line that is no object and no array, with its key where it has one, in its quotes:
/// what it costs to parse a line alone, as it is parsed for rules.
pub fn parse<'a>(line: &'a str, mut visit: impl FnMut(Option<&'a str>, &'a str)) -> bool {
    let mut scanner = scanner::Scanner::new(line);
    json::visit_all(&mut scanner, None, &mut visit).is_some() && scanner.peek().is_none()
}

fn compile(texts: &[(String, String)], mut faults: Faults) -> Result<Rules, RulesError> {
    let mut registry = Registry::default();
    let mut sources: Vec<Source> = Vec::new();
    for (name, text) in texts {
        faults.enter(name);
        sources.extend(document::compile(text, &mut registry, &mut faults));
    }
    let metrics = registry.finish(&mut faults);
    faults.into_result(Rules { metrics, sources })
}

#[cfg(test)]
mod tests;
