//! The files of a source, read on from where they were left: by an engine before this one, or by other rules.

use serde::{Deserialize, Serialize};

use super::EngineError;
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
        Position { source: name.clone(), paths: paths.clone(), files: self.follower.saved() }
    }
}

/// How the files of each source are followed, with so many descriptors for all.
pub(super) fn check(sources: &[Source], max_open: usize) -> Result<Vec<FollowOptions>, EngineError> {
    let max_open = (max_open / sources.len().max(1)).max(MIN_OPEN);
    sources.iter().map(|source| Ok(FollowOptions { max_open, ..follow_options(source)? })).collect()
}

/// How the files of a source are followed.
///
/// # Errors
/// A path is no pattern.
pub(crate) fn follow_options(source: &Source) -> Result<FollowOptions, EngineError> {
    let parse = |path: &String| {
        PathPattern::parse(path)
            .map_err(|problem| EngineError::Path { source_name: source.name.clone(), problem })
    };
    Ok(FollowOptions {
        max_line: source.max_line,
        replace_invalid_utf8: source.invalid_utf8 == InvalidUtf8::Replace,
        grace: source.grace,
        start: match source.start {
            rules::Start::Beginning => Start::Beginning,
            rules::Start::End => Start::End,
        },
        ..FollowOptions::new(source.paths.iter().map(parse).collect::<Result<_, _>>()?)
    })
}

/// Follows the files of all sources from where they were left.
pub(super) fn open_all(
    sources: Vec<Source>,
    max_open: usize,
    mut positions: Vec<Position>,
) -> Result<Vec<Tail>, EngineError> {
    let options = check(&sources, max_open)?;
    let mut places = pair(&sources, &mut positions, |place| (&place.source, &place.paths));
    let opened = sources.into_iter().zip(options).zip(&mut places).map(|((source, options), place)| {
        let follower = Follower::new(options, place.take().map(|place| place.files).as_ref());
        Tail { source, follower, reader: Reader::default() }
    });
    Ok(opened.collect())
}

/// Follows the files of other sources: as before where nothing of it changed, else from where they were left.
pub(super) fn replace_all(
    mut tails: Vec<Tail>,
    sources: Vec<Source>,
    options: Vec<FollowOptions>,
) -> Vec<Tail> {
    let mut before = pair(&sources, &mut tails, |tail| (&tail.source.name, &tail.source.paths));
    let replaced = sources.into_iter().zip(options).zip(&mut before).map(|((source, options), before)| {
        let follower = match before.take() {
            Some(tail) if *tail.follower.options() == options => tail.follower,
            Some(tail) => Follower::new(options, Some(&tail.follower.saved())),
            None => Follower::new(options, None),
        };
        Tail { source, follower, reader: Reader::default() }
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
    moved.map(|(named, source)| named.or_else(|| take(&|one| *key(one).1 == source.paths))).collect()
}
