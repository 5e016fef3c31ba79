//! A figure of the table: what was measured, how much it was, and how much it may be.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub work: String,
    /// The median of all rounds.
    pub median: Amount,
    /// The best round, where there were several: what the work costs when nothing else runs.
    pub best: Option<Amount>,
    /// What it is held against.
    pub bar: Option<Bar>,
    /// What else does this work, and at what cost.
    pub beside: String,
}

/// A number with its unit.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, PartialEq)]
pub enum Amount {
    /// A time in nanoseconds.
    Nanoseconds(f64),
    /// A size in bytes.
    Bytes(f64),
    /// How many.
    Count(f64),
    /// How many times as much.
    Times(f64),
}

/// What a figure is held against.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Bar {
    /// Not more than this.
    AtMost(Amount),
    /// Not less than this.
    AtLeast(Amount),
}

impl Figure {
    /// A figure that nothing is known of but its amount.
    #[must_use]
    pub fn new(work: &str, median: Amount) -> Self {
        Self { work: work.to_owned(), median, best: None, bar: None, beside: String::new() }
    }

    /// With the best round.
    #[must_use]
    pub fn best(self, best: Amount) -> Self {
        Self { best: Some(best), ..self }
    }

    /// With a bar.
    #[must_use]
    pub fn bar(self, bar: Bar) -> Self {
        Self { bar: Some(bar), ..self }
    }

    /// With what else does the work.
    #[must_use]
    pub fn beside(self, beside: &str) -> Self {
        Self { beside: beside.to_owned(), ..self }
    }

    /// The median as a part of the bar. None without a bar.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        match self.bar? {
            Bar::AtMost(bar) | Bar::AtLeast(bar) => Some(self.median.number() / bar.number()),
        }
    }

    /// Whether the median keeps to the bar. None without a bar.
    #[must_use]
    pub fn keeps(&self) -> Option<bool> {
        match self.bar? {
            Bar::AtMost(bar) => Some(self.median.number() <= bar.number()),
            Bar::AtLeast(bar) => Some(self.median.number() >= bar.number()),
        }
    }
}

impl Amount {
    /// The number without its unit.
    #[must_use]
    pub fn number(self) -> f64 {
        let (Self::Nanoseconds(number) | Self::Bytes(number) | Self::Count(number) | Self::Times(number)) =
            self;
        number
    }
}

/// What the benchmarks hand to the report: files in one folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// A store in a folder, which is made.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: &Path) -> Result<Self> {
        let folder = folder.join("chandler-benches");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(Self { folder })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps figures under a name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, name: &str, figures: &[Figure]) -> Result<()> {
        self.save_value(name, &figures)
    }

    /// Keeps anything under a name.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_value(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, serde_json::to_vec_pretty(value)?).with_context(|| path.display().to_string())
    }

    /// Forgets what is under a name.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.with_context(|| path.display().to_string()),
        }
    }

    /// What is under a name; none where its benchmark could not run.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        if self.path(name).exists() { self.load_value(name).map(Some) } else { Ok(None) }
    }

    /// The figures under a name.
    ///
    /// # Errors
    /// There are none: their benchmark has not run.
    pub fn load(&self, name: &str) -> Result<Vec<Figure>> {
        self.load_value(name)
    }

    fn load_value<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.path(name);
        let bytes = fs::read(&path)
            .with_context(|| format!("{}: run the benchmark {name:?} first", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| path.display().to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_hold_in_both_directions() {
        let figure = |bar| Figure::new("work", Amount::Times(4.0)).bar(bar);
        assert_eq!(figure(Bar::AtMost(Amount::Times(2.0))).keeps(), Some(false));
        assert_eq!(figure(Bar::AtLeast(Amount::Times(2.0))).keeps(), Some(true));
        assert_eq!(figure(Bar::AtLeast(Amount::Times(2.0))).ratio(), Some(2.0));
        assert_eq!(Figure::new("work", Amount::Count(1.0)).keeps(), None);
    }
}
