//! Files of logs that a command is given, and the source that each belongs to.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::progress::Progress;
use crate::engine::follow_options;
use crate::files::{FollowOptions, Line, read_lines};
use crate::rules::{Rules, Source};

/// A file, and by which source it is read.
pub(super) struct Input<'a> {
    pub(super) source: &'a Source,
    path: PathBuf,
    options: FollowOptions,
}

/// Loads rules; what is wrong with them is the error.
pub(super) fn load(paths: &[PathBuf]) -> anyhow::Result<Rules> {
    let advice = "the rules are not valid";
    Rules::load(paths).map_err(|error| anyhow::anyhow!("{advice}:\n{error}"))
}

/// The source of that name; without a name the only one.
pub(super) fn find_source<'a>(rules: &'a Rules, name: Option<&str>) -> anyhow::Result<Option<&'a Source>> {
    let Some(name) = name else {
        return Ok(if let [source] = rules.sources.as_slice() { Some(source) } else { None });
    };
    let names: Vec<_> = rules.sources.iter().map(|source| source.name.as_str()).collect();
    let found = rules.sources.iter().find(|source| source.name == name);
    found.map(Some).with_context(|| format!("there is no source {name}; there are: {}", names.join(", ")))
}

impl<'a> Input<'a> {
    /// Finds the source for a file: the one that is named, the one whose paths the file has, or the only one.
    pub(super) fn new(rules: &'a Rules, path: &Path, name: Option<&str>) -> anyhow::Result<Self> {
        let named = if name.is_some() { find_source(rules, name)? } else { None };
        let source = match named {
            Some(source) => source,
            None => choose(rules, path)?,
        };
        Ok(Self { source, path: path.to_owned(), options: follow_options(source) })
    }

    /// Gives each line of the file.
    pub(super) fn read(&self, sink: &mut dyn FnMut(Line<'_>)) -> anyhow::Result<u64> {
        let name = self.path.display();
        let (input, size): (Box<dyn Read>, _) = if self.path == Path::new("-") {
            (Box::new(io::stdin().lock()), None)
        } else {
            let file = File::open(&self.path).with_context(|| format!("cannot open {name}"))?;
            let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
            (Box::new(file), size)
        };
        let input = Progress::new(input, name.to_string(), size);
        read_lines(input, &self.path, &self.options, sink)
            .with_context(|| format!("cannot read {name} to its end"))
    }
}

fn choose<'a>(rules: &'a Rules, path: &Path) -> anyhow::Result<&'a Source> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let fits = |source: &&Source| source.paths.iter().any(|pattern| pattern.is_match(&absolute));
    let fitting: Vec<_> = rules.sources.iter().filter(fits).collect();
    match (fitting.as_slice(), rules.sources.as_slice()) {
        ([source], _) => Ok(*source),
        ([], [source]) => Ok(source),
        ([], _) => bail!("no source has paths for {}: name one with --source", path.display()),
        (several, _) => {
            let names: Vec<_> = several.iter().map(|source| source.name.as_str()).collect();
            bail!("{} is a file of {}: name one with --source", path.display(), names.join(" and "))
        }
    }
}
