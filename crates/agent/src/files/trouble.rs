//! What went wrong with files: counted, and told in the log, first each time and then ever more rarely.

use std::collections::BTreeMap;
use std::path::Path;

/// What can go wrong with a file; a closed set, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// It, or its folder, cannot be opened or read.
    Unreadable,
    /// A folder, FIFO, socket or device has a name that is followed. It is left alone.
    NotAFile,
    /// A compression that is not known. The file is left alone.
    Compression,
    /// A compressed file is cut or broken. Its lines up to there were given.
    BrokenGzip,
    /// It was truncated or written anew. What was not read is looked for in copies.
    Truncated,
    /// Bytes that were not read are gone: no copy of them was found.
    Lost,
    /// The last line of a file that is over had no end and was given as it was. If its rest is written later, it is dropped.
    Unfinished,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Unreadable,
        Self::NotAFile,
        Self::Compression,
        Self::BrokenGzip,
        Self::Truncated,
        Self::Lost,
        Self::Unfinished,
    ];

    /// As a label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotAFile => "not_a_file",
            Self::Compression => "compression",
            Self::BrokenGzip => "broken_gzip",
            Self::Truncated => "truncated",
            Self::Lost => "lost",
            Self::Unfinished => "unfinished",
        }
    }
}

/// How often each happened.
#[derive(Debug, Default)]
pub(super) struct Troubles(BTreeMap<Trouble, u64>);

impl Troubles {
    /// Counts one and says it, if it is among the first or a power of two.
    pub fn tell(&mut self, trouble: Trouble, path: &Path, detail: &dyn std::fmt::Display) {
        let count = self.0.entry(trouble).or_default();
        *count += 1;
        if *count <= 10 || count.is_power_of_two() {
            let reason = trouble.as_str();
            tracing::warn!(reason, path = %path.display(), %detail, count, "a followed file is in trouble");
        }
    }

    /// How often each happened, of those that did.
    pub fn counts(&self) -> impl Iterator<Item = (Trouble, u64)> {
        self.0.iter().map(|(trouble, count)| (*trouble, *count))
    }
}
