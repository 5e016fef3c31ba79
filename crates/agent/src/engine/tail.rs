//! The files of a source, read on from where they were left: by an engine before this one, or by other rules. What sources
//! had read that are no more is kept for a while: they may come back, and others may get their files.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::milliseconds;
use super::round::Round;
use crate::files::{FollowOptions, Follower, PathPattern, SavedFiles, Start};
use crate::rules::{self, InvalidUtf8, Reader, Source};

/// Least descriptors for a source: one is read while another is looked at.
const MIN_OPEN: usize = 4;

/// For how long it is known what a source had read that is no more, in milliseconds.
const RETIRED_FOR: i64 = 14 * 24 * 3600 * 1000;
/// Of how many sources.
const MOST_RETIRED: usize = 256;

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
    /// Since when the source is no more, in milliseconds since 1970.
    retired: Option<i64>,
}

/// Every source that there is, and how far those had read that are no more.
#[derive(Debug, Default)]
pub(super) struct Tails {
    /// In the order of the rules.
    pub(super) all: Vec<Tail>,
    retired: Vec<Position>,
}

impl Tail {
    fn position(&self) -> Position {
        let Source { name, paths, .. } = &self.source;
        let files = self.follower.saved();
        Position { source: name.clone(), paths: texts(paths), files, retired: None }
    }
}

impl Tails {
    /// Follows the files of all sources from where they were left.
    pub(super) fn open(
        sources: Vec<Source>,
        max_open: usize,
        (positions, now): (Vec<Position>, SystemTime),
    ) -> Self {
        let mut tails = Self { all: Vec::new(), retired: positions };
        tails.replace(sources, max_open, now);
        tails
    }

    /// Follows the files of other sources: those of a source that was there as before, and what anybody else has read from
    /// where it was left.
    pub(super) fn replace(&mut self, sources: Vec<Source>, max_open: usize, now: SystemTime) {
        let options: Vec<_> = options_of(&sources, max_open).collect();
        let live = std::mem::take(&mut self.all).into_iter().map(|tail| Before::Followed(Box::new(tail)));
        let left = std::mem::take(&mut self.retired).into_iter().map(Before::Left);
        let mut before = live.chain(left).collect();
        let places = pair(&sources, &mut before);
        self.retired = before.into_iter().map(|place| place.retire(milliseconds(now))).collect();
        let parts = sources.into_iter().zip(options).zip(places);
        let followed: Vec<_> =
            parts.map(|((source, options), place)| self.follow(source, (options, now), place)).collect();
        self.forget(milliseconds(now));
        // Only now is it known what all of them let go.
        for (mut tail, is_as_before) in followed {
            if !is_as_before {
                self.retired.iter().for_each(|position| tail.follower.adopt(&position.files, now));
            }
            self.all.push(tail);
        }
    }

    /// A source, and whether its paths are as before.
    fn follow(
        &mut self,
        source: Source,
        (options, now): (FollowOptions, SystemTime),
        place: Option<Before>,
    ) -> (Tail, bool) {
        let is_as_before = place.as_ref().is_some_and(|place| place.has_paths(&source.paths));
        let (mut follower, round) = match place {
            Some(Before::Followed(tail)) => (tail.follower, tail.round),
            Some(Before::Left(position)) => {
                (Follower::new(options.clone(), Some(&position.files)), Round::default())
            }
            None => (Follower::new(options.clone(), None), Round::default()),
        };
        self.release(follower.reconfigure(options, now), milliseconds(now));
        (Tail { source, follower, reader: Reader::default(), round }, is_as_before)
    }

    /// Keeps how far files were read that a source has let go: under no name, as the source is still there.
    fn release(&mut self, files: SavedFiles, now: i64) {
        if files.is_empty() {
            return;
        }
        let (source, paths, retired) = (String::new(), Vec::new(), Some(now));
        match self.retired.iter_mut().find(|position| position.source.is_empty()) {
            Some(position) => {
                position.files.merge(files);
                position.retired = retired;
            }
            None => self.retired.push(Position { source, paths, files, retired }),
        }
    }

    /// How far all files were read.
    pub(super) fn positions(&self) -> Vec<Position> {
        // What starts at the end of files has to find that end first.
        let looked = self.all.iter().filter(|tail| !tail.follower.is_new());
        looked.map(Tail::position).chain(self.retired.iter().cloned()).collect()
    }

    fn forget(&mut self, now: i64) {
        self.retired.retain(|position| {
            let since = position.retired.unwrap_or(now);
            now.saturating_sub(since) <= RETIRED_FOR && !position.files.is_empty()
        });
        self.retired.sort_by_key(|position| position.retired);
        let surplus = self.retired.len().saturating_sub(MOST_RETIRED);
        self.retired.drain(..surplus);
    }
}

/// What was there of a source before.
#[derive(Debug)]
enum Before {
    Followed(Box<Tail>),
    /// By an agent before this one, or by rules before the last ones.
    Left(Position),
}

impl Before {
    fn name(&self) -> &str {
        match self {
            Self::Followed(tail) => &tail.source.name,
            Self::Left(position) => &position.source,
        }
    }

    fn has_paths(&self, paths: &[PathPattern]) -> bool {
        match self {
            Self::Followed(tail) => tail.source.paths == paths,
            Self::Left(position) => {
                position.paths.iter().map(String::as_str).eq(paths.iter().map(PathPattern::as_str))
            }
        }
    }

    fn retire(self, now: i64) -> Position {
        let position = match self {
            Self::Followed(tail) => tail.position(),
            Self::Left(position) => position,
        };
        Position { retired: position.retired.or(Some(now)), ..position }
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

/// For each source what there was of it: that of its name, else that of a name which is no more with the same paths: who
/// gives a source another name does not want to count its files again.
fn pair(sources: &[Source], before: &mut Vec<Before>) -> Vec<Option<Before>> {
    let mut take = |fits: &dyn Fn(&Before) -> bool| {
        let place = before.iter().position(fits)?;
        Some(before.remove(place))
    };
    let named: Vec<_> = sources.iter().map(|source| take(&|one| one.name() == source.name)).collect();
    let moved = named.into_iter().zip(sources);
    moved.map(|(named, source)| named.or_else(|| take(&|one| one.has_paths(&source.paths)))).collect()
}
