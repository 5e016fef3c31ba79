//! The files of a source, read on from where they were left: by an engine before this one, or by other rules.

use serde::{Deserialize, Serialize};

use super::round::Round;
use crate::files::{FollowOptions, Follower, PathPattern, SavedFiles, Start};
use crate::rules::{self, InvalidUtf8, Reader, Source};

/// Least descriptors for a source: one is read while another is looked at.
const MIN_OPEN: usize = 4;

/// A source, and where reading is in its files.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) source: Source,
    pub(super) follower: Follower,
    pub(super) reader: Reader,
    /// How far its files were heard.
    pub(super) round: Round,
}

/// How far the files of a source were read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Position {
    source: String,
    paths: Vec<String>,
    files: SavedFiles,
}

impl Tail {
    pub(super) fn position(&self) -> Position {
        let Source { name, paths, .. } = &self.source;
        Position { source: name.clone(), paths: texts(paths), files: self.follower.saved() }
    }
}

/// How the files of each source are followed, with so many descriptors for all.
fn options_of(sources: &[Source], max_open: usize) -> impl Iterator<Item = FollowOptions> {
    let max_open = (max_open / sources.len().max(1)).max(MIN_OPEN);
    sources.iter().map(move |source| FollowOptions { max_open, ..follow_options(source) })
}

/// How the files of a source are followed.
pub(crate) fn follow_options(source: &Source) -> FollowOptions {
    FollowOptions {
        max_line: source.max_line,
        replace_invalid_utf8: source.invalid_utf8 == InvalidUtf8::Replace,
        grace: source.grace,
        start: match source.start {
            rules::Start::Beginning => Start::Beginning,
            rules::Start::End => Start::End,
        },
        ..FollowOptions::new(source.paths.clone())
    }
}

fn texts(paths: &[PathPattern]) -> Vec<String> {
    paths.iter().map(|path| path.as_str().to_owned()).collect()
}

/// Follows the files of all sources from where they were left.
pub(super) fn open_all(sources: Vec<Source>, max_open: usize, mut positions: Vec<Position>) -> Vec<Tail> {
    let options: Vec<_> = options_of(&sources, max_open).collect();
    let mut places = pair(&sources, &mut positions, |place| (&place.source, &place.paths));
    let opened = sources.into_iter().zip(options).zip(&mut places).map(|((source, options), place)| {
        let follower = Follower::new(options, place.take().map(|place| place.files).as_ref());
        Tail { source, follower, reader: Reader::default(), round: Round::default() }
    });
    opened.collect()
}

/// Follows the files of other sources: as before where nothing of it changed, else from where they were left.
pub(super) fn replace_all(tails: Vec<Tail>, sources: Vec<Source>, max_open: usize) -> Vec<Tail> {
    let options: Vec<_> = options_of(&sources, max_open).collect();
    let mut tails: Vec<_> = tails.into_iter().map(|tail| (texts(&tail.source.paths), tail)).collect();
    let mut before = pair(&sources, &mut tails, |(paths, tail)| (&tail.source.name, paths));
    let replaced = sources.into_iter().zip(options).zip(&mut before).map(|((source, options), before)| {
        let (follower, round) = match before.take() {
            Some((_, tail)) if *tail.follower.options() == options => (tail.follower, tail.round),
            Some((_, tail)) => (Follower::new(options, Some(&tail.follower.saved())), Round::default()),
            None => (Follower::new(options, None), Round::default()),
        };
        Tail { source, follower, reader: Reader::default(), round }
    });
    replaced.collect()
}

/// For each source what there was of it: that of its name, else that of a name which is no more with the same paths: who
/// gives a source another name does not want to count its files again.
fn pair<T>(
    sources: &[Source],
    before: &mut Vec<T>,
    key: impl Fn(&T) -> (&String, &Vec<String>),
) -> Vec<Option<T>> {
    let mut take = |fits: &dyn Fn(&T) -> bool| {
        let place = before.iter().position(fits)?;
        Some(before.swap_remove(place))
    };
    let named: Vec<_> = sources.iter().map(|source| take(&|one| *key(one).0 == source.name)).collect();
    let moved = named.into_iter().zip(sources);
    moved
        .map(|(named, source)| {
            let paths = texts(&source.paths);
            named.or_else(|| take(&|one| *key(one).1 == paths))
        })
        .collect()
}
