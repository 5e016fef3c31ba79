//! What SRC and DST are: a path of a container, a path of this machine, or a stream.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use chandler_debugger::transfer::{Job, Progress};
use thiserror::Error;

use crate::debug::{Reached, Target, TargetError, kinds};

/// The two sides of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) direction: Direction,
    /// Where it is said with the pod.
    pub(crate) namespace: Option<String>,
    /// As `debug` takes it.
    pub(crate) target: Target,
    /// The path in the container.
    pub(crate) remote: Vec<u8>,
    /// The path here; `-` is a stream.
    pub(crate) local: PathBuf,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Out,
    In,
}

/// What is wrong with the two words.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum EndsError {
    /// Neither is of a container.
    #[error(
        "neither SRC nor DST is of a container: want POD:PATH, TYPE/NAME:PATH or node/NAME:PATH for one of them"
    )]
    NoContainer,
    /// Both are.
    #[error("both SRC and DST are of containers: copy to this machine first, or through a pipe with -")]
    TwoContainers,
    /// There is no path.
    #[error("{word:?} names no path: want POD:PATH")]
    NoPath {
        /// What was typed.
        word: String,
    },
    /// There is no pod.
    #[error("{word:?} names no pod: want POD:PATH, NAMESPACE/POD:PATH or TYPE/NAME:PATH")]
    NoPod {
        /// What was typed.
        word: String,
    },
    /// The pod is none.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// There is nothing.
    #[error("an empty path is none")]
    Empty,
}

/// A word, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Remote { namespace: Option<String>, target: Target, path: Vec<u8> },
    Local(PathBuf),
}

impl Ends {
    /// Reads both words.
    ///
    /// # Errors
    /// They are not one of a container and one of this machine.
    pub(crate) fn read(source: &OsStr, destination: &OsStr) -> Result<Self, EndsError> {
        let (direction, remote, local) = match (End::read(source)?, End::read(destination)?) {
            (remote @ End::Remote { .. }, End::Local(local)) => (Direction::Out, remote, local),
            (End::Local(local), remote @ End::Remote { .. }) => (Direction::In, remote, local),
            (End::Local(_), End::Local(_)) => return Err(EndsError::NoContainer),
            (End::Remote { .. }, End::Remote { .. }) => return Err(EndsError::TwoContainers),
        };
        match remote {
            End::Remote { namespace, target, path } => {
                Ok(Self { direction, namespace, target, remote: path, local })
            }
            End::Local(_) => Err(EndsError::NoContainer),
        }
    }

    /// Whether the side of this machine is a stream.
    pub(crate) fn is_stream(&self) -> bool {
        self.local.as_os_str() == "-"
    }

    /// A stream cannot be read or written twice.
    pub(crate) fn is_resumable(&self) -> bool {
        !self.is_stream()
    }

    /// The copy.
    pub(crate) fn job(&self, resume: bool, (reached, progress): (&Reached, &Arc<Progress>)) -> Job {
        let to = &reached.destination;
        let identity = match self.direction {
            Direction::Out => format!("{}/{}/{}", to.namespace, to.pod, reached.target),
            Direction::In => who(),
        };
        let (remote, local) = (self.remote.clone(), self.local.clone());
        let (progress, leftover) = (Arc::clone(progress), Arc::default());
        Job { remote, local, resume, identity, progress, leftover }
    }
}

impl End {
    fn read(word: &OsStr) -> Result<Self, EndsError> {
        let bytes = word.as_bytes();
        let Some((place, path)) = split_place(bytes) else {
            return if bytes.is_empty() { Err(EndsError::Empty) } else { Ok(Self::Local(word.into())) };
        };
        let shown = || word.to_string_lossy().into_owned();
        if path.is_empty() {
            return Err(EndsError::NoPath { word: shown() });
        }
        let place = std::str::from_utf8(place).map_err(|_| EndsError::NoPod { word: shown() })?;
        let (namespace, target) = split_namespace(place).ok_or_else(|| EndsError::NoPod { word: shown() })?;
        let target = Target::parse(&target)?;
        Ok(Self::Remote { namespace, target, path: path.to_vec() })
    }
}

/// The pod and the path; None of what is a path of this machine, which a leading `/` or `.` makes sure.
fn split_place(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let cut = word.iter().position(|byte| *byte == b':')?;
    let (place, path) = word.split_at_checked(cut)?;
    let is_local = matches!(place.first(), Some(b'/' | b'.'));
    if is_local { None } else { Some((place, path.get(1..)?)) }
}

/// `POD`, `NAMESPACE/POD`, `TYPE/NAME` and `NAMESPACE/TYPE/NAME`.
fn split_namespace(place: &str) -> Option<(Option<String>, String)> {
    let parts: Vec<_> = place.split('/').collect();
    if parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    match parts.as_slice() {
        [pod] => Some((None, (*pod).to_owned())),
        [kind, name] if is_type(kind) => Some((None, format!("{kind}/{name}"))),
        [namespace, pod] => Some((Some((*namespace).to_owned()), (*pod).to_owned())),
        [namespace, kind, name] if is_type(kind) => {
            Some((Some((*namespace).to_owned()), format!("{kind}/{name}")))
        }
        _ => None,
    }
}

fn is_type(word: &str) -> bool {
    kinds().any(|resource| resource.is_meant_by(word))
}

/// The target that has been typed with a word, if it is of a container.
pub(crate) fn typed_end(word: &OsString) -> Option<Target> {
    match End::read(word) {
        Ok(End::Remote { target, .. }) => Some(target),
        _ => None,
    }
}

/// What tells this user and machine from others.
fn who() -> String {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{} {machine}", rustix::process::getuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str, destination: &str) -> Result<Ends, EndsError> {
        Ends::read(OsStr::new(source), OsStr::new(destination))
    }

    #[test]
    fn ends_of_containers_are_read() {
        for (word, namespace, target, path) in [
            ("web-0:/var/log", None, "web-0", "/var/log"),
            ("web-0:a:b", None, "web-0", "a:b"),
            ("shop/web-0:core.1", Some("shop"), "web-0", "core.1"),
            ("deploy/web:/data", None, "deploy/web", "/data"),
            ("node/worker:/var/log", None, "node/worker", "/var/log"),
            ("shop/deploy/web:/data", Some("shop"), "deploy/web", "/data"),
        ] {
            let ends = read(word, ".").unwrap();
            assert_eq!(
                (ends.namespace.as_deref(), ends.target),
                (namespace, Target::parse(target).unwrap()),
                "{word}"
            );
            assert_eq!((ends.remote.as_slice(), ends.direction), (path.as_bytes(), Direction::Out));
        }
    }

    #[test]
    fn paths_of_this_machine_may_have_colons_where_they_begin_like_paths() {
        let ends = read("./a:b", "web:/tmp").unwrap();
        assert_eq!((ends.local, ends.direction), (PathBuf::from("./a:b"), Direction::In));
        assert!(read("-", "web:/tmp").unwrap().is_stream());
    }

    #[test]
    fn words_that_make_no_copy_are_told() {
        assert_eq!(read("a", "b"), Err(EndsError::NoContainer));
        assert_eq!(read("a:/b", "c:/d"), Err(EndsError::TwoContainers));
        assert_eq!(read("a:", "b").unwrap_err().to_string(), "\"a:\" names no path: want POD:PATH");
        assert!(matches!(read(":/a", "b"), Err(EndsError::NoPod { .. })));
        assert!(matches!(read("a/b/c/d:/a", "b"), Err(EndsError::NoPod { .. })));
        assert_eq!(read("", "a:/b"), Err(EndsError::Empty));
    }
}
